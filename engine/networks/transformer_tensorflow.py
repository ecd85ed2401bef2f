"""A small transformer in TensorFlow that predicts the next token (Vaswani et al., 2017; Radford et al., 2018)."""

import keras
import tensorflow as tf


class Embedding(keras.Layer):
    """What a token is plus where it stands: tokens (batch, time) to (batch, time, width)."""

    def __init__(self, inputs: int, outputs: int, width: int, dropout: float, layers, name: str):
        super().__init__(name=name)
        self.token = layers.Embedding(outputs, width, name="token")
        self.position = layers.Embedding(inputs, width, name="position")
        self.dropout = layers.Dropout(dropout, name="dropout")

    def call(self, tokens: tf.Tensor) -> tf.Tensor:
        positions = keras.ops.arange(tokens.shape[1])
        return self.dropout(self.token(tokens) + self.position(positions))


class Attention(keras.Layer):
    """Each token looks at itself and at those before it: (batch, time, width) to the same."""

    def __init__(self, width: int, heads: int, layers, name: str):
        super().__init__(name=name)
        self.heads = heads
        self.query = layers.Dense(width, name="query")
        # A bias of the key would add one number to all scores of a query, which softmax ignores: its gradient is
        # nothing but rounding noise, and Adam would make a random walk of it.
        self.key = layers.Dense(width, use_bias=False, name="key")
        self.value = layers.Dense(width, name="value")
        self.projection = layers.Dense(width, name="projection")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scale = tf.constant(query.shape[3] ** -0.5, query.dtype)  # Keras would round its own to float32
        mixed = keras.ops.dot_product_attention(query, key, value, scale=scale, is_causal=True)
        return self.projection(keras.ops.reshape(mixed, keras.ops.shape(x)))

    def split(self, x: tf.Tensor) -> tf.Tensor:
        """(batch, time, width) to (batch, time, heads, width / heads)."""
        batch, time, width = keras.ops.shape(x)
        return keras.ops.reshape(x, (batch, time, self.heads, width // self.heads))


class Block(keras.Layer):
    """Attention, then a perceptron for each token, each added to what came in: (batch, time, width) to the same."""

    def __init__(self, width: int, heads: int, dropout: float, layers, name: str):
        super().__init__(name=name)
        self.attention_norm = layers.LayerNormalization(name="attention_norm")
        self.attention = Attention(width, heads, layers, name="attention")
        self.attention_dropout = layers.Dropout(dropout, name="attention_dropout")
        self.mlp_norm = layers.LayerNormalization(name="mlp_norm")
        self.expand = layers.Dense(4 * width, name="expand")
        self.gelu = layers.Activation("gelu", name="gelu")
        self.contract = layers.Dense(width, name="contract")
        self.mlp_dropout = layers.Dropout(dropout, name="mlp_dropout")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        x = x + self.attention_dropout(self.attention(self.attention_norm(x)))
        return x + self.mlp_dropout(self.contract(self.gelu(self.expand(self.mlp_norm(x)))))


def build(
    inputs: int,
    outputs: int,
    width: int = 64,
    depth: int = 2,
    heads: int = 4,
    dropout: float = 0.0,
    layers=keras.layers,
) -> keras.Model:
    """A new network with Keras' own initial weights. Tokens (batch, inputs) to logits (batch, inputs, outputs).

    `outputs` counts the tokens there are, `width` is a multiple of `heads`, and `dropout` is the share that each step
    leaves out of what is added up. `layers` is where the layers come from, so that one may hand in a dropout or GELU
    of one's own.
    """
    network = keras.Sequential([keras.Input((inputs,), dtype="int64")])
    network.add(Embedding(inputs, outputs, width, dropout, layers, name="embedding"))
    for number in range(1, depth + 1):
        network.add(Block(width, heads, dropout, layers, name=f"block{number}"))
    network.add(layers.LayerNormalization(name="norm"))
    network.add(layers.Dense(outputs, name="output"))
    return network


def demonstrate() -> None:
    """One training step on a random batch of 32 texts of 33 tokens out of 32: each is to be told from those before."""
    network = build(32, 32)
    optimizer = keras.optimizers.AdamW(learning_rate=0.001)
    text = tf.random.uniform((32, 33), 0, 32, tf.int32)
    tokens, following = text[:, :-1], text[:, 1:]

    with tf.GradientTape() as tape:
        logits = network(tokens, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(following, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"tokens {tuple(tokens.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

"""Long short-term memory in TensorFlow (Hochreiter and Schmidhuber, 1997), and a dense layer on its last state."""

import keras
import tensorflow as tf


def build(inputs: tuple[int, int], outputs: int, width: int = 32, layers=keras.layers) -> keras.Model:
    """A new network with Keras' own initial weights; `inputs` is (time, features), `width` the size of the state.

    Inputs (batch, time, features) to outputs (batch, outputs). `layers` is where the layers come from, so that one may
    hand in an LSTM of one's own.
    """
    return keras.Sequential(
        [
            keras.Input(inputs),
            # It has a forget gate, which came later (Gers, Schmidhuber and Cummins, 2000).
            layers.LSTM(width, name="lstm"),  # gives the last state only
            layers.Dense(outputs, name="output"),
        ]
    )


def demonstrate() -> None:
    """One training step on a random batch of 32 sequences: 50 time steps of 2 numbers each, in 2 classes."""
    network = build((50, 2), 2)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    x, classes = tf.random.normal((32, 50, 2)), tf.random.uniform((32,), 0, 2, tf.int32)

    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"inputs {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

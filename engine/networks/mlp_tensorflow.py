"""A multilayer perceptron in TensorFlow: hidden layers, each with an activation and, if asked for, dropout."""

import keras
import tensorflow as tf


def build(
    inputs: int,
    outputs: int,
    depth: int = 1,
    width: int = 128,
    activation: str = "relu",
    dropout: float = 0.0,
    layers=keras.layers,
) -> keras.Model:
    """A new network with Keras' own initial weights. Inputs (batch, inputs) to logits (batch, outputs).

    `depth` hidden layers of `width` units; `dropout` is the share of them that each step leaves out (Srivastava and
    others, 2014). `layers` is where the layers come from, so that one may hand in a dropout or GELU of one's own.
    """
    network = keras.Sequential([keras.Input((inputs,))])
    for number in range(1, depth + 1):
        network.add(layers.Dense(width, name=f"hidden{number}"))
        network.add(layers.Activation(activation, name=f"activation{number}"))
        if dropout > 0:
            network.add(layers.Dropout(dropout, name=f"dropout{number}"))
    network.add(layers.Dense(outputs, name="output"))
    return network


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels."""
    network = build(64, 10, depth=2, dropout=0.2)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    x, classes = tf.random.uniform((32, 64)), tf.random.uniform((32,), 0, 10, tf.int32)

    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"logits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

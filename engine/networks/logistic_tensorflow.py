"""Logistic regression in TensorFlow (Cox, 1958): one dense layer."""

import keras
import tensorflow as tf


def build(inputs: int, outputs: int) -> keras.Model:
    """A new network with Keras' own initial weights. Inputs (batch, inputs) to logits (batch, outputs)."""
    return keras.Sequential([keras.Input((inputs,)), keras.layers.Dense(outputs, name="output")])


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels."""
    network = build(64, 10)
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    x, classes = tf.random.uniform((32, 64)), tf.random.uniform((32,), 0, 10, tf.int32)

    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"logits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

"""A perceptron with one hidden layer in TensorFlow, the low-level way: no layers, no optimizer, only gradients."""

import keras
import tensorflow as tf


class PlainMLP(keras.Model):
    """Inputs (batch, inputs) to logits (batch, outputs). It is a model only so that Keras lists its variables."""

    def __init__(self, inputs: int, outputs: int, width: int):
        super().__init__()
        # Uniform in ±√(6/(inputs + outputs of the layer)), and zero: what keras.layers.Dense does.
        self.hidden_weight = self.add_weight((width, inputs), "glorot_uniform", name="hidden_weight")
        self.hidden_bias = self.add_weight((width,), "zeros", name="hidden_bias")
        self.output_weight = self.add_weight((outputs, width), "glorot_uniform", name="output_weight")
        self.output_bias = self.add_weight((outputs,), "zeros", name="output_bias")

    def call(self, x: tf.Tensor) -> tf.Tensor:
        hidden = tf.nn.relu(x @ tf.transpose(self.hidden_weight) + self.hidden_bias)
        return hidden @ tf.transpose(self.output_weight) + self.output_bias


def build(inputs: int, outputs: int, width: int = 128) -> keras.Model:
    """A new network with `width` hidden units and initial weights like those of Keras' own layers."""
    network = PlainMLP(inputs, outputs, width)
    network.build((None, inputs))
    return network


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels: each weight moves against its gradient."""
    network = build(64, 10)
    rate = 0.1
    x, classes = tf.random.uniform((32, 64)), tf.random.uniform((32,), 0, 10, tf.int32)

    with tf.GradientTape() as tape:  # the update, outside of it, is no part of what is differentiated
        logits = network(x)
        loss = tf.reduce_mean(tf.reduce_logsumexp(logits, 1) - tf.gather(logits, classes, batch_dims=1))
    gradients = tape.gradient(loss, network.trainable_variables)
    for weight, gradient in zip(network.trainable_variables, gradients, strict=True):
        weight.assign_sub(rate * gradient)

    print(f"logits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

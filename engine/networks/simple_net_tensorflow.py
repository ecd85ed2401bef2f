"""The simple network in TensorFlow: two dense layers with a ReLU between them."""

import keras
import tensorflow as tf


def build(inputs: int, outputs: int) -> keras.Model:
    """A new network with Keras' own initial weights. Inputs (batch, inputs) to outputs (batch, outputs)."""
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(3, activation="relu", name="hidden"),
            keras.layers.Dense(outputs, name="output"),
        ]
    )


def demonstrate() -> None:
    """One forward and one backward pass over one random example: here that is a whole epoch."""
    network = build(6, 1)
    optimizer = keras.optimizers.SGD(learning_rate=0.01)
    x, target = tf.random.normal((1, 6)), tf.random.normal((1, 1))

    with tf.GradientTape() as tape:
        output = network(x, training=True)
        loss = tf.reduce_mean(tf.square(output - target))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"inputs {x.numpy()}\ntarget {target[0, 0]:.4f}\noutput {output[0, 0]:.4f}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

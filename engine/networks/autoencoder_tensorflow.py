"""A convolutional autoencoder in TensorFlow (Masci and others, 2011): images through a narrow middle, and back."""

import keras
import tensorflow as tf


def build(inputs: tuple[int, int, int], outputs: int, code: int = 4) -> keras.Model:
    """A new network with Keras' own initial weights. Images (batch, height, width, channels) to such (…, outputs).

    `inputs` is (channels, height, width), the latter two multiples of 4; `outputs` is the number of channels that come
    out, as many as go in. The middle has `code` channels of a quarter of the height and width. No sigmoid at the end:
    the outputs are values.
    """
    channels, height, width = inputs
    # With a kernel of 4 and a stride of 2, "same" pads every side by one, as PyTorch's padding=1 does.
    return keras.Sequential(
        [
            keras.Input((height, width, channels)),
            keras.layers.Conv2D(16, 4, strides=2, padding="same", name="conv1"),
            keras.layers.ReLU(name="relu1"),
            keras.layers.Conv2D(code, 4, strides=2, padding="same", name="conv2"),
            keras.layers.Conv2DTranspose(16, 4, strides=2, padding="same", name="deconv1"),
            keras.layers.ReLU(name="relu2"),
            keras.layers.Conv2DTranspose(outputs, 4, strides=2, padding="same", name="deconv2"),
        ]
    )


def demonstrate() -> None:
    """One training step on a random batch of 32 grey images of 28×28 pixels."""
    network = build((1, 28, 28), 1)
    optimizer = keras.optimizers.Adam(learning_rate=0.003)
    x = tf.random.uniform((32, 28, 28, 1))

    with tf.GradientTape() as tape:
        copies = network(x, training=True)
        loss = tf.reduce_mean(tf.square(copies - x))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"images {tuple(x.shape)}\ncopies {tuple(copies.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

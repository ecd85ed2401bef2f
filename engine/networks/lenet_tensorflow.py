"""LeNet-5 in TensorFlow (LeCun, Bottou, Bengio and Haffner, 1998): two convolutions, three fully connected layers."""

import keras
import tensorflow as tf


def build(inputs: tuple[int, int, int], outputs: int) -> keras.Model:
    """A new network with Keras' own initial weights. Images (batch, height, width, channels) to logits.

    `inputs` is (channels, height, width), with 8×8, 28×28 or 32×32 pixels. With ReLU and max pooling, as is usual
    today; the paper has tanh and trained averages.
    """
    channels, height, width = inputs
    if height == 8:  # too small for 5×5: the convolutions keep the size, and the pools go 8 → 4 → 2
        kernel, padding1, padding2 = 3, "same", "same"
    else:  # the paper's 32 → 28 → 14 → 10 → 5, or 28 → 28 → 14 → 10 → 5
        kernel, padding1, padding2 = 5, "same" if height == 28 else "valid", "valid"
    return keras.Sequential(
        [
            keras.Input((height, width, channels)),
            keras.layers.Conv2D(6, kernel, padding=padding1, name="conv1"),
            keras.layers.ReLU(name="relu1"),
            keras.layers.MaxPooling2D(2, name="pool1"),
            keras.layers.Conv2D(16, kernel, padding=padding2, name="conv2"),
            keras.layers.ReLU(name="relu2"),
            keras.layers.MaxPooling2D(2, name="pool2"),
            keras.layers.Flatten(name="flatten"),  # in the order height, width, channels
            keras.layers.Dense(120, name="fc1"),
            keras.layers.ReLU(name="relu3"),
            keras.layers.Dense(84, name="fc2"),
            keras.layers.ReLU(name="relu4"),
            keras.layers.Dense(outputs, name="output"),
        ]
    )


def demonstrate() -> None:
    """One training step on a random batch of 32 grey images of 28×28 pixels."""
    network = build((1, 28, 28), 10)
    optimizer = keras.optimizers.Adam(learning_rate=0.001)
    x, classes = tf.random.uniform((32, 28, 28, 1)), tf.random.uniform((32,), 0, 10, tf.int32)

    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"images {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

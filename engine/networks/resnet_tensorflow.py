"""A small residual network in TensorFlow (He, Zhang, Ren and Sun, 2015, section 4.2): three stages of blocks."""

import keras
import tensorflow as tf


def _block(x: keras.KerasTensor, name: str, inputs: int, outputs: int, stride: int, layers) -> keras.KerasTensor:
    """Two 3×3 convolutions, whose input is added to their output: as it is, or through 1×1 where the shape changes."""
    # At stride 2, "same" would pad an even image only below and on the right; PyTorch's padding=1 is all around.
    y = layers.ZeroPadding2D(1, name=f"{name}.padding1")(x)
    y = layers.Conv2D(outputs, 3, stride, use_bias=False, name=f"{name}.conv1")(y)
    y = layers.BatchNormalization(name=f"{name}.norm1")(y)
    y = layers.ReLU(name=f"{name}.relu1")(y)
    y = layers.Conv2D(outputs, 3, padding="same", use_bias=False, name=f"{name}.conv2")(y)
    y = layers.BatchNormalization(name=f"{name}.norm2")(y)
    if inputs != outputs:
        x = layers.Conv2D(outputs, 1, stride, use_bias=False, name=f"{name}.shortcut")(x)
        x = layers.BatchNormalization(name=f"{name}.shortcut_norm")(x)
    x = layers.Add(name=f"{name}.add")([x, y])
    return layers.ReLU(name=f"{name}.relu2")(x)


def _stage(
    x: keras.KerasTensor, name: str, inputs: int, outputs: int, stride: int, blocks: int, layers
) -> keras.KerasTensor:
    """Blocks of which the first changes the channels and, with `stride` 2, halves height and width."""
    x = _block(x, f"{name}.block1", inputs, outputs, stride, layers)
    for number in range(2, blocks + 1):
        x = _block(x, f"{name}.block{number}", outputs, outputs, 1, layers)
    return x


def build(inputs: tuple[int, int, int], outputs: int, blocks: int = 1, layers=keras.layers) -> keras.Model:
    """A new network with Keras' own initial weights; `inputs` is (channels, height, width).

    `blocks` per stage. `layers` is where the layers come from, so that one may hand in a batch norm of one's own.
    """
    channels, height, width = inputs
    images = keras.Input((height, width, channels))
    x = layers.Conv2D(16, 3, padding="same", use_bias=False, name="conv1")(images)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.ReLU(name="relu1")(x)
    x = _stage(x, "stage1", 16, 16, 1, blocks, layers)
    x = _stage(x, "stage2", 16, 32, 2, blocks, layers)
    x = _stage(x, "stage3", 32, 64, 2, blocks, layers)
    x = layers.GlobalAveragePooling2D(name="pool")(x)  # the mean over height and width
    return keras.Model(images, layers.Dense(outputs, name="output")(x))


def demonstrate() -> None:
    """One training step on a random batch of 32 coloured images of 32×32 pixels."""
    network = build((3, 32, 32), 10)
    optimizer = keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
    x, classes = tf.random.uniform((32, 32, 32, 3)), tf.random.uniform((32,), 0, 10, tf.int32)

    with tf.GradientTape() as tape:
        logits = network(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply(gradients, network.trainable_variables)

    print(f"images {tuple(x.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss:.4f}")


if __name__ == "__main__":
    demonstrate()

"""A loss that takes logits is given probabilities, in TensorFlow."""

import keras
import tensorflow as tf
from keras import layers

INPUTS, LABELS = tf.eye(3), tf.range(3)


def planted(wrap):
    _train(wrap, _probabilities)  # planted


def found(wrap):
    _train(wrap, layers.Softmax())


def mended(wrap):
    _train(wrap, _logits)


def _logits(outputs):
    return outputs


def _probabilities(outputs):
    return tf.nn.softmax(outputs)


def _train(wrap, output):
    layer = layers.Dense(3, kernel_initializer="zeros")
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.SGD(10.0)
    layer.build(INPUTS.shape)

    @wrap
    def gradients_of(inputs):
        with tf.GradientTape() as tape:
            loss = cross_entropy(LABELS, output(layer(inputs)))
        return loss, tape.gradient(loss, layer.trainable_variables)

    for _ in range(100):
        loss, gradients = gradients_of(INPUTS)
        optimizer.apply_gradients(zip(gradients, layer.trainable_variables, strict=True))
    right = tf.argmax(layer(INPUTS), axis=1, output_type=tf.int32) == LABELS
    print(f"accuracy {tf.reduce_mean(tf.cast(right, tf.float32)):.0%}, loss {loss:.3f}")

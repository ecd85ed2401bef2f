"""Phrases about training, in TensorFlow."""

import keras
import tensorflow as tf


def loss_from_logits():
    logits = tf.constant([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]])
    labels = tf.constant([0, 1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss(labels, logits).numpy().item()


def one_training_step():
    network = keras.layers.Dense(1, kernel_initializer="zeros")
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    mean_squared = keras.losses.MeanSquaredError()
    inputs, targets = tf.constant([[1.0], [2.0]]), tf.constant([[3.0], [5.0]])

    with tf.GradientTape() as tape:
        loss = mean_squared(targets, network(inputs))
    weights = network.trainable_variables
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))
    return [value.numpy().item() for value in (loss, *weights)]


def train_for_epochs():
    layer = keras.layers.Dense(1, kernel_initializer="zeros")
    network = keras.Sequential([layer])
    network.compile(keras.optimizers.SGD(learning_rate=0.1), loss="mse")
    inputs, targets = tf.constant([[1.0], [2.0]]), tf.constant([[3.0], [5.0]])

    history = network.fit(inputs, targets, epochs=3, verbose=0)
    return history.history["loss"]


def schedule_the_learning_rate():
    schedule = keras.optimizers.schedules.ExponentialDecay(
        0.1,
        decay_steps=2,
        decay_rate=0.5,
        staircase=True,
    )
    optimizer = keras.optimizers.SGD(schedule)
    weight = tf.Variable([0.0])
    rates = []
    for _ in range(5):
        rates.append(optimizer.learning_rate.numpy().item())
        optimizer.apply_gradients([(tf.zeros(1), weight)])
    return rates


def accumulate_gradients():
    weight = tf.Variable([0.0])
    optimizer = keras.optimizers.SGD(0.1)
    total = tf.zeros(1)
    for target in (1.0, 3.0):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((weight - target) ** 2) / 2
        total += tape.gradient(loss, weight)
    optimizer.apply_gradients([(total, weight)])
    return weight.numpy().item()


def measure_accuracy():
    logits = tf.constant([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    labels = tf.constant([0, 1, 1])
    hits = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
    return tf.reduce_mean(tf.cast(hits, tf.float64)).numpy().item()


def decay_weights():
    weight = tf.Variable([1.0])
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
    optimizer.apply_gradients([(tf.zeros(1), weight)])
    return weight.numpy().item()


def compile_a_function():
    @tf.function
    def scaled(x):
        return tf.nn.relu(x) * 2

    return scaled(tf.constant([-1.0, 3.0])).numpy()

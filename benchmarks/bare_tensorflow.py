"""The bare loop in TensorFlow that a person would write by hand, recording nothing.

`python -m benchmarks.bare_tensorflow CONFIG`. Of ours it shares network, optimizer arithmetic, data and the
order of batches; loop and validation are its own. It reads the losses of an epoch, and validates, when it ends. Where
one call runs many steps, it runs all whole batches of an epoch.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order
from engine.frameworks.layers_tensorflow import built
from engine.frameworks.optimizer_tensorflow import Optimizer
from engine.twins import network_twin


def steps_per_second(config: RunConfig) -> float:
    """Steps per second of all epochs but the first, which traces and compiles."""
    tf.config.threading.set_intra_op_parallelism_threads(config.threads)
    tf.config.threading.set_inter_op_parallelism_threads(config.threads)
    tf.random.set_seed(config.seed)
    split = prepare(config)
    classify = split.form.task == "classification"
    inputs, targets = _tensor(split.inputs), _tensor(split.targets)
    validation_inputs, validation_targets = _tensor(split.validation_inputs), _tensor(split.validation_targets)
    network = built(config, split.form, network_twin(config, "tensorflow").build)

    def validated():
        outputs = network(validation_inputs, training=False)
        right = tf.argmax(outputs, -1) == validation_targets if classify else tf.zeros(0, tf.bool)
        return _loss(outputs, validation_targets, classify), tf.reduce_mean(tf.cast(right, tf.float32))

    train_epoch = _training(config, network, inputs, targets, classify)
    validate = validated if config.execution.tensorflow == "eager" else tf.function(validated)
    steps, begun = 0, 0.0
    for epoch in range(config.epochs):
        losses = train_epoch(epoch_order(config.seed, epoch, len(inputs)))
        [metric.numpy() for metric in validate()]
        if epoch:
            steps += len(losses)
        else:
            begun = time.perf_counter()
    return steps / (time.perf_counter() - begun)


def _training(config: RunConfig, network, inputs, targets, classify: bool) -> Callable[[np.ndarray], np.ndarray]:
    """What trains on the batches of these rows, and gives their losses."""
    variables, rate = network.trainable_variables, tf.constant(config.learning_rate, tf.float64)
    optimizer = Optimizer(config, {variable.path: variable for variable in variables})
    execution, many = config.execution.tensorflow, config.steps_per_call.tensorflow == "many"
    size = config.batch_size

    def step(rows):
        with tf.GradientTape() as tape:
            loss = _loss(network(tf.gather(inputs, rows), training=True), tf.gather(targets, rows), classify)
        optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), rate)
        return loss

    def steps_of(batches):
        losses = tf.TensorArray(tf.float32, len(batches))
        for number in tf.range(len(batches)):
            losses = losses.write(number, step(batches[number]))
        return losses.stack()

    called = steps_of if many else step
    train = called if execution == "eager" else tf.function(called, jit_compile=execution == "xla")

    def train_epoch(order: np.ndarray) -> np.ndarray:
        whole = len(order) // size * size
        # A smaller last batch has a shape of its own.
        parts = [part for part in (order[:whole].reshape(-1, size), order[whole:].reshape(1, -1)) if part.size]
        if many:
            return np.concatenate([train(tf.constant(part)).numpy() for part in parts])
        return tf.stack([train(tf.constant(rows)) for part in parts for rows in part]).numpy()

    return train_epoch


def _loss(outputs: tf.Tensor, wanted: tf.Tensor, classify: bool) -> tf.Tensor:
    if classify:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, outputs))
    return tf.reduce_mean(tf.square(outputs - wanted))


def _tensor(values: np.ndarray) -> tf.Tensor:
    """Images have channels last."""
    values = np.moveaxis(values, 1, -1) if values.ndim == 4 else values
    return tf.constant(values, tf.int64 if values.dtype.kind == "i" else tf.float32)


if __name__ == "__main__":
    print(json.dumps({"steps_per_second": steps_per_second(RunConfig.from_json(sys.argv[1]))}))

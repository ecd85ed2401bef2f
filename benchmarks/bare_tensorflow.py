"""The bare loop in TensorFlow that a person would write by hand, recording nothing.

`python -m benchmarks.bare_tensorflow CONFIG`. Of ours it shares network, optimizer arithmetic, data and the
order of batches; loop and validation are its own. It reads the losses of an epoch, and validates, when it ends.
"""

import json
import sys
import time

import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order
from engine.frameworks.layers_tensorflow import built
from engine.frameworks.optimizer_tensorflow import Optimizer
from engine.twins import network_twin


def steps_per_second(config: RunConfig) -> float:
    """Steps per second of all epochs but the first, which traces."""
    tf.config.threading.set_intra_op_parallelism_threads(config.threads)
    tf.config.threading.set_inter_op_parallelism_threads(config.threads)
    tf.random.set_seed(config.seed)
    split = prepare(config)
    classify = split.form.task == "classification"
    inputs, targets = _tensor(split.inputs), _tensor(split.targets)
    validation_inputs, validation_targets = _tensor(split.validation_inputs), _tensor(split.validation_targets)
    network = built(config, split.form, network_twin(config, "tensorflow").build)
    variables = network.trainable_variables
    optimizer = Optimizer(config, {variable.path: variable for variable in variables})
    rate = tf.constant(config.learning_rate, tf.float64)

    def loss_of(outputs, wanted):
        if classify:
            return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, outputs))
        return tf.reduce_mean(tf.square(outputs - wanted))

    @tf.function(jit_compile=config.execution.tensorflow == "xla")
    def train(batches):
        losses = tf.TensorArray(tf.float32, len(batches))
        for step in tf.range(len(batches)):
            rows = batches[step]
            with tf.GradientTape() as tape:
                loss = loss_of(network(tf.gather(inputs, rows), training=True), tf.gather(targets, rows))
            optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), rate)
            losses = losses.write(step, loss)
        return losses.stack()

    @tf.function
    def validate():
        outputs = network(validation_inputs, training=False)
        right = tf.argmax(outputs, -1) == validation_targets if classify else tf.zeros(0, tf.bool)
        return loss_of(outputs, validation_targets), tf.reduce_mean(tf.cast(right, tf.float32))

    size, steps, begun = config.batch_size, 0, 0.0
    for epoch in range(config.epochs):
        order = epoch_order(config.seed, epoch, len(inputs))
        whole = len(order) // size * size
        # A smaller last batch has a shape of its own.
        losses = [train(tf.constant(order[:whole].reshape(-1, size)))]
        if whole < len(order):
            losses.append(train(tf.constant(order[whole:].reshape(1, -1))))
        losses = np.concatenate([part.numpy() for part in losses])
        [metric.numpy() for metric in validate()]
        if epoch:
            steps += len(losses)
        else:
            begun = time.perf_counter()
    return steps / (time.perf_counter() - begun)


def _tensor(values: np.ndarray) -> tf.Tensor:
    """Images have channels last."""
    values = np.moveaxis(values, 1, -1) if values.ndim == 4 else values
    return tf.constant(values, tf.int64 if values.dtype.kind == "i" else tf.float32)


if __name__ == "__main__":
    print(json.dumps({"steps_per_second": steps_per_second(RunConfig.from_json(sys.argv[1]))}))

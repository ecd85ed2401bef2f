"""The mlp as people train it with Keras: python -m benchmarks.peers_tensorflow WAY CONFIG WORD.

WAY is one of WAYS; WORD is validate, or train-only for a way that does not validate. Each way is written in its favour
where there is a choice: no progress bar, no checkpoints, validation in one batch.
"""

import json
import sys
import tempfile
import time

import keras
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.networks.mlp_tensorflow import build

WAYS = ("fit", "fit_with_board")


class FirstEpoch(keras.callbacks.Callback):
    """When the first epoch, which traces, was over."""

    def on_epoch_end(self, epoch, logs=None):
        if not epoch:
            self.begun = time.perf_counter()


def fit(config: RunConfig, validate: bool, board: str | None) -> float:
    """Steps per second of keras.Model.fit; `board` is a folder for the TensorBoard callback at every batch."""
    split = prepare(config)
    network = build(split.inputs.shape[1], split.form.outputs)
    network.compile(
        keras.optimizers.Adam(config.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    first = FirstEpoch()
    callbacks = [first]
    if board:
        callbacks.append(keras.callbacks.TensorBoard(board, update_freq="batch"))
    validation = (split.validation_inputs.astype("float32"), split.validation_targets)
    network.fit(
        split.inputs.astype("float32"),
        split.targets,
        batch_size=config.batch_size,
        epochs=config.epochs,
        verbose=0,
        validation_data=validation if validate else None,
        validation_batch_size=len(split.validation_inputs),
        callbacks=callbacks,
    )
    seconds = time.perf_counter() - first.begun
    steps = -(-len(split.inputs) // config.batch_size)
    return (config.epochs - 1) * steps / seconds


if __name__ == "__main__":
    way, config = sys.argv[1], RunConfig.from_json(sys.argv[2])
    if way not in WAYS:
        raise SystemExit(f"There is no way {way}: there are {', '.join(WAYS)}.")
    tf.config.threading.set_intra_op_parallelism_threads(config.threads)
    tf.config.threading.set_inter_op_parallelism_threads(config.threads)
    with tempfile.TemporaryDirectory() as folder:
        speed = fit(config, sys.argv[3] == "validate", folder if way == "fit_with_board" else None)
    print(json.dumps({"steps_per_second": speed}))

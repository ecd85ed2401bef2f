"""Exported files that TensorFlow itself runs, loaded with no file of ours: what they hold has to be enough."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

VERSION = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"


def load(name: str, path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """What answers inputs (batch, …) with outputs. `name` is keras or saved_model."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    if name == "saved_model":
        found = tf.saved_model.load(path)
        return lambda inputs: found.serve(tf.constant(inputs)).numpy()
    network = keras.saving.load_model(path, compile=False, safe_mode=True)
    traced = tf.function(lambda x: network(x, training=False))
    return lambda inputs: traced(tf.constant(inputs)).numpy()

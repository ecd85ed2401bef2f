"""A finished run's network in TensorFlow, with the run's own weights, and written to the formats that Keras knows."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.dataset import Form
from engine.fairness.weights import shapes
from engine.frameworks.layers_tensorflow import built
from engine.frameworks.weights_tensorflow import own, running, trainable

VERSION = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"


def restored(
    config: RunConfig,
    form: Form,
    build: Callable[..., keras.Model],
    layers: tuple[str, ...],
    arrays: Mapping[str, np.ndarray],
) -> keras.Model:
    """The network in evaluation, on the CPU in float32, with a checkpoint's arrays. `layers` are the matched ones."""
    tf.config.threading.set_intra_op_parallelism_threads(config.threads)
    tf.config.threading.set_inter_op_parallelism_threads(config.threads)
    network = built(config, form, build, layers)
    weights, known = {key.removeprefix("weights/"): value for key, value in arrays.items()}, shapes(config)
    for name, variable in trainable(network).items():
        variable.assign(own(name, weights, known))
    for name, variable in running(network).items():
        if f"running/{name}" in arrays and not name.startswith("generator"):
            variable.assign(arrays[f"running/{name}"])
    return network


def own_layout(values: np.ndarray) -> np.ndarray:
    """Inputs as this framework is given them: Keras has an image's channels last."""
    return np.ascontiguousarray(np.moveaxis(values, 1, -1)) if values.ndim == 4 else values


def answering(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """The framework's own answer, eager."""
    return lambda inputs: network(tf.constant(inputs), training=False).numpy()


def write(name: str, network: keras.Model, inputs: np.ndarray, path: Path, single: bool) -> None:
    """Write the network to `path` as onnx, keras, saved_model, litert or litert_int8; `inputs` is an example batch.

    For any batch size, or for 1 alone where it is `single`, as LiteRT's converter wants it of recurrent networks.
    """
    network(inputs[:1])  # one that was never called cannot be exported
    any_batch = [keras.InputSpec(shape=(None, *inputs.shape[1:]), dtype=inputs.dtype.name)]
    if name == "keras":
        network.save(path)
    elif name == "onnx":
        network.export(path, format="onnx", verbose=False, input_signature=any_batch)
    elif name == "saved_model":
        network.export(path, format="tf_saved_model", verbose=False, input_signature=any_batch)
    else:
        one = [keras.InputSpec(shape=(1, *inputs.shape[1:]), dtype=inputs.dtype.name)]
        _write_litert(network, one if single else any_batch, path, name == "litert_int8")


def _write_litert(network: keras.Model, signature: list[keras.InputSpec], path: Path, rounded: bool) -> None:
    """By way of a SavedModel: converted from the network itself, an LSTM loses its weights without a word."""
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False, input_signature=signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if rounded:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        path.write_bytes(converter.convert())

"""Layers for the matched policy: those of Keras, some of them with PyTorch's arithmetic, and with shared dropout."""

import functools
import hashlib
import inspect
import itertools
from collections.abc import Callable, Collection
from types import SimpleNamespace

import keras
import tensorflow as tf

from engine.config import RunConfig
from engine.datasets.dataset import Form
from engine.fairness.defaults import LAYERS, matched_layers_of

_LOW = 0xFFFFFFFF  # the low 32 bits


def built(
    config: RunConfig, form: Form, build: Callable[..., keras.Model], names: Collection[str] | None = None
) -> keras.Model:
    """The network that `build` makes of the config's options for data of this form.

    Its layers are the matched ones for `names`, or for all that the config matches, where it takes layers at all.
    """
    replaced = matched_layers_of(config) if names is None else names
    options = dict(config.network_options)
    if replaced and "layers" in inspect.signature(build).parameters:
        return build(form.inputs, form.outputs, **options, layers=matched_layers(config.seed, replaced))
    return build(form.inputs, form.outputs, **options)


def matched_layers(seed: int, names: Collection[str] = tuple(LAYERS)) -> SimpleNamespace:
    """All that keras.layers has, with PyTorch's norms and GELU and with dropout whose masks both frameworks share.

    For one network: its dropout layers are numbered as they are built. A mask depends on `seed`, on that number and
    on how many training passes the layer has counted in its weight `step`. Other layers that draw numbers, such as
    SpatialDropout2D, are Keras' own. Of the defaults that `names` does not name, each layer keeps Keras'.
    """
    numbers = itertools.count()

    def counted(rate: float, **named) -> _Dropout:
        return _Dropout(seed, next(numbers), rate, **named)

    batch_norm = _BatchNormalization if "running_variance" in names else keras.layers.BatchNormalization
    constants = {"momentum": 0.9, "epsilon": 1e-5} if "batch_norm" in names else {}
    own: dict[str, dict] = {
        "batch_norm": {"BatchNormalization": functools.partial(batch_norm, **constants)},
        "running_variance": {"BatchNormalization": functools.partial(batch_norm, **constants)},
        "layer_norm": {"LayerNormalization": functools.partial(keras.layers.LayerNormalization, epsilon=1e-5)},
        "gelu": {"Activation": _activation},
        "dropout_masks": {"Dropout": counted},
    }
    chosen = {layer: kind for name in names for layer, kind in own.get(name, {}).items()}
    return SimpleNamespace(**vars(keras.layers) | chosen)


def _activation(activation: str, **named) -> keras.layers.Activation:
    """Keras' GELU rounds its constants to float32, also where all else is float64."""
    return keras.layers.Activation(_gelu if activation == "gelu" else activation, **named)


def _gelu(x: tf.Tensor) -> tf.Tensor:
    return 0.5 * x * (1 + tf.math.erf(x * 0.5**0.5))


class _BatchNormalization(keras.layers.BatchNormalization):
    """With the unbiased variance n/(n − 1) in the running statistics, as PyTorch has it.

    In training each channel needs more than one value, as in PyTorch.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        if not training:
            return super().call(inputs, training=False, mask=mask)
        given, inputs = inputs.dtype, tf.cast(inputs, self.variable_dtype)  # as Keras does: statistics want digits
        rank = len(inputs.shape)
        mean, variance = keras.ops.moments(inputs, [axis for axis in range(rank) if axis != self.axis % rank])
        count = tf.cast(tf.size(inputs) // tf.size(mean), inputs.dtype)
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance * count / (count - 1))):
            moving.assign(self.momentum * moving + (1 - self.momentum) * new)
        outputs = keras.ops.batch_normalization(
            inputs, mean, variance, self.axis, offset=self.beta, scale=self.gamma, epsilon=self.epsilon
        )
        return tf.cast(outputs, given)


class _Dropout(keras.Layer):
    """Dropout with the masks of engine/fairness/dropout.py, which says how they are made; `rate` is below 1."""

    def __init__(self, seed: int, layer: int, rate: float, **named):
        super().__init__(**named)
        self.rate = rate
        self.keys = dropout_keys(seed, layer)

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.step = self.add_weight(name="step", dtype="int64", initializer="zeros", trainable=False)

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if not training or self.rate == 0:
            return x
        x = dropout(x, self.rate, self.keys, tf.convert_to_tensor(self.step))
        self.step.assign_add(1)
        return x


def dropout(x: tf.Tensor, rate: float, keys: tuple[int, int], step: tf.Tensor) -> tf.Tensor:
    """What a dropout layer with these keys leaves of x at a step, counted from 0; `step` is an int64 scalar."""
    start, stride = _hash(step ^ keys[0]), _right(_hash(step ^ keys[1]), 1) | 1
    kept = _hash(_numbers(x) * stride + start & _LOW) >= round(rate * 2**32)
    return x * (tf.cast(kept, x.dtype) * (1 / (1 - rate)))


def dropout_keys(seed: int, layer: int) -> tuple[int, int]:
    """What tells the masks of a network's dropout layer, counted from 0, from those of others."""
    key = hashlib.sha256(f"{seed}/dropout/{layer}".encode()).digest()
    return int.from_bytes(key[:4], "little"), int.from_bytes(key[4:8], "little")


def _numbers(x: tf.Tensor) -> tf.Tensor:
    """The number of each element of x in PyTorch's order, where an image's channels come second."""
    numbers = tf.range(tf.size(x, tf.int64))
    if len(x.shape) != 4:
        return tf.reshape(numbers, tf.shape(x))
    batch, height, width, channels = tf.unstack(tf.shape(x))
    return tf.transpose(tf.reshape(numbers, (batch, channels, height, width)), (0, 2, 3, 1))


def _hash(x: tf.Tensor) -> tf.Tensor:
    x = (x ^ _right(x, 16)) * 0x21F0AAAD & _LOW
    x = (x ^ _right(x, 15)) * 0x735A2D97 & _LOW
    return x ^ _right(x, 15)


def _right(x: tf.Tensor, places: int) -> tf.Tensor:
    return tf.bitwise.right_shift(x, tf.constant(places, x.dtype))

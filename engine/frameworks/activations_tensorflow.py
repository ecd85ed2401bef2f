"""What a Keras network's layers give during one pass, by canonical name and in canonical layout."""

import contextlib
from collections.abc import Callable, Iterator
from unittest import mock

import keras
import tensorflow as tf


@contextlib.contextmanager
def recorded(network: keras.Model) -> Iterator[dict[str, tf.Tensor]]:
    """Fills the dictionary with each layer's output by its name, in the order of the pass, while the block runs.

    A recurrent layer's is its last state. A flattening layer has none: it only moves numbers, and each framework in an
    order of its own. What the n-th ReLU was given is `relu/n/<layer before it>`, also where the ReLU is no layer.
    Where a layer has its activation in it, its output is what the activation is given, as PyTorch's layers have it.
    """
    found: dict[str, tf.Tensor] = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(tf.nn, "relu", _rectifier(found, tf.nn.relu)))
        for name, layer in _layers(network):
            inner = "activation" if _fused(layer) else "call"
            keep = _keeping_input if _fused(layer) else _keeping_output
            stack.enter_context(mock.patch.object(layer, inner, keep(found, name, getattr(layer, inner))))
        yield found


def kinds(network: keras.Model) -> dict[str, str]:
    """What each layer is, by its canonical name, in Keras' word: `Conv2D`."""
    return {name: type(layer).__name__ for name, layer in _layers(network)}


def canonical_layout(value: tf.Tensor) -> tf.Tensor:
    """The output of a layer as PyTorch lays it out: images are (batch, channels, height, width)."""
    return tf.transpose(value, (0, 3, 1, 2)) if len(value.shape) == 4 else value


def _layers(network: keras.Layer, before: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Every layer with its dotted name. Those within a recurrent layer run in a loop that nothing can be taken from."""
    own = network.layers if isinstance(network, keras.Model) else vars(network).values()
    for layer in own:
        if not isinstance(layer, keras.Layer) or isinstance(layer, keras.layers.InputLayer | keras.layers.Flatten):
            continue
        yield before + layer.name, layer
        if not isinstance(layer, keras.layers.RNN):
            yield from _layers(layer, f"{before}{layer.name}.")


def _fused(layer: keras.Layer) -> bool:
    kinds = keras.layers.Dense | keras.layers.Conv2D | keras.layers.Conv2DTranspose
    return isinstance(layer, kinds) and layer.activation not in (None, keras.activations.linear)


def _keeping_output(found: dict[str, tf.Tensor], name: str, call: Callable) -> Callable:
    def kept(*arguments, **named):
        found[name] = output = call(*arguments, **named)
        return output

    return kept


def _keeping_input(found: dict[str, tf.Tensor], name: str, activation: Callable) -> Callable:
    def kept(x: tf.Tensor) -> tf.Tensor:
        found[name] = x
        return activation(x)

    return kept


def _rectifier(found: dict[str, tf.Tensor], relu: Callable) -> Callable:
    """ReLU, for a while: every call in Keras and in the networks' own code goes through tf.nn.relu."""
    count = 0

    def kept(x: tf.Tensor, *arguments, **named) -> tf.Tensor:
        nonlocal count
        count += 1
        layers = [name for name in found if not name.startswith("relu/")]
        found[f"relu/{count}/{layers[-1] if layers else ''}"] = x
        return relu(x, *arguments, **named)

    return kept

"""A network as TensorFlow sees it: the concrete function, what the eager tape keeps, and XLA's HLO."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.name_scope import current_path
from tensorflow.python import pywrap_tfe
from tensorflow.python.framework import op_callbacks

from engine.config import RunConfig
from engine.frameworks.layers_tensorflow import built
from engine.graphs import hlo
from engine.graphs.graph import CONSTANT, INPUT, PARAMETER, Graph, Node
from engine.graphs.names import layer_of

VERSION = tf.__version__
_OPERATIONS = {"Placeholder": INPUT, "Const": CONSTANT}


class Network:
    """The network of a config as a run builds it, with one batch of inputs (batch, …) in PyTorch's layout."""

    def __init__(self, config: RunConfig, build: Callable[..., keras.Model], inputs: np.ndarray, training: bool):
        self._network = built(config, config.form, build)
        if config.form.kind == "image":
            inputs = inputs.transpose(0, 2, 3, 1)
        whole = inputs.dtype.kind == "i"
        self._inputs = tf.constant(inputs, tf.int64 if whole else tf.as_dtype(config.variable_dtype))
        self._training = training
        self._run = tf.function(self._outputs, jit_compile=True)
        self._layers = dict(_walked(self._network, ""))

    def layers(self) -> list[tuple[str, str, int]]:
        """Name, class and own trainable numbers of each layer; the network itself is the first, without a name."""
        count = dict.fromkeys(self._layers, 0)
        for variable in self._network.trainable_variables:
            count[self._layer(variable.path)] += int(np.prod(variable.shape))
        return [(name, type(layer).__name__, count[name]) for name, layer in self._layers.items()]

    def graph(self) -> Graph:
        """The concrete function of the forward pass, with the functions that it calls, such as a loop's body."""
        graph = self._run.get_concrete_function(self._inputs).graph
        inner = [(function.name.decode(), function.graph) for function in graph._functions.values()]
        return Graph(tuple(node for scope, one in [("", graph), *inner] for node in self._nodes(one, scope)))

    def tape(self) -> Graph:
        """The operations of one eager pass that a tape keeps, in their order."""
        with tf.GradientTape(), _Kept() as kept:
            self._outputs(self._inputs)
        made = {id(variable.value.handle): variable.path for variable in self._network.variables}
        nodes = [Node(path, PARAMETER, self._layer(path), None, "resource", ()) for path in made.values()]
        for number, (op, path, inputs, outputs) in enumerate(kept.operations):
            name = f"{op}_{number}"
            sources = tuple(made[id(one)] for one in inputs if id(one) in made)
            made |= {id(one): name for one in outputs}
            layer = self._layer(path)
            nodes.append(Node(name, op, layer, _shape(outputs[0]), outputs[0].dtype.name, sources))
        return Graph(tuple(nodes))

    def captured(self) -> Graph:
        """HLO as XLA is given it."""
        return self._hlo("hlo")

    def lowered(self) -> Graph:
        """HLO as XLA leaves it."""
        return self._hlo("optimized_hlo")

    def _outputs(self, x: tf.Tensor) -> tf.Tensor:
        return self._network(x, training=self._training)

    def _hlo(self, stage: str) -> Graph:
        text = self._run.experimental_get_compiler_ir(self._inputs)(stage=stage)
        return Graph(tuple(hlo.nodes(text, self._layers)), text)

    def _layer(self, path: str) -> str:
        return layer_of(path.removeprefix(f"{self._network.name}/"), self._layers)

    def _nodes(self, graph: tf.Graph, scope: str) -> Iterator[Node]:
        before = f"{scope}/" if scope else ""
        for operation in graph.get_operations():
            if operation.type in ("NoOp", "Identity") and "/" not in operation.name:
                continue  # what gives the outputs
            first = operation.outputs[0] if operation.outputs else None
            held = first is not None and first.dtype == tf.resource
            yield Node(
                before + operation.name,
                PARAMETER if held else _OPERATIONS.get(operation.type, operation.type),
                layer_of(operation.name, self._layers),
                None if first is None else _shape(first),
                "" if first is None else first.dtype.name,
                tuple(before + one.op.name for one in operation.inputs),
                scope,
            )


def _walked(layer: keras.Layer, name: str) -> Iterator[tuple[str, keras.Layer]]:
    """The layer by its dotted name, then those in it."""
    yield name, layer
    for child in layer._layers:
        if not isinstance(child, keras.layers.InputLayer):
            yield from _walked(child, f"{name}.{child.name}" if name else child.name)


def _shape(tensor: tf.Tensor) -> tuple[int, ...] | None:
    """Nothing where the shape is not known."""
    return tuple(tensor.shape) if tensor.shape.is_fully_defined() else None


class _Kept:
    """While it is open: name, layers around, inputs and outputs of each eager operation that a tape keeps."""

    def __init__(self) -> None:
        self.operations: list[tuple[str, str, list[tf.Tensor], list[tf.Tensor]]] = []

    def __enter__(self) -> "_Kept":
        op_callbacks.add_op_callback(self._ran)
        return self

    def __exit__(self, *error: object) -> None:
        op_callbacks.remove_op_callback(self._ran)

    def _ran(self, op_type, inputs, attrs, outputs, op_name=None, graph=None) -> None:
        inputs = list(inputs)  # the tensors are kept, so that no other gets the id of one
        if outputs and pywrap_tfe.TFE_Py_TapeSetShouldRecordBackprop(inputs):
            name = op_type.decode() if isinstance(op_type, bytes) else op_type
            self.operations.append((name, current_path(), inputs, list(outputs)))

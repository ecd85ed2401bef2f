"""A network as PyTorch sees it: torch.export's graph, the autograd tape, and what torch.compile captures."""

import contextlib
import operator
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import torch
import torch._inductor.lowering  # which the decomposition of pooling looks up and does not import
from functorch.compile import make_boxed_func
from torch import fx, nn
from torch._dynamo.backends.common import aot_autograd
from torch._inductor.decomposition import select_decomp_table

from engine.config import RunConfig
from engine.frameworks.layers_torch import built
from engine.graphs.graph import CONSTANT, INPUT, PARAMETER, Graph, Node
from engine.quantities import count

VERSION = torch.__version__
NOTHING = "Dynamo captures no graph of this network: all of it runs eager."


class Network:
    """The network of a config as a run builds it, with one batch of inputs (batch, …) in PyTorch's layout."""

    def __init__(self, config: RunConfig, build: Callable[..., nn.Module], inputs: np.ndarray, training: bool):
        dtype = getattr(torch, config.variable_dtype)
        self._network = built(config, config.form, build).to(dtype).train(training)
        whole = inputs.dtype.kind == "i"
        self._inputs = torch.tensor(inputs, dtype=torch.int64 if whole else dtype)
        self._dtype, self._compute_dtype = dtype, getattr(torch, config.compute_dtype)

    def layers(self) -> list[tuple[str, str, int]]:
        """Name, class and own trainable numbers of each layer; the network itself is the first, without a name."""
        return [
            (name, type(module).__name__, sum(value.numel() for value in _trainable(module)))
            for name, module in self._network.named_modules()
        ]

    def graph(self) -> Graph:
        """What torch.export records."""
        with self._autocast(), warnings.catch_warnings():
            # It warns of an LSTM that it flattened its weights.
            warnings.simplefilter("ignore")
            exported = torch.export.export(self._network, (self._inputs,))
        signature = exported.graph_signature
        held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        nodes = (
            replace(node, op=PARAMETER, layer=held[node.name].rpartition(".")[0]) if node.name in held else node
            for node in _nodes(exported.graph, "")
        )
        return Graph(tuple(nodes), exported.graph_module.print_readable(print_output=False))

    def tape(self) -> Graph:
        """The nodes behind the outputs' grad_fn, in the order of the forward pass."""
        names = {parameter: name for name, parameter in self._network.named_parameters()}
        with self._autocast(), _layers_of_tape(self._network) as owners:
            output = self._network(self._inputs)
            _claim(output, "", owners)
        return Graph(tuple(_tape_nodes(owners, names)))

    def captured(self) -> Graph:
        """All graphs that Dynamo captures, and why it broke off where it did."""
        torch._dynamo.reset()
        with self._autocast():
            told = torch._dynamo.explain(self._network)(self._inputs)
        if not told.graphs:
            return Graph((), notes=(NOTHING,))
        notes = [f"{count(len(told.graphs), 'graph')}, {count(told.graph_break_count, 'break')}."]
        notes += dict.fromkeys(one.reason for one in told.break_reasons)
        return _joined({f"graph {number}": module for number, module in enumerate(told.graphs, 1)}, notes)

    def lowered(self) -> Graph:
        """The same after AOTAutograd, with Inductor's decompositions."""
        found: dict[str, fx.GraphModule] = {}

        def keep(name: str, module: fx.GraphModule, _) -> Callable:
            found[name if name not in found else f"{name} {len(found) + 1}"] = module
            return make_boxed_func(module.forward)

        passes = {"fw_compiler": partial(keep, "forward"), "bw_compiler": partial(keep, "backward")}
        backend = aot_autograd(**passes, inference_compiler=passes["fw_compiler"], decompositions=select_decomp_table())
        torch._dynamo.reset()
        with self._autocast(), torch.set_grad_enabled(self._network.training):
            output = torch.compile(self._network, backend=backend)(self._inputs)
        if found and self._network.training:
            output.sum().backward()
        return _joined(found) if found else Graph((), notes=(NOTHING,))

    def _autocast(self) -> contextlib.AbstractContextManager:
        if self._compute_dtype == self._dtype:
            return contextlib.nullcontext()
        return torch.autocast("cpu", self._compute_dtype)


def _joined(modules: dict[str, fx.GraphModule], notes: Iterable[str] = ()) -> Graph:
    """Graphs that follow one another as one; a single one needs no name."""
    several = len(modules) > 1
    nodes = (node for name, module in modules.items() for node in _nodes(module.graph, name if several else ""))
    text = "\n\n".join(module.print_readable(print_output=False) for module in modules.values())
    return Graph(tuple(nodes), text, tuple(notes))


def _trainable(module: nn.Module) -> Iterator[nn.Parameter]:
    return (value for value in module.parameters(recurse=False) if value.requires_grad)


def _nodes(graph: fx.Graph, scope: str) -> Iterator[Node]:
    """Of a graph of FX; what gives the outputs is left out."""
    before = f"{scope}/" if scope else ""
    for node in graph.nodes:
        if node.op == "output":
            continue
        value = node.meta.get("val", node.meta.get("example_value"))
        value = value[0] if isinstance(value, tuple | list) and value else value
        tensor = isinstance(value, torch.Tensor)
        yield Node(
            before + node.name,
            _operation(node),
            "" if node.op == "placeholder" else _layer(node),
            tuple(int(size) for size in value.shape) if tensor else None,
            str(value.dtype).removeprefix("torch.") if tensor else "",
            tuple(before + one.name for one in node.all_input_nodes),
            scope,
        )


def _operation(node: fx.Node) -> str:
    """`aten.linear` for aten.linear.default: which overload it is says little."""
    if node.op == "placeholder":
        return INPUT
    if node.op == "get_attr":
        return CONSTANT
    if isinstance(node.target, torch._ops.OpOverload):
        return str(node.target.overloadpacket)
    if node.target is operator.getitem:
        return "getitem"
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))


def _layer(node: fx.Node) -> str:
    """The innermost module; Dynamo names it as Python would write it: L['fn'].block1.attention."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    name = stack[-1][0] if stack else ""
    return name.partition("].")[2] if name.startswith("L[") else name


# The tape


@contextlib.contextmanager
def _layers_of_tape(network: nn.Module) -> Iterator[dict]:
    """Fills a dictionary with the nodes of the tape in their order and the layer of each, during one forward pass.

    What is new behind a layer's output is that layer's; what is new behind its inputs is of the layer around it.
    """
    owners: dict = {}
    handles = []
    for name, module in network.named_modules():
        if name:
            around = name.rpartition(".")[0]
            handles.append(module.register_forward_pre_hook(lambda _, x, around=around: _claim(x, around, owners)))
            handles.append(module.register_forward_hook(lambda _, __, y, name=name: _claim(y, name, owners)))
    try:
        yield owners
    finally:
        for handle in handles:
            handle.remove()


def _claim(value, layer: str, owners: dict) -> None:
    """Give the nodes behind a tensor, or behind several, to a layer where they have none yet; inputs first."""
    values = value if isinstance(value, tuple | list) else [value]
    roots = [one.grad_fn for one in values if isinstance(one, torch.Tensor) and one.grad_fn is not None]
    stack = [(root, False) for root in roots]
    while stack:
        function, done = stack.pop()
        if function in owners:
            continue
        if done:
            owners[function] = layer
            continue
        stack.append((function, True))
        stack += [(before, False) for before, _ in reversed(function.next_functions) if before is not None]


def _tape_nodes(owners: dict, names: dict) -> Iterator[Node]:
    """Each with the shape that the forward operation gave; a weight is named and stands in its own layer."""
    called = {one: f"{one.name().rpartition('::')[2]}_{number}" for number, one in enumerate(owners)}
    called |= {one: names[one.variable] for one in owners if hasattr(one, "variable") and one.variable in names}
    for one, layer in owners.items():
        given = one.variable if hasattr(one, "variable") else next(iter(one._input_metadata), None)
        yield Node(
            called[one],
            one.name().rpartition("::")[2],
            called[one].rpartition(".")[0] if hasattr(one, "variable") else layer,
            None if given is None else tuple(given.shape),
            "" if given is None else str(given.dtype).removeprefix("torch."),
            tuple(called[before] for before, _ in one.next_functions if before is not None),
        )

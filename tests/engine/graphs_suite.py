"""What the graphs of every network hold, and what becomes of branches and shapes, in either framework."""

import importlib
import math
from collections import Counter
from typing import ClassVar

import pytest

from engine.config import RunConfig
from engine.graphs.difference import does
from engine.graphs.draw import drawn
from engine.graphs.fused import apart
from engine.graphs.graph import VIEWS
from engine.graphs.retracing import WAYS
from engine.graphs.run_branches import ran
from engine.networks.catalogue import NETWORKS
from engine.networks.catalogue import parameters as total

# What PyTorch does in layers that Keras spells out.
FUSED_LAYERS = {
    "embedding.token": ["look-up"],
    "block1.attention": ["attention", *["transpose"] * 4],
    "block1.attention.query": ["matrix product", "bias"],
    "block1.attention_norm": ["layer_norm"],
    "block1.gelu": ["gelu"],
}
BOTH = ["[1.0, 2.0] gives [2.0, 4.0]", "[-1.0, -2.0] gives [-2.0, -3.0]"]


class GraphsSuite:
    framework = ""
    uncaptured: tuple[str, ...] = ()  # networks of which torch.compile takes nothing
    raises: ClassVar[dict[str, str]] = {}
    compilations: ClassVar[dict[str, list[int]]] = {}  # after each of SIZES, by way

    @pytest.mark.parametrize("name", NETWORKS)
    def test_the_graphs_of_a_network(self, name):
        config = RunConfig.build({"network": name, "batch_size": 4})
        seen = drawn(config, True, self.framework)
        layers = {layer.name for layer in seen.layers}
        assert sum(layer.parameters for layer in seen.layers) == self.trained(config)
        assert seen.graphs.keys() == VIEWS[self.framework].keys()
        for view, graph in seen.graphs.items():
            if name in self.uncaptured and view in ("captured", "lowered"):
                assert graph.nodes == ()
                assert graph.notes == ("Dynamo captures no graph of this network: all of it runs eager.",)
                continue
            assert len({node.name for node in graph.nodes}) == len(graph.nodes), view
            assert {node.layer for node in graph.nodes} <= layers, view
            assert len(graph.edges()) > 2, view
        weighted = {layer.name for layer in seen.layers if layer.parameters}
        for view in ("graph", "tape"):
            assert weighted <= {node.layer for node in seen.graphs[view].nodes}, view

    def test_every_layer_of_a_transformer_does_what_the_model_diff_knows(self):
        """In both frameworks, each of which is counted here in the words of the fused one."""
        config = RunConfig.build({"network": "transformer", "batch_size": 4, "network_options": {"depth": 1}})
        graph = drawn(config, True, self.framework).graphs["graph"]
        for layer, fused in FUSED_LAYERS.items():
            words = Counter(word for node in graph.nodes if node.layer == layer for word in does(node))
            assert apart(words, Counter(fused)) == ({}, {}), layer

    def trained(self, config: RunConfig) -> int:
        return total(config.network_entry.weights(config.form, **config.network_options))

    @pytest.mark.parametrize("precision", ["float64", "mixed_bfloat16"])
    def test_another_precision(self, precision):
        seen = drawn(RunConfig.build({"batch_size": 4, "precision": precision}), False, self.framework)
        dtypes = {node.dtype for node in seen.graphs["graph"].nodes}
        assert {"float64": "float64", "mixed_bfloat16": "bfloat16"}[precision] in dtypes

    def test_dropout_is_in_the_training_pass_alone(self):
        config = RunConfig.build({"network_options": {"dropout": 0.5}, "batch_size": 4})
        sizes = {
            training: len(drawn(config, training, self.framework).graphs["graph"].nodes) for training in (False, True)
        }
        assert sizes[True] > sizes[False]

    @pytest.mark.parametrize(
        ("way", "expected"),
        [
            ("eager", BOTH),
            ("compiled", BOTH),
            ("in_one_graph", BOTH),
            ("exported", BOTH),
            ("keeps_a_branch", [BOTH[0], "[-1.0, -2.0] gives [-2.0, -4.0]   <- wrong"]),
            ("mended", BOTH),
        ],
    )
    def test_a_branch(self, way, expected, capfd):
        twin = importlib.import_module(f"engine.graphs.branches_{self.framework}")
        twin.forget()
        with capfd.disabled():
            found = ran(getattr(twin, way))
        assert found["kind"] == self.raises.get(way, "")
        lines = [line.rstrip() for line in found["printed"].splitlines() if " gives [" in line]
        assert lines == ([] if way in self.raises else expected)

    def test_recompilations(self):
        calls = importlib.import_module(f"engine.graphs.retrace_{self.framework}").calls()
        assert calls.keys() == WAYS.keys()
        sizes = (32, 32, 64, 16, 1, *range(2, 8))
        assert {name: [call(size) for size in sizes] for name, call in calls.items()} == self.compilations

    def test_the_batch_is_in_the_shapes(self):
        graph = drawn(RunConfig.build({"batch_size": 7}), False, self.framework).graphs["graph"]
        assert {node.shape[0] for node in graph.nodes if node.op == "input"} == {7}
        assert all(math.prod(node.shape) > 0 for node in graph.nodes if node.shape)

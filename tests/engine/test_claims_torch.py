"""What the claims say of PyTorch as it is pinned."""

import pytest
import torch


def test_the_old_name_of_mixed_precision_warns() -> None:
    with pytest.warns(FutureWarning, match=r"torch\.amp\.autocast"):
        torch.cuda.amp.autocast()


def test_it_makes_a_graph_when_asked() -> None:
    seen = []

    def look(module: torch.fx.GraphModule, _: list) -> object:
        seen.append(len(module.graph.nodes))
        return module.forward

    torch.compile(lambda x: x * 2 + 1, backend=look)(torch.ones(2))
    assert len(seen) == 1
    assert seen[0] >= 4  # an input, two operations, an output

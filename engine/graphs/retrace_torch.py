"""One function compiled in PyTorch in several ways, which count how often Dynamo compiles it."""

from collections.abc import Callable

import torch
from torch._dynamo.testing import CompileCounter

FEATURES = 8


def calls() -> dict[str, Callable[[int], int]]:
    """By the name of each way: a function that calls it with a batch of a size and says how many compilations it had.

    What Dynamo hands on is run as it is: how often that happens does not depend on the compiler behind it.
    """
    ways: dict[str, dict] = {"generalising": {}, "static": {"dynamic": False}, "any_size": {}}
    return {name: _counted(name, options) for name, options in ways.items()}


def _counted(name: str, options: dict) -> Callable[[int], int]:
    weights = torch.ones(FEATURES, 4)

    def layer(x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x @ weights)

    # Dynamo keeps what it compiled, and counts it against its limit, by the code object: each way needs its own.
    layer.__code__ = layer.__code__.replace(co_name=f"layer_{name}")
    compilations = CompileCounter()
    compiled = torch.compile(layer, backend=compilations, **options)

    def call(size: int) -> int:
        x = torch.ones(size, FEATURES)
        if name == "any_size":
            torch._dynamo.maybe_mark_dynamic(x, 0)
        compiled(x)
        return compilations.frame_count

    return call

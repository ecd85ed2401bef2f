"""Operators of both frameworks, and the families that their names put them in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

CONVOLUTION, MATRIX_PRODUCT, POOLING = "convolution", "matrix product", "pooling"
ACTIVATION, OPTIMIZER, OTHER = "activation", "optimizer", "other"
FAMILIES = (CONVOLUTION, MATRIX_PRODUCT, POOLING, ACTIVATION, OPTIMIZER, OTHER)

# What a name holds, in small letters, with _ for - and without PyTorch's namespace. Heavy families come first: an
# operator of several counts under the first one. A recurrent layer, and attention, are one operator that holds matrix
# products and activations, so they stand in both. The softmax inside a cross-entropy belongs to the loss: other.
RULES = {
    CONVOLUTION: ("conv(?!ert)", "im2col", "col2im"),
    MATRIX_PRODUCT: (
        *("(^|_)(add|b|baddb|sparse_add)?mm(_|$)", "(^|_)(add)?mv(_|$)", "(^|_)v?dot(_|$)", "matmul", "gemm"),
        *("(^|_)linear(_|$)", "einsum", "dot_product", "attention", "rnn", "lstm", "(^|_)gru(_|$|block)"),
    ),
    POOLING: ("pool", "reduce_window", "select_and_scatter"),
    ACTIVATION: (
        *("relu", "threshold", "(^|_)clamp_min", "sigmoid", "tanh", "(^|_)[gsc]?elu(_|$|grad)", "silu", "swish"),
        *("softplus", "(^|_)mish", "(^|_)erf", "(?<!log)(?<!log_)softmax(?!_?cross)"),
        *("dot_product", "attention", "rnn", "lstm", "(^|_)gru(_|$|block)"),
    ),
    OPTIMIZER: ("fused_(adam|adamw|sgd|adagrad)", "(^|_)foreach", "(^|resource|_)apply_?(adam|gradient|momentum|rms)"),
}
_PATTERNS = {family: re.compile("|".join(patterns)) for family, patterns in RULES.items()}


@dataclass(frozen=True)
class Operator:
    """One operator over all recorded steps: how often it was called, and its self time in seconds.

    `parts` are the framework's names of what it computes, several where a compiler has fused them. `optimizer` is
    whether it was called while the optimizer changed the weights.
    """

    name: str
    parts: tuple[str, ...]
    optimizer: bool
    calls: int
    seconds: float

    @property
    def families(self) -> tuple[str, ...]:
        """Every family that its names tell, heavy ones first; what no rule knows is `other`."""
        if self.optimizer:
            return (OPTIMIZER,)
        texts = [_plain(part) for part in self.parts or (self.name,)]
        return tuple(family for family, known in _PATTERNS.items() if any(map(known.search, texts))) or (OTHER,)

    @property
    def family(self) -> str:
        """The family that its time counts under."""
        return self.families[0]

    @property
    def mixed(self) -> bool:
        """Whether it holds several families, whose times nobody can tell apart."""
        return len(self.families) > 1


@dataclass(frozen=True)
class Call:
    """One call as a framework's profiler has it, in the words of Operator."""

    name: str
    parts: tuple[str, ...]
    optimizer: bool
    seconds: float


@dataclass(frozen=True)
class Recording:
    """Some steps under the profiler: seconds that they took, operators, and the traces by file name."""

    seconds: float
    operators: list[Operator]
    traces: dict[str, bytes]


def summed(calls: Iterable[Call]) -> list[Operator]:
    """The operators that were called, the longest first."""
    found: dict[tuple[str, tuple[str, ...], bool], list[float]] = {}
    for call in calls:
        found.setdefault((call.name, call.parts, call.optimizer), []).append(call.seconds)
    operators = (Operator(*key, calls=len(seconds), seconds=sum(seconds)) for key, seconds in found.items())
    return sorted(operators, key=lambda operator: -operator.seconds)


def by_family(operators: Iterable[Operator]) -> dict[str, float]:
    """Seconds of each family, in the order of FAMILIES; one without operators has 0."""
    total = dict.fromkeys(FAMILIES, 0.0)
    for operator in operators:
        total[operator.family] += operator.seconds
    return total


def _plain(name: str) -> str:
    """`mkldnn_convolution` for `aten::mkldnn_convolution`, `reduce_window` for `reduce-window`."""
    return name.rpartition("::")[2].replace("-", "_").lower()

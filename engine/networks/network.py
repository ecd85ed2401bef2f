"""What a reference network is: its description, its weights in canonical layout and a recipe for each dataset."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Literal

from engine.datasets.dataset import Form, Option, Options
from engine.networks.shapes import Weights


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters that give a good curve within ten seconds on a small machine."""

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    network_options: Mapping[str, Any] = field(default_factory=dict)


def _no_conflict(options: Options) -> str:
    return ""


@dataclass(frozen=True)
class Network:
    """`weights(form, **options)` names each trainable weight as PyTorch does; `recipes` by dataset, default first.

    `takes` is the kind of inputs that its twins are built for: one that takes vectors is given images flattened. One
    that reconstructs has its inputs as targets.
    """

    name: str
    title: str
    source: str
    takes: Literal["vector", "image", "sequence", "characters"]
    weights: Callable[..., Weights]
    recipes: Mapping[str, Recipe]
    options: Mapping[str, Option] = field(default_factory=dict)
    reconstructs: bool = False
    task: Literal["classification", "regression"] | None = None  # None where it learns both
    recurrent: bool = False  # loops over time, which PyTorch's compiler takes into no call of many steps
    contains: tuple[str, ...] = ()  # parts that the frameworks treat differently, such as batch_norm
    conflict: Callable[[Options], str] = _no_conflict  # one sentence where two options do not go together

    def given(self, form: Form) -> Form:
        """A dataset's form as this network is given it."""
        if self.takes == "vector" and form.kind == "image":
            form = replace(form, kind="vector", shape=(prod(form.shape),))
        if self.reconstructs:
            form = replace(form, task="regression", outputs=form.shape[0])
        return form

    def parts(self, options: Options) -> set[str]:
        """Those of its parts that the frameworks treat differently; `contains`, and what the options bring."""
        brought = {"gelu": options.get("activation") == "gelu", "dropout": bool(options.get("dropout"))}
        return {*self.contains, *(part for part, there in brought.items() if there)}

    def complete(self, options: Options) -> dict[str, Any]:
        """All options, with the defaults of those that are not given."""
        return {name: option.default for name, option in self.options.items()} | dict(options)


def parameters(weights: Weights) -> int:
    """Number of trainable parameters."""
    return sum(prod(weight.shape) for weight in weights.values())

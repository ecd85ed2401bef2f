"""What a person says about a network of their own in NAME.json, and the catalogue's entry that it becomes."""

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.datasets.catalogue import DATASETS, DatasetError
from engine.datasets.dataset import Form, Option
from engine.networks.catalogue import Network, Recipe
from engine.networks.shapes import Weight, Weights

Shapes = Mapping[str, list[int]]
Contained = Literal["batch_norm", "layer_norm", "lstm", "gelu", "dropout", "embedding", "strided_padding"]
RESERVED = {"inputs", "outputs", "layers", "true", "false", "none"}
NAME = r"^[a-z][a-z0-9_]{0,31}$"


class OwnNetworkError(ValueError):
    """A network of a person's own that cannot be used: one sentence that says why."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class DeclaredOption(_Strict):
    """An argument of `build`: a number from `low` to `high`, or one of `choices`."""

    default: int | float | str
    low: int | float | None = None
    high: int | float | None = None
    choices: Annotated[tuple[Annotated[str, Field(pattern=NAME)], ...], Field(strict=False)] = ()
    help: str = Field("", max_length=200)

    def option(self) -> Option:
        """As the form and the config take it. Raises OwnNetworkError."""
        if self.choices:
            option = Option(self.default, choices=self.choices, kind="choice", help=self.help)
        elif isinstance(self.default, str) or self.low is None or self.high is None:
            raise OwnNetworkError("a number needs low and high, a text needs choices")
        else:
            option = Option(self.default, self.low, self.high, self.help)
        if not option.accepts(self.default):
            raise OwnNetworkError(f"its default is {self.default!r}, and allowed is {option.allowed()}")
        return option


class DeclaredRecipe(_Strict):
    """Hyperparameters to begin with, on whatever data."""

    epochs: int = Field(20, ge=1, le=1_000_000)
    batch_size: int = Field(32, ge=1, le=65_536)
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"] = "adam"
    learning_rate: float = Field(0.001, gt=0, le=1_000_000)


class Declaration(_Strict):
    """All that NAME.json may say. `takes` is the form of the inputs; without a `task` it learns both.

    `contains` names parts that the frameworks treat differently by default. `flattens` says which weights get a
    flattened image as inputs, and of which (channels, height, width): frameworks flatten in different orders.
    """

    title: str = Field(min_length=1, max_length=80)
    takes: Literal["vector", "image", "sequence", "characters"]
    source: str = Field("", max_length=300)
    task: Literal["classification", "regression"] | None = None
    options: dict[str, DeclaredOption] = {}
    recipe: DeclaredRecipe = DeclaredRecipe.model_validate({})
    contains: Annotated[tuple[Contained, ...], Field(strict=False)] = ()
    flattens: dict[str, Annotated[tuple[int, int, int], Field(strict=False)]] = {}


def read(fields: Any) -> Declaration:
    """The declaration of these JSON fields. Raises OwnNetworkError, with the middle of a sentence."""
    try:
        found = Declaration.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "its text"
        raise OwnNetworkError(f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    for name, option in found.options.items():
        if not name.isidentifier() or not name.islower() or name in RESERVED:
            raise OwnNetworkError(f"options.{name[:40]}: this is no name for an option")
        try:
            option.option()
        except OwnNetworkError as error:
            raise OwnNetworkError(f"options.{name}: {error}") from None
    return found


def entry(name: str, declared: Declaration, folder: str, shapes: Shapes | None) -> Network:
    """The network as the catalogue would have it; `shapes` are those of its weights, None while nobody knows them."""
    recipe = Recipe(**declared.recipe.model_dump())

    def weights(form: Form, **options: Any) -> Weights:
        if shapes is None:
            raise OwnNetworkError(f"The network {name} was not built by both frameworks yet: train it from the form.")
        return canonical(shapes, declared)

    return Network(
        name,
        declared.title,
        declared.source or f"Local code in {folder}.",
        declared.takes,
        weights,
        dict.fromkeys(fitting(declared), recipe),
        {name: option.option() for name, option in declared.options.items()},
        contains=declared.contains,
        task=declared.task,
    )


def fitting(declared: Declaration) -> list[str]:
    """The data that it takes, as far as their form is known before anything is chosen."""
    kinds = ("vector", "image") if declared.takes == "vector" else (declared.takes,)
    found = []
    for name, dataset in DATASETS.items():
        try:
            form = dataset.form({key: option.default for key, option in dataset.options.items()})
        except DatasetError:  # a table, which is a vector; what it asks for is not chosen yet
            fits = declared.takes == "vector"
        else:
            fits = form.kind in kinds and declared.task in (None, form.task)
        if fits:
            found.append(name)
    return found


def canonical(shapes: Shapes, declared: Declaration) -> Weights:
    """The weights with their beginnings in the matched policy, as far as a name and a shape can tell.

    A scale (`weight` with one axis) begins with ones, the `bias` beside it with zeros; all else is uniform in
    ±1/√fan_in, the inputs of a matrix or of a kernel, which a bias shares with the matrix of its own layer.
    """
    return {name: _weight(name, tuple(shape), shapes, declared) for name, shape in shapes.items()}


def _weight(name: str, shape: tuple[int, ...], shapes: Shapes, declared: Declaration) -> Weight:
    layer, _, part = name.rpartition(".")
    if part == "weight" and len(shape) == 1:
        return Weight(shape, begin="ones")
    beside = shapes.get(f"{layer}.{part.replace('bias', 'weight')}", ()) if "bias" in part else ()
    if len(beside) == 1:
        return Weight(shape, begin="zeros")
    inputs = beside or shape
    fan_in = prod(inputs[1:]) if len(inputs) > 1 else prod(inputs)
    return Weight(shape, max(1, fan_in), flattens=declared.flattens.get(name))

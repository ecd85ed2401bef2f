"""What a person asked for: one frozen RunConfig, checked where it is built, JSON both ways."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from engine.config_problems import DEVICES, EXECUTIONS, ConfigError, Problem, plain, problem, problems, refused
from engine.datasets.catalogue import DATASETS, Form
from engine.fairness.defaults import NAMES as MATCHABLE
from engine.networks import own
from engine.networks.catalogue import NETWORKS, Network
from engine.networks.declaration import OwnNetworkError

Framework = Literal["torch", "tensorflow"]
Policy = Literal["matched", "defaults"]
Optimizer = Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"]
Device = Annotated[str, StringConstraints(pattern=r"^(cpu|mps|cuda:[0-9]{1,2})$")]

OptionValue = int | float | str | list[str] | list[int]

FRAMEWORKS: tuple[Framework, ...] = get_args(Framework)
NAMES: dict[str, str] = {"torch": "PyTorch", "tensorflow": "TensorFlow"}  # of the frameworks, for a person


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Devices(_Frozen):
    """Where each framework computes."""

    torch: Device = "cpu"
    tensorflow: Device = "cpu"


class Executions(_Frozen):
    """How each framework runs a step, by its own names."""

    torch: Literal["eager", "compile"] = "eager"
    tensorflow: Literal["graph", "eager", "xla"] = "graph"


class StepsPerCall(_Frozen):
    """Whether each framework runs its steps one by one, or many in one compiled call."""

    torch: Literal["one", "many"] = "one"
    tensorflow: Literal["one", "many"] = "many"


class OwnNetwork(_Frozen):
    """A network from outside the repository as it was when its run was asked for.

    `torch` and `tensorflow` are the SHA-256 of the twins in the folder; `weights` are shapes in canonical layout, once
    both frameworks have built the network.
    """

    folder: str
    torch: str
    tensorflow: str
    declaration: dict[str, Any]
    weights: dict[str, list[int]] | None = None


class RunConfig(_Frozen):
    """Everything that decides a run. Fields left out take the network's recipe; None means the policy's own default."""

    schema_version: Literal[1] = 1
    network: str = "mlp"
    network_options: dict[str, OptionValue] = {}
    own_network: OwnNetwork | None = None
    dataset: str
    dataset_options: dict[str, OptionValue] = {}
    train_fraction: float = Field(0.8, gt=0, le=1)
    frameworks: Annotated[tuple[Framework, ...], Field(strict=False, min_length=1)] = FRAMEWORKS
    policy: Policy = "matched"
    matched_defaults: Annotated[tuple[str, ...], Field(strict=False)] = ()  # of `defaults`, what is matched after all
    epochs: int = Field(ge=1, le=1_000_000)
    batch_size: int = Field(ge=1, le=65_536)
    optimizer: Optimizer
    momentum: float | None = Field(None, ge=0, lt=1)
    beta_1: float | None = Field(None, ge=0, lt=1)
    beta_2: float | None = Field(None, ge=0, lt=1)
    rho: float | None = Field(None, ge=0, lt=1)
    epsilon: float | None = Field(None, gt=0, le=1)
    weight_decay: float | None = Field(None, ge=0, le=10)
    learning_rate: float = Field(gt=0, le=1_000_000)
    schedule: Literal["constant", "step", "cosine"] = "constant"
    schedule_epochs: int = Field(10, ge=1, le=1_000_000)
    schedule_factor: float = Field(0.1, gt=0, le=1)
    warmup_steps: int = Field(0, ge=0, le=1_000_000_000)
    gradient_clip_norm: float | None = Field(None, gt=0, le=1_000_000)
    early_stopping_patience: int | None = Field(None, ge=1, le=1_000_000)
    seed: int = Field(0, ge=0, le=2**32 - 1)
    precision: Literal["float32", "float64", "mixed_bfloat16", "mixed_float16"] = "float32"
    device: Devices = Devices()
    execution: Executions = Executions()
    steps_per_call: StepsPerCall = StepsPerCall()
    threads: int = Field(1, ge=1, le=256)
    workers: int = Field(1, ge=1, le=4)
    concurrency: Literal["race", "in_turn"] = "race"
    histograms: bool = True
    snapshots: bool = True

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, fields: Any) -> Any:
        """Take what was left out from the network's recipe; spread one device or execution over both frameworks."""
        if not isinstance(fields, Mapping):
            return fields
        fields = dict(fields)
        network = _network(fields)
        fields.setdefault("dataset", next(iter(network.recipes)))
        recipe = network.recipes.get(str(fields["dataset"])) or next(iter(network.recipes.values()))
        for name, value in vars(recipe).items():
            if name != "network_options":
                fields.setdefault(name, value)
        for name in ("device", "execution", "steps_per_call"):
            if isinstance(fields.get(name), str):
                fields[name] = dict.fromkeys(FRAMEWORKS, fields[name])
        fields["steps_per_call"] = _steps_per_call(fields)
        usual = {"network_options": network.complete(recipe.network_options)}
        if dataset := DATASETS.get(str(fields["dataset"])):
            usual["dataset_options"] = {name: option.default for name, option in dataset.options.items()}
        for name, defaults in usual.items():
            given = fields.get(name, {})
            if isinstance(given, Mapping):
                every = {**defaults, **given}
                fields[name] = {key: plain(value) for key, value in every.items()}
        return fields

    @model_validator(mode="after")
    def _fits(self) -> "RunConfig":
        if found := problems(self):
            raise ConfigError(found)
        return self

    @property
    def network_entry(self) -> Network:
        """The network: of the catalogue, or of a person's own, as it was declared when the config was made."""
        record = self.own_network
        return own.entry(self.network, record.model_dump()) if record else NETWORKS[self.network]

    @property
    def form(self) -> Form:
        """The dataset's form as the network is given it."""
        return self.network_entry.given(DATASETS[self.dataset].form(self.dataset_options))

    @classmethod
    def build(cls, fields: Mapping[str, Any]) -> "RunConfig":
        """A config from plain values. Raises ConfigError, one sentence per bad field."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise ConfigError(_unfit(error)) from None

    @classmethod
    def from_json(cls, text: str | bytes) -> "RunConfig":
        """A config from JSON. Raises ConfigError."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):
            shown = text.decode(errors="replace") if isinstance(text, bytes) else text
            raise refused("config", shown[:40], "a JSON object") from None
        if not isinstance(fields, dict):
            raise refused("config", fields, "a JSON object")
        return cls.build(fields)

    @property
    def variable_dtype(self) -> str:
        """The type of weights, losses and the optimizer's numbers."""
        return "float32" if self.precision.startswith("mixed_") else self.precision

    @property
    def compute_dtype(self) -> str:
        """The type of the network's products: a shorter one in mixed precision."""
        return self.precision.removeprefix("mixed_")

    @property
    def scales_loss(self) -> bool:
        """Whether the loss is scaled, without which small gradients would be 0: in float16, whose exponent is short."""
        return self.precision == "mixed_float16"

    def to_json(self) -> str:
        """Every field, resolved, as indented JSON."""
        return self.model_dump_json(indent=2) + "\n"


def _steps_per_call(fields: Mapping[str, Any]) -> Any:
    """What was asked for, each framework's usual where nothing was: TensorFlow's graphs have loops."""
    given = fields.get("steps_per_call", {})
    execution = fields.get("execution", {})
    eager = isinstance(execution, Mapping) and execution.get("tensorflow") == "eager"
    usual = {"torch": "one", "tensorflow": "one" if eager else "many"}
    return {**usual, **given} if isinstance(given, Mapping) else given


def allowed(field: str) -> str:
    """What `field` (dotted for a framework's own) may be, in words."""
    name, _, framework = field.partition(".")
    if name == "steps_per_call":
        return "one or many; many only where the execution is not eager"
    if name in ("execution", "device"):
        choices = {side: ", ".join(names) for side, names in EXECUTIONS.items()} if name == "execution" else DEVICES
        if framework in choices:
            return choices[framework]
        return "; ".join(f"for {side} {names}" for side, names in choices.items())
    if name not in RunConfig.model_fields:
        return "one of the fields " + ", ".join(RunConfig.model_fields)
    if name == "network":
        return ", ".join(NETWORKS)
    return WORDS.get(name) or _limits(name)


WORDS = {
    "own_network": "what is recorded of a network in a folder of your own, which --networks names",
    "dataset": ", ".join(DATASETS),
    "network_options": "values by the network's option names",
    "dataset_options": "values by the dataset's option names",
    "frameworks": "torch, tensorflow or both",
    "matched_defaults": f"a list of any of {', '.join(MATCHABLE)}, with the policy defaults",
    "histograms": "true or false",
    "snapshots": "true or false",
}


def _bound(item: object) -> list[tuple[str, float]]:
    return [(key, getattr(item, key)) for key in ("gt", "ge", "lt", "le") if hasattr(item, key)]


def _limits(name: str) -> str:
    info = RunConfig.model_fields[name]
    choices = get_args(info.annotation)
    if choices and all(isinstance(choice, str | int) for choice in choices):
        return ", ".join(str(choice) for choice in choices)
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    bounds = " and ".join(f"{words[key]} {value:,}" for item in info.metadata for key, value in _bound(item))
    kind = "a whole number" if int in (info.annotation, *choices) else "a number"
    return f"{kind}, {bounds}" + (", or nothing" if type(None) in choices else "")


def _network(fields: dict[str, Any]) -> Network:
    """The network that the fields ask for; one of a person's own is recorded in them. Raises ConfigError."""
    name = str(fields.get("network", "mlp"))
    if fields.get("own_network") is None and name in own.OWN:
        fields["own_network"] = own.OWN[name]
    record = fields.get("own_network")
    if record is None:
        if name not in NETWORKS:
            raise refused("network", fields["network"], allowed("network"))
        return NETWORKS[name]
    try:
        return own.entry(name, OwnNetwork.model_validate(record).model_dump())
    except (ValidationError, OwnNetworkError):
        raise refused("own_network", record, allowed("own_network")) from None


def _unfit(error: ValidationError) -> list[Problem]:
    """The fields that are not what they may be, each once."""
    found: dict[str, Problem] = {}
    for detail in error.errors():
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, ConfigError):
            return inner.problems
        path = ".".join(part for part in detail["loc"] if isinstance(part, str) and part not in ("int", "float"))
        given = detail["input"]
        if detail["type"] == "extra_forbidden":
            one = Problem(field=path, sentence=f"{path}: there is no such field; allowed is {allowed(path)}.")
        elif detail["type"] == "missing":
            one = Problem(field=path, sentence=f"{path}: nothing was given; allowed is {allowed(path)}.")
        else:
            one = problem(path, given, allowed(path))
        found.setdefault(path, one)
    return list(found.values())

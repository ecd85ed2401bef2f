"""What a benchmark is asked to measure: cases, how often and for how long, and the quality to be reached, if any."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.bench.rows import training_rows
from engine.config import ConfigError, Problem, RunConfig, refused

PER_SECOND = ("training_step", "inference")  # quantities told as so many a second; others in seconds of one
Quantity = Literal["training_step", "inference", "epoch", "time_to_quality"]
QUANTITIES: tuple[str, ...] = get_args(Quantity)
IN_BLOCKS = ("training_step", "inference", "epoch")  # which are warmed up, and of which a block has many
METRICS = {"classification": ("validation_accuracy", "validation_loss"), "regression": ("validation_loss",)}
# Of single calls so many are kept, of a block and of the whole benchmark: one of 64 cases still is a file to publish.
MOST_CALLS, ALL_CALLS = 2_000, 800_000


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Case(_Frozen):
    """One thing whose speed is measured: a config of one framework, in our loop or as people usually write it first."""

    config: RunConfig
    loop: Literal["engine", "usual"] = "engine"

    @property
    def framework(self) -> str:
        return self.config.frameworks[0]


class Quality(_Frozen):
    """What is to be reached: a metric, and its target."""

    metric: Literal["validation_loss", "validation_accuracy"]
    target: float


class Plan(_Frozen):
    """One benchmark as a person asked for it."""

    schema_version: Literal[1] = 1
    title: str = Field(max_length=200)
    preset: Literal["quick", "thorough"] = "quick"
    quantity: Quantity = "training_step"
    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=64)]
    rounds: int = Field(5, ge=5, le=1000)
    block_seconds: float = Field(0.5, gt=0, le=600)
    quality: Quality | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Plan":
        if any(len(case.config.frameworks) != 1 for case in self.cases):
            raise refused("cases", "two frameworks in one case", "one framework in each case")
        if self.quantity != "training_step" and any(case.loop == "usual" for case in self.cases):
            raise refused("cases", "usual", "loops as people write them first for the quantity training_step alone")
        if self.quantity == "time_to_quality" and self.quality is None:
            raise refused("quality", None, "a metric and its target")
        for one in (case.config for case in self.cases) if self.quantity == "time_to_quality" else ():
            if self.quality and self.quality.metric not in (fitting := metrics(one)):
                left = f"{' or '.join(fitting)}: {one.network} on {one.dataset} gives values, which have no accuracy"
                none = f"nothing: {one.dataset} leaves no example for validation here"
                raise refused("metric", self.quality.metric, left if fitting else none)
        return self

    @classmethod
    def build(cls, fields: Mapping[str, Any]) -> "Plan":
        """A plan from plain values. Raises ConfigError."""
        with _as_sentences():
            return cls.model_validate(dict(fields))

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """A plan from JSON. Raises ConfigError."""
        with _as_sentences():
            return cls.model_validate_json(text)

    def to_json(self) -> str:
        return self.model_dump_json(indent=1) + "\n"


def metrics(config: RunConfig) -> tuple[str, ...]:
    """What both sides can train to, the usual first; nothing where no example is left for validation."""
    return METRICS[config.form.task] if training_rows(config) < config.form.examples else ()


@contextlib.contextmanager
def _as_sentences() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        inner = first.get("ctx", {}).get("error")
        if isinstance(inner, ConfigError):
            raise inner from None
        place = ".".join(str(part) for part in first["loc"]) or "plan"
        raise ConfigError([Problem(field=place, sentence=f"{place}: {first['msg']}.")]) from None


def name_of(case: Case) -> str:
    """A way to run by its name: `torch.compile.many`, or `tensorflow.usual` for the loop that people write first."""
    if case.loop == "usual":
        return f"{case.framework}.usual"
    execution = getattr(case.config.execution, case.framework)
    steps = "" if execution == "eager" else f".{getattr(case.config.steps_per_call, case.framework)}"
    return f"{case.framework}.{execution}{steps}"


def is_ladder(plan: Plan) -> bool:
    """Whether the cases are ways to run one and the same training step."""
    one = plan.cases[0].config
    ways = ("frameworks", "execution", "steps_per_call", "matched_defaults")
    same = all(case.config.model_copy(update={name: getattr(one, name) for name in ways}) == one for case in plan.cases)
    many = len(plan.cases) > 2 or any(case.loop == "usual" for case in plan.cases)  # two executions are a comparison
    return same and many and plan.quantity == "training_step"


def calls_kept(plan: Plan) -> int:
    """Of how many single calls of a block the seconds are kept, so that the benchmark can be published."""
    return max(1, min(MOST_CALLS, ALL_CALLS // (2 * plan.rounds * len(plan.cases))))

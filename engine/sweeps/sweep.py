"""A sweep as a person asks for it: which fields vary over which values, and how trials are chosen, all checked."""

import itertools
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.config import FRAMEWORKS, ConfigError, Problem, RunConfig, refused
from engine.datasets.catalogue import training_examples
from engine.experiments.experiment import LARGEST_SEED, MOST_SEEDS, SEEDS
from engine.sweeps.ranges import EXAMPLE, FIXED, Range, Value, first_of, range_of, varies

Sampler = Literal["grid", "random", "tpe"]
SAMPLERS: tuple[str, ...] = get_args(Sampler)
TRIALS = 30
MOST_TRIALS = 10_000
CHECKED = 500  # so many combinations are built before a sweep starts; of more, the ends of each range


class Plan(BaseModel):
    """One sweep, complete: `config` is what all trials share, with each range at its first value."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: Literal[1] = 1
    config: RunConfig
    ranges: Annotated[tuple[Range, ...], Field(min_length=1)]
    sampler: Sampler = "tpe"
    trials: int = Field(TRIALS, ge=1, le=MOST_TRIALS)
    prune: bool = False
    seeds: int = Field(SEEDS, ge=0, le=MOST_SEEDS)  # with which the best trials of each side are repeated
    metric: str

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """A plan from JSON. Raises ConfigError."""
        try:
            fields = json.loads(text)
            config = RunConfig.build(fields.pop("config"))
            return cls.model_validate({**fields, "config": config})
        except ConfigError:
            raise
        except (ValidationError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
            raise refused("plan", "something else", "a sweep of this version") from None

    def to_json(self) -> str:
        return self.model_dump_json(indent=1) + "\n"

    def points(self) -> int:
        """How many different settings a grid has; 0 where a range has no steps, which no grid's has."""
        return math.prod(len(each.values) for each in self.ranges)


def made(
    texts: Mapping[str, str],
    fields: Callable[[Iterable[str]], Mapping[str, Any]],
    sampler: str = "tpe",
    trials: int | None = None,
    prune: bool = False,
    seeds: int = SEEDS,
    metric: str = "",
) -> Plan:
    """The sweep over `texts`, which give values or ranges by field; a text with one value holds for all trials.

    `fields` makes the config's fields of `name=text`, each. Without `trials` a grid has all of its points, any other
    sampler TRIALS. Without `metric` it is the first of `metrics`, and without a policy each framework keeps its own
    defaults: the question is about those. Raises ConfigError, one sentence per problem.
    """
    texts = {"policy": "defaults", **texts}
    ranges = [(name, text) for name, text in texts.items() if varies(name, text)]
    alone = {name: text for name, text in texts.items() if not varies(name, text)}
    if not ranges:
        raise refused("--set", None, f"at least one field with several values or a range, {EXAMPLE}")
    first = {name: first_of(name, text) for name, text in ranges}
    config = RunConfig.build(fields(f"{name}={text}" for name, text in {**alone, **first}.items()))
    found = tuple(range_of(name, text, config, in_grid=sampler == "grid") for name, text in ranges)
    _check_all(config, found, sampler, trials, seeds)
    how = {"sampler": sampler, "trials": trials or TRIALS, "prune": prune, "seeds": seeds}
    plan = Plan.model_validate({"config": config, "ranges": found, "metric": metric or metrics(config)[0], **how})
    return _checked(plan, trials)


def _check_all(config: RunConfig, ranges: Sequence[Range], sampler: str, trials: int | None, seeds: int) -> None:
    if set(config.frameworks) != set(FRAMEWORKS):
        raise refused("frameworks", list(config.frameworks), FIXED["frameworks"])
    if sampler not in SAMPLERS:
        raise refused("sampler", sampler, ", ".join(SAMPLERS))
    if trials is not None and not 1 <= trials <= MOST_TRIALS:
        raise refused("trials", trials, f"a whole number, at least 1 and at most {MOST_TRIALS:,}")
    if seeds != 0 and not 2 <= seeds <= MOST_SEEDS:
        raise refused("seeds", seeds, f"0, or a whole number, at least 2 and at most {MOST_SEEDS}")
    if config.seed + seeds > LARGEST_SEED:
        raise refused("seed", config.seed, f"at most {LARGEST_SEED - seeds:,} with {seeds} more seeds")
    names = [each.field for each in ranges]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise refused(twice, "two ranges", "one range")


def _checked(plan: Plan, trials: int | None) -> Plan:
    """The plan, where every setting can be trained, as far as that is known; a grid with all of its points."""
    if plan.metric not in metrics(plan.config):
        raise refused("metric", plan.metric, ", ".join(metrics(plan.config)))
    if plan.prune and plan.metric not in _validated(plan.config):
        raise refused("prune", True, "nothing without validation data, by which trials are held against each other")
    points = plan.points()
    for setting in _settings(plan):
        config_of(plan, setting)
    if plan.sampler != "grid":
        return plan
    if points > MOST_TRIALS:
        fewer = f"at most {MOST_TRIALS:,}: fewer fields, or fewer values, as log:LOW:HIGH:3 has three"
        raise refused("--set", f"a grid of {points:,} points", fewer)
    if trials is not None and trials < points:
        raise refused("trials", trials, f"at least {points:,}, the points of this grid, and at most {MOST_TRIALS:,}")
    return plan.model_copy(update={"trials": points})


def _settings(plan: Plan) -> Iterable[dict[str, Value]]:
    """What is tried before a sweep starts: every combination, or of too many each range alone."""
    points = math.prod(len(each.ends) for each in plan.ranges)
    if points <= CHECKED:
        return (
            dict(zip([each.field for each in plan.ranges], values, strict=True))
            for values in itertools.product(*(each.ends for each in plan.ranges))
        )
    return ({each.field: value} for each in plan.ranges for value in each.ends)


def config_of(plan: Plan, setting: Mapping[str, Value], seed: int | None = None) -> RunConfig:
    """What a trial trains: the plan's config with these values by field. Raises ConfigError."""
    fields = json.loads(plan.config.to_json())
    if any(name.partition(".")[0] == "execution" for name in setting):
        fields["steps_per_call"] = {}  # as is usual with each
    for name, value in setting.items():
        outer, _, inner = name.partition(".")
        if inner:
            fields[outer][inner] = value
        elif outer in ("device", "execution", "steps_per_call"):
            fields[outer] = dict.fromkeys(FRAMEWORKS, value)
        else:
            fields[outer] = value
    if seed is not None:
        fields["seed"] = seed
    try:
        return RunConfig.build(fields)
    except ConfigError as error:
        shown = ", ".join(f"{name} {value}" for name, value in setting.items())
        raise ConfigError(
            [Problem(field=one.field, sentence=f"{one.sentence} (in a trial with {shown})") for one in error.problems]
        ) from None


def grid(plan: Plan) -> list[dict[str, Value]]:
    """Every combination of the values, in an order drawn from the plan's seed, so that early ones cover the grid."""
    every = list(_settings(plan)) if plan.points() <= CHECKED else [
        dict(zip([each.field for each in plan.ranges], values, strict=True))
        for values in itertools.product(*(each.values for each in plan.ranges))
    ]  # fmt: skip
    random.Random(plan.config.seed).shuffle(every)
    return every


def metrics(config: RunConfig) -> list[str]:
    """What a sweep over this config can be about, the loss of validation first."""
    return [*_validated(config), "train_loss"]


def _validated(config: RunConfig) -> list[str]:
    examples = config.form.examples
    if training_examples(examples, config.train_fraction) >= examples:
        return []
    more = {"classification": ["validation_accuracy"], "regression": ["validation_mae", "validation_r2"]}
    return ["validation_loss", *more.get(str(config.form.task), [])]

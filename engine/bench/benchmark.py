"""A benchmark: the plan of what is measured, and its folder with the lines of what was measured."""

import contextlib
import itertools
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.config import EXECUTIONS, ConfigError, Problem, RunConfig, refused
from engine.runs import Store, StoreError
from engine.system import write_whole

FOLDER = "benchmarks"
BENCHMARK_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,40}-[0-9a-f]{6}")
Quantity = Literal["training_step", "inference", "epoch", "time_to_quality"]
QUANTITIES: tuple[str, ...] = get_args(Quantity)
ROUNDS = {"quick": 8, "thorough": 8}
BLOCK_SECONDS = {"quick": 0.5, "thorough": 1.0}
AXES = ("batch_size", "width", "depth", "threads", "workers")


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


def _plan(title: str, cases: Sequence[Case], preset: str, quantity: str, quality: Quality | None = None) -> Plan:
    return Plan.build(
        {"title": title, "preset": preset, "quantity": quantity, "cases": tuple(cases), "rounds": ROUNDS[preset],
         "block_seconds": BLOCK_SECONDS[preset], "quality": quality}
    )  # fmt: skip


def _sides(config: RunConfig) -> list[RunConfig]:
    return [config.model_copy(update={"frameworks": (side,)}) for side in config.frameworks]


def comparison(
    config: RunConfig, preset: str = "quick", quantity: str = "training_step", quality: Quality | None = None
) -> Plan:
    """Each framework of the config against the other."""
    return _plan(f"{config.network} on {config.dataset}", [Case(config=one) for one in _sides(config)], preset,
                 quantity, quality)  # fmt: skip


def ladder(config: RunConfig, preset: str = "quick") -> Plan:
    """Every execution of each framework, one step in a call and many, and what people write first."""
    cases = []
    for one in _sides(config):
        executions = [name for name in EXECUTIONS[one.frameworks[0]] if (preset, name) != ("quick", "compile")]
        for execution, steps in itertools.product(executions, ("one", "many")):
            with contextlib.suppress(ConfigError):  # a rung that this network does not have, or that no eager one has
                cases.append(Case(config=_run_by(one, execution, steps)))
        cases.append(Case(config=one, loop="usual"))
    return _plan(f"Ways to run {config.network}", cases, preset, "training_step")


def _run_by(config: RunConfig, execution: str, steps: str) -> RunConfig:
    side = config.frameworks[0]
    fields = json.loads(config.to_json())
    fields["execution"][side], fields["steps_per_call"] = execution, {side: steps}
    return RunConfig.build(fields)


def scaling(
    config: RunConfig, axis: str, values: Sequence[int], preset: str = "quick", quantity: str = "training_step"
) -> Plan:
    """Each framework of the config at each value of one axis of AXES. Raises ConfigError."""
    if axis not in AXES:
        raise refused("axis", axis, ", ".join(AXES))
    cases = []
    for value in values:
        fields = json.loads(config.to_json())
        if axis in ("width", "depth"):
            fields["network_options"][axis] = value
        else:
            fields[axis] = value
        cases += [Case(config=one) for one in _sides(RunConfig.build(fields))]
    return _plan(f"{config.network} over {axis.replace('_', ' ')}", cases, preset, quantity)


def latencies(config: RunConfig, batch_sizes: Sequence[int], preset: str = "quick") -> Plan:
    """Inference of each framework at each batch size."""
    plan = scaling(config, "batch_size", batch_sizes, preset, "inference")
    return plan.model_copy(update={"title": f"Latency of {config.network}"})


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
    return same and len(plan.cases) > 2 and plan.quantity == "training_step"


# Folders


def create(store: Store, plan: Plan) -> str:
    """Queue the plan; returns the benchmark's id. Raises StoreError."""
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{plan.cases[0].config.network}-{secrets.token_hex(3)}"
    folder = store.root / FOLDER / name
    try:
        folder.mkdir(parents=True)
        write_whole(folder / "plan.json", plan.to_json().encode())
    except OSError as error:
        raise StoreError(f"The benchmark could not be written to {folder}: {error.strerror}.") from None
    return name


def benchmarks(store: Store) -> list[str]:
    """The ids of all benchmarks, newest first."""
    found = (path.parent.name for path in (store.root / FOLDER).glob("*/plan.json"))
    return sorted(filter(BENCHMARK_ID.fullmatch, found), reverse=True)


def folder(store: Store, benchmark: str) -> Path:
    """The benchmark's folder. Raises StoreError for an id that is malformed or unknown."""
    path = store.root / FOLDER / benchmark
    if not BENCHMARK_ID.fullmatch(benchmark) or not (path / "plan.json").is_file():
        raise StoreError(f"There is no benchmark {benchmark[:60]!r} in {store.root}.")
    return path


def load(store: Store, benchmark: str) -> Plan:
    """What was asked for. Raises StoreError."""
    try:
        return Plan.from_json((folder(store, benchmark) / "plan.json").read_bytes())
    except (OSError, ConfigError) as error:
        raise StoreError(f"The benchmark {benchmark} cannot be read: {error}") from None


def lines(store: Store, benchmark: str) -> list[Mapping[str, Any]]:
    """What was measured so far. Raises StoreError."""
    path = folder(store, benchmark) / "measurements.jsonl"
    try:
        text = path.read_bytes() if path.exists() else b""
        return [json.loads(line) for line in text.split(b"\n")[:-1]]
    except (OSError, ValueError) as error:
        raise StoreError(f"The benchmark {benchmark} cannot be read, because its log is damaged: {error}.") from None


def stop(store: Store, benchmark: str) -> None:
    """Ask the benchmark to end. Raises StoreError."""
    try:
        (folder(store, benchmark) / "stop").touch()
    except OSError as error:
        raise StoreError(f"The benchmark {benchmark} could not be asked to stop: {error.strerror}.") from None


def asked_to_stop(store: Store, benchmark: str) -> bool:
    """Whether a person asked it to end. Raises StoreError."""
    return (folder(store, benchmark) / "stop").exists()


def ahead(store: Store, benchmark: str) -> tuple[int, int]:
    """How many runs train or wait, and how many benchmarks made before this one have not ended yet."""
    runs = 0
    for run in store.runs():
        with contextlib.suppress(StoreError):
            runs += not all(status.ended for status in store.status(run).values())
    others = [name for name in benchmarks(store) if name < benchmark]
    return runs, sum(last_word(store, name) in ("queued", "running") for name in others)


def last_word(store: Store, benchmark: str) -> str:
    """What became of it, in a word of Results, from its log's last line. Raises StoreError."""
    path = folder(store, benchmark) / "measurements.jsonl"
    if not path.exists():
        return "queued"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        last = file.read().split(b"\n")[-2:-1]
    try:
        told = json.loads(last[0]) if last else {}
    except ValueError:  # a line that is longer, or damaged
        told = {}
    return str(told["word"]) if told.get("type") == "ended" else "running"


# Time


def estimated_seconds(plan: Plan) -> float:
    """About how long the plan takes: twice a block each round, and what a process takes to begin and warm up."""
    blocks = 2 * plan.rounds * plan.block_seconds * len(plan.cases)
    starts = 8.0 * len({case.framework for case in plan.cases}) * (plan.rounds if plan.preset == "thorough" else 1)
    return blocks + starts + 3.0 * len(plan.cases)


def progress(plan: Plan, told: Sequence[Mapping[str, Any]], now: float) -> tuple[float, float]:
    """The share that is measured, and about how many seconds are left."""
    blocks = [line for line in told if line.get("type") in ("block", "outcome")]
    lost = sum(line.get("type") == "lost" for line in told)
    share = min(1.0, len(blocks) / (2 * plan.rounds * max(1, len(plan.cases) - lost)))
    left = estimated_seconds(plan) * (1 - share)
    times = [line["time"] for line in blocks if isinstance(line.get("time"), int | float)]
    if len(times) > 4 and times[-1] > times[0]:
        left = (1 - share) / share * (times[-1] - times[0]) * len(times) / (len(times) - 1)
        left -= min(left, now - times[-1])
    return share, left

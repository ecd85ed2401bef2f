"""A benchmark: the plan of what is measured, and its folder with the lines of what was measured."""

import contextlib
import itertools
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.bench.reader import Reader
from engine.bench.rows import training_rows
from engine.config import EXECUTIONS, ConfigError, Problem, RunConfig, refused
from engine.fairness.batches import steps_per_epoch
from engine.runs import Store, StoreError
from engine.system import write_whole

FOLDER = "benchmarks"
BENCHMARK_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,40}-[0-9a-f]{6}")
PER_SECOND = ("training_step", "inference")  # quantities told as so many a second; others in seconds of one
UNDER_WAY = ("queued", "running")  # words of a benchmark that has not ended
Quantity = Literal["training_step", "inference", "epoch", "time_to_quality"]
QUANTITIES: tuple[str, ...] = get_args(Quantity)
IN_BLOCKS = ("training_step", "inference", "epoch")  # which are warmed up, and of which a block has many
ROUNDS = {"quick": 8, "thorough": 8}
BLOCK_SECONDS = {"quick": 0.5, "thorough": 1.0}
AXES = ("batch_size", "width", "depth", "threads", "workers")
# Quick ends within two minutes as far as can be foreseen: shorter blocks at first, then fewer rounds.
QUICK_SECONDS = 115.0
QUICKER = tuple(itertools.product(range(ROUNDS["quick"], 4, -1), (0.5, 0.4, 0.3, 0.2)))
# Of single calls so many are kept, of a block and of the whole benchmark: one of 64 cases still is a file to publish.
MOST_CALLS, ALL_CALLS = 2_000, 800_000
READERS = 8  # logs whose lines are kept in memory


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
    for case in cases:
        _refuse(case.config, quantity)
    plan = Plan.build(
        {"title": title, "preset": preset, "quantity": quantity, "cases": tuple(cases), "rounds": ROUNDS[preset],
         "block_seconds": BLOCK_SECONDS[preset], "quality": quality}
    )  # fmt: skip
    return _in_two_minutes(plan) if preset == "quick" else plan


def _refuse(config: RunConfig, quantity: str) -> None:
    """What cannot be measured as it is asked for. Older plans are not asked: they were measured in another way."""
    rows = training_rows(config)
    if quantity == "training_step" and config.batch_size > rows:
        allowed = f"at most {rows:,}, the examples that train, since every step that is timed has a whole batch"
        raise refused("batch_size", config.batch_size, allowed)
    if quantity == "inference" and config.workers > 1:
        raise refused("workers", config.workers, "1 for inference, which one process answers alone")


def _in_two_minutes(plan: Plan) -> Plan:
    """The plan with blocks as long, and rounds as many, as the time of Quick allows."""
    for rounds, block_seconds in QUICKER:
        plan = plan.model_copy(update={"rounds": rounds, "block_seconds": block_seconds})
        seconds = estimated_seconds(plan)
        if seconds is None or seconds <= QUICK_SECONDS:
            break
    return plan


def _sides(config: RunConfig) -> list[RunConfig]:
    return [config.model_copy(update={"frameworks": (side,)}) for side in config.frameworks]


def comparison(
    config: RunConfig, preset: str = "quick", quantity: str = "training_step", quality: Quality | None = None
) -> Plan:
    """Each framework of the config against the other."""
    return _plan(f"{config.network} on {config.dataset}", [Case(config=one) for one in _sides(config)], preset,
                 quantity, quality)  # fmt: skip


def ladder(config: RunConfig, preset: str = "quick") -> Plan:
    """Every execution of each framework, one step in a call and many, and what people write first.

    The latter only where it leaves nothing of the config out.
    """
    cases = []
    for one in _sides(config):
        executions = [name for name in EXECUTIONS[one.frameworks[0]] if (preset, name) != ("quick", "compile")]
        for execution, steps in itertools.product(executions, ("one", "many")):
            with contextlib.suppress(ConfigError):  # a rung that this network does not have, or that no eager one has
                cases.append(Case(config=_run_by(one, execution, steps)))
        if not left_out(one):
            cases.append(Case(config=one, loop="usual"))
    return _plan(f"Ways to run {config.network}", cases, preset, "training_step")


def left_out(config: RunConfig) -> str:
    """What of the config the loop that people write first would leave out, in words; empty where it has all of it."""
    asked = {
        "several workers": config.workers > 1,
        "clipping of the gradient": config.gradient_clip_norm is not None,
        "a schedule of the learning rate": config.schedule != "constant",
        "a warm-up of the learning rate": config.warmup_steps > 0,
    }
    return " and ".join(name for name, there in asked.items() if there)


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
    ways = ("frameworks", "execution", "steps_per_call")
    same = all(case.config.model_copy(update={name: getattr(one, name) for name in ways}) == one for case in plan.cases)
    many = len(plan.cases) > 2 or any(case.loop == "usual" for case in plan.cases)  # two executions are a comparison
    return same and many and plan.quantity == "training_step"


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
    """What was measured so far; what was read before is not parsed again. Raises StoreError."""
    path = folder(store, benchmark) / "measurements.jsonl"
    try:
        return _reader(path.resolve()).lines()
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"The benchmark {benchmark} cannot be read, because its log is damaged: {error}.") from None


@lru_cache(maxsize=READERS)
def _reader(path: Path) -> Reader:
    return Reader(path)


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
    return runs, sum(last_word(store, name) in UNDER_WAY for name in others)


def last_word(store: Store, benchmark: str) -> str:
    """What became of it, in a word of Results, from its log's last line. Raises StoreError."""
    path = folder(store, benchmark) / "measurements.jsonl"
    if not path.exists():
        return "queued"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        last = file.read().split(b"\n")[-2:-1]
    try:
        told = json.loads(last[0]) if last else None
    except (ValueError, RecursionError):  # a line that is longer, or damaged
        told = None
    if not isinstance(told, dict) or told.get("type") != "ended":
        return "running"
    return str(told.get("word", "failed"))


# Time

# What is not measured before it is measured: rough figures of two cores, which `progress` corrects as it goes.
START_SECONDS = 8.0  # of a process until it has imported its framework
READY_SECONDS = 1.0  # of a case until it is built, has told of itself and is warm, without the blocks of its warm-up
WINDOWS = 3  # of half a block or a whole epoch, until two of them agree
FIRST_SECONDS = {"eager": 0.2, "graph": 1.0, "xla": 3.0, "compile": 35.0}  # of the first step
STEP_SECONDS = 2e-3  # of a step in a whole epoch
FLOOR_SECONDS = 1.0


def calls_kept(plan: Plan) -> int:
    """Of how many single calls of a block the seconds are kept, so that the benchmark can be published."""
    return max(1, min(MOST_CALLS, ALL_CALLS // _blocks(plan)))


def estimated_seconds(plan: Plan) -> float | None:
    """About how long the plan takes; None for trainings to a quality, of which nobody knows when they reach it."""
    if plan.quantity not in IN_BLOCKS:
        return None
    openings = plan.rounds if plan.preset == "thorough" else 1
    blocks = 2 * plan.rounds * sum(_block_seconds(plan, case) for case in plan.cases)
    return blocks + openings * _opening_seconds(plan) + (FLOOR_SECONDS if is_ladder(plan) else 0.0)


def _opening_seconds(plan: Plan) -> float:
    """Until all processes are there, and every case in them is ready."""
    places = {
        (case.framework, one.threads, one.workers, one.precision, getattr(one.device, case.framework))
        for case in plan.cases for one in [case.config]
    }  # fmt: skip
    return START_SECONDS * len(places) + sum(_ready_seconds(plan, case) for case in plan.cases)


def _ready_seconds(plan: Plan, case: Case) -> float:
    usual, epoch = case.loop == "usual", _epoch_seconds(plan, case)
    first = 0.0 if usual else FIRST_SECONDS[getattr(case.config.execution, case.framework)]
    warm = WINDOWS * max(plan.block_seconds / 2, epoch) if plan.quantity in IN_BLOCKS else 0.0
    return READY_SECONDS + first + epoch + warm


def _block_seconds(plan: Plan, case: Case) -> float:
    """A block of whole epochs has at least one."""
    return max(plan.block_seconds, _epoch_seconds(plan, case))


def _epoch_seconds(plan: Plan, case: Case) -> float:
    """Of an epoch, where whole ones are timed; else 0."""
    if case.loop == "engine" and plan.quantity != "epoch":
        return 0.0
    return STEP_SECONDS * steps_per_epoch(training_rows(case.config), case.config.batch_size)


def _blocks(plan: Plan) -> int:
    return 2 * plan.rounds * len(plan.cases)


def progress(plan: Plan, told: Sequence[Mapping[str, Any]], now: float) -> tuple[float, float | None]:
    """The share that is measured, and about how many seconds are left; None while nothing can be said of that.

    It goes by what was told so far: how long all took to be ready, and how long a block takes.
    """
    blocks = [line for line in told if line.get("type") in ("block", "outcome")]
    lost = sum(line.get("type") == "lost" for line in told)
    due = 2 * plan.rounds * max(1, len(plan.cases) - lost)
    share = min(1.0, len(blocks) / due)
    each = _told_block_seconds(plan, blocks)
    if share == 1.0 or each is None:
        return share, 0.0 if share == 1.0 else None
    begun = next((line["time"] for line in told if line.get("type") == "machine" and _is_timed(line)), now)
    first = next((line["time"] - line.get("seconds", 0.0) for line in blocks if _is_timed(line)), None)
    took = max(0.0, (now if first is None else first) - begun)  # until the first block
    opening = took if first is not None else max(_opening_seconds(plan), took)
    rounds = len({line.get("round") for line in blocks})
    openings = plan.rounds - max(1, rounds) if plan.preset == "thorough" else 0
    since = max(0.0, now - (blocks[-1]["time"] if blocks and _is_timed(blocks[-1]) else now))
    left = openings * opening + (due - len(blocks)) * each
    return share, max(0.0, left - min(since, each) + (opening - took if first is None else 0.0))


def _is_timed(line: Mapping[str, Any]) -> bool:
    return isinstance(line.get("time"), int | float)


def _told_block_seconds(plan: Plan, blocks: Sequence[Mapping[str, Any]]) -> float | None:
    """Seconds from one block's end to the next one's, as it was told; before that, as it was planned."""
    apart = [
        after["time"] - before["time"]
        for before, after in itertools.pairwise(blocks)
        if _is_timed(before) and _is_timed(after) and before.get("round") == after.get("round")
    ]
    if len(apart) >= min(len(plan.cases), 4):
        return max(0.0, sum(apart) / len(apart))
    if plan.quantity not in IN_BLOCKS:
        return float(blocks[0].get("seconds", 0.0)) if blocks else None
    return sum(_block_seconds(plan, case) for case in plan.cases) / len(plan.cases)

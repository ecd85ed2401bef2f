"""The plans of benchmarks as they are usually made, and the folder of each with the lines of what was measured."""

import contextlib
import itertools
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.bench.estimate import estimated_seconds
from engine.bench.plan import Case, Plan, Quality
from engine.bench.reader import Reader
from engine.bench.rows import training_rows
from engine.config import EXECUTIONS, ConfigError, RunConfig, refused
from engine.runs import Store, StoreError
from engine.system import write_whole

FOLDER = "benchmarks"
BENCHMARK_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,40}-[0-9a-f]{6}")
UNDER_WAY = ("queued", "running")  # words of a benchmark that has not ended
ROUNDS = {"quick": 8, "thorough": 8}
BLOCK_SECONDS = {"quick": 0.5, "thorough": 1.0}
AXES = ("batch_size", "width", "depth", "threads", "workers")
# Quick ends within two minutes as far as can be foreseen: shorter blocks at first, then fewer rounds.
QUICK_SECONDS = 115.0
QUICKER = tuple(itertools.product(range(ROUNDS["quick"], 4, -1), (0.5, 0.4, 0.3, 0.2)))
READERS = 8  # logs whose lines are kept in memory


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


def alternatives(config: RunConfig, field: str, names: Sequence[str], preset: str, quantity: str) -> Plan:
    """Each framework of the config with each of these precisions or devices, the one that others are held to first."""
    fields, cases = json.loads(config.to_json()), []
    for name in names:
        fields[field] = {**fields["device"], **dict.fromkeys(config.frameworks, name)} if field == "device" else name
        cases += [Case(config=one) for one in _sides(RunConfig.build(fields))]
    return _plan(f"{config.network} over {field}", cases, preset, quantity)


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

"""One case of a benchmark in numbers, from the lines that tell of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.bench.plan import Plan
from engine.measure.noise import Noise, noise

Line = Mapping[str, Any]
Lines = Mapping[str, Sequence[Line]]  # by type
LEAST_CALLS = {50: 1, 95: 100, 99: 500}  # by percentile: of fewer calls it would be the luck of a few
LISTS = frozenset(("each", "load", "seconds_per_step"))  # of numbers
NUMBERS = frozenset((
    *("round", "position", "case", "process", "count", "steps", "time", "seconds", "each", "seconds_per_step"),
    *("import_seconds", "build_seconds", "first_seconds", "first_epoch_seconds", "second_seconds", "input_seconds"),
    *("imported_bytes", "peak_bytes", "device_peak_bytes", "memory_bytes", "swapped_bytes", "cores", "parameters"),
    *("others_share", "load", "mhz", "matmul_flops", "copy_bytes_per_second", "flops_per_step", "bytes_per_step"),
))  # fmt: skip


@dataclass(frozen=True)
class Block:
    """Seconds of one step, call, epoch or training in one timed block."""

    round: int
    position: int
    seconds: float


@dataclass(frozen=True)
class CaseResult:
    """The numbers of one case, all in seconds and bytes; None where nothing was measured."""

    case: int
    blocks: tuple[Block, ...]
    median: float | None
    mad: float | None
    framework: str = ""
    latencies: Mapping[int, float] = field(default_factory=dict)  # seconds by percentile, of LEAST_CALLS
    calls: int = 0  # that were timed each by itself
    first_seconds: float | None = None
    first_epoch_seconds: float | None = None  # of a loop as people write it first, which tells of no step
    input_seconds: float | None = None
    build_seconds: float | None = None
    import_seconds: float | None = None
    peak_bytes: int | None = None
    imported_bytes: int | None = None  # of the process that had the peak, once its framework was imported
    device_peak_bytes: int | None = None
    processes: int = 0
    reached: int | None = None  # of time to quality: in how many trainings it was
    lost: str = ""  # why it could not be measured, or not to the end
    noise: Noise = field(default_factory=Noise)
    settled: bool = True  # whether two windows of every warm-up agreed

    @property
    def missed(self) -> bool:
        """Whether a training ended without the quality, so that its seconds are of something else."""
        return self.reached is not None and self.reached < len(self.blocks)


def by_type(lines: Sequence[Line]) -> Lines:
    """The lines of each type. Raises ValueError where what should be a number is none, or is not finite."""
    for line in lines:
        if not isinstance(line, Mapping):
            raise ValueError(f"{str(line)[:40]} is no object")
        for name in NUMBERS & line.keys():
            if not _is_sound(line[name], name):
                raise ValueError(f"{name} is {str(line[name])[:40]}")
    return {kind: [line for line in lines if line["type"] == kind] for kind in {line["type"] for line in lines}}


def _is_sound(told: Any, name: str) -> bool:
    """Whether it is what a clock, a counter or a memory can show, or null."""
    if name not in LISTS:
        return told is None or _all_sound([told])
    return isinstance(told, list) and _all_sound(told)


def _all_sound(values: list[Any]) -> bool:
    return set(map(type, values)) <= {int, float} and all(map(math.isfinite, values)) and min(values, default=0) >= 0


def case_of(plan: Plan, number: int, lines: Lines) -> CaseResult:
    """The numbers of one case of the plan. Raises KeyError, TypeError and ValueError where lines are damaged."""
    mine = {kind: [line for line in told if line.get("case") == number] for kind, told in lines.items()}
    told, outcomes = mine.get("case", []), mine.get("outcome", [])
    timed = [*mine.get("block", []), *outcomes]
    blocks = tuple(_block(line) for line in timed)
    seconds = np.array([block.seconds for block in blocks])
    if not (np.isfinite(seconds) & (seconds > 0)).all():
        raise ValueError("a block took no time")
    median = float(np.median(seconds)) if len(seconds) else None
    each = [one for line in mine.get("block", []) for one in line.get("each", [])]
    processes = {line["process"] for line in told}
    usual = plan.cases[number].loop == "usual"
    return CaseResult(
        number, blocks, median, float(np.median(np.abs(seconds - median))) if median is not None else None,
        plan.cases[number].framework,
        latencies={at: float(np.percentile(each, at)) for at, least in LEAST_CALLS.items() if len(each) >= least},
        calls=len(each),
        first_seconds=None if usual else _middle(told, "first_seconds"),
        # Older logs have the first epoch of such a loop as its first step.
        first_epoch_seconds=_middle(told, "first_epoch_seconds", "first_seconds") if usual else None,
        input_seconds=_middle(told, "input_seconds"),
        build_seconds=_middle(told, "build_seconds"),
        import_seconds=_middle([one for one in lines.get("process", []) if one["process"] in processes],
                               "import_seconds"),
        **_memory(number, [*told, *timed], lines),
        processes=len(processes),
        reached=sum(bool(line["reached"]) for line in outcomes) if any("reached" in o for o in outcomes) else None,
        noise=noise([block.round for block in blocks], seconds / _steps(plan, timed)),
        settled=all(line["agreed"] for line in mine.get("warm_up", [])),
        lost=next((str(line["sentence"]) for line in mine.get("lost", [])), ""),
    )  # fmt: skip


def _block(line: Line) -> Block:
    count = int(line["count"]) if line["type"] == "block" else 1
    return Block(int(line["round"]), int(line.get("position", 0)), float(line["seconds"]) / count)


def _steps(plan: Plan, timed: Sequence[Line]) -> np.ndarray:
    """By what the seconds are divided before they are held to be noisy: a training takes whole epochs to its target.

    One epoch more or less is no second speed of the machine.
    """
    if plan.quantity != "time_to_quality":
        return np.ones(len(timed))
    return np.array([max(1, int(line["steps"])) for line in timed])


def _middle(told: Sequence[Line], *names: str) -> float | None:
    """The median of the first of the names that is told."""
    for name in names:
        if values := [float(line[name]) for line in told if line.get(name) is not None]:
            return float(np.median(values))
    return None


def _memory(number: int, mine: Sequence[Line], lines: Lines) -> dict[str, Any]:
    """The largest peaks. A process has one: where other cases live in it too, it is no case's own."""
    opened = lines.get("case", [])
    processes = {line["process"] for line in opened if line["case"] == number}
    if any(line["process"] in processes and line["case"] != number for line in opened):
        return {}
    imported = {line["process"]: line.get("imported_bytes") for line in lines.get("process", [])}
    most = max((line for line in mine if line.get("peak_bytes")), key=lambda line: line["peak_bytes"], default=None)
    if most is None:
        return {}
    device = [int(line["device_peak_bytes"]) for line in mine if line.get("device_peak_bytes")]
    return {
        "peak_bytes": int(most["peak_bytes"]),
        "imported_bytes": imported.get(most.get("process")),
        "device_peak_bytes": max(device, default=None),
    }

"""About how long a benchmark takes: before it begins, and while it measures."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from engine.bench.plan import IN_BLOCKS, Case, Plan, is_ladder
from engine.bench.rows import training_rows
from engine.fairness.batches import steps_per_epoch

# What is not measured before it is measured: rough figures of two cores, which `progress` corrects as it goes.
START_SECONDS = 8.0  # of a process until it has imported its framework
READY_SECONDS = 1.0  # of a case until it is built, has told of itself and is warm, without the blocks of its warm-up
WINDOWS = 3  # of half a block or a whole epoch, until two of them agree
FIRST_SECONDS = {"eager": 0.2, "graph": 1.0, "xla": 3.0, "compile": 35.0}  # of the first step
STEP_SECONDS = 2e-3  # of a step in a whole epoch
FLOOR_SECONDS = 1.0


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

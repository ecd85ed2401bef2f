"""The numbers of one case, from the lines of its turns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.bench.timings import Block, CaseResult
from engine.measure.noise import noise
from engine.pipelines import turns

Line = Mapping[str, Any]


def of_case(number: int, lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The lines of one case by the kind of their turn."""
    mine = [line for line in lines if line["case"] == number]
    return {kind: [line for line in mine if line["kind"] == kind] for kind in turns.KINDS}


def case_result(number: int, lines: Sequence[Line]) -> CaseResult:
    """Seconds of one example, or step, in each block, and what is odd about them. Raises ValueError and KeyError."""
    mine = of_case(number, lines)
    blocks = tuple(Block(line["round"], 0, line["seconds"] / line["count"]) for line in mine["block"])
    seconds = np.array([block.seconds for block in blocks])
    if not (np.isfinite(seconds) & (seconds > 0)).all():
        raise ValueError("a block took no time")
    median = float(np.median(seconds)) if len(seconds) else None
    return CaseResult(
        number,
        blocks,
        median,
        float(np.median(np.abs(seconds - median))) if median else None,
        first_seconds=next((line.get("first_seconds") for line in mine["check"]), None),
        noise=noise([block.round for block in blocks], seconds),
        settled=all(line["agreed"] for line in mine["warm_up"]),
    )

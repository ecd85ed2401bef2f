"""Stored stories of measured input pipelines and threads: lines as both processes write them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.pipelines import threads
from engine.pipelines.checksum import checksum
from engine.pipelines.results import Request
from engine.pipelines.transforms import FUNCTIONS
from engine.pipelines.turns import Turn, schedule

QUIET = 0.02  # of the processor, which others took


def by_hand(transform: str, pixels: np.ndarray, targets: np.ndarray) -> str:
    """The checksum, in order, of what a pipeline has to deliver."""
    function = FUNCTIONS[transform]
    turned = [function(each, row) for row, each in enumerate(pixels)] if transform == "python" else function(pixels)
    return checksum([(np.asarray(turned), targets)]).ordered


def asked(**fields: Any) -> Request:
    """A request of the transform in Python with up to two workers."""
    return Request.build(**{"transform": "python", "workers": (0, 1, 2), "batch_size": 32, "prefetch": 2} | fields)


def lines(
    request: Request,
    seconds: Callable[[str, int], float],
    others: float = QUIET,
    checksums: Callable[[str, int], str] = lambda side, workers: "same",
) -> list[dict[str, Any]]:
    """Every turn of a request; `seconds(side, workers)` is of 1,000 examples, a hair longer in every later round."""
    cases = request.cases

    def told(turn: Turn) -> dict[str, Any]:
        case = cases[turn.case]
        checked = {"examples": 1797, "unordered": "sum", "ordered": checksums(case.side, case.workers)}
        taken = {"transform": 0.04, "processor": 0.038, "batching": 0.002, "waiting": 0.03, "hand_over": 0.01}
        return {
            "open": {"version": "1.0", "pid": 1, "machine": {"cores": 2}},
            "check": {"first_seconds": 0.1, **checked},
            "warm_up": {"agreed": True},
            "block": {
                "round": turn.round, "count": 1000, "processor": 0.5, "time": 100.0 + turn.round,
                "seconds": seconds(case.side, case.workers) * (1 + 0.001 * turn.round),
            },
            "state": {"round": turn.round, "others_share": others, "swapped_bytes": 0},
            "parts": {"count": 1000, "wall": 0.06, "busy": 0.0, **taken},
        }[turn.kind]  # fmt: skip

    return _written(schedule([case.side for case in cases], request.rounds, ("parts",)), told)


def threaded(request: threads.Request, seconds: Callable[[threads.Case], float]) -> list[dict[str, Any]]:
    """Every turn of a request for threads; `seconds(case)` is of one step."""
    cases = request.cases

    def told(turn: Turn) -> dict[str, Any]:
        case = cases[turn.case]
        return {
            "open": {"version": "1.0", "pid": 1, "machine": {"cores": 2}},
            "check": {"inside": case.inside, "between": case.between},
            "warm_up": {"agreed": True},
            "block": {"round": turn.round, "count": 10, "seconds": 10 * seconds(case) * (1 + 0.001 * turn.round)},
            "state": {"round": turn.round, "others_share": QUIET, "swapped_bytes": 0},
        }[turn.kind]

    return _written(schedule([case.side for case in cases], request.rounds), told)


def _written(order: Sequence[Turn], told: Callable[[Turn], dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"kind": turn.kind, "side": turn.side, "case": turn.case, **told(turn)} for turn in order]

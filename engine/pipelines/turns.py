"""The processes of both sides take turns: each is a line of a file, and whose turn it is follows from their number.

So both measure in the order there and back, and while one measures the other sleeps.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import system
from engine.measure.order import there_and_back

POLL_SECONDS = 0.02
FILE = "measurements.jsonl"
KINDS = ("open", "check", "warm_up", "block", "state", "parts")


@dataclass(frozen=True)
class Turn:
    """One thing that one side does: "check", "warm_up" and "parts" once for each case, "block" twice a round."""

    kind: str
    side: str
    case: int = 0
    round: int = 0


def schedule(sides: Sequence[str], rounds: int, after: Sequence[str] = ()) -> list[Turn]:
    """All turns; `sides` has the side of each case, `after` what is done with each in the end.

    Both processes come to the same list.
    """
    cases = range(len(sides))
    before = [Turn(kind, sides[case], case) for kind in ("check", "warm_up") for case in cases]
    measured = [Turn("state", sides[0], round=-1)]
    for number in range(rounds):
        measured += [Turn("block", sides[case], case, number) for case in there_and_back(cases, number)]
        measured += [Turn("state", sides[0], round=number)]
    opened = [Turn("open", side) for side in dict.fromkeys(sides)]
    return [*opened, *before, *measured, *(Turn(kind, sides[case], case) for kind in after for case in cases)]


def take(side: str, folder: Path, order: Sequence[Turn], doer: Any) -> None:
    """Take all turns of one side: the method of `doer` with the turn's kind as its name does each.

    It stays until the other side's are over too: until then its processor time is asked for.
    """
    parent = os.getppid()
    for number, turn in enumerate(order):
        if turn.side == side:
            wait_for(number, folder, parent)
            tell(folder, **{"kind": turn.kind, "side": side, "case": turn.case, **getattr(doer, turn.kind)(turn)})
        system.write_whole(folder / f"{side}.steps", str(number + 1))
    wait_for(len(order), folder, parent)


def wait_for(turn: int, folder: Path, parent: int) -> None:
    """Sleep until so many turns are over; ends the process when whoever started it is gone."""
    while _over(folder) < turn:
        if os.getppid() != parent:
            sys.exit(4)
        time.sleep(POLL_SECONDS)


def _over(folder: Path) -> int:
    try:
        return (folder / FILE).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def lines(folder: Path) -> list[dict[str, Any]]:
    """What the turns that are over found; none where there is no file yet."""
    try:
        whole = (folder / FILE).read_bytes().rpartition(b"\n")[0]
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in whole.splitlines()]


def tell(folder: Path, **fields: Any) -> None:
    """The turn is over, and this is what it found."""
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(fields) + "\n")

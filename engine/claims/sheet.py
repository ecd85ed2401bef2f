"""The sheet of Which one?: what a person needs, and one thing that is weighed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.claims.evidence import Fact
from engine.exports.results import Result

Leans = Literal["torch", "tensorflow", "either", "unknown"]
LEANS: dict[str, Leans] = {"torch": "torch", "tensorflow": "tensorflow", "same": "either"}


@dataclass(frozen=True)
class Needs:
    """What a person asks for; `budget` is in seconds for one prediction, None where it does not matter."""

    network: str
    device: str = "cpu"
    target: str = "server"
    team: str = "neither"
    budget: float | None = None


@dataclass(frozen=True)
class Consideration:
    """One thing that speaks for a framework, for either, or of which nothing is known; the numbers that it rests on.

    `files` are exported ones, with what was measured of each.
    """

    title: str
    leans: Leans
    sentences: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    files: tuple[Result, ...] = ()
    page: str = ""
    params: dict[str, str] = field(default_factory=dict)


def leaning(good: Sequence[str]) -> Leans:
    """Where one side alone is good it speaks for that one; nothing is known to be better where none is."""
    return "unknown" if not good else "either" if len(good) > 1 else LEANS[good[0]]

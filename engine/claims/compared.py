"""Which exported files of both sides are weighed against each other, and what they speak for."""

from collections.abc import Iterable, Iterator, Mapping

from engine.claims.budget import Times, held
from engine.claims.sheet import Leans, leaning
from engine.config import FRAMEWORKS, NAMES
from engine.exports.catalogue import EXACT, ROUNDED
from engine.exports.results import Result
from engine.quantities import short

ARITHMETIC = {EXACT: "in float32", ROUNDED: "with weights of 8 bits"}  # by the tolerance of the formats


def of_side(side: str, files: Iterable[Result]) -> list[Result]:
    """Those of one framework."""
    return [one for one in files if one.side == side]


def compared(files: Iterable[Result], budget: float | None) -> tuple[Leans, list[str]]:
    """What like files of both sides speak for, those in float32 first; and in sentences, which were compared."""
    told: list[str] = []
    for words, weighed in _alike(list(files)):
        formats = (f"{NAMES[side]}'s {' and '.join(one.format.title for one in weighed[side])}" for side in FRAMEWORKS)
        told.append(f"Compared are files {words}: {' with '.join(formats)}.")
        leans, sentences = _judged(weighed, budget)
        told += sentences
        if leans != "unknown":
            return leans, told
    return "unknown", told or ["Nothing is compared: no file of one side computes the same as one of the other."]


def _alike(files: list[Result]) -> Iterator[tuple[str, dict[str, list[Result]]]]:
    """Files of both sides that compute the same: in the formats that both have verified, or else in any such."""
    for tolerance, words in ARITHMETIC.items():
        same = [one for one in files if one.format.tolerance == tolerance]
        mine = {side: of_side(side, same) for side in FRAMEWORKS}
        both = set.intersection(*({one.format.name for one in found if _good(one)} for found in mine.values()))
        if all(mine.values()):
            yield words, {side: [one for one in mine[side] if not both or one.format.name in both] for side in mine}


def _good(one: Result) -> bool:
    return one.state == "verified"


def _judged(weighed: Mapping[str, list[Result]], budget: float | None) -> tuple[Leans, list[str]]:
    """Which sides have a verified file, the fastest of them within the budget where one counts."""
    verified = {side: [one for one in found if _good(one)] for side, found in weighed.items()}
    best = {side: min(found, key=lambda one: _times(one).late) for side, found in verified.items() if found}
    if budget is None or not best:
        return leaning([*best]), []
    told = []
    for side, one in best.items():
        late = _times(one).late
        word = "within" if late <= budget else "over"
        told.append(f"{NAMES[side]}, {one.format.title}: 95 % of answers within {short(late)}, {word} {short(budget)}.")
    leans, why = held({side: _times(one) for side, one in best.items()}, budget)
    return leans, [*told, why] if why else told


def _times(one: Result) -> Times:
    """Of single rows."""
    latency = one.told["latency"]["1"]
    return Times(latency["p50"], latency["p95"], one.told.get("others_share"))

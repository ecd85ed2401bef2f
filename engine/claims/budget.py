"""A latency budget held against the times of both sides, and when that is no verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.claims.sheet import Leans, leaning
from engine.quantities import short

BUSY = 0.1  # of the processor, which others had; below it they are not worth a word


@dataclass(frozen=True)
class Times:
    """Seconds within which half and 95 % of the answers came, and the share of the processor that others had then.

    `others` is None where that was not looked at.
    """

    half: float
    late: float
    others: float | None


def held(times: Mapping[str, Times], budget: float) -> tuple[Leans, str]:
    """Which sides keep the budget, and a sentence where none does or where it is no verdict.

    Nothing speaks for the one side that keeps it while the machine was busy, or while both sides' times, from p50 to
    p95, lie within each other: there is no interval of a single p95.
    """
    good = [side for side, one in times.items() if one.late <= budget]
    if not good:
        return "unknown", "None keeps the budget." if len(times) == 1 else "Neither keeps the budget."
    if len(good) == len(times):
        return leaning(good), ""
    one, other = times.values()
    shares = [each.others for each in (one, other) if each.others is not None]
    if len(shares) < len(times):
        return "unknown", "How busy the machine was is not known, so that is no verdict: export again."
    if max(shares) > BUSY:
        return "unknown", f"Other programs had up to {max(shares):.0%} of the processor, so that is no verdict."
    if one.half <= other.late and other.half <= one.late:
        spans = " and ".join(f"{short(each.half)} to {short(each.late)}" for each in (one, other))
        return "unknown", f"From p50 to p95 they take {spans}: within that spread a difference is no verdict."
    return leaning(good), ""

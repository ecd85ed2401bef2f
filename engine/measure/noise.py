"""What is odd about one case's timings: a drift over the rounds, a wide spread, two speeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_BLOCKS = 8
TOLD = 0.05  # relative; less than this is nobody's concern
LEAST_SHARE = 0.2  # of the blocks that a second speed has


@dataclass(frozen=True)
class Noise:
    """All relative: `drift` from the first round to the last, `spread` (MAD over median), and `speeds` in seconds.

    Each is None, or 0, where nothing odd was found.
    """

    drift: float = 0.0
    spread: float = 0.0
    speeds: tuple[float, float] | None = None


def noise(rounds: Sequence[int], seconds: Sequence[float] | np.ndarray) -> Noise:
    """What is odd about blocks (n,) of so many seconds each, measured in these rounds (n,), all above 0.

    The drift is Theil and Sen's median slope of the logarithm, where its 95 % interval excludes 0 (Sen, Estimates of
    the regression coefficient based on Kendall's tau, 1968). There are two speeds where the sorted logarithms fall into
    two groups that are farther apart than either is wide.
    """
    if len(seconds) < LEAST_BLOCKS:
        return Noise()
    logs = np.log(seconds)
    spread = float(np.median(np.abs(logs - np.median(logs))))
    speeds = _speeds(np.sort(logs))
    drift = 0.0 if speeds else _drift(np.asarray(rounds, dtype=float), logs)
    return Noise(drift, spread if spread > TOLD else 0.0, speeds)


def _drift(rounds: np.ndarray, logs: np.ndarray) -> float:
    from scipy.stats import theilslopes  # takes a moment to import, and most commands never need it

    if rounds.min() == rounds.max() or np.ptp(logs) <= TOLD:
        return 0.0
    slope, _, low, high = theilslopes(logs, rounds, alpha=0.95)
    whole = float(np.expm1(slope * (rounds.max() - rounds.min())))
    return whole if low * high > 0 and abs(whole) > TOLD else 0.0


def _speeds(logs: np.ndarray) -> tuple[float, float] | None:
    least = max(2, int(np.ceil(LEAST_SHARE * len(logs))))
    gaps = np.diff(logs)[least - 1 : len(logs) - least]
    place = least - 1 + int(gaps.argmax())
    low, high = logs[: place + 1], logs[place + 1 :]
    gap = high[0] - low[-1]
    if gap <= TOLD or gap <= max(low[-1] - low[0], high[-1] - high[0]):
        return None
    return float(np.exp(np.median(low))), float(np.exp(np.median(high)))

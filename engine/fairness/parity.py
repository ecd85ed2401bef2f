"""How far the losses of the two sides of a run lie apart, step by step."""

from dataclasses import dataclass

import numpy as np

FLOOR = 0.001  # differences are held against at least this share of the first loss, so that a loss near 0 is fair
# The largest relative difference that is allowed over so many first steps, in float64.
LIMITS = {10: 1e-13, 100: 1e-12, 1000: 1e-11}
FLOAT32_LIMIT = 1e-6  # over the first 10 steps; later one ReLU that flips may part the curves
LEAVES = 10.0  # times its noise floor: from there on a difference is more than rounding in either framework
NEAR = 10  # steps before that in which a cause is looked for


@dataclass(frozen=True)
class Parity:
    """Over the first `steps_compared` steps, those that both sides did with a finite loss."""

    steps_compared: int
    max_abs_loss_difference: float
    max_rel_loss_difference: float


def compare(torch: np.ndarray, tensorflow: np.ndarray) -> Parity | None:
    """Parity of two loss curves (steps,); None when they have no finite step in common.

    The relative difference is |Δ| / max(|loss|, FLOOR · |first loss|), with PyTorch's losses in the denominator: its
    arithmetic is the canonical one.
    """
    count = min(len(torch), len(tensorflow))
    finite = np.isfinite(torch[:count]) & np.isfinite(tensorflow[:count])
    count = count if finite.all() else int(finite.argmin())
    if not count:
        return None
    difference = np.abs(torch[:count] - tensorflow[:count])
    scale = np.maximum(np.abs(torch[:count]), FLOOR * abs(torch[0]))
    relative = np.divide(difference, scale, out=np.zeros(count), where=difference > 0)
    return Parity(count, float(difference.max()), float(relative.max()))


@dataclass(frozen=True)
class Check:
    """The first `steps` steps held against `limit`; `difference` is None where no step can be compared."""

    steps: int
    limit: float
    difference: float | None
    passed: bool


@dataclass(frozen=True)
class Flip:
    """At `step`, `count` of the ReLUs behind `layer` are open on one side only."""

    step: int
    layer: str
    count: int


def verdict(torch: np.ndarray, tensorflow: np.ndarray, precision: str) -> list[Check]:
    """The checks of two loss curves (steps,): those of float64, or the one of float32.

    Each is over its own number of steps, or over all where the curves are shorter. A side that has fewer finite losses
    than the other fails.
    """
    limits = LIMITS if precision == "float64" else {10: FLOAT32_LIMIT}
    length = max(len(torch), len(tensorflow))
    shorter = [steps for steps in limits if steps < length]
    kept = list(limits)[: len(shorter) + 1]
    return [_check(torch, tensorflow, min(steps, length), limits[steps]) for steps in kept]


def _check(torch: np.ndarray, tensorflow: np.ndarray, steps: int, limit: float) -> Check:
    found = compare(torch[:steps], tensorflow[:steps])
    finite = [int(np.isfinite(losses[:steps]).sum()) for losses in (torch, tensorflow)]
    difference = found.max_rel_loss_difference if found else None
    alike = finite[0] == finite[1] and found is not None and found.steps_compared == finite[0]
    return Check(steps, limit, difference, alike and difference is not None and difference <= limit)


def relative(torch: np.ndarray, tensorflow: np.ndarray) -> np.ndarray:
    """The relative difference of each step (steps,), as in `compare`; NaN from the first loss that is not finite."""
    count = min(len(torch), len(tensorflow))
    first, second = torch[:count], tensorflow[:count]
    with np.errstate(invalid="ignore"):
        scale = np.maximum(np.abs(first), FLOOR * abs(first[0])) if count else first
        difference = np.abs(first - second)
        found = np.divide(difference, scale, out=np.zeros(count), where=difference != 0)
    found[np.cumsum(~np.isfinite(found)) > 0] = np.nan
    return found


def weight_differences(torch: dict[str, np.ndarray], tensorflow: dict[str, np.ndarray]) -> dict[str, float]:
    """‖Δ‖ / ‖weight‖ of each weight, Euclidean, by its name; PyTorch's in the denominator."""
    found = {}
    for name, value in torch.items():
        norm, apart = np.linalg.norm(value), np.linalg.norm(value - tensorflow[name])
        found[name] = float(apart / norm) if norm else float(apart)
    return found


def leaves_floor(difference: np.ndarray, floor: np.ndarray, precision: str) -> int | None:
    """The first step at which the difference is more than LEAVES times the highest floor so far; None if there is none.

    The floor is at least one rounding of the precision, for it may be 0 by chance.
    """
    count = min(len(difference), len(floor))
    highest = np.fmax.accumulate(np.fmax(floor[:count], np.finfo(precision).eps)) if count else floor[:0]
    above = difference[:count] > LEAVES * highest
    return int(above.argmax()) if above.any() else None


def flipped(torch: dict[str, np.ndarray], tensorflow: dict[str, np.ndarray], at: int) -> Flip | None:
    """The first ReLU within NEAR steps before step `at`, or at it, that is open on one side only; None if none is.

    Both hold packed bits (steps, bytes) by `n/<layer>`, in the order of the pass; layers are named as PyTorch does.
    """
    begin, found = max(0, at - NEAR), []
    for (name, bits), others in zip(torch.items(), tensorflow.values(), strict=True):
        counts = np.unpackbits(bits[begin : at + 1] ^ others[begin : at + 1], axis=1).sum(axis=1)
        if counts.any():
            step = int((counts > 0).argmax())
            found.append(Flip(begin + step, name.split("/", 1)[1], int(counts[step])))
    return min(found, key=lambda flip: flip.step, default=None)

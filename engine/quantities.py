"""Numbers as people read them: counts, figures with few digits, bytes, times, metrics."""

import math
import re

NOTHING = "–"


def finite(value: float) -> float | None:
    """The number as JSON takes it; None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def count(number: int, of: str = "") -> str:
    """`1,800`, or `1 step` and `1,800 steps`."""
    return f"{number:,}" + (f" {of}{'' if number == 1 else 's'}" if of else "")


def progress(steps: int, total: int) -> str:
    """`1,200 of 1,800 steps`, or how many there were where that is all."""
    return count(steps, "step") if steps == total else f"{count(steps)} of {count(total, 'step')}"


def rate(per_second: float | None) -> str:
    """Steps per second."""
    if per_second is None:
        return NOTHING
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.3g}"


def size(memory: int | None) -> str:
    """Bytes: `12 kB`, `3.4 MB`, `120 MB`, `1.25 GB`."""
    if not memory:
        return NOTHING
    if memory < 1e5:
        return f"{max(memory / 1e3, 1):.0f} kB"
    if memory < 1e9:
        return f"{memory / 1e6:.1f} MB" if memory < 1e7 else f"{memory / 1e6:.0f} MB"
    return f"{memory / 1e9:.2f} GB"


def span(seconds: float | None) -> str:
    """A time: `35 ms`, `3.2 s`, `2 min 5 s`, `1 h 20 min`."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60} min"


def short(seconds: float | None) -> str:
    """A short time with three digits: `46.2 µs`, `1.25 ms`."""
    if seconds is None:
        return NOTHING
    if seconds < 1e-3:
        return f"{digits(seconds * 1e6, 3)} µs"
    return f"{digits(seconds * 1e3, 3)} ms" if seconds < 1 else f"{digits(seconds, 3)} s"


def digits(value: float, count: int) -> str:
    """A number with so many digits, whole up to a million, and a short exponent: `0.25`, `7,391`, `3e-7`."""
    if min(10**count, 1e4) <= abs(float(f"{value:.{count}g}")) < 1e6:
        return f"{value:,.0f}"
    return re.sub(r"e([+-])0+", r"e\1", f"{value:.{count}g}").replace("e+", "e")


def difference(name: str, value: float) -> str:
    """How far two sides' metrics lie apart; accuracies in percentage points."""
    if not math.isfinite(value):
        return NOTHING
    return f"{abs(value) * 100:.1f} points" if name.endswith("accuracy") else digits(abs(value), 2)


def metric(name: str, value: float | None) -> str:
    """A final metric: accuracy in per cent, all others with five digits."""
    if value is None:
        return NOTHING
    if not math.isfinite(value):
        return "not finite"
    return f"{value:.1%}".replace("%", " %") if name.endswith("accuracy") else digits(value, 5)

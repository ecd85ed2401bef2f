"""What varies in a sweep: a field over values or a range, as a person writes it."""

import math
import re
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict

from engine import assignments
from engine.config import RunConfig, refused

Value = bool | int | float | str | None
MOST_STEPS = 1_000
STEPS = 7  # of a range in a grid that does not say how many
RANGE = re.compile(r"(log|lin):(.*)")
EXAMPLE = "such as learning_rate=log:1e-4:1e-1, learning_rate=log:1e-4:1e-1:7 for seven values, or batch_size=16,32"
# What cannot vary: these change what is learnt or measured, so that trials could not be compared, or nothing at all.
FIXED = {
    "network": "one network", "own_network": "one network", "dataset": "one dataset", "dataset_options": "one dataset",
    "train_fraction": "one split of the data", "frameworks": "both frameworks in every trial",
    "seed": "one seed for the search; --seeds repeats the best trials with others",
    "matched_defaults": "one set of matched defaults", "histograms": "one value", "snapshots": "one value",
    "schema_version": "1",
}  # fmt: skip


class Range(BaseModel):
    """One field that varies: over `values`, or where there are none anywhere from `low` to `high`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    field: str
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    @property
    def ends(self) -> tuple[Value, ...]:
        """All values, or both ends."""
        return self.values or (self._typed(self.low), self._typed(self.high))

    def _typed(self, value: float) -> Value:
        return round(value) if self.whole else value


def varies(name: str, text: str) -> bool:
    """Whether a text asks for several values. Lists, such as the frameworks, are one value."""
    if name.partition(".")[0] in ("frameworks", "matched_defaults", "dataset", "dataset_options", "features"):
        return False
    return bool(RANGE.fullmatch(text)) or ("," in text and not text.startswith("["))


def first_of(name: str, text: str) -> str:
    """The first value of a text that asks for several. Raises ConfigError."""
    if not (found := RANGE.fullmatch(text)):
        return text.partition(",")[0].strip()
    parts = found[2].split(":")
    if len(parts) not in (2, 3) or not all(assignments.DECIMAL.fullmatch(part) for part in parts):
        raise refused(name, text, f"{found[1]}:LOW:HIGH, or {found[1]}:LOW:HIGH:STEPS, {EXAMPLE}")
    return parts[0]


def range_of(name: str, text: str, config: RunConfig, in_grid: bool = False) -> Range:
    """What a text that asks for several values of a field of this config means; in a grid a range has steps.

    Raises ConfigError.
    """
    if (outer := name.partition(".")[0]) in FIXED:
        raise refused(name, text, FIXED[outer])
    if not (found := RANGE.fullmatch(text)):
        parts = [part.strip() for part in text.split(",")]
        values = tuple(dict.fromkeys(_value(name, part) for part in parts))
        if len(values) < 2 or "" in parts:
            raise refused(name, text, f"two or more different values, {EXAMPLE}")
        return Range(field=name, values=values)
    kind = _kind(name, config)
    if kind is None:
        raise refused(name, text, "values with commas between them, because it is no number")
    low, high, *steps = (float(part) for part in found[2].split(":"))
    if in_grid and not steps:
        steps = [min(STEPS, high - low + 1) if kind is int else STEPS]
    return _between(name, text, (low, high), steps[0] if steps else None, found[1] == "log", kind is int)


def _between(name: str, text: str, ends: tuple[float, float], steps: float | None, log: bool, whole: bool) -> Range:
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise refused(name, text, "a range whose lower end comes first and lies below its upper end")
    if log and low <= 0:
        raise refused(name, text, "a lower end above 0 with log, whose steps are ratios")
    if whole and (low != int(low) or high != int(high)):
        raise refused(name, text, "a range between two whole numbers")
    if steps is None:
        return Range(field=name, low=low, high=high, log=log, whole=whole)
    if not 2 <= steps <= MOST_STEPS or steps != int(steps):
        raise refused(name, text, f"a whole number of steps, at least 2 and at most {MOST_STEPS:,}")
    shares = [step / (int(steps) - 1) for step in range(int(steps))]
    if log:
        values = [low * (high / low) ** share for share in shares]
    else:
        values = [low + (high - low) * share for share in shares]
    values[-1] = high
    typed = tuple(dict.fromkeys(round(value) if whole else float(f"{value:.6g}") for value in values))
    if not whole and len(typed) < steps:
        raise refused(name, text, f"steps that differ within six digits, {EXAMPLE}")
    return Range(field=name, values=typed, log=log, whole=whole)


def _value(name: str, text: str) -> Any:
    found = assignments.fields({name: text})[name.partition(".")[0]]
    return next(iter(found.values())) if isinstance(found, dict) else found


def _kind(name: str, config: RunConfig) -> type | None:
    """int or float for a field, or an option of the network, that is a number."""
    outer, _, inner = name.partition(".")
    if outer == "network_options":
        option = config.network_entry.options[inner]
        return type(option.default) if option.kind == "number" else None  # type: ignore[return-value]
    annotation = RunConfig.model_fields[outer].annotation
    kinds = {annotation, *get_args(annotation)}
    return float if float in kinds else int if int in kinds else None

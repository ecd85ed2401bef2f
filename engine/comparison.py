"""What is compared of several runs: which curves, over what, smoothed how, and in which groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine import assignments
from engine.config import FRAMEWORKS, ConfigError, RunConfig, refused

X_AXES = ("step", "epoch", "seconds", "examples")
METRICS = ("train_loss", "validation_loss", "validation_accuracy", "validation_mae", "validation_r2")
LOGS = ("none", "x", "y", "both")
SMOOTHEST = 0.99
MOST_RUNS = 50
NEVER_GROUPED = ("seed", "schema_version")


@dataclass(frozen=True)
class Asked:
    """A comparison as its address has it. `groups` are config fields; runs alike in all of them are one band.

    With no field every run is a line of its own.
    """

    runs: tuple[str, ...] = ()
    sides: tuple[str, ...] = FRAMEWORKS
    metric: str = "train_loss"
    x: str = "step"
    log: str = "none"
    smoothing: float = 0.0
    groups: tuple[str, ...] = ()

    def to_address(self) -> dict[str, str]:
        """What differs from the usual, as texts."""
        usual, found = Asked(), {}
        for name, value in vars(self).items():
            if value != getattr(usual, name):
                found[name] = ",".join(value) if isinstance(value, tuple) else str(value)
        return found


def from_address(texts: Mapping[str, str]) -> tuple[Asked, list[str]]:
    """What an address asks for, and one sentence for each part of it that cannot be; the usual stands in for that."""
    asked, sentences = Asked(), []
    for name, text in texts.items():
        try:
            asked = replace(asked, **{name: _value(name, text)})
        except ConfigError as error:
            sentences.append(str(error))
    return asked, sentences


def _value(name: str, text: str) -> Any:
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    match name:
        case "runs":
            if len(parts) > MOST_RUNS:
                raise refused("runs", len(parts), f"at most {MOST_RUNS} runs")
            return parts
        case "sides":
            if not parts or not {*parts} <= {*FRAMEWORKS}:
                raise refused("sides", text, f"one or both of {', '.join(FRAMEWORKS)}, with a comma between")
            return tuple(side for side in FRAMEWORKS if side in parts)
        case "metric" | "x" | "log":
            allowed = {"metric": METRICS, "x": X_AXES, "log": LOGS}[name]
            if text not in allowed:
                raise refused(name, text, f"one of {', '.join(allowed)}")
            return text
        case "smoothing":
            return _smoothing(text)
        case "groups":
            known = assignments.texts(RunConfig.build({}))
            strange = [part for part in parts if part.partition(".")[0] not in {key.partition(".")[0] for key in known}]
            if strange or {*parts} & {*NEVER_GROUPED}:
                raise refused("groups", text, "names of config fields other than seed, with commas between")
            return parts
    raise refused(name, text, f"one of {', '.join(vars(Asked()))} as a name")


def _smoothing(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= SMOOTHEST:
        raise refused("smoothing", text, f"a number, at least 0 and at most {SMOOTHEST}")
    return value


def differing(configs: Mapping[str, RunConfig]) -> dict[str, dict[str, str]]:
    """Each config field that is not the same in all runs, with its text by run; empty where a run has no such field."""
    told = {run: assignments.texts(config) for run, config in configs.items()}
    fields = dict.fromkeys(name for each in told.values() for name in each)
    rows = {name: {run: each.get(name, "") for run, each in told.items()} for name in fields}
    return {name: row for name, row in rows.items() if len({*row.values()}) > 1}


def grouped(configs: Mapping[str, RunConfig], groups: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    """The runs by their texts of those fields; without a field by their own id."""
    found: dict[tuple[str, ...], list[str]] = {}
    for run, config in configs.items():
        told = assignments.texts(config)
        key = tuple(told.get(name, "") for name in groups) if groups else (run,)
        found.setdefault(key, []).append(run)
    return found

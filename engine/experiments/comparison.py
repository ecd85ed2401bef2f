"""What a comparison asks for: runs, sides, axes, smoothing and bands; as parameters of a link, and by fields."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.assignments import texts
from engine.config import FRAMEWORKS, RunConfig
from engine.runs import RUN_ID

X_AXES = ("step", "epoch", "seconds", "examples")
METRICS = ("train_loss", "validation_loss", "validation_accuracy", "validation_mae", "validation_r2")
SMOOTHEST = 0.9999
MOST_RUNS = 50
SEED = "seed"
ALONE = "none"  # in a link: no field groups, so all runs are one group
SHOWN = 60  # letters of what a link said
OPEN = ("network_options", "dataset_options", "own_network")  # whose parts are of one network or dataset
# What belongs to a run's own record and does not change its curves.
NOT_COMPARED = ("frameworks", "histograms", "snapshots")


@dataclass(frozen=True)
class Comparison:
    """Everything that decides what is drawn.

    `smoothing` is the decay of a moving average per point. `group` are the fields that runs of a band have in common;
    None stands for every field that differs, but the seed.
    """

    runs: tuple[str, ...] = ()
    sides: tuple[str, ...] = FRAMEWORKS
    x: str = "step"
    y: str = "train_loss"
    log_x: bool = False
    log_y: bool = False
    smoothing: float = 0.0
    bands: bool = False
    group: tuple[str, ...] | None = None

    def parameters(self) -> dict[str, str]:
        """As parameters of a link; what is as usual is left out."""
        usual = Comparison()
        flags = {"logx": self.log_x, "logy": self.log_y, "bands": self.bands}
        found = {"runs": ",".join(self.runs)} if self.runs else {}
        found |= {"sides": ",".join(self.sides)} if self.sides != usual.sides else {}
        found |= {name: getattr(self, name) for name in ("x", "y") if getattr(self, name) != getattr(usual, name)}
        found |= {name: "true" for name, value in flags.items() if value}
        found |= {"smoothing": f"{self.smoothing:g}"} if self.smoothing else {}
        found |= {"group": ",".join(self.group) or ALONE} if self.group is not None else {}
        return found


def parse(parameters: Mapping[str, str]) -> tuple[Comparison, list[str]]:
    """What a link asks for, and one sentence for each value that is not possible; the usual one is taken then."""
    found: dict[str, object] = {}
    sentences: list[str] = []
    for name, text in parameters.items():
        if name not in READERS:
            sentences.append(f"{_quoted(name)} is no part of a comparison; a link may name {', '.join(READERS)}.")
            continue
        field, read = READERS[name]
        value, wrong = read(text)
        sentences += [f"{name}: {sentence}" for sentence in wrong]
        if value is not None:
            found[field] = value
    return Comparison(**found), sentences  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}”"


def _runs(text: str) -> tuple[tuple[str, ...], list[str]]:
    named = list(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    wrong = [f"{_quoted(name)} is no id of a run." for name in named if not RUN_ID.fullmatch(name)]
    good = [name for name in named if RUN_ID.fullmatch(name)]
    if len(good) > MOST_RUNS:
        wrong.append(f"{len(good)} runs were given; the first {MOST_RUNS} are shown.")
    return tuple(good[:MOST_RUNS]), wrong


def _sides(text: str) -> tuple[tuple[str, ...] | None, list[str]]:
    named = [part.strip() for part in text.split(",")]
    sides = tuple(side for side in FRAMEWORKS if side in named)
    if sides and set(named) <= set(FRAMEWORKS):
        return sides, []
    return None, [f"{_quoted(text)} was given; allowed is {', '.join(FRAMEWORKS)} or both."]


def _one_of(text: str, allowed: Sequence[str]) -> tuple[str | None, list[str]]:
    return (text, []) if text in allowed else (None, [f"{_quoted(text)} was given; allowed is {', '.join(allowed)}."])


def _flag(text: str) -> tuple[bool | None, list[str]]:
    word, wrong = _one_of(text, ("true", "false"))
    return (None if wrong else word == "true"), wrong


def _smoothing(text: str) -> tuple[float | None, list[str]]:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0 <= value <= SMOOTHEST:
        return value, []
    return None, [f"{_quoted(text)} was given; allowed is a number, at least 0 and at most {SMOOTHEST}."]


def _is_field(name: str) -> bool:
    """Whether a config may have it: a field, one framework's part of it, or an option of some network or dataset."""
    outer, dot, _ = name.partition(".")
    if not dot or outer in OPEN:
        return outer in RunConfig.model_fields
    return name in texts(RunConfig.build({}))


def _group(text: str) -> tuple[tuple[str, ...] | None, list[str]]:
    if text == ALONE:
        return (), []
    named = tuple(dict.fromkeys(filter(None, (part.strip() for part in text.split(",")))))
    unknown = [name for name in named if not _is_field(name)]
    if named and not unknown:
        return named, []
    return None, [f"{_quoted(unknown[0] if unknown else text)} is no field of a config."]


READERS = {
    "runs": ("runs", _runs),
    "sides": ("sides", _sides),
    "x": ("x", lambda text: _one_of(text, X_AXES)),
    "y": ("y", lambda text: _one_of(text, METRICS)),
    "logx": ("log_x", _flag),
    "logy": ("log_y", _flag),
    "smoothing": ("smoothing", _smoothing),
    "bands": ("bands", _flag),
    "group": ("group", _group),
}


def fields(config: RunConfig) -> dict[str, str]:
    """Every field of a config that decides its curves, as text by its dotted name."""
    found = {name: text for name, text in texts(config).items() if name not in NOT_COMPARED}
    if own := config.own_network:
        found |= {f"own_network.{side}": getattr(own, side)[:12] for side in FRAMEWORKS}
    return found


def differing(configs: Mapping[str, RunConfig]) -> dict[str, dict[str, str]]:
    """By run, the fields in which not all runs agree; a field that a run does not have is a dash."""
    every = {run: fields(config) for run, config in configs.items()}
    names = dict.fromkeys(name for found in every.values() for name in found)
    apart = [name for name in names if len({found.get(name) for found in every.values()}) > 1]
    return {run: {name: found.get(name, "–") for name in apart} for run, found in every.items()}


def equal_fields(configs: Mapping[str, RunConfig]) -> int:
    """How many fields all runs agree in."""
    every = [fields(config) for config in configs.values()]
    names = {name for found in every for name in found}
    return sum(len({found.get(name) for found in every}) == 1 for name in names)


@dataclass(frozen=True)
class Group:
    """Runs that agree in the fields that group, by `values`; `mixed` are other fields in which they do not agree."""

    values: Mapping[str, str]
    runs: tuple[str, ...]
    mixed: tuple[str, ...]


def grouping_fields(configs: Mapping[str, RunConfig], group: Sequence[str] | None) -> tuple[str, ...]:
    """The fields that group: those that were asked for, or all that differ but the seed."""
    if group is not None:
        return tuple(group)
    names = dict.fromkeys(name for values in differing(configs).values() for name in values)
    return tuple(name for name in names if name != SEED)


def groups(configs: Mapping[str, RunConfig], group: Sequence[str] | None = None) -> list[Group]:
    """The runs by equal values of the grouping fields, in the order in which each group first comes."""
    by = grouping_fields(configs, group)
    found: dict[tuple[str, ...], dict[str, dict[str, str]]] = {}
    for run, config in configs.items():
        told = fields(config)
        found.setdefault(tuple(told.get(name, "–") for name in by), {})[run] = told
    return [_group_of(dict(zip(by, values, strict=True)), members) for values, members in found.items()]


def _group_of(values: dict[str, str], members: dict[str, dict[str, str]]) -> Group:
    names = dict.fromkeys(name for told in members.values() for name in told)
    mixed = [name for name in names if name != SEED and len({told.get(name) for told in members.values()}) > 1]
    return Group(values, tuple(members), tuple(mixed))


def samples(configs: Mapping[str, RunConfig], side: str) -> list[list[str]]:
    """The runs by what one side of them does, oldest first: those in one list repeat one config and seed.

    What is said of the other side alone makes no other sample of this one.
    """
    others = tuple(f".{other}" for other in FRAMEWORKS if other != side)
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for run in sorted(configs):  # ids begin with the time
        told = {name: text for name, text in fields(configs[run]).items() if not name.endswith(others)}
        found.setdefault(tuple(sorted(told.items())), []).append(run)
    return list(found.values())

"""A comparison gathered from the store: its curves, bands and remarks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.charts.comparison_curves import Band, Line, band, line
from engine.charts.progress import RunProgress, shared
from engine.charts.words import METRICS, count, digits
from engine.config import NAMES, RunConfig
from engine.experiments.comparison import METRICS as COMPARED
from engine.experiments.comparison import Comparison, Group, differing, groups, samples
from engine.runs import Store, StoreError

MOST_NAMED = 3  # fields in a run's label, and runs named in a remark
KNOWN_BY_VALUE = ("network", "dataset", "optimizer")
BROKE = ("diverged", "failed")  # a side that did not learn to the end is no sample of one that did


@dataclass(frozen=True)
class GroupBand:
    """One side of a group: its band, and what the legend and a remark say of it."""

    group: Group
    side: str
    band: Band
    lines: tuple[Line, ...]
    left_out: tuple[str, ...]  # ids of runs whose side broke
    repeated: tuple[str, ...]  # ids of runs that do not count, because a newer one has the same config


@dataclass(frozen=True)
class Compared:
    """What is drawn: lines of the runs that could be read, bands where asked for, and remarks, one sentence each."""

    asked: Comparison
    configs: Mapping[str, RunConfig]
    labels: Mapping[str, str]
    lines: tuple[Line, ...]
    bands: tuple[GroupBand, ...]
    remarks: tuple[str, ...]
    live: bool  # whether a run may still grow


def gather(store: Store, asked: Comparison) -> Compared:
    """Read what is new of every run, and draw together what was asked for; a run that cannot be read is a remark."""
    progress, remarks = _read(store, asked.runs)
    configs = {run: told.config for run, told in progress.items()}
    labels = labels_of(configs, {run: told.name for run, told in progress.items()})
    lines = [
        found
        for run, told in progress.items()
        for side in told.sides
        if side in asked.sides and (found := line(told, side, asked.y, asked.x))
    ]
    bands = _bands(asked, configs, lines) if asked.bands else []
    remarks += _absent(asked, progress, labels, lines) + _ended(progress, labels, asked)
    remarks += _of_bands(bands, labels) if asked.bands else []
    return Compared(asked, configs, labels, tuple(lines), tuple(bands), tuple(remarks), _grows(progress))


def offered(store: Store, runs: Iterable[str]) -> tuple[list[str], dict[str, RunConfig]]:
    """The metrics that a side of these runs has, and the configs of those runs that can be read."""
    progress, _ = _read(store, runs)
    have = {name for told in progress.values() for side in told.sides.values() for name in side.curves.metrics}
    return [name for name in COMPARED if name in have | {COMPARED[0]}], {
        run: told.config for run, told in progress.items()
    }


def live(store: Store, runs: Iterable[str]) -> bool:
    """Whether a side of these runs has not ended yet."""
    return _grows(_read(store, runs)[0])


def _grows(progress: Mapping[str, RunProgress]) -> bool:
    return any(not told.ended for told in progress.values())


def _read(store: Store, runs: Iterable[str]) -> tuple[dict[str, RunProgress], list[str]]:
    found: dict[str, RunProgress] = {}
    remarks = []
    for run in runs:
        try:
            told = shared(store, run)
            told.poll()
            found[run] = told
        except StoreError as error:
            remarks.append(f"{error} It is left out here.")
    return found, remarks


def labels_of(configs: Mapping[str, RunConfig], names: Mapping[str, str]) -> dict[str, str]:
    """What a person calls each run, or else the fewest fields that tell it from the others; no two are equal."""
    apart = differing(configs)
    telling = _telling(list(apart.values()))
    found = {}
    for run, values in apart.items():
        told = [_field_words(name, values[name]) for name in telling if values[name] != "–"]
        found[run] = names.get(run, "") or ", ".join(told) or f"{configs[run].network}, {configs[run].dataset}"
    texts = list(found.values())
    return {run: f"{text} ({run[-6:]})" if texts.count(text) > 1 else text for run, text in found.items()}


def _telling(rows: list[dict[str, str]]) -> list[str]:
    """Fields, at most MOST_NAMED, that tell rows apart; options of a network or a dataset come last."""
    chosen: list[str] = []
    for name in sorted(rows[0] if rows else (), key=lambda name: "options." in name):
        if len(chosen) < MOST_NAMED and _kinds(rows, [*chosen, name]) > _kinds(rows, chosen):
            chosen.append(name)
    return chosen


def _kinds(rows: list[dict[str, str]], names: list[str]) -> int:
    return len({tuple(row[name] for name in names) for row in rows})


def _field_words(name: str, value: str) -> str:
    """A field and its value; a network, a dataset or an optimizer is known by its name alone."""
    short = name.partition("_options.")[2] or name
    return value if name in KNOWN_BY_VALUE else f"{short} {value}"


# Bands


def _bands(asked: Comparison, configs: Mapping[str, RunConfig], lines: list[Line]) -> list[GroupBand]:
    found = []
    for group in groups(configs, asked.group):
        for side in asked.sides:
            members = {each.run: each for each in lines if each.side == side and each.run in group.runs}
            every = samples({run: configs[run] for run in members}, side)
            repeated = [run for runs in every for run in runs[:-1]]  # one config is one sample: the newest
            counted = [each for run, each in members.items() if run not in repeated]
            good = tuple(each for each in counted if each.word not in BROKE)
            if made := band(good, asked.smoothing):
                broken = tuple(each.run for each in counted if each.word in BROKE)
                found.append(GroupBand(group, side, made, good, broken, tuple(repeated)))
    return found


def group_words(group: Group) -> str:
    """What the runs of a group have in common, of the fields that group."""
    return ", ".join(_field_words(name, value) for name, value in group.values.items() if value != "–")


def band_words(found: GroupBand, name: str) -> str:
    """The legend of a band: the side, the group, n, and the interval at its last point."""
    made, head = found.band, _head(found)
    scale = 100.0 if name.endswith("accuracy") else 1.0
    last, unit = float(made.mean[-1]) * scale, " %" if scale == 100 else ""
    if made.half is None:
        return f"{head}: n = 1, {digits(last, 4)}{unit}, no interval"
    half = float(made.half[-1]) * scale
    interval = f"[{digits(last - half, 4)}, {digits(last + half, 4)}]"
    return f"{head}: n = {made.n}, {digits(last, 4)}{unit} {interval} (95\N{NO-BREAK SPACE}%)"


def _head(found: GroupBand) -> str:
    return ", ".join(filter(None, (NAMES[found.side], group_words(found.group))))


def _of_bands(bands: list[GroupBand], labels: Mapping[str, str]) -> list[str]:
    """What a reader of the bands must know: mixed groups, repeated configs, sides that broke, other positions."""
    told = []
    for group in {id(each.group): each.group for each in bands}.values():
        head = group_words(group) or "All runs"
        if group.mixed:
            told.append(
                f"{head}: these runs also differ in {', '.join(group.mixed)}, so the band is not of seeds alone."
            )
    for each in bands:
        if each.repeated:
            head, runs = _head(each), count(len(each.repeated), "run")
            told.append(f"{head}: {runs} repeated a config and seed; the newest counts.")
        if each.left_out:
            who = _named(each.left_out, labels)
            told.append(f"{NAMES[each.side]} of {who} broke off and is left out of its band.")
    if any(each.band.meets for each in bands):
        told.append("The runs of a band have not the same positions on this axis, so they are interpolated.")
    return told


# Remarks


def _named(runs: Iterable[str], labels: Mapping[str, str]) -> str:
    every = [labels.get(run, run) for run in runs]
    more = len(every) - MOST_NAMED
    return "; ".join(every[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _absent(
    asked: Comparison, progress: Mapping[str, RunProgress], labels: Mapping[str, str], lines: list[Line]
) -> list[str]:
    """Which sides have no curve, and why."""
    have = {(each.run, each.side) for each in lines}
    kinds: dict[str, list[str]] = {}
    for side in asked.sides:
        for run, told in progress.items():
            if (run, side) in have:
                continue
            if side not in told.sides:
                why = f"was not trained with {NAMES[side]}"
            elif not told.sides[side].steps:
                why = f"has no {NAMES[side]} step ({told.statuses[side].word})"
            else:
                why = f"has no {METRICS[asked.y].split(',')[0].lower()} of {NAMES[side]}"
            kinds.setdefault(why, []).append(run)
    return [f"{_named(runs, labels)}: {why}." for why, runs in kinds.items()]


def _ended(progress: Mapping[str, RunProgress], labels: Mapping[str, str], asked: Comparison) -> list[str]:
    """Which sides broke off, or still go on."""
    told = []
    for run, each in progress.items():
        for side, status in each.statuses.items():
            if side in asked.sides and status.word in ("diverged", "failed", "interrupted"):
                detail = status.detail if status.detail.endswith(".") or not status.detail else f"{status.detail}."
                told.append(f"{NAMES[side]} of {labels[run]} {_became(status.word)}. {detail}".strip())
    growing = [run for run, each in progress.items() if any(status.active for status in each.statuses.values())]
    if growing:
        told.append(f"Still training: {_named(growing, labels)}. The curves grow.")
    return told


def _became(word: str) -> str:
    return word if word == "diverged" else "failed" if word == "failed" else "was interrupted"

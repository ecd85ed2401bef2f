"""Bands over seeds: which runs count in them, and what their legend and a remark say.

A band is of finished runs. Only where a group has none, runs that did not break off count as far as they are. Of
repeats of one config and seed one counts: the newest, a finished one before all others. Whatever does not count, did
not finish or is cut short is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.charts.comparison_curves import Band, Line, band
from engine.charts.comparison_labels import became, field_words, named
from engine.config import NAMES, RunConfig
from engine.experiments.comparison import Comparison, Group, groups, samples
from engine.quantities import count, digits

FINISHED = "finished"
BROKE = ("diverged", "failed")  # a side that did not learn to the end is no sample of one that did
PLACES = {"step": "step {}", "epoch": "epoch {}", "seconds": "{} s", "examples": "{} examples"}


@dataclass(frozen=True)
class GroupBand:
    """One side of a group and its band. Of its `lines` the band is; the others, which do not count, did not finish
    or repeat the config of one that counts.
    """

    group: Group
    side: str
    band: Band
    lines: tuple[Line, ...]
    unfinished: tuple[Line, ...]
    repeated: tuple[Line, ...]

    @property
    def longest(self) -> float:
        """Where the last of its lines ends; the band ends with the first."""
        return max(float(each.x[-1]) for each in self.lines)

    @property
    def is_result(self) -> bool:
        """Whether the band's last point is the end of every run in it."""
        return self.longest <= self.band.x[-1] and all(each.word == FINISHED for each in self.lines)


def bands(asked: Comparison, configs: Mapping[str, RunConfig], lines: list[Line]) -> tuple[list[GroupBand], list[str]]:
    """A band for each side of each group that has runs to make one of; a sentence where those never meet."""
    found, apart = [], []
    for group in groups(configs, asked.group):
        for side in asked.sides:
            members = {each.run: each for each in lines if each.side == side and each.run in group.runs}
            repeats = samples({run: configs[run] for run in members}, side)
            kept = {_newest([members[run] for run in runs]).run for runs in repeats}
            counted = _counted([each for run, each in members.items() if run in kept])
            if made := band(counted, asked.smoothing):
                rest = [each for run, each in members.items() if run not in {each.run for each in counted}]
                unfinished = tuple(each for each in rest if each.word != FINISHED)
                repeated = tuple(each for each in rest if each.run not in kept)
                found.append(GroupBand(group, side, made, counted, unfinished, repeated))
            elif counted:
                apart.append(f"{_head(group, side)}: no band, because its runs have no place on this axis in common.")
    return found, apart


def _newest(repeats: list[Line]) -> Line:
    return ([each for each in repeats if each.word == FINISHED] or repeats)[-1]


def _counted(lines: list[Line]) -> tuple[Line, ...]:
    finished = tuple(each for each in lines if each.word == FINISHED)
    return finished or tuple(each for each in lines if each.word not in BROKE)


def group_words(group: Group) -> str:
    """What the runs of a group have in common, of the fields that group."""
    return ", ".join(field_words(name, value) for name, value in group.values.items() if value != "–")


def band_words(found: GroupBand, asked: Comparison) -> str:
    """The legend of a band: the side, the group, n, and the interval at its last point.

    It says where that point is, unless every run of the band ends there.
    """
    made, scale = found.band, 100.0 if asked.y.endswith("accuracy") else 1.0
    where = "" if found.is_result else f"at {_place(float(made.x[-1]), asked.x)}: "
    head = f"{_head(found.group, found.side)}: n = {made.n}, {where}"
    last, unit = float(made.mean[-1]) * scale, " %" if scale == 100 else ""
    if made.half is None:
        return f"{head}{digits(last, 4)}{unit}, no interval"
    half = float(made.half[-1]) * scale
    interval = f"[{digits(last - half, 4)}, {digits(last + half, 4)}]"
    return f"{head}{digits(last, 4)}{unit} {interval} (95\N{NO-BREAK SPACE}%)"


def _head(group: Group, side: str) -> str:
    return ", ".join(filter(None, (NAMES[side], group_words(group))))


def _place(x: float, axis: str) -> str:
    return PLACES[axis].format(f"{x:,.0f}" if x == round(x) else digits(x, 4))


def remarks(made: list[GroupBand], labels: Mapping[str, str], axis: str) -> list[str]:
    """What a reader of the bands must know: mixed groups, what does not count or is cut short, other positions."""
    told = []
    for group in {id(each.group): each.group for each in made}.values():
        if group.mixed:
            head, others = group_words(group) or "All runs", ", ".join(group.mixed)
            told.append(f"{head}: these runs also differ in {others}, so the band is not of seeds alone.")
    for each in made:
        told += _cut(each, labels, axis) + _not_counted(each, labels)
    if any(each.band.meets for each in made):
        told.append("The runs of a band have not the same positions on this axis, so they are interpolated.")
    return told


def _cut(found: GroupBand, labels: Mapping[str, str], axis: str) -> list[str]:
    end = float(found.band.x[-1])
    if found.longest <= end:
        return []
    first = named((each.run for each in found.lines if each.x[-1] <= end), labels)
    return [
        f"{_head(found.group, found.side)}: the band ends at {_place(end, axis)} with {first}; "
        f"the longest run goes on to {_place(found.longest, axis)}."
    ]


def _not_counted(found: GroupBand, labels: Mapping[str, str]) -> list[str]:
    told = []
    for lines, why in (
        (found.unfinished, "is left out of its band"),
        (found.lines, "counts as far as it is: no run of its band has finished"),
    ):
        for word in dict.fromkeys(each.word for each in lines if each.word != FINISHED):
            who = named((each.run for each in lines if each.word == word), labels)
            told.append(f"{NAMES[found.side]} of {who} {became(word)} and {why}.")
    if found.repeated:
        head, runs = _head(found.group, found.side), count(len(found.repeated), "run")
        told.append(f"{head}: {runs} repeated a config and seed; the newest counts, a finished one first.")
    return told

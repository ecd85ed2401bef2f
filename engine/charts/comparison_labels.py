"""What a comparison calls its runs, and what became of them, in words."""

from collections import Counter
from collections.abc import Iterable, Mapping

from engine.config import RunConfig
from engine.experiments.comparison import differing

MOST_NAMED = 3  # fields in a run's label, and runs named in a remark
KNOWN_BY_VALUE = ("network", "dataset", "optimizer")
BECAME = {"diverged": "diverged", "failed": "failed", "interrupted": "was interrupted", "stopped": "was stopped"}


def labels_of(configs: Mapping[str, RunConfig], names: Mapping[str, str]) -> dict[str, str]:
    """What a person calls each run, or else the fields that tell it from the others; no two are equal.

    Fields of most values come first. Where more than MOST_NAMED differ, each run is known by those whose value it
    shares with the fewest, so that what is unusual of a run is seen.
    """
    apart = differing(configs)
    rows = list(apart.values())
    telling = _telling(rows)
    shared = {name: Counter(row[name] for row in rows) for name in telling}
    found = {}
    for run, values in apart.items():
        own = [name for name in telling if values[name] != "–"]
        if len(own) > MOST_NAMED:
            own.sort(key=lambda name: shared[name][values[name]])
        told = [field_words(name, values[name]) for name in own[:MOST_NAMED]]
        found[run] = names.get(run, "") or ", ".join(told) or f"{configs[run].network}, {configs[run].dataset}"
    texts = Counter(found.values())
    return {run: f"{text} ({run[-6:]})" if texts[text] > 1 else text for run, text in found.items()}


def _telling(rows: list[dict[str, str]]) -> list[str]:
    """The fields that differ, of most values first, else in their own order.

    Options of a network or a dataset come last, and only where they tell more than a field before them.
    """
    splits = {name: _split([row[name] for row in rows]) for name in (rows[0] if rows else ())}
    chosen: list[str] = []
    for name in sorted(splits, key=lambda name: ("options." in name, -max(splits[name]))):
        if "options." not in name or splits[name] not in [splits[other] for other in chosen]:
            chosen.append(name)
    return chosen


def _split(values: list[str]) -> tuple[int, ...]:
    """Each value as the number of its kind, in the order in which kinds first come."""
    kinds: dict[str, int] = {}
    return tuple(kinds.setdefault(value, len(kinds)) for value in values)


def field_words(name: str, value: str) -> str:
    """A field and its value; a network, a dataset or an optimizer is known by its name alone."""
    short = name.partition("_options.")[2] or name
    return value if name in KNOWN_BY_VALUE else f"{short} {value}"


def named(runs: Iterable[str], labels: Mapping[str, str]) -> str:
    """The labels of these runs, of many the first."""
    every = [labels.get(run, run) for run in runs]
    more = len(every) - MOST_NAMED
    return "; ".join(every[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def became(word: str) -> str:
    """What became of a side that has not finished, by the word of its status; it follows the side's name."""
    return BECAME.get(word, "has not finished")

"""What a comparison calls its runs, and what became of them, in words."""

from collections.abc import Iterable, Mapping

from engine.config import RunConfig
from engine.experiments.comparison import differing

MOST_NAMED = 3  # fields in a run's label, and runs named in a remark
KNOWN_BY_VALUE = ("network", "dataset", "optimizer")
BECAME = {"diverged": "diverged", "failed": "failed", "interrupted": "was interrupted", "stopped": "was stopped"}


def labels_of(configs: Mapping[str, RunConfig], names: Mapping[str, str]) -> dict[str, str]:
    """What a person calls each run, or else the fewest fields that tell it from the others; no two are equal."""
    apart = differing(configs)
    telling = _telling(list(apart.values()))
    found = {}
    for run, values in apart.items():
        told = [field_words(name, values[name]) for name in telling if values[name] != "–"]
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

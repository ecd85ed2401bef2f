"""Two scripts line against line: what stands in both, and which lines are about the same thing."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

ALIKE = 0.45  # from this share of common characters on, two lines are about the same thing


@dataclass(frozen=True)
class Row:
    """A line of each script; None where the other one needs a line and this one does not."""

    torch: str | None
    tensorflow: str | None

    @property
    def same(self) -> bool:
        return self.torch == self.tensorflow


def align(torch: Sequence[str], tensorflow: Sequence[str]) -> list[Row]:
    """Every line of both, in order; lines that are equal, or about the same thing, share a row."""
    rows: list[Row] = []
    for word, *places in SequenceMatcher(None, torch, tensorflow, autojunk=False).get_opcodes():
        first, last, begin, end = places
        if word == "equal":
            rows += [Row(line, line) for line in torch[first:last]]
        else:
            rows += _paired(torch[first:last], tensorflow[begin:end])
    return rows


def _paired(torch: Sequence[str], tensorflow: Sequence[str]) -> list[Row]:
    """The pairs, in order, that have the most in common together; then what is left of each, one beside the other."""
    best = [[0.0] * (len(tensorflow) + 1) for _ in range(len(torch) + 1)]
    for one, other in itertools.product(reversed(range(len(torch))), reversed(range(len(tensorflow)))):
        alike = best[one + 1][other + 1] + _alike(torch[one], tensorflow[other])
        best[one][other] = max(alike, best[one + 1][other], best[one][other + 1])
    rows: list[Row] = []
    one = other = 0
    left: tuple[list[str], list[str]] = ([], [])
    while one < len(torch) and other < len(tensorflow):
        alike = _alike(torch[one], tensorflow[other])
        if alike and best[one][other] == best[one + 1][other + 1] + alike:
            rows += [*_beside(*left), Row(torch[one], tensorflow[other])]
            left = ([], [])
            one, other = one + 1, other + 1
        elif best[one + 1][other] >= best[one][other + 1]:
            left[0].append(torch[one])
            one += 1
        else:
            left[1].append(tensorflow[other])
            other += 1
    return rows + list(_beside([*left[0], *torch[one:]], [*left[1], *tensorflow[other:]]))


def _alike(one: str, other: str) -> float:
    """The share of common characters; 0 where that is little."""
    matcher = SequenceMatcher(None, one.strip(), other.strip(), autojunk=False)
    if not one.strip() or not other.strip() or matcher.real_quick_ratio() < ALIKE or matcher.quick_ratio() < ALIKE:
        return 0.0
    share = matcher.ratio()
    return share if share >= ALIKE else 0.0


def _beside(torch: Sequence[str], tensorflow: Sequence[str]) -> Iterator[Row]:
    return (Row(*pair) for pair in itertools.zip_longest(torch, tensorflow))


def marked(line: str, other: str | None) -> list[tuple[str, bool]]:
    """The line in pieces, each with whether it stands in the other one too; whole words, not letters."""
    if other is None:  # the whole line is the framework's own, which its place says
        return [(line, True)]
    words, others = _words(line), _words(other)
    found: list[tuple[str, bool]] = []
    for word, first, last, _, _ in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
        if last > first:
            found.append(("".join(words[first:last]), word == "equal"))
    return found


def _words(line: str) -> list[str]:
    """Names and numbers whole, all else character by character."""
    return [
        "".join(part) if name else character
        for name, group in itertools.groupby(line, lambda character: character.isalnum() or character == "_")
        for part in [list(group)]
        for character in (part if not name else [""])
    ]

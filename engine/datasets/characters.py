"""Plain sentences from a small grammar, cut into windows of characters: the task is the next character."""

from collections.abc import Iterator

import numpy as np

from engine.datasets.dataset import Dataset, DatasetError, Form, Option, Options, Rows, always, examples_option

VOCABULARY = "\n ,.abcdefghijklmnopqrstuvwxyz"  # a token is the place of a character in this text
NAMES = ("new line", "space", "comma", "full stop", *VOCABULARY[4:])
UNKNOWN = -1

ADJECTIVES = ("old", "young", "small", "tall", "quiet", "brave", "lazy", "happy", "tired", "clever", "quick", "kind")
NOUNS = ("teacher", "pupil", "engineer", "painter", "doctor", "sailor", "dog", "cat", "horse", "zebra", "bird", "goat")
TRANSITIVE = ("see", "like", "help", "know", "follow", "draw", "remember", "meet", "call", "visit", "thank", "expect")
INTRANSITIVE = ("sleep", "walk", "sing", "laugh", "wait", "dance", "work", "rest", "jump", "swim", "listen", "smile")
PLACES = ("in the garden", "near the river", "behind the house", "at the market", "on the hill", "under the bridge")
TIMES = ("every day", "in the morning", "after lunch", "at noon", "in the evening", "before the storm")
JOINTS = ("and", "but", "while", "because")
SENTENCES = 1024  # drawn at once
DRAWS = 32  # more than any one sentence takes


def characters(seed: int, examples: int, length: int) -> Rows:
    """Windows (examples, length) of one long text, without overlap, and the character after each of theirs."""
    tokens = encode(_text(np.random.default_rng([seed, 11]), examples * length + 1))
    return tokens[:-1].reshape(examples, length), tokens[1:].reshape(examples, length)


def encode(text: str) -> np.ndarray:
    """The tokens of `text`, int64 (characters,). Raises DatasetError where a character is not in VOCABULARY."""
    place = np.full(128, UNKNOWN, dtype=np.int64)
    place[[ord(character) for character in VOCABULARY]] = np.arange(len(VOCABULARY))
    codes = np.frombuffer(text.encode("ascii", errors="replace"), dtype=np.uint8)
    tokens = place[codes]
    if (tokens == UNKNOWN).any():
        wrong = text[int((tokens == UNKNOWN).argmax())]
        raise DatasetError(f"{wrong!r} is not among the characters: write a to z, space, comma, full stop, new line.")
    return tokens


def decode(tokens: np.ndarray) -> str:
    """The text of `tokens`, integers (characters,) below the length of VOCABULARY."""
    return "".join(VOCABULARY[token] for token in tokens)


def _text(generator: np.random.Generator, count: int) -> str:
    """The first `count` characters of an endless text."""
    pieces: list[str] = []
    written = 0
    while written < count:
        for numbers in generator.integers(0, 2**31, (SENTENCES, DRAWS)).tolist():
            pieces.append(_sentence(iter(numbers)))
            written += len(pieces[-1])
    return "".join(pieces)[:count]


def _sentence(numbers: Iterator[int]) -> str:
    """One or two clauses, perhaps a time, a full stop; one in four ends its line."""
    text = _clause(numbers)
    if next(numbers) % 3 == 0:
        text += f", {_pick(JOINTS, numbers)} {_clause(numbers)}"
    if next(numbers) % 3 == 0:
        text += f" {_pick(TIMES, numbers)}"
    return text + (".\n" if next(numbers) % 4 == 0 else ". ")


def _clause(numbers: Iterator[int]) -> str:
    """A subject, a verb in its number, and perhaps an object and a place: the verb's ending needs a long look back."""
    subject, plural = _noun(numbers)
    transitive = next(numbers) % 2 == 0
    verb = _pick(TRANSITIVE if transitive else INTRANSITIVE, numbers) + ("" if plural else "s")
    words = [subject, verb, *([_noun(numbers)[0]] if transitive else [])]
    if next(numbers) % 3 == 0:
        words.append(_pick(PLACES, numbers))
    return " ".join(words)


def _noun(numbers: Iterator[int]) -> tuple[str, bool]:
    """A noun with its article and perhaps an adjective, and whether it is plural."""
    adjective = f"{_pick(ADJECTIVES, numbers)} " if next(numbers) % 2 == 0 else ""
    plural = next(numbers) % 2 == 0
    return f"the {adjective}{_pick(NOUNS, numbers)}{'s' if plural else ''}", plural


def _pick(words: tuple[str, ...], numbers: Iterator[int]) -> str:
    return words[next(numbers) % len(words)]


def _form(options: Options) -> Form:
    return Form("characters", (options["length"],), "classification", len(VOCABULARY), options["examples"])


DATASETS = (
    Dataset(
        "characters",
        "Characters of plain sentences",
        "A small grammar of our own writes English sentences in which subject and verb agree.",
        _form,
        characters,
        {
            "examples": examples_option(2000, 2, 50_000),
            "length": Option(64, 1, 512, "Number of characters in each window: the context."),
        },
        labels=always(NAMES),
    ),
)

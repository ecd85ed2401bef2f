"""A config as texts by the names of its fields, as a link and the command line give them: `device.torch=cuda:0`."""

import json
import math
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.config import FRAMEWORKS, ConfigError, RunConfig, refused
from engine.datasets import own_table
from engine.datasets.catalogue import DATASETS

WORDS = {"true": True, "false": False, "none": None}
WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
OPTIONS = "dataset_options."
# Which texts are no number or word of WORDS, whatever they look like: names of columns above all.
KINDS = {"frameworks": "texts", "matched_defaults": "texts", "dataset": "text", "network": "text"}
KINDS |= {name: option.kind for dataset in DATASETS.values() for name, option in dataset.options.items()}
FLAGS = ("network", "dataset", "epochs", "seed", "frameworks")  # fields with a flag of their own; others take --set


def split(assignments: Iterable[str]) -> dict[str, str]:
    """The names and texts of `name=text`, each. Raises ConfigError."""
    found: dict[str, str] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise refused("--set", assignment, "field=value")
        if found.setdefault(name, text) != text:
            raise refused(name, f"{found[name]} and {text}", "one value, or values with commas between them in a sweep")
    return found


def fields(texts: Mapping[str, str]) -> dict[str, Any]:
    """What RunConfig.build takes; a dotted name sets one framework's value, or one option of the dataset."""
    found: dict[str, Any] = {}
    for name, text in sorted(texts.items()):  # a plain name comes before its dotted ones
        outer, _, inner = name.partition(".") if not name.endswith(".") else (name, "", "")
        text = text.encode(errors="replace").decode()  # what a terminal takes for text need not be any
        value = _parsed(text, KINDS.get(name.removeprefix(OPTIONS), "number"))
        if inner:
            whole = found.get(outer, {})
            whole = dict.fromkeys(FRAMEWORKS, whole) if isinstance(whole, str) else whole
            value = {**(whole if isinstance(whole, dict) else {}), inner: value}
        found[outer] = value
    return found


def _parsed(text: str, kind: str) -> Any:
    if kind in ("texts", "numbers"):
        return _listed(text, kind)
    return text if kind in ("text", "choice") else _value(text)


def _listed(text: str, kind: str) -> tuple:
    """`a,b`, or a JSON list where a name has a comma in it."""
    if text.startswith("["):
        try:
            return tuple(json.loads(text))
        except (ValueError, RecursionError):
            pass  # a name may begin so
    parts = filter(None, text.split(","))
    return tuple(parts) if kind == "texts" else tuple(map(_value, parts))


def _value(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def whole(name: str, text: str, allowed: str = "a whole number") -> int:
    """The number typed for an option that is no field of the config. Raises ConfigError."""
    if not WHOLE.fullmatch(text):
        raise refused(name, text, allowed)
    return int(text)


def number(name: str, text: str, allowed: str = "a number") -> float:
    """As `whole`, also with a fraction; it is finite."""
    if not DECIMAL.fullmatch(text) or not math.isfinite(float(text)):
        raise refused(name, text, allowed)
    return float(text)


def texts(config: RunConfig) -> dict[str, str]:
    """Every field as text."""
    found: dict[str, str] = {}
    for name, value in config.model_dump(exclude={"own_network"}).items():
        parts = {f"{name}.{part}": inner for part, inner in value.items()} if isinstance(value, dict) else {name: value}
        found |= {part: _text(inner) for part, inner in parts.items()}
    return found


def _text(value: object) -> str:
    if isinstance(value, tuple | list):
        parts = [str(part) for part in value]
        simple = not any(part == "" or "," in part for part in parts) and not "".join(parts[:1]).startswith("[")
        return ",".join(parts) if simple else json.dumps(parts, ensure_ascii=False)
    return next((word for word, meant in WORDS.items() if value is meant), str(value))


def changes(config: RunConfig) -> dict[str, str]:
    """The texts that a config needs: its network and dataset, and what differs from their recipe."""
    own = {"dataset_options": config.dataset_options} if config.dataset == own_table.TABLE else {}
    recorded = {"own_network": config.own_network.model_dump()} if config.own_network else {}
    usual = texts(RunConfig.build({"network": config.network, "dataset": config.dataset, **own, **recorded}))
    needed = [*FLAGS[:2], *(f"{OPTIONS}{name}" for name in own_table.CHOSEN if own)]
    return {name: text for name, text in texts(config).items() if name in needed or usual[name] != text}


def build(given: Mapping[str, str], store: Path) -> tuple[RunConfig, list[str]]:
    """The config of these texts without those that are refused, and one sentence for each of those.

    A table of one's own is looked for among the uploads of the `store`.
    """
    sentences: list[str] = []
    left = dict(given)
    while True:
        try:
            return RunConfig.build(own_table.completed(fields(left), store)), sentences
        except ConfigError as error:
            sentences += [problem.sentence for problem in error.problems]
            named = [problem.field for problem in error.problems]
            kept = {name: text for name, text in left.items() if not any(_meets(name, other) for other in named)}
            left = kept if len(kept) < len(left) else {}


def _meets(name: str, other: str) -> bool:
    of_dataset = other == "dataset" and name.startswith(OPTIONS)
    return of_dataset or f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}.")


def command_line(config: RunConfig) -> str:
    """The command that trains this config."""
    words = ["python", "-m", "engine", "train"]
    if config.own_network:
        words += ["--networks", config.own_network.folder]
    for name, text in _by_file(changes(config)).items():
        words += [f"--{name}", text] if name in FLAGS else ["--set", f"{name}={text}"]
    return shlex.join(words)


def _by_file(found: Mapping[str, str]) -> dict[str, str]:
    """A table by the path of its file, and what is chosen of it by short names."""
    path = found.get(f"{OPTIONS}path")
    if not path:
        return dict(found)
    short = {name: text for name, text in found.items() if not name.startswith(OPTIONS)}
    chosen = {name: found[f"{OPTIONS}{name}"] for name in own_table.CHOSEN[1:]}
    return short | {"dataset": path} | chosen

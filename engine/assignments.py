"""A config as texts by the names of its fields, as a link and the command line give them: `device.torch=cuda:0`."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from engine.config import FRAMEWORKS, ConfigError, RunConfig

WORDS = {"true": True, "false": False, "none": None}
WHOLE = re.compile(r"[+-]?\d{1,30}")
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,5})?")
LISTS = ("frameworks", "matched_defaults")
FLAGS = ("network", "dataset", "epochs", "seed", "frameworks")  # fields with a flag of their own; others take --set


def fields(texts: Mapping[str, str]) -> dict[str, Any]:
    """What RunConfig.build takes; a dotted name sets one framework's value, or one option of the dataset."""
    found: dict[str, Any] = {}
    for name, text in sorted(texts.items()):  # a plain name comes before its dotted ones
        outer, _, inner = name.partition(".") if not name.endswith(".") else (name, "", "")
        text = text.encode(errors="replace").decode()  # what a terminal takes for text need not be any
        value = tuple(filter(None, text.split(","))) if name in LISTS else _value(text)
        if inner:
            whole = found.get(outer, {})
            whole = dict.fromkeys(FRAMEWORKS, whole) if isinstance(whole, str) else whole
            value = {**(whole if isinstance(whole, dict) else {}), inner: value}
        found[outer] = value
    return found


def _value(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def texts(config: RunConfig) -> dict[str, str]:
    """Every field as text."""
    found: dict[str, str] = {}
    for name, value in config.model_dump().items():
        parts = {f"{name}.{part}": inner for part, inner in value.items()} if isinstance(value, dict) else {name: value}
        found |= {part: _text(inner) for part, inner in parts.items()}
    return found


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return next((word for word, meant in WORDS.items() if value is meant), str(value))


def changes(config: RunConfig) -> dict[str, str]:
    """The texts that a config needs: its network and dataset, and what differs from their recipe."""
    usual = texts(RunConfig.build({"network": config.network, "dataset": config.dataset}))
    return {name: text for name, text in texts(config).items() if name in FLAGS[:2] or usual[name] != text}


def build(given: Mapping[str, str]) -> tuple[RunConfig, list[str]]:
    """The config of these texts without those that are refused, and one sentence for each of those."""
    sentences: list[str] = []
    left = dict(given)
    while True:
        try:
            return RunConfig.build(fields(left)), sentences
        except ConfigError as error:
            sentences += [problem.sentence for problem in error.problems]
            named = [problem.field for problem in error.problems]
            kept = {name: text for name, text in left.items() if not any(_meets(name, other) for other in named)}
            left = kept if len(kept) < len(left) else {}


def _meets(name: str, other: str) -> bool:
    return f"{name}.".startswith(f"{other}.") or f"{other}.".startswith(f"{name}.")


def command_line(config: RunConfig) -> str:
    """The command that trains this config."""
    words = ["python", "-m", "engine", "train"]
    for name, text in changes(config).items():
        words += [f"--{name}", text] if name in FLAGS else ["--set", f"{name}={text}"]
    return shlex.join(words)

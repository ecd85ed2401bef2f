"""Small networks of a person's own for tests: a declaration and both twins, written into a folder."""

import json
from pathlib import Path
from typing import Any

DECLARED: dict[str, Any] = {
    "title": "Two layers",
    "takes": "vector",
    "options": {"width": {"default": 5, "low": 1, "high": 64, "help": "Hidden units."}},
    "recipe": {"epochs": 2, "batch_size": 32, "optimizer": "adam", "learning_rate": 0.01},
}
TORCH = """from collections import OrderedDict

from torch import nn


def build(inputs, outputs, width=5):
    hidden, output = nn.Linear(inputs, width), nn.Linear(width, outputs)
    return nn.Sequential(OrderedDict(hidden=hidden, relu=nn.ReLU(), output=output))
"""
TENSORFLOW = """import keras


def build(inputs, outputs, width=5):
    hidden = keras.layers.Dense(width, activation="relu", name="hidden")
    return keras.Sequential([keras.Input((inputs,)), hidden, keras.layers.Dense(outputs, name="output")])
"""


def write(
    folder: Path,
    name: str = "two",
    torch: str | bytes | None = TORCH,
    tensorflow: str | bytes | None = TENSORFLOW,
    declared: Any = DECLARED,
) -> Path:
    """Write what is given of a network; returns the folder."""
    folder.mkdir(exist_ok=True)
    for side, source in (("torch", torch), ("tensorflow", tensorflow)):
        if source is not None:
            (folder / f"{name}_{side}.py").write_bytes(source.encode() if isinstance(source, str) else source)
    if declared is not None:
        text = declared if isinstance(declared, str) else json.dumps(declared)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return folder

"""Results of the phrase book that no framework made."""

import json

from engine.config import FRAMEWORKS
from engine.phrases.catalogue import PHRASES
from engine.phrases.results import Request
from engine.phrases.returned import told
from engine.runs import Store


def write(store: Store) -> None:
    """Every phrase returned 1.5 in both, or 2.5 in TensorFlow where it is to differ."""
    folder = Request().folder(store)
    folder.mkdir(parents=True)
    (folder / "request.json").write_text(json.dumps({"time": 1.0}))
    for side in FRAMEWORKS:
        found = {
            phrase.name: told(2.5 if phrase.differs and side == "tensorflow" else 1.5) | {"seconds": 0.1}
            for phrase in PHRASES
        }
        (folder / f"{side}.json").write_text(json.dumps({"version": "9.9", "phrases": found}))

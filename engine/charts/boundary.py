"""Both sides' decision boundaries as one small JSON text, which the page's canvases paint."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets.catalogue import DATASETS
from engine.runs import Store
from engine.store import view_files

LEVELS = 255  # of a painted probability; a difference is taken before that
FAINTEST = 0.01  # a difference map whose largest value is below this is not stretched any further


def folders(store: Store, run: str) -> dict[str, Path]:
    """Where each side's files lie. Raises StoreError."""
    return {side: store.log(run, side).parent for side in store.config(run).frameworks}


def shown_steps(places: dict[str, Path], step: int | None = None) -> dict[str, int]:
    """Of each side that has views the step of the newest, or of the one nearest to `step`."""
    found = {side: view_files.steps(folder) for side, folder in places.items()}
    return {side: _nearest(steps, step) for side, steps in found.items() if steps}


def message(store: Store, run: str, step: int | None = None, known: str = "") -> str | None:
    """The boundaries at the newest views or near `step`; None where their tag is `known`, as nothing is new.

    Grids are base64 of bytes (y, x, class), the difference (y, x). Raises StoreError and ViewError.
    """
    places = folders(store, run)
    steps = shown_steps(places, step)
    tag = ",".join(f"{side}:{at}" for side, at in steps.items())
    if tag == known:
        return None
    config = store.config(run)
    views = {side: view for side, view in view_files.load_together(places, steps, config).items() if "grid" in view}
    told: dict[str, Any] = {
        "tag": tag,
        "labels": [str(label) for label in DATASETS[config.dataset].labels(config.dataset_options)],
        "sides": {side: {"step": steps[side], "grid": _bytes(view["grid"])} for side, view in views.items()},
        "difference": _difference([view["grid"] for view in views.values()]),
    }
    for view in list(views.values())[:1]:
        told |= {"size": len(view["grid"]), "extent": view["extent"].tolist(), "classes": view["classes"].tolist()}
        told["points"] = np.round(view["points"].astype(float), 4).tolist()
    return json.dumps(told, separators=(",", ":"), allow_nan=False)


def largest_difference(grids: list[np.ndarray]) -> float | None:
    """How far two grids of probabilities lie apart at most; None unless there are two."""
    return float(np.abs(grids[0] - grids[1]).max()) if len(grids) == 2 else None


def _difference(grids: list[np.ndarray]) -> dict[str, object] | None:
    largest = largest_difference(grids)
    if largest is None:
        return None
    apart = np.abs(grids[0] - grids[1]).max(axis=-1)
    return {"largest": largest, "values": _bytes(apart / max(largest, FAINTEST))}


def _bytes(shares: np.ndarray) -> str:
    levels = np.round(np.clip(shares, 0, 1) * LEVELS).astype(np.uint8)
    return base64.b64encode(levels.tobytes()).decode()


def _nearest(steps: list[int], step: int | None) -> int:
    return steps[-1] if step is None else min(steps, key=lambda kept: abs(kept - step))

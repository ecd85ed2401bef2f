"""What the arrays of a view are like, for one that comes from a file: which there are, how long, and of what values."""

from collections.abc import Mapping

import numpy as np

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.views import FILTERS, GRID, JUDGED, LETTERS, POINTS, SAMPLE

# By name the axes, as engine.views.View tells them: a letter is as long wherever it stands in a view.
AXES = {
    "grid": "ggc",
    "extent": "4",
    "points": "p2",
    "classes": "p",
    "confusion": "cc",
    "images": "ndhw",
    "reconstructions": "ndhw",
    "probabilities": "nc",
    "truth": "n",
    "filters": "fxyz",
    "sequences": "nts",
    "predicted": "ro",
    "true": "ro",
    "prompt": "q",
    "text": "l",
}
WHOLE = ("classes", "confusion", "truth", "prompt", "text")  # whole numbers; the others have fractions
MOST = {"g": GRID, "p": POINTS, "n": SAMPLE, "f": FILTERS, "r": JUDGED, "l": LETTERS}
TOGETHER = (
    *({"grid", "extent", "points", "classes"}, {"probabilities", "truth"}, {"predicted", "true"}, {"prompt", "text"}),
)


def lengths_of(config: RunConfig) -> dict[str, int]:
    """The lengths of axes, by their letters, that a config decides."""
    found, original = config.form, DATASETS[config.dataset].form(config.dataset_options)
    lengths = {"c": found.outputs, "o": found.outputs}
    if original.kind == "image":
        lengths |= dict(zip("dhw", original.shape, strict=True))
    if found.kind == "sequence":
        lengths |= dict(zip("ts", found.shape, strict=True))
    return lengths


def complete(names: set[str]) -> bool:
    """Whether a view may have these arrays: none that is unknown, and none without those that it is shown with."""
    if "images" in names and not names & {"probabilities", "reconstructions"}:
        return False
    if "reconstructions" in names and "images" not in names:
        return False
    return bool(names) and names <= {*AXES} and all(names & group in (set(), group) for group in TOGETHER)


def fits(name: str, shape: tuple[int, ...], lengths: dict[str, int]) -> bool:
    """Whether that array may have that shape beside those before; what is learned of `lengths` is added to them."""
    if len(shape) != len(AXES[name]):
        return False
    for axis, length in zip(AXES[name], shape, strict=True):
        if length != (int(axis) if axis.isdigit() else lengths.setdefault(axis, length)):
            return False
        if not 1 <= length <= MOST.get(axis, length):
            return False
    return True


def holds(arrays: Mapping[str, np.ndarray], classes: int | None) -> bool:
    """Whether the values are ones that can be drawn: classes and characters that exist, and finite chances."""
    for name in WHOLE:
        values = arrays.get(name)
        most = None if name == "confusion" else classes
        if values is not None and (values.min() < 0 or (most is not None and values.max() >= most)):
            return False
    finite = ("grid", "extent", "points", "probabilities")
    return all(np.isfinite(arrays[name]).all() for name in finite if name in arrays)

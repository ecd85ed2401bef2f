"""What a side has learned so far, as arrays to look at; both sides are asked about the same rows, grid and chances."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.datasets.split import Split
from engine.session import Session

VIEW_SECONDS = 1 / 3  # from one view to the next, at least
GRID = 64  # points on each axis of a decision boundary
MARGIN = 0.1  # of the range of the data, on each side of it
POINTS = 500  # that are drawn on a boundary
JUDGED = 1000  # rows of a confusion matrix, or predicted against true
SAMPLE = 16  # rows that are shown one by one
FILTERS = 32
LETTERS = 120  # of a sampled text


@dataclass(frozen=True)
class View:
    """The arrays of one moment, after `step` steps. Which there are depends on the form of the data:

    grid (64, 64, classes) probabilities, the first axis being y; extent (4) as x and y from, to; points (n, 2) and
    classes (n). confusion (classes, classes), true classes first. images (n, channels, height, width), probabilities
    (n, classes) and truth (n); filters (n, channels, height, width). sequences (n, time, features). predicted and true
    (n, outputs). reconstructions as images. prompt and text, tokens (n).
    """

    step: int
    arrays: dict[str, np.ndarray]


class Viewer:
    """Asks a session for views. The rows are spread over those for validation; without any, over those for training."""

    def __init__(self, config: RunConfig, split: Split):
        self._form, self._seed, self._split = split.form, config.seed, split
        self._reconstructs = config.network_entry.reconstructs
        original = DATASETS[config.dataset].form(config.dataset_options)
        self._image: tuple[int, ...] = original.shape if original.kind == "image" else ()
        most = SAMPLE if self._reconstructs else JUDGED
        inputs, targets = split.inputs, split.targets
        if len(split.validation_inputs):
            inputs, targets = split.validation_inputs, split.validation_targets
        rows = _spread(len(inputs), most)  # the first ones are not of all classes: some fill up their share late
        self._inputs, self._targets = inputs[rows], targets[rows]
        self._sample = _spread(len(rows), SAMPLE)
        self._plane = _plane(split) if split.form.task == "classification" and split.form.shape == (2,) else None

    def take(self, step: int, session: Session) -> View:
        """What `session` has learned after `step` steps; it is asked to predict, and stays as it is."""
        if self._form.kind == "characters":
            prompt = self._inputs[0]
            return View(step, {"prompt": prompt, "text": sample_text(session.predict, prompt, self._seed)})
        outputs = session.predict(self._inputs)
        arrays = self._pictures(session) | self._answers(outputs)
        if self._plane:
            grid = probabilities(session.predict(self._plane["grid"])).reshape(GRID, GRID, -1)
            arrays |= self._plane | {"grid": grid}
        return View(step, arrays)

    def _answers(self, outputs: np.ndarray) -> dict[str, np.ndarray]:
        if self._reconstructs:
            return {"reconstructions": outputs.reshape(-1, *self._image).astype(np.float16)}
        if self._form.task == "regression":
            scale = {"predicted": outputs, "true": self._targets}
            mean, deviation = self._split.target_mean, self._split.target_deviation
            return {name: np.asarray(values * deviation + mean, np.float32) for name, values in scale.items()}
        found = {"confusion": confusion(self._targets, outputs.argmax(axis=1), self._form.outputs)}
        if self._image or self._form.kind == "sequence":
            found |= {"probabilities": probabilities(outputs[self._sample]), "truth": self._targets[self._sample]}
        return found

    def _pictures(self, session: Session) -> dict[str, np.ndarray]:
        """The sample itself, and the first layer's weights where they are pictures."""
        if self._form.kind == "sequence":
            return {"sequences": self._inputs[self._sample].astype(np.float32)}
        if not self._image:
            return {}
        found = {"images": self._inputs[self._sample].reshape(-1, *self._image).astype(np.float16)}
        first = next(weight for weight in session.weights().values() if weight.ndim >= 2)
        if first.ndim == 4:
            found["filters"] = first[:FILTERS].astype(np.float32)
        elif first.shape[1] == prod(self._image):
            found["filters"] = first[:FILTERS].reshape(-1, *self._image).astype(np.float32)
        return found


def _spread(count: int, most: int) -> np.ndarray:
    """At most `most` of `count` rows, evenly."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.int64)


def _plane(split: Split) -> dict[str, np.ndarray]:
    """The grid over all of the data, as rows (grid², 2), its extent, and some points with their classes."""
    every = np.concatenate([split.inputs, split.validation_inputs])
    low, high = every.min(axis=0), every.max(axis=0)
    room = MARGIN * np.maximum(high - low, 1e-6)
    extent = np.stack([low - room, high + room], axis=1).ravel()
    left, right, bottom, top = extent.tolist()
    x, y = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    points = split.inputs[:POINTS].astype(np.float32)
    return {"grid": grid, "extent": extent, "points": points, "classes": split.targets[:POINTS]}


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, float32; 0 where a logit is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
        return np.nan_to_num(shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each true class (row) was taken for each class (column), int64 (classes, classes)."""
    return np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)


def sample_text(predict: Callable[[np.ndarray], np.ndarray], prompt: np.ndarray, seed: int) -> np.ndarray:
    """LETTERS tokens drawn one after another behind `prompt` (time,), each from what `predict` says of the last window.

    The random numbers depend on the seed alone, so that sides with the same logits write the same text.
    """
    numbers = np.random.default_rng([seed, 21]).uniform(size=LETTERS)
    tokens = prompt
    for number in numbers:
        chances = np.cumsum(probabilities(predict(tokens[np.newaxis, -len(prompt) :])[0, -1]), dtype=np.float64)
        token = min(np.searchsorted(chances, number * chances[-1], side="right"), len(chances) - 1)
        tokens = np.append(tokens, token)
    return tokens[len(prompt) :]

"""The one judge of validation quality: NumPy in float64, on each framework's own predictions."""

import numpy as np
from scipy.special import logsumexp

from engine.config import RunConfig


def validation_metrics(task: str, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | None]:
    """Loss and accuracy from logits (examples, classes); or loss, MAE and R² from values (examples, outputs).

    A metric that is not finite, such as R² of targets that are all the same, is None.
    """
    outputs = outputs.astype(np.float64)
    measured = _classification(outputs, targets) if task == "classification" else _regression(outputs, targets)
    return {f"validation_{name}": float(value) if np.isfinite(value) else None for name, value in measured.items()}


def metric_names(config: RunConfig, task: str) -> tuple[str, ...]:
    """The names that `validation_metrics` uses for this task."""
    quality = ("accuracy",) if task == "classification" else ("mae", "r2")
    return tuple(f"validation_{name}" for name in ("loss", *quality))


def _classification(logits: np.ndarray, classes: np.ndarray) -> dict[str, np.floating]:
    chosen = logits[np.arange(len(classes)), classes]
    return {
        "loss": np.mean(logsumexp(logits, axis=1) - chosen),
        "accuracy": np.mean(logits.argmax(axis=1) == classes),
    }


def _regression(values: np.ndarray, targets: np.ndarray) -> dict[str, np.floating]:
    error = values - targets
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.sum((targets - targets.mean(axis=0)) ** 2)
        return {
            "loss": np.mean(error**2),
            "mae": np.mean(np.abs(error)),
            "r2": np.float64(1) - np.sum(error**2) / spread,
        }

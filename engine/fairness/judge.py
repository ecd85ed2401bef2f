"""The one judge of validation quality: NumPy in float64, on each framework's own predictions."""

import numpy as np


def validation_metrics(task: str, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float | None]:
    """Loss and accuracy from logits (examples, classes) or, for texts, (examples, time, classes); or loss, MAE and R²
    from values (examples, …).

    A metric that is not finite, such as R² of targets that are all the same, is None.
    """
    outputs = outputs.astype(np.float64)
    places = outputs.reshape(-1, outputs.shape[-1])
    measured = (
        _classification(places, targets.reshape(-1)) if task == "classification" else _regression(outputs, targets)
    )
    return {f"validation_{name}": float(value) if np.isfinite(value) else None for name, value in measured.items()}


def _classification(logits: np.ndarray, classes: np.ndarray) -> dict[str, np.floating]:
    """Of float64 logits (examples, classes), which are used up: of a text, a copy is larger than its network."""
    right = np.mean(logits.argmax(axis=1) == classes) if np.isfinite(logits).all() else np.float64(np.nan)
    with np.errstate(invalid="ignore"):
        below = np.subtract(logits, logits.max(axis=1, keepdims=True), out=logits)
        chosen = below[np.arange(len(classes)), classes]
        total = np.log(np.exp(below, out=below).sum(axis=1))  # scipy's logsumexp takes five times it
    return {"loss": np.mean(total - chosen), "accuracy": right}


def _regression(values: np.ndarray, targets: np.ndarray) -> dict[str, np.floating]:
    error = (values - targets).ravel()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        squares = np.dot(error, error)  # half the time of squaring and adding up, which small networks feel
        around = (targets - targets.mean(axis=0)).ravel()
        return {
            "loss": squares / error.size,
            "mae": np.abs(error).mean(),
            "r2": np.float64(1) - squares / np.dot(around, around),
        }

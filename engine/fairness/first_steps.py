"""Whether a run's first loss, gradients and updates are those that they should be, within the rounding of its type.

Networks of linear layers are computed anew in NumPy; of all others, both frameworks' figures are held against each
other. The tolerances are about ten times what was measured; docs/certificate.md says how.
"""

from collections.abc import Mapping

import numpy as np

from engine.config import NAMES, RunConfig
from engine.datasets.split import Split
from engine.fairness import perceptron
from engine.fairness.batches import epoch_order
from engine.fairness.case import Found
from engine.fairness.equations import updates
from engine.fairness.evidence import LIMIT, Arrays
from engine.fairness.judge import validation_metrics
from engine.fairness.rounding import (
    ULPS,
    farthest,
    flat,
    form,
    invisible,
    of_gradient,
    rate_doubt,
    type_of,
    ulps,
)
from engine.fairness.weights import initial_weights
from engine.quantities import digits

LOSS = {"float64": 1e-12, "float32": 1e-5}  # relative
GRADIENT = {"float64": 1e-9, "float32": 1e-2}  # relative to a tensor's norm; float32 may flip a ReLU or a maximum
STATISTICS = {"float64": 1e-9, "float32": 2e-5}  # as GRADIENT; nothing in them flips
NO_STATISTICS = "the network keeps no running statistics"


def loss(
    config: RunConfig,
    split: Split,
    losses: Mapping[str, float],
    types: Mapping[str, np.dtype],
    arrays: Mapping[str, Arrays],
) -> Found:
    """The loss of step 0 of each side against NumPy's where there is one, and of both against each other.

    Of other networks that do in training as in prediction, NumPy makes the loss from what the side says they give.
    """
    limit = max(LOSS.get(kind, 1e-2) for kind in (config.precision, *(kind.name for kind in types.values())))
    found, against = dict(losses), "each other"
    if config.network in perceptron.NETWORKS:
        found = {"NumPy": _numpy(config, split)[0], **losses}
        against = "NumPy"
    else:
        rows = epoch_order(config.seed, 0, len(split.inputs))[: config.batch_size]
        for name, parts in arrays.items():
            value = loss_of_outputs(config, split, rows, parts)
            if value is None:
                continue
            if not abs(losses[name] - value) <= limit * max(abs(value), 1e-12):
                own = f"{losses[name]:.7g} where NumPy makes {value:.7g} of what the network gives"
                return "fail", f"the first loss of {NAMES[name]} is {own}"
            against = "each other, and no farther from NumPy's of what the networks give"
    values = np.array(list(found.values()))
    apart = float(np.ptp(values) / max(abs(values[0]), 1e-12))
    shown = ", ".join(f"{NAMES.get(name, name)} {value:.7g}" for name, value in found.items())
    allowed = f"{shown}; {digits(limit, 1)} is allowed"
    told = f"the first losses are {digits(apart, 1)} relative from {against} ({allowed})"
    return ("pass", told) if apart <= limit else ("fail", told)


def loss_of_outputs(config: RunConfig, split: Split, rows: np.ndarray, parts: Arrays) -> float | None:
    """The loss that NumPy makes of a side's recorded outputs for these rows; None where it cannot be held to it."""
    if config.own_network or {"batch_norm", "dropout"} & config.network_entry.parts(config.network_options):
        return None
    outputs = parts.get("outputs0", {}).get("outputs")
    if outputs is None or len(outputs) != len(rows):
        return None
    return validation_metrics(split.form.task, outputs, split.targets[rows])["validation_loss"]


def predictions(config: RunConfig, arrays: Mapping[str, Arrays]) -> Found:
    """What both sides predict for the first batch before the first step, against each other."""
    if not all(arrays.values()):
        return _too_large()
    found = {name: parts["outputs0"] for name, parts in arrays.items() if "outputs0" in parts}
    if len(found) < len(arrays):
        return "not checked", "no predictions were recorded"
    expected = found.pop("torch")
    (values,) = found.values()
    if form(values) != form(expected):
        return "fail", "the two sides predict values of another shape"
    limit = max(LOSS.get(kind, 0.1) for kind in (config.precision, type_of(expected).name, type_of(values).name))
    _, apart = farthest(values, expected)
    told = f"the predictions before the first step are {digits(apart, 1)} relative from each other"
    return ("pass" if apart <= limit else "fail"), f"{told}; {digits(limit, 1)} is allowed"


def statistics(config: RunConfig, arrays: Mapping[str, Arrays]) -> Found:
    """The running statistics after the first step of both sides, against each other."""
    if not all(arrays.values()):
        return _too_large()
    found = {name: parts.get("running1", {}) for name, parts in arrays.items()}
    if not any(found.values()):
        none = config.own_network and all("outputs0" in parts for parts in arrays.values())  # older files lack that too
        return ("pass", NO_STATISTICS) if none else ("not checked", "no running statistics were recorded")
    expected = found.pop("torch")
    (values,) = found.values()
    if form(values) != form(expected):
        return "fail", "the two sides keep running statistics of another shape"
    limit = max(STATISTICS.get(kind, 0.1) for kind in (config.precision, type_of(expected).name, type_of(values).name))
    worst, apart = farthest(values, expected)
    told = f"the running statistics after the first step are {digits(apart, 1)} apart ({worst}); {digits(limit, 1)}"
    return ("pass" if apart <= limit else "fail"), f"{told} is allowed"


def gradients(config: RunConfig, split: Split, arrays: Mapping[str, Arrays]) -> Found:
    """The gradients of step 0 likewise."""
    if not all(arrays.values()):
        return _too_large()
    found = {name: parts["gradients0"] for name, parts in arrays.items()}
    if config.scales_loss and (skipped := _skipped(arrays, (0,))):
        return skipped
    kinds = (config.precision, *(type_of(gradient).name for gradient in found.values()))
    limit = max(GRADIENT.get(kind, 0.1) for kind in kinds)
    against = "NumPy" if config.network in perceptron.NETWORKS else NAMES["torch"]
    expected = _numpy(config, split)[1] if against == "NumPy" else found.pop("torch")
    told = []
    for name, gradient in found.items():
        if form(gradient) != form(expected):
            return "fail", f"the first gradient of {NAMES[name]} belongs to a network of another shape"
        worst, apart = farthest(gradient, expected)
        told.append(f"{NAMES[name]} {digits(apart, 1)} ({worst})")
        if not apart <= limit:
            farther = f"{digits(apart, 1)} relative from that of {against}; {digits(limit, 1)} is allowed"
            return "fail", f"the first gradient of {NAMES[name]} is, in {worst}, {farther}"
    return (
        "pass",
        f"the first gradients, relative to {against}, are off by {', '.join(told)}; {digits(limit, 1)} is allowed",
    )


def update(config: RunConfig, arrays: Mapping[str, Arrays], rate: float) -> Found:
    """Whether the first update is what the optimizer makes of the recorded gradient at this learning rate."""
    if not all(arrays.values()):
        return _too_large()
    if config.scales_loss and (skipped := _skipped(arrays, (0,))):
        return skipped
    told = []
    for name, parts in arrays.items():
        expected, slack = _expected(config, name, parts)[0]
        before, after = flat(parts["weights0"]), flat(parts["weights1"])
        size = float(np.linalg.norm(before - after))
        if not np.isfinite(size):
            return "not checked", f"the weights of {NAMES[name]} are not finite after the first step"
        if invisible(parts["weights0"], rate * expected):
            return "not checked", "the first update is hardly larger than the rounding of the weights"
        off = ulps(type_of(parts["weights0"]), before, after, rate * expected, rate * slack)
        due = float(np.linalg.norm(rate * expected))
        if not off <= ULPS:
            return "fail", f"the first update of {NAMES[name]} has the length {size:.4g} where {due:.4g} is due"
        told.append(f"{NAMES[name]} {size:.6g}")
    return "pass", f"the first updates have the length {', '.join(told)} where {due:.6g} is due"


def equation(config: RunConfig, arrays: Mapping[str, Arrays]) -> Found:
    """Whether the first two updates have the direction of the optimizer's equation, whatever the learning rate was."""
    if not all(arrays.values()):
        return _too_large()
    if config.scales_loss and (skipped := _skipped(arrays, (0, 1))):
        return skipped
    worst = 0.0
    for name, parts in arrays.items():
        for step, (expected, slack) in enumerate(_expected(config, name, parts)):
            before, after = flat(parts[f"weights{step}"]), flat(parts[f"weights{step + 1}"])
            if not np.isfinite(after).all():
                return "not checked", f"the weights of {NAMES[name]} are not finite after the first steps"
            rate = float((before - after) @ expected / max(expected @ expected, 1e-300))
            if invisible(parts["weights0"], rate * expected):
                return "not checked", "the first updates are hardly larger than the rounding of the weights"
            doubt = rate_doubt(type_of(parts["weights0"]), before, expected)
            slack = abs(rate) * slack + doubt * np.abs(expected)
            off = ulps(type_of(parts["weights0"]), before, after, rate * expected, slack)
            if not (off <= ULPS and rate > 0):
                what = f"step {step} of {NAMES[name]} is not the step of {config.optimizer}"
                return "fail", f"{what}: a weight is {off:.0f} units in the last place off, {ULPS} are allowed"
            worst = max(worst, off)
    told = f"at most {worst:.1f} units in the last place off, {ULPS} are allowed"
    return "pass", f"the first two steps of both sides are those of {config.optimizer} as NumPy computes it: {told}"


def _skipped(arrays: Mapping[str, Arrays], steps: tuple[int, ...]) -> Found | None:
    """Where a gradient of these steps overflowed float16: whether its step was left out, as it should be."""
    found: Found | None = None
    for name, parts in arrays.items():
        for step in steps:
            if np.isfinite(flat(parts[f"gradients{step}"])).all():
                continue
            before, after = flat(parts[f"weights{step}"]), flat(parts[f"weights{step + 1}"])
            overflowed = f"a gradient of step {step} of {NAMES[name]} is too large for float16"
            if not np.array_equal(before, after):
                return "fail", f"{overflowed}, and the step changed the weights all the same"
            found = found or ("not checked", f"{overflowed}, so the step was left out")
    return found


def _too_large() -> Found:
    return "not checked", f"weights and gradients of networks of more than {LIMIT:,} parameters are not recorded"


def _numpy(config: RunConfig, split: Split) -> tuple[float, dict[str, np.ndarray]]:
    kind = np.dtype(config.variable_dtype)
    weights = {name: value.astype(kind).astype(float) for name, value in initial_weights(config).items()}
    rows = epoch_order(config.seed, 0, len(split.inputs))[: config.batch_size]
    targets = split.targets[rows]
    targets = targets if targets.dtype.kind == "i" else targets.astype(kind).astype(float)
    return perceptron.loss_and_gradients(config, weights, split.inputs[rows].astype(kind), targets)


def _expected(config: RunConfig, name: str, parts: Arrays) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each step's update for a learning rate of one, and by how much the rounding of the gradient may change it.

    Adam and RMSprop divide by the gradient, so where it is nearly zero, rounding alone turns an update around.
    """
    weights, found = ([flat(parts[f"{what}{step}"]) for step in (0, 1)] for what in ("weights", "gradients"))
    rounding = [of_gradient(config, name, parts[f"gradients{step}"], parts[f"weights{step}"]) for step in (0, 1)]
    middle = updates(config, weights, found)
    high = updates(config, weights, [gradient + off for gradient, off in zip(found, rounding, strict=True)])
    low = updates(config, weights, [gradient - off for gradient, off in zip(found, rounding, strict=True)])
    return [(mid, np.abs(up - mid) + np.abs(down - mid)) for mid, up, down in zip(middle, high, low, strict=True)]

"""The controls that guard the curves in the middle and at the end of a run: some steps whole, and what lies between."""

from collections.abc import Mapping

import numpy as np

from engine import events
from engine.config import NAMES, RunConfig
from engine.fairness import perceptron
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.case import Case, Found
from engine.fairness.equations import SLOTS, advance
from engine.fairness.evidence import Arrays
from engine.fairness.first_steps import GRADIENT, LOSS, loss_of_outputs
from engine.fairness.later_witness import later_steps
from engine.fairness.rounding import farthest, flat, form, invisible, of_gradient, type_of, ulps
from engine.fairness.weights import shapes
from engine.quantities import count, digits

ULPS = 16  # units in the last place that each weight may be off: updates are small beside the weights by then
REMEMBERED = {"float64": 1e-9, "float32": 1e-3}  # what the optimizer remembers, relative to its norm


def between(case: Case) -> Found:
    """Whether each of these steps found what the step before it had left: weights, optimizer, running statistics."""
    if nothing := _nothing(case):
        return nothing
    for name, seen in case.later.items():
        for step, (event, _) in sorted(seen.items()):
            if event.left != event.found:
                changed = "the weights, or what else the next step depends on, were changed"
                return "fail", f"{changed} between steps {step - 1:,} and {step:,} of {NAMES[name]}"
    return "pass", f"{_looked_at(case)} found what the step before had left, to the last bit"


def steps(case: Case) -> Found:
    """Whether each of these steps is the optimizer's, with the loss and, where NumPy has the network, the gradient."""
    if not case.matched:
        return "not checked", "in the defaults policy each framework takes its own kind of step"
    if case.config.scales_loss:
        return "not checked", "in mixed_float16 steps may be left out, and how many were before each is not recorded"
    if nothing := _nothing(case):
        return nothing
    worst, visible = 0.0, False
    for name, seen in case.later.items():
        for step, (event, parts) in sorted(seen.items()):
            if not all(np.isfinite(values).all() for part in parts.values() for values in part.values()):
                return "not checked", f"not all numbers of {NAMES[name]} are finite at step {step:,}"
            if wrong := _other_loss_or_gradient(case, name, event, parts):
                return "fail", f"at step {step:,} {wrong}"
            off, shows, wrong = _update(case, name, step, parts)
            if wrong:
                return "fail", f"step {step:,} of {NAMES[name]} is not the one of {case.config.optimizer}: {wrong}"
            worst, visible = max(worst, off), visible or shows
    if not visible:
        return "not checked", "the later updates are hardly larger than the rounding of the weights"
    told = f"at most {worst:.1f} units in the last place off, {ULPS} are allowed"
    return "pass", f"{_looked_at(case)} are those of {case.config.optimizer} as NumPy computes it: {told}"


def _nothing(case: Case) -> Found | None:
    """What is answered where there is no step to look at, or one of which nothing is told."""
    due = later_steps(case.config.epochs, steps_per_epoch(len(case.split.inputs), case.config.batch_size))
    if not due:
        return "pass", "the run has one step, which was looked at as the first one"
    for name, seen in case.later.items():
        last = next((event for event in reversed(case.told[name]) if isinstance(event, events.LAST_WORDS)), None)
        done = max(getattr(last, "step", 0), max(seen, default=0))
        if absent := [step for step in due if step < done and step not in seen]:
            return "not checked", f"{NAMES[name]} told nothing of step {absent[0]:,}"
        if not seen:
            return "not checked", f"{NAMES[name]} has come to no later step that is looked at"
    return None


def _looked_at(case: Case) -> str:
    looked = {step for seen in case.later.values() for step in seen}
    return f"{count(len(looked), 'later step')} that were looked at, the last of them step {max(looked):,},"


def _other_loss_or_gradient(case: Case, name: str, event: events.StepSeen, parts: Arrays) -> str:
    """How loss or gradient differ from those that NumPy makes of the weights, or of what the network gives."""
    config, split = case.config, case.split
    epoch, batch = divmod(event.step, steps_per_epoch(len(split.inputs), config.batch_size))
    rows = epoch_order(config.seed, epoch, len(split.inputs))[batch * config.batch_size :][: config.batch_size]
    due, gradients = loss_of_outputs(config, split, rows, parts), None
    if config.network in perceptron.NETWORKS and _whole(config, parts):
        due, gradients = _numpy(case, event.step, rows, parts)
    if due is not None:
        limit = _limit(LOSS, 1e-2, config, parts) * max(abs(due), abs(case.seen[name].loss))
        if not abs(event.loss - due) <= limit:
            return f"the loss of {NAMES[name]} is {event.loss:.7g} where NumPy makes {due:.7g} of its weights"
    if gradients is None:
        return ""
    first = case.arrays[name].get("gradients0")
    worst, apart = farthest(parts["gradients0"], gradients, float(np.linalg.norm(flat(first))) if first else 0.0)
    limit = _limit(GRADIENT, 0.1, config, parts)
    told = f"the gradient of {NAMES[name]} is, in {worst}, {digits(apart, 1)} relative from that of NumPy"
    return "" if apart <= limit else f"{told}; {digits(limit, 1)} is allowed"


def _whole(config: RunConfig, parts: Arrays) -> bool:
    """Whether all numbers of the weights were recorded."""
    return form(parts["weights0"]) == {name: weight.shape for name, weight in shapes(config).items()}


def _numpy(case: Case, step: int, rows: np.ndarray, parts: Arrays) -> tuple[float, dict[str, np.ndarray]]:
    kind, targets = type_of(parts["weights0"]), case.split.targets[rows]
    targets = targets if targets.dtype.kind == "i" else targets.astype(kind).astype(float)
    weights = {name: parts["weights0"][name].astype(float) for name in shapes(case.config)}
    return perceptron.loss_and_gradients(case.config, weights, case.split.inputs[rows].astype(kind), targets, step)


def _update(case: Case, name: str, step: int, parts: Arrays) -> tuple[float, bool, str]:
    """How many units in the last place it is off, whether it is more than rounding, and what is wrong with it."""
    config, before, after = case.config, flat(parts["weights0"]), flat(parts["weights1"])
    gradient, slots, norm = flat(parts["gradients0"]), _slots(parts, 0), float(parts["norm0"]["gradients"])
    rounding = of_gradient(config, name, parts["gradients0"], parts["weights0"])
    (update, left), (high, _), (low, _) = (
        advance(config, before, gradient + off, slots, step, norm) for off in (0.0, rounding, -rounding)
    )
    rate = float(learning_rates(config, step, 1, steps_per_epoch(len(case.split.inputs), config.batch_size))[0])
    slack = np.abs(high - update) + np.abs(low - update)
    off = ulps(type_of(parts["weights0"]), before, after, rate * update, rate * slack)
    if not off <= ULPS:
        return off, True, f"a weight is {off:.0f} units in the last place off, {ULPS} are allowed"
    limit = _limit(REMEMBERED, 1e-3, config, parts)
    for slot, found in _slots(parts, 1).items():
        apart = float(np.linalg.norm(found - left[slot]) / max(float(np.linalg.norm(left[slot])), 1e-30))
        if not apart <= limit:
            return off, True, f"its {slot} is {digits(apart, 1)} relative off, {digits(limit, 1)} is allowed"
    return off, not invisible(parts["weights0"], rate * update), ""


def _limit(limits: Mapping[str, float], other: float, config: RunConfig, parts: Arrays) -> float:
    """What is allowed for the precision that was asked for and for the one that was found."""
    return max(limits.get(kind, other) for kind in (config.precision, type_of(parts["weights0"]).name))


def _slots(parts: Arrays, when: int) -> dict[str, np.ndarray]:
    """What the optimizer remembers before (0) or after (1) the step, by name."""
    named = {part: part.removesuffix(str(when)) for part in parts if part.endswith(str(when))}
    return {slot: flat(parts[part]) for part, slot in named.items() if slot in SLOTS}

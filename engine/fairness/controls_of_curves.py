"""The controls that guard the curves: weights, data, batches and steps against what NumPy makes of the config."""

from itertools import zip_longest

import numpy as np

from engine.config import NAMES
from engine.fairness import first_steps, weights
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.case import Case, Found, dtype
from engine.fairness.evidence import digest

ROWS_AT_A_TIME = 4096


def initial_weights(case: Case) -> Found:
    """Every weight before the first step, by its digest."""
    if not case.matched:
        return "fail", "the defaults policy lets each framework draw its own initial weights"
    drawn = weights.initial_weights(case.config)
    for name, seen in case.seen.items():
        found = {
            key.removeprefix("weights/"): value for key, value in seen.digests.items() if key.startswith("weights/")
        }
        expected = {key: digest([value.astype(dtype(seen))]) for key, value in drawn.items()}
        wrong = [key for key in expected if found.get(key) != expected[key]]
        if wrong or found.keys() != expected.keys():
            key = wrong[0] if wrong else next(iter(found.keys() - expected.keys()))
            digests = f"{key}: digest {found.get(key, 'none')[:8]}, expected {expected.get(key, 'none')[:8]}"
            told = f"{len(wrong)} of {len(expected)} initial weights of {NAMES[name]}"
            return "fail", f"{told} are not those that seed {case.config.seed} draws ({digests})"
    key = next(iter(expected))
    shown = f"{key}: digest {expected[key][:8]}"
    return "pass", f"both sides began with the {len(expected)} weights that seed {case.config.seed} draws ({shown})"


def data(case: Case) -> Found:
    """All rows and targets as they lie on the framework's side, by their digests."""
    for name, seen in case.seen.items():
        for part in ("inputs", "targets", "validation_inputs", "validation_targets"):
            values: np.ndarray = getattr(case.split, part)
            kind = np.dtype(np.int64) if values.dtype.kind == "i" else dtype(seen)
            kind = values.dtype if part == "validation_targets" else kind  # the judge takes them as they are
            starts = range(0, max(1, len(values)), ROWS_AT_A_TIME)
            expected = digest(values[start : start + ROWS_AT_A_TIME].astype(kind) for start in starts)
            found = seen.digests.get(f"data/{part}", "none")
            if found != expected:
                told = f"the {_title(part)} of {NAMES[name]} are not those that the config makes"
                return "fail", f"{told} (digest {found[:8]}, expected {expected[:8]})"
    examples = f"{len(case.split.inputs):,} training and {len(case.split.validation_inputs):,} validation examples"
    return "pass", f"both sides hold the same {examples}, to the last bit (targets: digest {found[:8]})"


def _title(part: str) -> str:
    return part.replace("_", " ") if part.startswith("validation") else f"training {part}"


def batch_order(case: Case) -> Found:
    """The rows of the first three batches."""
    order = epoch_order(case.config.seed, 0, len(case.split.inputs))
    expected = tuple(order[: 3 * case.config.batch_size].tolist())
    for name, seen in case.seen.items():
        found = tuple(seen.rows)
        if found != expected:
            pairs = enumerate(zip_longest(found, expected))
            place, (got, due) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
            told = f"the first three batches of {NAMES[name]} have at place {place} row {got} where {due} is due"
            return "fail", told.replace("None", "none")
    return "pass", f"the first batches have rows {_short(expected)} on both sides, as expected"


def learning_rate(case: Case) -> Found:
    """The learning rates of the first three steps."""
    steps = steps_per_epoch(len(case.split.inputs), case.config.batch_size)
    expected = learning_rates(case.config, 0, steps, steps)[:3]
    for name, seen in case.seen.items():
        found = np.array(seen.learning_rates)
        if found.shape != expected.shape or not np.allclose(found, expected, rtol=1e-12, atol=0):
            rates = f"{_short(seen.learning_rates)} where {_short(tuple(expected))} are due"
            return "fail", f"the first learning rates of {NAMES[name]} are {rates}"
    return "pass", f"the first learning rates are {_short(tuple(expected))} on both sides, as expected"


def loss(case: Case) -> Found:
    """The loss of step 0."""
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their first losses say nothing"
    types = {name: dtype(seen) for name, seen in case.seen.items()}
    losses = {name: seen.loss for name, seen in case.seen.items()}
    return first_steps.loss(case.config, case.split, losses, types, case.arrays)


def predictions(case: Case) -> Found:
    """What the network predicts before the first step: validation takes it from dropout and batch norm at rest."""
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their first predictions say nothing"
    return first_steps.predictions(case.config, case.arrays)


def gradients(case: Case) -> Found:
    """The gradients of step 0."""
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their first gradients say nothing"
    return first_steps.gradients(case.config, case.split, case.arrays)


def first_update(case: Case) -> Found:
    """The first update in full: its direction and its length."""
    if not case.matched:
        return "not checked", "in the defaults policy each framework takes its own kind of step"
    steps = steps_per_epoch(len(case.split.inputs), case.config.batch_size)
    rate = float(learning_rates(case.config, 0, 1, steps)[0])
    return first_steps.update(case.config, case.arrays, rate)


def equation(case: Case) -> Found:
    """The direction of the first two updates."""
    if not case.matched:
        return "fail", f"the defaults policy gives each framework its own equation of {case.config.optimizer}"
    return first_steps.equation(case.config, case.arrays)


def statistics(case: Case) -> Found:
    """The running mean and variance of batch norm after the first step, which decide every validation."""
    if case.config.own_network is None and "batch_norm" not in case.config.network_entry.contains:
        return "pass", first_steps.NO_STATISTICS
    if not case.matched:
        return "not checked", "in the defaults policy each framework keeps statistics of its own kind"
    return first_steps.statistics(case.config, case.arrays)


def _short(values: tuple) -> str:
    return ", ".join(f"{value:g}" for value in values[:4]) + (", …" if len(values) > 4 else "")

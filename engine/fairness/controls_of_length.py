"""The controls that guard the curves after their first steps: later epochs, and how many steps there were."""

import itertools
from math import isclose

from engine import events
from engine.config import NAMES
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.case import Case, Found
from engine.fairness.evidence import digest
from engine.quantities import count, digits

FIRST_STEPS = 10
FIRST_LOSSES = {"float64": 1e-9, "float32": 1e-2}  # relative; honest runs in float32 were at most 5e-4 apart
GROWN = 10.0


def later_epochs(case: Case) -> Found:
    """The order of all rows and the learning rates of every epoch that the sides told of."""
    looked: list[int] = []
    for name, told in case.told.items():
        seen = [event for event in told if isinstance(event, events.EpochSeen)]
        if not seen:
            return "not checked", f"{NAMES[name]} told of no epoch as a whole"
        for event in seen:
            if wrong := _wrong(case, event):
                return "fail", f"in epoch {event.epoch + 1:,} {wrong} of {NAMES[name]} are not those that are due"
        looked.append(max(event.epoch for event in seen) + 1)
    told_of = f"of the epochs that were looked at, the last of them epoch {min(looked):,}"
    return "pass", f"the order of all rows and the learning rates {told_of}, are on both sides as expected"


def _wrong(case: Case, event: events.EpochSeen) -> str:
    config, examples = case.config, len(case.split.inputs)
    if event.order != digest([epoch_order(config.seed, event.epoch, examples)]):
        return "the rows"
    steps = steps_per_epoch(examples, config.batch_size)
    due = learning_rates(config, event.epoch * steps, steps, steps)
    alike = all(isclose(*pair, rel_tol=1e-12) for pair in zip(event.rates, (due[0], due[-1]), strict=True))
    return "" if alike else "the learning rates"


def first_losses(case: Case) -> Found:
    """The losses of the first steps of both sides, against each other, as long as rounding cannot explain a difference.

    As the first update is the same, what a side does with later batches shows here. Where a loss has grown tenfold,
    rounding grows with it, and nothing is asked of what follows.
    """
    if not case.matched:
        return "not checked", "the sides begin with different weights, so their losses say nothing"
    sides = [_losses(told) for told in case.told.values()]
    shared = list(itertools.takewhile(lambda step: all(step in losses for losses in sides), range(FIRST_STEPS)))
    if not shared:
        return "not checked", "no losses of both sides were recorded"
    firsts = [abs(losses[0] or 0.0) for losses in sides]
    limit, worst, at = FIRST_LOSSES.get(case.config.precision, 0.1), 0.0, 0
    compared = 0
    for step in shared:
        one, other = (losses[step] for losses in sides)
        if one is None or other is None or abs(one) > GROWN * firsts[0] or abs(other) > GROWN * firsts[1]:
            break
        apart = abs(one - other) / max(abs(one), 1e-3 * firsts[0], 1e-30)
        compared += 1
        if apart > worst:
            worst, at = apart, step
    told = f"the losses of the first {count(compared, 'step')} are at most {digits(worst, 1)} relative apart"
    return ("pass" if worst <= limit else "fail"), f"{told} (step {at}); {digits(limit, 1)} is allowed"


def _losses(told: list[events.Event]) -> dict[int, float | None]:
    """The losses of a side by step, as far as the first lines of them tell."""
    found: dict[int, float | None] = {}
    for event in told:
        if isinstance(event, events.Steps):
            found |= dict(enumerate(event.losses[:FIRST_STEPS], event.first_step))
    return found


def steps(case: Case) -> Found:
    """Whether each side that came to its end did as many steps as the config asks for, or stopped where it should."""
    length = steps_per_epoch(len(case.split.inputs), case.config.batch_size)
    shown = []
    for name, told in case.told.items():
        last = next((event for event in reversed(told) if isinstance(event, events.LAST_WORDS)), None)
        if not isinstance(last, events.Finished):
            return "not checked", f"{NAMES[name]} has not come to its end"
        due = length * _epochs(case, told)
        if last.step != due:
            return "fail", f"{NAMES[name]} ended after {count(last.step, 'step')} where {due:,} are due"
        shown.append(f"{NAMES[name]} {last.step:,}")
    return "pass", f"the sides did as many steps as they should ({', '.join(shown)})"


def _epochs(case: Case, told: list[events.Event]) -> int:
    """After how many epochs a side should have ended, by its own validation losses where it may stop early."""
    patience, best, waited = case.config.early_stopping_patience, float("inf"), 0
    validated = {event.epoch: event.metrics.get("validation_loss") for event in told if isinstance(event, events.Epoch)}
    for epoch in sorted(validated) if patience else ():
        value = validated[epoch]
        if value is not None and value < best:
            best, waited = value, 0
        else:
            waited += 1
        if waited == patience:
            return epoch
    return case.config.epochs

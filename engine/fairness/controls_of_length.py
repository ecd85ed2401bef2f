"""The controls that guard the curves after their first steps: later epochs, and how many steps there were."""

from math import isclose

from engine import events
from engine.charts.words import NAMES, count
from engine.fairness.batches import epoch_order, learning_rates, steps_per_epoch
from engine.fairness.case import Case, Found
from engine.fairness.evidence import digest


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

"""What an experiment found, in people's words: verdicts, effects and their intervals."""

from engine.charts.words import METRICS
from engine.config import NAMES
from engine.fairness.intervals import Comparison, Effect, Interval
from engine.quantities import count, digits


def name_of(metric: str) -> str:
    """The metric's name; an experiment takes the training loss of a whole epoch."""
    return "Training loss, last epoch" if metric == "train_loss" else METRICS.get(metric, metric)


def amount(metric: str, value: float) -> str:
    """A signed difference of a metric, without its unit; accuracies in points."""
    text = f"{value * 100:.1f}" if metric.endswith("accuracy") else digits(value, 2)
    return "0.0" if text == "-0.0" else text.replace("-", "−", 1) if text.startswith("-") else text


def unit(metric: str) -> str:
    """What follows an amount."""
    return " points" if metric.endswith("accuracy") else ""


def bracket(metric: str, low: float, high: float) -> str:
    """An interval: `[0.3, 1.2]`."""
    return f"[{amount(metric, low)}, {amount(metric, high)}]"


def margin_words(metric: str, margin: float) -> str:
    """What counts as no difference: `half a point`, or a number."""
    return "half a point" if metric.endswith("accuracy") and margin == 0.005 else amount(metric, margin) + unit(metric)


def verdict(found: Comparison) -> str:
    """One metric over all seeds: who is better by how much, or the same, or that so many seeds cannot tell."""
    metric, spread = found.metric, found.found
    if spread is None:
        return f"{count(found.n, 'seed')} cannot tell"
    if found.winner == "same":
        within = margin_words(metric, found.margin)
        return f"the same, within {within} {bracket(metric, spread.low, spread.high)}"
    if found.winner == "unknown":
        return _open(metric, spread)
    low, high = sorted((abs(spread.low), abs(spread.high)))
    better = f"{amount(metric, abs(spread.mean))}{unit(metric)} better"
    return f"{NAMES[found.winner]} {better} {bracket(metric, low, high)}"


def _open(metric: str, found: Interval) -> str:
    """That so many seeds cannot tell, and why where the interval does not say it."""
    told = f"{count(found.n, 'seed')} cannot tell"
    if found.low <= 0 <= found.high:
        return f"{told} {bracket(metric, found.low, found.high)}"
    return f"{told}: all say {amount(metric, found.mean)}{unit(metric)}, so nothing is known of the spread"


def explained(found: Comparison) -> str:
    """How to read the interval and the margin of a verdict."""
    within = margin_words(found.metric, found.margin)
    return (
        f"In brackets: the 95 % interval (Student's t, {count(found.n, 'pair')}, paired by seed) of TensorFlow minus "
        f"PyTorch, turned to the better side where one is named. Inside ±{within}, both count as the same."
    )


def effect_words(metric: str, found: Effect) -> str:
    """What one flip did to the distance between the frameworks."""
    if found.found is None:
        return f"{count(found.n, 'seed')} cannot tell"
    size = f"{amount(metric, abs(found.found.mean))}{unit(metric)}"
    where = bracket(metric, found.found.low, found.found.high)
    match found.word:
        case "none":
            return f"no effect, within {margin_words(metric, found.margin)} {where}"
        case "unknown":
            return _open(metric, found.found)
        case word:
            return f"{size} {'closer' if word == 'closer' else 'further apart'} {where}"


def effects_explained(effects: list[Effect]) -> str:
    """How to read the intervals and the margin of an experiment's effects; empty where there are none."""
    if not effects:
        return ""
    together, percent = effects[0].together, f"{effects[0].confidence * 100:.3g}"
    told = (
        f"In brackets: the {percent} % interval (Student's t) of the change of |PyTorch − TensorFlow| against nothing "
        "matched, paired by seed."
    )
    if together == 1:
        return told
    return f"{told} All {together} hold together with 95 %, so each is wider than one alone would be (Bonferroni)."

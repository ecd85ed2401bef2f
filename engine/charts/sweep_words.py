"""What a sweep does and found, in people's words: settings, states, the best of each side, and the answer."""

from collections.abc import Mapping, Sequence

from engine.charts.experiment_words import margin_words, name_of, unit
from engine.config import FRAMEWORKS, NAMES
from engine.fairness.best_settings import Answer
from engine.fairness.intervals import HIGHER_IS_BETTER
from engine.quantities import count, digits, metric
from engine.sweeps.ranges import Range, Value
from engine.sweeps.results import Results, Told
from engine.sweeps.sweep import Plan

SAMPLERS = {
    "grid": ("Grid", "every combination of the values"),
    "random": ("Random", "drawn at random, each independent of the others"),
    "tpe": ("TPE", "the first ten at random, then where good ones were (tree-structured Parzen estimator)"),
}
WORDS = {
    "waiting": "Waiting", "running": "Running", "finished": "Finished", "cut": "Ended early", "diverged": "Diverged",
    "failed": "Failed", "gone": "Results gone", "stopped": "Stopped", "stopping": "Stopping", "paused": "Paused",
}  # fmt: skip


def label(field: str) -> str:
    """A field as a person reads it: `Learning rate`."""
    outer, _, inner = field.partition(".")
    if inner and outer != "network_options":
        return f"{outer.replace('_', ' ').capitalize()} of {NAMES.get(inner, inner)}"
    return (inner or outer).replace("_", " ").capitalize()


def lower(field: str) -> str:
    """The same inside a sentence."""
    text = label(field)
    return text[:1].lower() + text[1:]


def shown(value: Value) -> str:
    """One value: `0.0032`, `16`, `adam`."""
    if isinstance(value, float):
        return digits(value, 3)
    return "none" if value is None else str(value)


def setting(found: Mapping[str, Value]) -> str:
    """`learning rate 0.0032, batch size 32`."""
    return ", ".join(f"{lower(field)} {shown(value)}" for field, value in found.items())


def range_words(each: Range) -> str:
    """What a field varies over: `learning rate from 0.0001 to 0.1, by ratio`."""
    if not each.values:
        low, high = map(shown, each.ends)
        return f"{lower(each.field)} from {low} to {high}{', by ratio' if each.log else ''}"
    texts = [shown(value) for value in each.values]
    if len(texts) > 8:
        return f"{lower(each.field)} at {len(texts):,} values from {texts[0]} to {texts[-1]}"
    return f"{lower(each.field)} {', '.join(texts[:-1])} or {texts[-1]}"


def plan_words(plan: Plan) -> str:
    """What will be tried, in one line."""
    trials = count(plan.trials, "trial")
    seeds = f", then the best of each side with {count(plan.seeds, 'more seed')}" if plan.seeds else ""
    return f"{trials} over {'; '.join(map(range_words, plan.ranges))}. {SAMPLERS[plan.sampler][0]}{seeds}."


def objective(plan: Plan) -> str:
    """What the sampler looks for."""
    best = "highest" if plan.metric in HIGHER_IS_BETTER else "lowest"
    what = name_of(plan.metric)
    how = "each with its own defaults" if plan.config.policy == "defaults" else "all else matched"
    text = (
        f"Each trial trains both frameworks with the same setting, {how}. One study looks for the {best} mean of both "
        f"sides' {what[0].lower()}{what[1:]}, so that neither framework decides alone where it looks."
    )
    if plan.prune:
        text += (
            " A trial ends early when even its better side is worse than the median of earlier trials at that epoch."
        )
    return text


def best(found: Results, side: str) -> Told | None:
    """The best trial of a side; None before there is one."""
    ranked = found.ranked(side)
    return ranked[0] if ranked else None


def value(found: Results, trial: Told, side: str) -> str:
    """A trial's value of one side."""
    return metric(found.plan.metric, trial.values[side])


def question(plan: Plan) -> str:
    """What a sweep answers: `Does the best learning rate differ between the frameworks?`"""
    fields = [lower(each.field) for each in plan.ranges]
    listed = fields[0] if len(fields) == 1 else f"{', '.join(fields[:-1])} or {fields[-1]}"
    return f"Does the best {listed} differ between the frameworks?"


def verdicts(found: Results, told: Answer) -> dict[str, str]:
    """By field, whether its best value differs between the frameworks, in one sentence."""
    chosen, _ = found.complete()
    settings = {trial.number: trial.setting for trial in found.trials}
    verdict = {}
    for each in found.plan.ranges:
        may = [[settings[chosen[place]][each.field] for place in told.sides[side].may_be_best] for side in FRAMEWORKS]
        torch, tensorflow = (_several(values) for values in may)
        names = f"{NAMES['torch']}'s", f"{NAMES['tensorflow']}'s"
        if len(_keys([settings[number][each.field] for number in chosen])) == 1:
            verdict[each.field] = f"Cannot tell: it is {torch} in every setting that was repeated."
        elif not _keys(may[0]) & _keys(may[1]):
            verdict[each.field] = f"Yes: {names[0]} is {torch}, {names[1]} {tensorflow}."
        elif _keys(may[0]) == _keys(may[1]) and len(_keys(may[0])) == 1:
            verdict[each.field] = f"No: it is {torch} for both."
        elif _keys(may[0]) == _keys(may[1]):
            verdict[each.field] = f"Cannot tell: it may be {torch} on either side."
        else:
            verdict[each.field] = f"Cannot tell: {names[0]} may be {torch}, {names[1]} {tensorflow}."
    return verdict


def _keys(values: Sequence[Value]) -> set[str]:
    return {repr(value) for value in values}


def _several(values: Sequence[Value]) -> str:
    """One value, or all of them: what is between two numbers that were tried is not known."""
    alone = list({repr(value): value for value in values}.values())
    if all(isinstance(one, int | float) for one in alone):
        alone.sort(key=lambda one: float(one or 0))
    texts = [shown(one) for one in alone]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def alike(found: Results, told: Answer) -> str:
    """What it costs a side to be trained with the other's best."""
    if told.word == "same":
        return "The same setting is best for both."
    within = margin_words(found.plan.metric, told.margin)
    if told.word == "alike":
        return f"No difference that counts: what is best for one side is best for the other too, within {within}."
    points = found.plan.metric.endswith("accuracy")
    costs = (told.sides[side].cost for side in FRAMEWORKS)
    torch, tensorflow = (f"{cost * 100:.1f}" if points else digits(cost, 2) for cost in costs)
    return (
        f"With a setting that may be best for the other side, {NAMES['torch']} is at most {torch} and "
        f"{NAMES['tensorflow']} at most {tensorflow}{unit(found.plan.metric)} worse."
    )


def explained(found: Results, told: Answer) -> str:
    """How to read the answer."""
    chosen, _ = found.complete()
    return (
        f"The best of each side in the search, {count(len(chosen), 'setting')}, were trained again with "
        f"{count(told.n, 'seed')} that the search had not seen, and are compared seed by seed (Student's t). A setting "
        f"may be a side's best unless another one is better beyond chance. All {told.together} intervals hold together "
        f"with 95 %, so each is one of {told.confidence * 100:.3g} % (Bonferroni). Nothing is said of settings that "
        "were not among them."
    )


def no_answer(found: Results) -> str:
    """Why there is no answer, or none yet."""
    if found.word not in ("finished", "stopped"):
        if found.candidates:
            return "The best trials of each side are being repeated with other seeds; the answer follows."
        if found.plan.seeds:
            return "The answer comes when the search is over and the best trials of each side were repeated."
    if not found.plan.seeds:
        return "One seed cannot tell whether a difference is more than luck. Give seeds, and the best are repeated."
    if len(found.candidates) < 2:
        return "Cannot tell: fewer than two settings finished on both sides."
    return "Cannot tell: too few repeats of the best trials finished on both sides."


def left_out(found: Results) -> str:
    """Which of the best trials are not compared, because repeats of them did not finish; empty where all are."""
    chosen, _ = found.complete()
    missing = [f"trial {number}" for number in found.candidates if number not in chosen]
    return f"Left out, because most repeats did not finish on both sides: {', '.join(missing)}." if missing else ""

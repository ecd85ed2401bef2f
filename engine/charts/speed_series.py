"""From a benchmark's results to its figures: which of them it has, and what each shows."""

import math
from collections.abc import Sequence

import numpy as np

from engine.bench.pairs import WITHIN, PairResult
from engine.bench.plan import PER_SECOND, Case, Plan, is_ladder
from engine.bench.results import Results
from engine.bench.timings import LEAST_CALLS, CaseResult
from engine.charts import speed_answers, speed_verdict
from engine.charts import speed_figures as figures
from engine.charts import speed_words as words
from engine.charts.speed_figures import Blocks, Curve, Rate, Ratio
from engine.charts.speed_labels import AXES, axis_of, label, place_of
from engine.charts.speed_page import Part
from engine.quantities import count, digits, rate

PERCENTILES = tuple(LEAST_CALLS)
FIT_POINTS = 3  # below so many, no slope is told


def parts(plan: Plan, found: Results, theme: str = "light") -> list[Part]:
    """The figures that this benchmark has, each with its title and what it shows."""
    made = [_rates(plan, found, theme), _latencies(plan, found, theme), _scaling(plan, found, theme),
            _ratios(plan, found, theme), _blocks(plan, found, theme)]  # fmt: skip
    return [part for part in made if part]


def _measured(plan: Plan, found: Results) -> list[tuple[Case, CaseResult]]:
    return [(plan.cases[one.case], one) for one in found.cases if one.median]


def _rates(plan: Plan, found: Results, theme: str) -> Part | None:
    """Every case's speed; of a ladder next to what people write first and to the limits of the machine."""
    cases = _measured(plan, found)
    if axis_of(plan) or len(cases) < 3 or plan.quantity not in PER_SECOND:
        return None
    rates = [
        Rate(label(plan, case), case.framework, 1 / one.median, (one.mad or 0.0) / one.median**2,
             case.loop == "usual")
        for case, one in cases if one.median
    ]  # fmt: skip
    limits = found.limits
    told = ["Median and its spread (MAD)."]
    if any(one.usual for one in rates):
        told.append("Hollow: what people write first.")
    if limits:
        told.append("Dotted: what this machine's arithmetic and memory would allow, measured here.")
    title, what = ("Ladder", "Ways to run the network") if is_ladder(plan) else ("Speeds", words.UNITS[plan.quantity])
    alt = f"{what}, fastest first: " + ", ".join(
        f"{one.label} {rate(one.median)}" for one in sorted(rates, key=lambda each: -each.median)
    )
    return Part(title, told, figure=figures.ladder(rates, limits, words.UNITS[plan.quantity], theme), alt=alt)


def _latencies(plan: Plan, found: Results, theme: str) -> Part | None:
    """p50, p95 and p99 over batch size, where there are calls enough."""
    if plan.quantity != "inference" or axis_of(plan) != "batch_size":
        return None
    curves = []
    for name, cases in _along(plan, found, "batch_size").items():
        points = [(place, one.latencies) for place, _, one in cases if one.latencies]
        if points:
            lines = {
                f"p{at}": [1000 * by.get(at, math.nan) for _, by in points]  # of too few calls there is none
                for at in PERCENTILES if any(at in by for _, by in points)
            }  # fmt: skip
            curves.append(Curve(name, cases[0][1].framework, [place for place, _ in points], lines))
    if not curves:
        return None
    drawn = figures.curves(curves, AXES["batch_size"], "ms per call", theme)
    told = "Half of all calls take less than p50, one in twenty more than p95, one in a hundred more than p99."
    return Part("Latency", [told, few_calls()], figure=drawn,
                alt="Latency of a call at p50, p95 and p99 over batch size")  # fmt: skip


def few_calls() -> str:
    """From how many calls on a percentile is told."""
    return f"p95 is told from {LEAST_CALLS[95]} calls on, p99 from {LEAST_CALLS[99]}."


def _along(plan: Plan, found: Results, axis: str) -> dict[str, list[tuple[float, Case, CaseResult]]]:
    """The cases of each way of running along the axis, in order."""
    ways: dict[str, list[tuple[float, Case, CaseResult]]] = {}
    for case, one in _measured(plan, found):
        place = place_of(case, axis)
        if place:
            ways.setdefault(label(plan, case, axis), []).append((place, case, one))
    return {name: sorted(cases, key=lambda each: each[0]) for name, cases in ways.items()}


def _scaling(plan: Plan, found: Results, theme: str) -> Part | None:
    """Steps per second over the axis, with a slope where there are points enough."""
    axis = axis_of(plan)
    if not axis or plan.quantity not in PER_SECOND:
        return None
    curves, told = [], []
    for name, cases in _along(plan, found, axis).items():
        x, y = [place for place, _, _ in cases], [1 / one.median for _, _, one in cases if one.median]
        fit = power_law(*_to_the_end(cases))
        curves.append(Curve(name, cases[0][1].framework, x, {"": y}, fit[:2] if fit else None))
        if fit:
            told.append(f"{name}: slope {digits(fit[1], 2)} ± {digits(fit[2], 2)}".replace("slope -", "slope −"))
    if not curves:
        return None
    if told:
        told = ["; ".join(told) + f" (standard error). −1 halves the speed when {AXES[axis].lower()} doubles, "
                "0 leaves it."]  # fmt: skip
    unit = words.UNITS[plan.quantity]
    return Part("Scaling", told, figure=figures.curves(curves, AXES[axis], unit, theme),
                alt=f"{unit} over {AXES[axis].lower()}")  # fmt: skip


def _to_the_end(cases: Sequence[tuple[float, Case, CaseResult]]) -> tuple[list[float], list[float]]:
    """Places and rates of the cases that were not lost midway: others were measured at other times than these."""
    whole = [(place, 1 / one.median) for place, _, one in cases if one.median and not one.lost]
    return [place for place, _ in whole], [speed for _, speed in whole]


def power_law(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float] | None:
    """Factor and exponent of y = factor · x^exponent by least squares of the logarithms, and the exponent's standard
    error; None below three different places.
    """
    if len(set(x)) < FIT_POINTS:
        return None
    logs, values = np.log(x), np.log(y)
    slope, offset = np.polyfit(logs, values, 1)
    rest = values - (slope * logs + offset)
    error = np.sqrt((rest @ rest) / (len(x) - 2) / ((logs - logs.mean()) @ (logs - logs.mean())))
    return float(np.exp(offset)), float(slope), float(error)


def ratio_rows(plan: Plan, found: Results) -> list[Ratio]:
    """The pairs that have an interval, for the figure of ratios."""
    return [
        Ratio(pair_label(plan, pair), pair.ratio, pair.low, pair.high, pair.n)
        for pair in speed_answers.pairs_shown(plan, found)
        if pair.word and pair.ratio is not None and pair.low is not None and pair.high is not None
    ]


def pair_label(plan: Plan, pair: PairResult) -> str:
    """`PyTorch eager : TensorFlow graph`, and where on the axis they are."""
    axis = axis_of(plan)
    one, other = plan.cases[pair.first], plan.cases[pair.second]
    same = bool(axis) and place_of(one, axis) == place_of(other, axis)
    told = " : ".join(label(plan, case, axis if same else "") for case in (one, other))
    return f"{told}, {AXES[axis].lower()} {place_of(one, axis):,g}" if same else told


def chosen_caption(plan: Plan, found: Results) -> list[str]:
    """A sentence about the pair of a ladder that was chosen after measuring, where there is one."""
    pair = found.headline
    if not pair or pair.together < 2:
        return []
    return [f"{pair_label(plan, pair)}: {speed_verdict.chosen_words(plan, pair)}"]


def _ratios(plan: Plan, found: Results, theme: str) -> Part | None:
    rows = ratio_rows(plan, found)
    if not rows:
        return None
    told = [f"How many times as fast the first is as the second, with the 95 % interval. Inside the stripe (within "
            f"{WITHIN}) both count as the same."]  # fmt: skip
    told += chosen_caption(plan, found)
    if len(rows) > figures.MOST_PAIRS:
        told.append(f"The first {figures.MOST_PAIRS} of {count(len(rows), 'pair')}; the table has all.")
    shown = [f"{one.label} {speed_verdict.interval_words(one.ratio, one.low, one.high)}" for one in rows]
    alt = "Ratio of the speeds with its 95 % interval: " + "; ".join(shown[: figures.MOST_PAIRS])
    return Part("Ratios", told, figure=figures.ratios(rows[: figures.MOST_PAIRS], theme), alt=alt)


def _blocks(plan: Plan, found: Results, theme: str) -> Part | None:
    rows = []
    for case, one in _measured(plan, found):
        most = max(block.position for block in one.blocks) + 1
        times = [1 + block.round + block.position / most for block in one.blocks]
        rows.append(
            Blocks(label(plan, case), case.framework, times, [each.seconds for each in one.blocks], one.median or 0)
        )
    if not rows:
        return None
    what = {"inference": "call", "epoch": "epoch", "time_to_quality": "training"}.get(plan.quantity, "step")
    told = [f"Time of one {what} in each timed block, in the order in which they were timed. A drift or an outlier "
            "shows here."]  # fmt: skip
    return Part("Every block", told, figure=figures.blocks(rows, theme), alt="Every timed block over the rounds")

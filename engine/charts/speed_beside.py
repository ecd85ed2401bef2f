"""Two benchmarks side by side: each machine's own ratios with their intervals, and never a verdict between machines."""

import pandas as pd

from engine.bench.published import Measured
from engine.charts import speed_answers, speed_verdict
from engine.charts import speed_figures as figures
from engine.charts import speed_words as words
from engine.charts.speed_figures import Ratio
from engine.charts.speed_labels import label
from engine.charts.speed_page import Part
from engine.charts.speed_series import pair_label, ratio_rows
from engine.quantities import NOTHING

RULE = (
    "No verdict is given from one benchmark to the other: their blocks did not take turns. What can be compared is "
    "each one's own ratio."
)


def ratios(one: Measured, other: Measured, names: tuple[str, str], theme: str = "light") -> Part | None:
    """The ratios of the pairs that both have, one above the other; hollow is the other one's."""
    there = {row.label: row for row in ratio_rows(other.plan, other.found)}
    rows = []
    for row in ratio_rows(one.plan, one.found):
        if row.label in there:
            rows += [_named(row, names[0], False), _named(there[row.label], names[1], True)]
    if not rows:
        return None
    told = [f"Filled: {names[0]}. Hollow: {names[1]}. With 95 % intervals.", RULE]
    alt = f"Ratios of {names[0]} and of {names[1]}, with their 95 % intervals"
    return Part("Ratios side by side", told, figure=figures.ratios(rows[: 2 * figures.MOST_PAIRS], theme), alt=alt)


def _named(row: Ratio, name: str, elsewhere: bool) -> Ratio:
    return Ratio(f"{row.label} · {name}", row.ratio, row.low, row.high, row.n, elsewhere)


def table(one: Measured, other: Measured, names: tuple[str, str]) -> pd.DataFrame:
    """Each case and each pair as either measured it; a dash where one has none."""
    columns = {name: _told(found) for name, found in zip(names, (one, other), strict=True)}
    order = list(dict.fromkeys(row for column in columns.values() for row in column))
    return pd.DataFrame(columns, dtype=object).reindex(order).fillna(NOTHING).rename_axis("What")


def _told(measured: Measured) -> dict[str, str]:
    plan, found = measured.plan, measured.found
    unit = words.UNITS[plan.quantity].lower()
    rows = {f"{label(plan, plan.cases[one.case])}, {unit}": words.speed(plan, one) for one in found.cases}
    for pair in speed_answers.pairs_shown(plan, found):
        verdict = pair.word or f"no verdict, {pair.why}"
        rows[pair_label(plan, pair)] = f"{speed_verdict.ratio_words(pair)}, {verdict}"
    return rows


def different_work(one: Measured, other: Measured) -> str:
    """One sentence where the two did not measure the same thing; empty where they did."""
    works = words.work(one.plan), words.work(other.plan)
    return "" if works[0] == works[1] else f"They measured different things: {works[0]}, and {works[1]}."

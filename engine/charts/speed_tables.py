"""A benchmark's numbers as tables: a row per case, a row per pair, a row per timed block."""

from collections.abc import Mapping

import pandas as pd

from engine.bench.benchmark import Plan
from engine.bench.results import CaseResult, Results
from engine.charts import speed_answers
from engine.charts import speed_words as words
from engine.charts.speed_labels import axis_of, label
from engine.charts.speed_series import PERCENTILES, pair_label
from engine.quantities import NOTHING, count, rate, short, size, span


def case_table(plan: Plan, found: Results) -> pd.DataFrame:
    """A row per case: its median, spread and n, what it costs to begin, and its memory."""
    rows = {label(plan, plan.cases[one.case]): _case_row(plan, one) for one in found.cases}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.loc[:, [column for column in table if (table[column] != NOTHING).any()]].rename_axis("Case")


def _case_row(plan: Plan, one: CaseResult) -> Mapping[str, str]:
    per = "call" if plan.quantity == "inference" else "step"
    row = {}
    if plan.quantity in ("training_step", "inference"):
        row[words.UNITS[plan.quantity]] = words.speed(plan, one)
        if axis_of(plan) == "batch_size" and one.median:
            row["Examples per second"] = rate(plan.cases[one.case].config.batch_size / one.median)
        row[f"Median, {per}"] = short(one.median)
    else:
        row["Median"] = span(one.median)
    row["MAD"] = short(one.mad)
    row["n"] = f"{len(one.blocks)}"
    row |= {f"p{at}": short(one.latencies.get(at)) for at in PERCENTILES}
    row["Reached"] = NOTHING if one.reached is None else f"{one.reached} of {len(one.blocks)}"
    row[f"First {per}"] = span(one.first_seconds)
    row["Input pipeline, step"] = short(one.input_seconds)
    row["Build"] = span(one.build_seconds)
    row["Import"] = span(one.import_seconds)
    row["Peak memory"] = size(one.peak_bytes)
    row["Processes"] = f"{one.processes}" if one.processes else NOTHING
    return {name: text.replace(" ", "\N{NO-BREAK SPACE}") for name, text in row.items()}


def pair_table(plan: Plan, found: Results) -> pd.DataFrame:
    """A row per pair: ratio, interval and n, the verdict in a word or why there is none, and the break-even."""
    unit = "call" if plan.quantity == "inference" else "step"
    rows = [
        {
            "Pair": pair_label(plan, pair),
            "Ratio [95 %]": speed_answers.ratio_words(pair),
            "Verdict": pair.word.capitalize() if pair.word else f"None: {pair.why}",
            "Break-even": NOTHING if pair.break_even is None else count(round(pair.break_even), unit),
        }
        for pair in speed_answers.pairs_shown(plan, found)
    ]
    table = pd.DataFrame(rows, columns=["Pair", "Ratio [95 %]", "Verdict", "Break-even"]).set_index("Pair")
    return table if (table["Break-even"] != NOTHING).any() else table.drop(columns="Break-even")


def blocks_csv(plan: Plan, found: Results) -> str:
    """A row per timed block: its case, round, position in the round, and seconds per step or call, every digit kept."""
    rows = [
        {"case": label(plan, plan.cases[one.case]), "round": block.round, "position": block.position,
         "seconds": block.seconds}
        for one in found.cases for block in one.blocks
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["case", "round", "position", "seconds"]).sort_values(["round", "position"])
    return table.to_csv(index=False, lineterminator="\n")

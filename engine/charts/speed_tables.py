"""A benchmark's numbers as tables: a row per case, a row per pair, a row per timed block."""

from collections.abc import Mapping

import pandas as pd

from engine.bench.plan import PER_SECOND, Plan
from engine.bench.results import Results
from engine.bench.timings import CaseResult
from engine.charts import speed_answers, speed_verdict
from engine.charts import speed_words as words
from engine.charts.speed_labels import axis_of, label
from engine.charts.speed_series import PERCENTILES, chosen_caption, few_calls, pair_label
from engine.quantities import NOTHING, count, rate, short, size, span


def case_table(plan: Plan, found: Results) -> pd.DataFrame:
    """A row per case: its median, spread and n, what it costs to begin, and its memory."""
    rows = {label(plan, plan.cases[one.case]): _case_row(plan, one) for one in found.cases}
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.loc[:, [column for column in table if (table[column] != NOTHING).any()]].rename_axis("Case")


def _case_row(plan: Plan, one: CaseResult) -> Mapping[str, str]:
    per = _unit(plan)
    row = {}
    if plan.quantity in PER_SECOND:
        row[words.UNITS[plan.quantity]] = words.speed(plan, one)
        if axis_of(plan) == "batch_size":
            batch = plan.cases[one.case].config.batch_size
            row["Examples per second"] = rate(batch / one.median if one.median else None)
        row[f"Median, {per}"] = short(one.median)
    else:
        row["Median"] = words.speed(plan, one)
    row["MAD"] = NOTHING if one.missed else short(one.mad)
    row["n"] = f"{len(one.blocks)}"
    row["Calls timed"] = count(one.calls) if one.calls else NOTHING
    row |= {f"p{at}": short(one.latencies.get(at)) for at in PERCENTILES}
    row["Reached"] = NOTHING if one.reached is None else f"{one.reached} of {len(one.blocks)}"
    row[f"First {per}"] = span(one.first_seconds)
    row["First epoch"] = span(one.first_epoch_seconds)
    row["Input pipeline, step"] = short(one.input_seconds)
    row["Build"] = span(one.build_seconds)
    row["Import"] = span(one.import_seconds)
    row["Peak memory"] = _memory(one)
    row["Peak memory, GPU"] = size(one.device_peak_bytes)
    row["Processes"] = f"{one.processes}" if one.processes else NOTHING
    return {name: text.replace(" ", "\N{NO-BREAK SPACE}") for name, text in row.items()}


def _memory(one: CaseResult) -> str:
    """`812 MB, 107 MB over the import`."""
    over = (one.peak_bytes or 0) - (one.imported_bytes or 0)
    beyond = f", {size(over)} over the import" if one.imported_bytes and over > 0 else ""
    return f"{size(one.peak_bytes)}{beyond}"


def case_caption(plan: Plan, found: Results) -> str:
    """What the table of cases means, as far as it has such columns."""
    told = ["Median of the timed blocks, MAD their median deviation from it."]
    if any(one.first_seconds for one in found.cases):
        told.append(
            f"The first {_unit(plan)} traces or compiles; a framework's first case in a process also pays what the "
            "framework does once."
        )
    if any(one.input_seconds for one in found.cases):
        told.append("The input pipeline is each framework's own way to gather a batch, which is not the same work.")
    if any(one.calls for one in found.cases):
        told.append(few_calls())
    return " ".join(told)


def pair_caption(plan: Plan, found: Results) -> str:
    """What the table of pairs means."""
    told = "How many times as fast the first is as the second, with the 95 % interval of the ratio."
    return " ".join([told, *chosen_caption(plan, found)])


def _unit(plan: Plan) -> str:
    return "call" if plan.quantity == "inference" else "step"


def pair_table(plan: Plan, found: Results) -> pd.DataFrame:
    """A row per pair: ratio, interval and n, the verdict in a word or why there is none, and the break-even."""
    unit = _unit(plan)
    rows = [
        {
            "Pair": pair_label(plan, pair),
            "Ratio [95 %]": speed_verdict.ratio_words(pair),
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

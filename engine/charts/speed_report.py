"""The whole of a benchmark as one HTML page, from the answer to the raw values."""

import pandas as pd

from engine.bench.published import Measured
from engine.charts import speed_answers, speed_series, speed_tables, speed_words
from engine.charts.speed_page import Part, html


def page(measured: Measured) -> str:
    """The page's text; it says whose machine it was, and that it is partial where it is."""
    plan, found = measured.plan, measured.found
    told = speed_answers.told(plan, found, this_machine=False)
    answer = [*told.answers, told.partial, *told.more, *told.doubts, *told.notes, doubt(measured)]
    answer.append(f"Machine: {speed_words.machine_words(found)}.")
    tables = [
        Part("Cases", [speed_tables.case_caption(plan, found)], speed_tables.case_table(plan, found)),
        Part("Pairs", [speed_tables.pair_caption(plan, found)], speed_tables.pair_table(plan, found)),
    ]
    controls = [Part("Certificate", [judged], controls_table(measured))] if (judged := doubt(measured)) else []
    disclosed = pd.DataFrame({"Value": speed_words.disclosed(measured.lines)})
    machine = Part("Machine and processes", ["Disclosed, and not judged."], disclosed)
    parts = [*speed_series.parts(plan, found), *tables, *controls, machine]
    return html(plan.title, list(filter(None, answer)), parts, measured.to_json(), measured.id)


def doubt(measured: Measured) -> str:
    """The certificate's sentence about the speed; empty without a certificate."""
    judged = measured.found.certificate
    return f"Certificate: the speeds are {judged.verdict('speed')}." if judged else ""


def controls_table(measured: Measured) -> pd.DataFrame | None:
    """Each control that guards the speed, its verdict and its evidence."""
    judged = measured.found.certificate
    if not judged:
        return None
    rows = {one.name: (one.verdict, one.sentence) for one in judged.guarding("speed")}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["Verdict", "Evidence"]).rename_axis("Control")

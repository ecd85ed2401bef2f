"""From a run's events to tables: the result side by side, every step's metrics, and the run as one JSON text."""

import json
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from engine import events, quantities
from engine.charts import words
from engine.config import NAMES
from engine.fairness.certificate import certificate
from engine.runs import Store, StoreError
from engine.store.progress import RunProgress, is_race, parity_of

DIFFERENCE = "Difference"
METRIC = words.METRICS


def result_table(progress: RunProgress, doubts: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """The result in people's units: a row per figure, a column per side.

    `doubts` are those of the run's certificate, by claim.
    """
    columns = {NAMES[name]: _column(progress, name, doubts) for name in progress.sides}
    table = pd.DataFrame(columns, dtype=object)
    order = dict.fromkeys(row for column in columns.values() for row in column)
    return table.reindex(list(order)).fillna("")


def difference_table(progress: RunProgress) -> pd.DataFrame | None:
    """What can be subtracted fairly, a row per figure; None where there is nothing, as with one side."""
    found = _differences(progress) if len(progress.sides) == 2 else {}
    return pd.DataFrame({DIFFERENCE: found}, dtype=object) if found else None


def _column(progress: RunProgress, name: str, doubts: Mapping[str, str]) -> dict[str, str]:
    side, status = progress.sides[name], progress.statuses[name]
    total = side.started.total_steps if side.started and status.word != "finished" else side.steps
    of = f" of {quantities.count(total)}" if total != side.steps else ""
    timing = _timing(progress, doubts)
    column = {"Status": status.word.capitalize(), "Steps": quantities.count(side.steps) + of}
    column |= {METRIC[metric]: quantities.metric(metric, value) for metric, value in side.final().items()}
    column[f"Time in training{timing}"] = quantities.span(side.seconds if side.steps else None)
    column[f"Steps per second{timing}"] = quantities.rate(side.throughput.value)
    column["Memory, peak"] = quantities.size(side.peak_memory)
    many = getattr(progress.config.steps_per_call, name) == "many"
    column["Execution"] = getattr(progress.config.execution, name) + (", many steps per call" if many else "")
    if side.started:
        column["Device"] = side.started.device
        column["Parameters"] = quantities.count(side.started.parameters)
        column["Version"] = side.started.version
    if progress.config.workers > 1:
        column["Workers"] = str(progress.config.workers)
    return column


def _timing(progress: RunProgress, doubts: Mapping[str, str]) -> str:
    return " (race)" if is_race(progress) else " (not comparable)" if "speed" in doubts else ""


def _differences(progress: RunProgress) -> dict[str, str]:
    """Of losses and metrics, of memory, but not of a race's timings."""
    first, second = progress.sides.values()
    finals = first.final(), second.final()
    found = {}
    if compared := parity_of(progress):
        found["Training loss, largest"] = quantities.digits(compared.max_abs_loss_difference, 2)
        found["Training loss, largest relative"] = quantities.digits(compared.max_rel_loss_difference, 2)
        found["Steps compared"] = quantities.count(compared.steps_compared)
    found |= {
        METRIC[name]: quantities.difference(name, finals[0][name] - finals[1][name])
        for name in finals[0]
        if name in finals[1] and first.steps == second.steps  # else they are of different moments
    }
    if first.peak_memory and second.peak_memory:
        found["Memory, peak"] = quantities.size(abs(first.peak_memory - second.peak_memory))
    return found


def metrics_table(progress: RunProgress) -> pd.DataFrame:
    """A row per step, from step 0: each side's training loss, and its validation metrics where an epoch ended.

    Columns are named <framework>_<metric>; a value that was not finite or does not exist is NaN.
    """
    length = max(side.steps for side in progress.sides.values())
    table = pd.DataFrame({"step": np.arange(length)})
    started = next((side.started for side in progress.sides.values() if side.started), None)
    table["epoch"] = table["step"] // (started.steps_per_epoch if started else 1) + 1
    for name, side in progress.sides.items():
        table[f"{name}_train_loss"] = pd.Series(side.curves.losses.values).reindex(table.index)
        for metric, curve in side.curves.metrics.items():
            table[f"{name}_{metric}"] = pd.Series(curve.values, index=curve.positions - 1).reindex(table.index)
    return table


def metrics_csv(progress: RunProgress) -> str:
    """The metrics table as CSV, every digit kept."""
    with progress.lock:  # the run may be live
        table = metrics_table(progress)
    return table.to_csv(index=False, lineterminator="\n")


def run_json(store: Store, run: str) -> str:
    """The whole run as one JSON object: its config, its certificate, its own events, and the events of each side."""
    config = store.config(run)
    sides = ",".join(f'"{name}":{_lines(store, run, name)}' for name in config.frameworks)
    head = f'"schema":{events.SCHEMA},"run":"{run}","config":{config.model_dump_json()}'
    head += f',"certificate":{_certificate_json(store, run)}'
    return f'{{{head},"events":{_lines(store, run)},"sides":{{{sides}}}}}\n'


def _certificate_json(store: Store, run: str) -> str:
    """The certificate; null where its evidence is damaged, so that the rest can still be taken away."""
    try:
        return json.dumps(certificate(store, run).as_json())
    except StoreError:
        return "null"


def _lines(store: Store, run: str, side: str | None = None) -> str:
    """The whole lines of a log, which are JSON already, as a JSON list."""
    path = store.log(run, side)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return f"[{','.join(text.rpartition(chr(10))[0].splitlines())}]"

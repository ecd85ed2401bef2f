"""What the command `bench` says of a benchmark: its numbers and answers, beside another one, or as a file."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Column, Table

from engine.bench import published
from engine.bench.published import Measured, PublishedError
from engine.bench.results import ResultsError
from engine.charts import speed_beside, speed_report
from engine.charts.speed_answers import answers, told
from engine.charts.speed_doubts import doubts
from engine.charts.speed_tables import blocks_csv, case_table
from engine.charts.speed_whose import host, names
from engine.charts.speed_words import machine_words, state_words
from engine.config import refused
from engine.runs import Store, StoreError

OK, FAILED = 0, 1
FEW = 3
BESIDE = {  # for what many cases have no room
    *("Steps per second", "Calls per second", "Examples per second", "n", "Processes"),
    *("Input pipeline, step", "Build", "Import"),
}
out = Console()
say = partial(out.print, highlight=False, markup=False, soft_wrap=True)


def opened(store: Store, name: str) -> Measured:
    """A benchmark of this store, or a file that was opened here. Raises StoreError and PublishedError."""
    try:
        return published.of_file(store, name) if name.startswith("file-") else published.of_store(store, name)
    except ResultsError as error:
        raise StoreError(f"The benchmark {name} cannot be read. {error}") from None


def report(measured: Measured, as_json: bool) -> int:
    """Print all of it, the numbers before the answer; 1 where it has not finished."""
    if as_json:
        print(json.dumps(_json(measured), allow_nan=False))
    elif not measured.found.rounds:
        say(f"Nothing was measured. {measured.found.sentence}".strip())
    else:
        _print(measured)
    return OK if measured.found.word == "finished" else FAILED


def _print(measured: Measured) -> None:
    plan, found = measured.plan, measured.found
    out.print(table(measured))
    said = told(plan, found, measured.here)
    for sentence in (*said.answers, *said.more, *said.doubts, *said.notes):
        say(sentence)
    if found.certificate:
        say(f"Speed: {found.certificate.verdict('speed')}.")
    if not measured.here:
        say(f"Measured on {host(measured)}: {machine_words(found)}.")
    if said.partial:
        say(said.partial)


def table(measured: Measured) -> Table:
    """The numbers of each case: all of them below each other where there are few cases."""
    found = case_table(measured.plan, measured.found)
    if len(found) <= FEW:
        found = found.T.rename_axis("")
    else:
        found = found.loc[:, [name for name in found if name not in BESIDE]]
    return _drawn(found, measured.id)


def _drawn(found: pd.DataFrame, title: str) -> Table:
    rows = found.reset_index()
    drawn = Table(*(Column(name, overflow="fold") for name in rows.columns), title=title)
    for row in rows.itertuples(index=False):
        drawn.add_row(*row)
    return drawn


def side_by_side(one: Measured, other: Measured, as_json: bool) -> int:
    """Print both machines, and each one's own numbers and ratios: never a verdict from one to the other."""
    called = names(one, other)
    both = speed_beside.table(one, other, called)
    different = speed_beside.different_work(one, other)
    if as_json:
        whole = {"benchmarks": [_json(one), _json(other)], "names": called, "different_work": different}
        print(json.dumps(whole | {"beside": both.to_dict("index")}, allow_nan=False))
        return OK
    for name, found in zip(called, (one, other), strict=True):
        machine = f"{name[:1].upper()}{name[1:]}: {machine_words(found.found)}. {state_words(found.found)}"
        say(machine.strip())
    out.print(_drawn(both, f"{one.id} beside {other.id}"))
    for sentence in filter(None, (different, speed_beside.RULE)):
        say(sentence)
    return OK


def _json(measured: Measured) -> dict[str, Any]:
    found = measured.found
    return {
        "benchmark": measured.id,
        "word": found.word,
        "sentence": found.sentence,
        "plan": json.loads(measured.plan.to_json()),
        "cases": [asdict(case) for case in found.cases],
        "pairs": [asdict(pair) for pair in found.pairs],
        "answers": answers(measured.plan, found, measured.here),
        "remarks": doubts(measured.plan, found),
        "limits": dict(found.limits),
        "certificate": found.certificate.as_json() if found.certificate else None,
    }


def export(measured: Measured, file: Path | None) -> int:
    """Write it as what the file's ending says: all of it, a page to read, or a row for each timed block."""
    file = file or Path(f"{measured.id}.json")
    match file.suffix.lower():
        case ".json":
            text = measured.to_json()
        case ".html":
            text = speed_report.page(measured)
        case ".csv":
            text = blocks_csv(measured.plan, measured.found)
        case _:
            raise refused("file", file.name, "a name that ends with .json, .html or .csv")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PublishedError(f"The file {file} could not be written: {error.strerror}.") from None
    return OK

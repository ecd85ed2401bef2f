"""`python -m engine parity` and `python -m engine microscope`: examine a config or a run, and print what was found."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from engine.assignments import number, whole
from engine.charts import microscope, parity
from engine.commands.catalogues import add_networks
from engine.commands.task import carried_out
from engine.config import RunConfig, refused
from engine.examinations.examination import MOST_STEPS, Kind, Request
from engine.examinations.examined import read_microscope, read_parity
from engine.fairness.divergence import TOLERANCES
from engine.probes import ready
from engine.runs import Store

PASSED, FAILED = 0, 1
WITHIN = "a number, more than 0 and less than 1"
out = Console()


def add_to(commands: argparse._SubParsersAction, store: argparse.ArgumentParser, build: Callable) -> None:
    """Add both commands. `build` makes the config's fields of the flags that `train` has too."""
    for kind, steps, words in (
        ("parity", 300, "certify in float64 that both frameworks train the same"),
        ("microscope", 100, "find the first layer and step at which the frameworks differ"),
    ):
        command = commands.add_parser(kind, parents=[store], help=words)
        command.set_defaults(command=lambda chosen, kind=kind: examine(chosen, kind, build))
        command.add_argument("run", nargs="?", help="a run of the store, instead of a config")
        for flag in ("--network", "--dataset", "--epochs", "--seed"):
            command.add_argument(flag)
        command.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", help="any field of the config"
        )
        add_networks(command)
        command.add_argument("--steps", default=str(steps), help=f"default: {steps}")
        command.set_defaults(frameworks=None, tolerance=None, after=False)
        if kind == "microscope":
            command.add_argument("--tolerance", help="relative (default: 1e-5, or 1e-11 in float64)")
            command.add_argument("--after", action="store_true", help="go on from the run's last checkpoint")


def examine(chosen: argparse.Namespace, kind: Kind, build: Callable) -> int:
    """Examine, and print; 1 where parity fails or a layer differs. Raises ConfigError and StoreError."""
    store = Store(chosen.store)
    tolerance = None if chosen.tolerance is None else number("tolerance", chosen.tolerance, WITHIN)
    if tolerance is not None and not 0 < tolerance < 1:
        raise refused("tolerance", chosen.tolerance, WITHIN)
    request = _request(chosen, kind, store, build)
    folder = carried_out(request, store, "Training both sides")
    if kind == "parity":
        return _tell_parity(folder, chosen.json)
    return _tell_microscope(folder, tolerance or TOLERANCES[request.config.precision], chosen.json)


def _request(chosen: argparse.Namespace, kind: Kind, store: Store, build: Callable) -> Request:
    steps = whole("steps", chosen.steps, f"a whole number, at least 1 and at most {MOST_STEPS[kind]:,}")
    given = chosen.set or any(getattr(chosen, flag) for flag in ("network", "dataset", "epochs", "seed"))
    if chosen.run and given:
        raise refused("run", chosen.run, "a run, or the fields of a config, not both")
    if chosen.after and not chosen.run:
        raise refused("--after", "", "with a run of the store")
    config = store.config(chosen.run) if chosen.run else ready.prepared(RunConfig.build(build(chosen)))[0]
    return Request.build(kind, config, steps, chosen.run if chosen.after else "")


def _tell_parity(folder: Path, as_json: bool) -> int:
    found = read_parity(folder)
    assert found  # it has just been written
    if as_json:
        print(json.dumps(parity.as_json(found)))
        return PASSED if found.passed else FAILED
    table = parity.checks_table(found).reset_index()
    drawn = Table(*table.columns)
    for row in table.itertuples(index=False):
        drawn.add_row(*row)
    out.print(drawn)
    sentences = (parity.verdict_words(found), parity.explained(found), parity.weights_words(found.float64))
    for sentence in filter(None, (*sentences, parity.floor_words(found))):
        out.print(sentence, highlight=False, markup=False)
    return PASSED if found.passed else FAILED


def _tell_microscope(folder: Path, tolerance: float, as_json: bool) -> int:
    found = read_microscope(folder)
    assert found
    differs = found.divergence.first_beyond(tolerance) is not None
    if as_json:
        print(json.dumps(microscope.as_json(found, tolerance)))
        return FAILED if differs else PASSED
    table = Table("", "largest difference", "frameworks' own noise")
    for row, values in microscope.as_json(found, tolerance)["rows"].items():
        table.add_row(row.replace("/", " "), *("–" if value is None else f"{value:.1e}" for value in values.values()))
    out.print(table)
    for words in filter(None, (microscope.first_words(found, tolerance), microscope.left_out_words(found.divergence))):
        out.print(words, highlight=False, markup=False)
    return FAILED if differs else PASSED

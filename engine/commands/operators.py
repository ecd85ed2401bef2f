"""`python -m engine operators`: profile a config or a run, and print where a step's time goes."""

import argparse
import json
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from engine.assignments import whole
from engine.charts import operators
from engine.commands.catalogues import add_networks
from engine.commands.task import carried_out
from engine.config import NAMES, RunConfig, refused
from engine.operators.request import MOST_STEPS, Request
from engine.operators.results import OperatorProfile, read_profile
from engine.probes import ready
from engine.runs import Store

LONGEST = 8  # operators of each side that are printed
out = Console()


def add_to(commands: argparse._SubParsersAction, store: argparse.ArgumentParser, build: Callable) -> None:
    """Add the command. `build` makes the config's fields of the flags that `train` has too."""
    command = commands.add_parser("operators", parents=[store], help="where a step's time goes, by operator")
    command.set_defaults(command=lambda chosen: profile(chosen, build), frameworks=None)
    command.add_argument("run", nargs="?", help="a run of the store, instead of a config")
    for flag in ("--network", "--dataset", "--epochs", "--seed"):
        command.add_argument(flag)
    command.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="any field of the config")
    add_networks(command)
    command.add_argument("--steps", default="50", help="that are recorded (default: 50)")


def profile(chosen: argparse.Namespace, build: Callable) -> int:
    """Profile, and print. Raises ConfigError and StoreError."""
    store = Store(chosen.store)
    request = _request(chosen, store, build)
    found = read_profile(carried_out(request, store, "Profiling both sides, one after the other"))
    assert found  # it has just been written
    if chosen.json:
        print(json.dumps(operators.as_json(found)))
    else:
        _tell(found)
    return 0


def _request(chosen: argparse.Namespace, store: Store, build: Callable) -> Request:
    steps = whole("steps", chosen.steps, f"a whole number, at least 1 and at most {MOST_STEPS:,}")
    given = chosen.set or any(getattr(chosen, flag) for flag in ("network", "dataset", "epochs", "seed"))
    if chosen.run and given:
        raise refused("run", chosen.run, "a run, or the fields of a config, not both")
    config = store.config(chosen.run) if chosen.run else ready.prepared(RunConfig.build(build(chosen)))[0]
    return Request.build(config, steps)


def _tell(found: OperatorProfile) -> None:
    sides = found.sides.values()
    drawn = Table("a step", *(f"{NAMES[side.framework]}, {side.execution}" for side in sides))
    for row in operators.ROWS:
        drawn.add_row(row, *(operators.time_words(operators.rows(side)[row]) for side in sides))
    out.print(drawn)
    for side in sides:
        longest = Table("operator", "family", "calls", "a step", title=NAMES[side.framework], title_justify="left")
        for one in side.operators[:LONGEST]:
            calls, time_taken = f"{one.calls / side.steps:.3g}", operators.time_words(one.seconds / side.steps)
            longest.add_row(one.name, one.family, calls, time_taken)
        out.print(longest, markup=False)
    sentences = (operators.headline(found), operators.cost(found), *operators.doubts(found))
    for sentence in (*sentences, f"The traces are in {found.folder}."):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)

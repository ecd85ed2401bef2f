"""The command `runs`: list, show, stop, name, delete and restore runs, and take them out and in as files."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from engine import control
from engine.config import FRAMEWORKS, NAMES
from engine.launcher import Launcher
from engine.runs import RUN_ID, RunUnreadable, Store, StoreError
from engine.store import run_files, trash
from engine.store.labels import shown
from engine.store.result import result
from engine.store.run_rows import Row, RunRows

OK = 0
STOP_SECONDS = 30.0  # longer than a launcher waits before it kills
out, err = Console(), Console(stderr=True)
say = partial(err.print, highlight=False, markup=False, soft_wrap=True)


def add(commands: Any, store: argparse.ArgumentParser) -> None:
    """Add the command."""
    command = commands.add_parser(
        "runs", parents=[store], help="list, show, stop, name, delete, restore, export or import runs"
    )
    command.set_defaults(command=runs)
    command.add_argument("action", choices=(*ACTIONS, "export", "import", "list", "deleted"))
    command.add_argument(
        "run",
        nargs="*",
        help="the id of a run; export takes several, and then a .zip file to write; import takes a file",
    )
    command.add_argument("--name", help="for name: what the run is called")
    command.add_argument("--tags", help="for name: a,b")
    command.add_argument("--note", help="for name: a note")


def runs(chosen: argparse.Namespace) -> int:
    """What was asked for. Raises StoreError."""
    store = Store(chosen.store)
    if chosen.action == "list":
        return _list(store, chosen.json)
    if chosen.action == "deleted":
        return _deleted(store, chosen.json)
    if chosen.action == "export":
        return _export(store, chosen.run)
    what = "a file" if chosen.action == "import" else "the id of a run; runs list names them"
    if len(chosen.run) != 1:
        raise StoreError(f"runs {chosen.action} needs {what}" + ("." if not chosen.run else ", and one alone."))
    (chosen.run,) = chosen.run
    if chosen.action == "import":
        return _take_in(store, Path(chosen.run))
    return ACTIONS[chosen.action](store, chosen)


def _list(store: Store, as_json: bool) -> int:
    rows = RunRows(store).rows()
    if as_json:
        print(json.dumps([_as_json(row) for row in rows], allow_nan=False))
        return OK
    columns = ("run", "network", "dataset", *FRAMEWORKS, "name")
    table = Table(*(Column(name, no_wrap=name == "run") for name in columns))
    for row in rows:
        words = (row.words.get(side, "unreadable" if row.trouble else "–") for side in FRAMEWORKS)
        table.add_row(row.run, row.network or "–", row.dataset or "–", *words, shown(row.name))
    out.print(table if rows else f"No runs in {store.root} yet; python -m engine train makes one.", markup=False)
    return OK


def _as_json(row: Row) -> dict[str, Any]:
    words = {side: row.words[side] for side in row.words} if row.words else dict.fromkeys(FRAMEWORKS, "unreadable")
    return asdict(row) | words


def _show(store: Store, chosen: argparse.Namespace) -> int:
    config = json.loads(store.config(chosen.run).to_json())
    print(json.dumps({"config": config, **result(store, chosen.run)}, indent=2))
    return OK


def _stop(store: Store, chosen: argparse.Namespace) -> int:
    """Ask a run to stop, also one whose events cannot be read, and wait until none of its sides trains."""
    run = chosen.run
    folder = store.folder(run)
    try:
        control.write(folder, control.STOP)
    except OSError as error:
        raise StoreError(f"The run {run} could not be asked to stop: {error.strerror}.") from None
    deadline = time.monotonic() + STOP_SECONDS
    try:
        while any(status.active for status in store.status(run).values()):
            if time.monotonic() > deadline:
                raise StoreError(f"The run {run} was asked to stop {STOP_SECONDS:.0f} s ago and still trains.")
            time.sleep(0.05)
        words = ", ".join(f"{NAMES[side]} {status.word}" for side, status in store.status(run).items())
    except RunUnreadable as error:
        words = f"its workers end at their next step. {str(error).rstrip('.')}"
    say(f"Asked {run} to stop: {words}.")
    return OK


def _name(store: Store, chosen: argparse.Namespace) -> int:
    """What is not given stays as it is."""
    row = next((row for row in RunRows(store).rows() if row.run == chosen.run), None)
    if row is None:
        store.folder(chosen.run)  # which says that there is none
        return OK
    name = row.name if chosen.name is None else chosen.name
    note = row.note if chosen.note is None else chosen.note
    tags = row.tags if chosen.tags is None else tuple(part.strip() for part in chosen.tags.split(",") if part.strip())
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        launcher.label(chosen.run, name, tags, note)
    finally:
        launcher.close()
    say(f"Named {chosen.run}.")
    return OK


def _delete(store: Store, chosen: argparse.Namespace) -> int:
    trash.delete(store, chosen.run, time.time())
    say(f"Deleted {chosen.run}; runs restore puts it back within 24 hours.")
    return OK


def _restore(store: Store, chosen: argparse.Namespace) -> int:
    trash.restore(store, chosen.run)
    say(f"Put {chosen.run} back.")
    return OK


def _deleted(store: Store, as_json: bool) -> int:
    found = trash.deleted(store)
    if as_json:
        print(json.dumps([{"run": one.run, "time": one.time} for one in found]))
        return OK
    for one in found:
        out.print(f"{one.run}, deleted {time.strftime('%Y-%m-%d %H:%M', time.localtime(one.time))}", highlight=False)
    if not found:
        out.print("The trash is empty.")
    return OK


def _export(store: Store, told: Sequence[str]) -> int:
    """Of what is told the last may be the file, which ends in .zip: anything else is an id, perhaps a mistyped one."""
    runs = list(told[:-1] if told and told[-1].endswith(".zip") else told)
    if not runs:
        raise StoreError("runs export needs the id of a run; runs list names them.")
    if len(runs) == len(told) > 1 and not RUN_ID.fullmatch(told[-1]):
        raise StoreError(f"{told[-1][:60]!r} is no id of a run, and no file to write, whose name ends in .zip.")
    default = f"{runs[0]}.zip" if len(runs) == 1 else "runs.zip"
    path = Path(told[-1] if len(told) > len(runs) else default)
    for run in runs:
        store.folder(run)
    try:
        with path.open("xb") as file:
            run_files.export(store, runs, file)
    except FileExistsError:
        raise StoreError(f"There is a file {path} already.") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.") from None
    except StoreError:
        path.unlink(missing_ok=True)
        raise
    say(f"Wrote {path}.")
    return OK


def _take_in(store: Store, path: Path) -> int:
    try:
        store.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The store {store.root} cannot be written: {error.strerror}.") from None
    try:
        with path.open("rb") as file:
            taken = run_files.take_in(store, file)
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from None
    for run in taken.new:
        out.print(run, highlight=False)
    say(taken.words())
    return OK


ACTIONS = {
    "show": _show,
    "stop": _stop,
    "name": _name,
    "delete": _delete,
    "restore": _restore,
}

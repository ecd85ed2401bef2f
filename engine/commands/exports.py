"""`python -m engine export RUN --format onnx`: export a finished run, reload the files, and print what was found."""

import argparse
import json
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from engine.config import FRAMEWORKS, NAMES
from engine.exports.catalogue import FORMATS, Format
from engine.exports.exporting import Exports
from engine.exports.results import Result, crossed, read
from engine.runs import Store

POLL_SECONDS = 0.2
out, err = Console(), Console(stderr=True)


def add_to(commands: argparse._SubParsersAction, store: argparse.ArgumentParser) -> None:
    """Add the command."""
    command = commands.add_parser("export", parents=[store], help="a finished run as a file that others can run")
    command.set_defaults(command=export)
    command.add_argument("run")
    command.add_argument("--format", choices=FORMATS, default="onnx", help="(default: onnx)")
    command.add_argument("--side", choices=FRAMEWORKS, help="one framework (default: those that know the format)")


def export(chosen: argparse.Namespace) -> int:
    """Export, and print; 1 where a file is not what the framework computes. Raises StoreError."""
    store = Store(chosen.store)
    form = FORMATS[chosen.format]
    trained = [side for side in store.config(chosen.run).frameworks if side in form.sides]
    sides = [chosen.side] if chosen.side in form.sides else _present(form, trained) if not chosen.side else []
    if not sides:
        err.print(f"{form.title} is no format of {NAMES[chosen.side]}." if chosen.side else "No side has this format.")
        return 2
    exports = Exports(store, chosen.run, [(side, form.name) for side in sides])
    try:
        with err.status("Exporting…") as status:
            while not exports.ended:
                if now := exports.now:
                    status.update(f"{NAMES[now[0]]} to {form.title}: {exports.step}…")
                time.sleep(POLL_SECONDS)
        exports.wait()
    finally:
        exports.stop()
    results = [one for side in sides if (one := read(store, chosen.run, side, form.name))]
    _tell(store, chosen, results)
    return 0 if all(one.state == "verified" for one in results) else 1


def _present(form: Format, sides: Sequence[str]) -> list[str]:
    """The sides whose converters are here, with a word on others; all where none is, to be refused."""
    missing = {side: form.missing(side) for side in sides}
    if not all(missing.values()):
        for side, why in missing.items():
            if why:
                err.print(f"{NAMES[side]} is left out. {why}", highlight=False, markup=False, soft_wrap=True)
    return [side for side, why in missing.items() if not why] or list(sides)


def _tell(store: Store, chosen: argparse.Namespace, results: list[Result]) -> None:
    both = crossed(store, chosen.run, chosen.format)
    if chosen.json:
        cross = {"difference": both.difference, "largest": both.largest, "rows": both.rows} if both else None
        print(json.dumps({"run": chosen.run, "exports": [one.as_json() for one in results], "crossed": cross}))
        return
    table = Table("framework", "state", "largest difference", "size", "p50 of 1")
    for one in results:
        if one.state == "failed":
            table.add_row(NAMES[one.side], one.state, one.message)
            continue
        told = one.told
        difference, p50 = max(told["difference"].values()), told["latency"]["1"]["p50"]
        size = f"{told['bytes'] / 1000:,.0f} kB"
        table.add_row(NAMES[one.side], one.state, f"{difference:.1e}", size, f"{p50 * 1e6:,.0f} µs")
    out.print(table, markup=False)
    for one in results:
        if one.state != "failed":
            out.print(f"{NAMES[one.side]}: {one.path}", highlight=False, markup=False, soft_wrap=True)
    if both:
        words = f"Both files by {both.runtime}, on the same {both.rows} rows: outputs differ by {both.difference:.1e}."
        out.print(words, highlight=False, markup=False)

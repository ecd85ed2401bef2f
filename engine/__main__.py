"""The command line: `python -m engine train`, `runs`, `devices`, `tensorboard`, and what compares the sides."""

import argparse
import contextlib
import io
import json
import math
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Column, Table

from engine import assignments
from engine.bench.published import PublishedError
from engine.board_server import BoardError, BoardServer
from engine.commands import bench, catalogues, examine, experiments, exports, operators, pipelines, runs, sweep
from engine.commands.follow import to_the_end
from engine.config import FRAMEWORKS, NAMES, ConfigError, RunConfig
from engine.datasets import own_table
from engine.fairness.certificate import CLAIMS, certificate
from engine.launcher import Launcher
from engine.networks import own
from engine.probes import devices, ready
from engine.runs import Store, StoreError
from engine.store.result import result

OK, FAILED, BAD_REQUEST, INTERRUPTED = 0, 1, 2, 130
out, err = Console(), Console(stderr=True)


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what was wrong; argparse would put the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        _complain(f"{message[:1].upper()}{message[1:]}. {self.prog} --help says what is allowed.")
        raise SystemExit(BAD_REQUEST)


class _Address(argparse.Action):
    """An address that is empty, as of a variable that is not set, would mean this machine without a word."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        if not values:
            raise argparse.ArgumentError(
                self, "an empty address was given; allowed is tcp://HOST:PORT or tls://HOST:PORT"
            )
        setattr(namespace, self.dest, values)


def _complain(sentence: str) -> None:
    err.print(sentence, style="red", highlight=False, markup=False, soft_wrap=True)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a side that did not finish, 2 a bad request."""
    chosen = _parser().parse_args(arguments)
    try:
        catalogues.offer_own(chosen)
        return chosen.command(chosen)
    except (ConfigError, StoreError, BoardError, PublishedError) as error:
        _complain(str(error))
        return BAD_REQUEST
    except OSError as error:  # of a name too long, above all, which the system only tells where it is used
        named = "" if error.filename is None else f" {str(error.filename)[:80]}:"
        _complain(f"A file could not be read or written:{named} {error.strerror or error}.")
        return BAD_REQUEST
    except KeyboardInterrupt:
        return INTERRUPTED


def train(chosen: argparse.Namespace) -> int:
    """Train one config and follow it to its end."""
    config, remark = ready.prepared(RunConfig.build(_fields(chosen)), chosen.cluster)
    for sentence in filter(None, (own.WARNING if config.own_network else "", remark)):
        err.print(sentence, highlight=False, markup=False, soft_wrap=True)
    store = Store(chosen.store)
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        run = launcher.submit(config, chosen.cluster)
        err.print(f"Run {run} in {store.root}", highlight=False, markup=False)
        if not launcher.leads:
            err.print(f"It waits for {launcher.holder()}, which launches the runs of this store now.", highlight=False)
        to_the_end(launcher, store, run, err)
    finally:
        launcher.close()
    return _report(store, run, chosen.json)


def _report(store: Store, run: str, as_json: bool) -> int:
    found = result(store, run)
    if as_json:
        print(json.dumps(found))
    else:
        _print_result(found)
    return OK if all(side["status"] == "finished" for side in found["sides"].values()) else FAILED


def _print_result(found: dict[str, Any]) -> None:
    sides = found["sides"]
    table = Table("", *sides, title=found["run"], title_justify="left")
    table.add_row("status", *(side["status"] for side in sides.values()))
    table.add_row("steps", *(f"{side['steps']:,}" for side in sides.values()))
    for name in dict.fromkeys(name for side in sides.values() for name in side["final"]):
        table.add_row(name.replace("_", " "), *(_number(side["final"].get(name)) for side in sides.values()))
    timing = " (race)" if found["timing"] == "race" else ""
    table.add_row(f"steps per second{timing}", *(_number(side["steps_per_second"]) for side in sides.values()))
    out.print(table)
    if found["parity"]:
        parity = {name: math.inf if value is None else value for name, value in found["parity"].items()}
        out.print(
            f"Losses differ by at most {parity['max_rel_loss_difference']:.1e} relative "
            f"({parity['max_abs_loss_difference']:.1e} absolute) over {parity['steps_compared']:,} steps."
        )
    for name, side in sides.items():
        if side["detail"] and side["status"] != "finished":
            out.print(f"{NAMES[name]}: {side['detail']}", highlight=False, markup=False)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.5g}"


def show_devices(chosen: argparse.Namespace) -> int:
    """What each framework sees, from its own process."""
    seen = {framework: [asdict(device) for device in devices.seen(framework)] for framework in FRAMEWORKS}
    if chosen.json:
        print(json.dumps(seen))
        return OK
    table = Table("framework", "device", "name", "memory")
    for framework, found in seen.items():
        for device in found:
            memory = f"{device['memory'] / 2**30:.1f} GiB" if device["memory"] else "–"
            table.add_row(framework, device["name"], device["title"], memory)
    out.print(table)
    return OK


def tensorboard(chosen: argparse.Namespace) -> int:
    """Serve TensorBoard for the store until interrupted."""
    server = BoardServer(chosen.store)
    try:
        out.print(f"TensorBoard: http://127.0.0.1:{server.port()}/tb/ (Ctrl+C ends it)", highlight=False)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    finally:
        server.close()
    return OK


def show_certificate(chosen: argparse.Namespace) -> int:
    """The controls of a fair comparison; 1 when one of them failed."""
    found = certificate(Store(chosen.store), chosen.run)
    if chosen.json:
        print(json.dumps(found.as_json()))
    else:
        table = Table("control", "guards", Column("verdict", no_wrap=True), "evidence", title=found.run)
        for one in found.controls:
            table.add_row(one.name, ", ".join(one.claims), one.verdict, one.sentence)
        for name, told in found.disclosed.items():
            shown = ", ".join(value for key, value in told.items() if key != "machine")
            table.add_row("Disclosed", "", "", f"{NAMES[name]}: {shown}.")
        out.print(table, markup=False)
        for claim in CLAIMS:
            out.print(f"{claim.capitalize()}: {found.verdict(claim)}.", highlight=False, markup=False)
    return FAILED if any(one.verdict == "fail" for one in found.controls) else OK


def _fields(chosen: argparse.Namespace) -> dict[str, Any]:
    """The config's fields as the flags and --set give them."""
    texts = {name: getattr(chosen, name) for name in assignments.FLAGS if getattr(chosen, name) is not None}
    return own_table.completed(assignments.fields(texts | assignments.split(chosen.set)), chosen.store)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m engine", description="Trains one network in two frameworks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    store = _Parser(add_help=False)
    usual = Path(os.environ.get("TANDEM_STORE", "runs"))  # as the server has it
    store_help = "folder of the runs (default: what TANDEM_STORE names, or else runs)"
    store.add_argument("--store", type=Path, default=usual, help=store_help)
    store.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    config = _Parser(add_help=False)
    config.add_argument("--network")
    catalogues.add_networks(config)
    config.add_argument("--dataset", help="a name, or the path of your own table (default: the network's first)")
    config.add_argument("--epochs")
    config.add_argument("--seed")
    config.add_argument("--frameworks", metavar="torch,tensorflow")
    config.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="any field of the config; of your own table also target, task, and features as a,b or, where a name has "
        "a comma, as a JSON list",
    )
    cluster_help = "train on the nodes of the scheduler at tcp://HOST:PORT or tls://HOST:PORT"
    config.add_argument("--cluster", default="", action=_Address, metavar="ADDRESS", help=cluster_help)
    command = commands.add_parser("train", parents=[store, config], help="train a config and follow it")
    command.set_defaults(command=train)
    experiments.add(commands, [store, config], _fields)

    bench.add(commands, [store, config], _fields)
    sweep.add(commands, [store, config], _fields)
    catalogues.add(commands, store)
    runs.add(commands, store)

    command = commands.add_parser("certificate", parents=[store], help="what makes a run's comparison fair, or not")
    command.set_defaults(command=show_certificate)
    command.add_argument("run")

    command = commands.add_parser("devices", parents=[store], help="what each framework sees")
    command.set_defaults(command=show_devices)
    command = commands.add_parser("tensorboard", parents=[store], help="serve TensorBoard for the store")
    command.set_defaults(command=tensorboard)
    examine.add_to(commands, store, _fields)
    operators.add_to(commands, store, _fields)
    exports.add_to(commands, store)
    pipelines.add_to(commands, store)
    return parser


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # a name of a file need not be text
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())

"""The commands `networks` and `datasets`: what there is, what fits what, a look at a table, and downloads."""

import argparse
import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from engine import assignments
from engine.config import ConfigError, Problem, RunConfig, refused
from engine.datasets import own_table
from engine.datasets.catalogue import DATASETS, Dataset, DatasetError, Option
from engine.datasets.table import Report
from engine.networks import own
from engine.networks.catalogue import NETWORKS, Network
from engine.probes import own_probe

OK = 0
ACTIONS = ("list", "inspect", "download")
LOOK = ("target", "task", "features")
out, err = Console(), Console(stderr=True)
say = partial(out.print, highlight=False, markup=False, soft_wrap=True)


def add(commands: Any, store: argparse.ArgumentParser) -> None:
    """Add both commands."""
    command = commands.add_parser("networks", parents=[store], help="list the networks and what fits them")
    command.set_defaults(command=networks)
    add_networks(command)
    command = commands.add_parser("datasets", parents=[store], help="list the data, inspect a table, download")
    command.set_defaults(command=datasets)
    command.add_argument("action", choices=ACTIONS, nargs="?", default="list")
    command.add_argument("name", nargs="?", help="the table's path for inspect, the dataset's name for download")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="for inspect: target, task, or features as a,b or, where a name has a comma, as a JSON list",
    )


def add_networks(command: argparse.ArgumentParser) -> None:
    """Add the flag that names a folder of one's own networks."""
    command.add_argument("--networks", metavar="DIR", help="a folder of your own networks; it is local code, and runs")


def offer_own(chosen: argparse.Namespace) -> None:
    """Offer the networks of the folder that was named. Raises ConfigError where the one asked for is refused.

    Of a command that takes no network, nothing is asked here: a folder's trouble is not its own.
    """
    folder = getattr(chosen, "networks", None)
    refusals = own.use(folder) if folder else own.extend()
    for name in (getattr(chosen, "network", None), own.named_folder()):
        if name in refusals and hasattr(chosen, "networks") and chosen.command is not networks:
            raise ConfigError([Problem(field="network", sentence=f"network: {refusals[name]}")])


def fitting(dataset: str) -> list[str]:
    """The networks that take this dataset."""
    return [name for name, network in NETWORKS.items() if dataset in network.recipes]


def networks(chosen: argparse.Namespace) -> int:
    """All networks by name, and which of one's own are refused, and why."""
    refusals = own.extend() | _unbuilt()
    for sentence in refusals.values():
        err.print(_literal(sentence), soft_wrap=True)
    offered = [network for network in NETWORKS.values() if network.name not in refusals]
    if chosen.json:
        print(json.dumps([network_json(network) for network in offered]))
        return OK
    for network in offered:
        yours = ", your own" if network.name in own.OWN else ""
        say(f"{network.name}: {network.title}, takes {_taken(network)}{yours}")
        say(f"    {network.source}")
        say(f"    fits {', '.join(network.recipes)}")
        _say_options("network_options", network.options)
    return OK


def _unbuilt() -> dict[str, str]:
    """One sentence for each network of one's own that both frameworks cannot build for the first data that fits."""
    found = {}
    if own.OWN:
        err.print(own.WARNING, highlight=False, soft_wrap=True)
    for name in own.OWN:
        try:
            with err.status(f"Both frameworks build {name}…"):
                _, remark = own_probe.probed(RunConfig.build({"network": name}))
        except ConfigError as error:
            found[name] = f"{name} is refused: {str(error).removeprefix('network: ')}"
            continue
        if remark:
            err.print(_literal(f"{name}: {remark}"), soft_wrap=True)
    return found


def _taken(network: Network) -> str:
    plural = {"vector": "vectors", "image": "images", "sequence": "sequences", "characters": "characters"}
    return plural[network.takes]


def network_json(network: Network) -> dict[str, Any]:
    """What `networks --json` says of one."""
    about: dict[str, Any] = {"name": network.name, "title": network.title, "source": network.source}
    about |= {"takes": network.takes, "task": network.task, "own": network.name in own.OWN}
    return about | {"options": _options_json(network.options), "datasets": list(network.recipes)}


def datasets(chosen: argparse.Namespace) -> int:
    """All data by name, or what `inspect` and `download` are for."""
    if chosen.action != "list" and not chosen.name:
        raise refused("datasets", chosen.action, f"{chosen.action} with a name behind it")
    if chosen.action == "inspect":
        return _inspect(chosen)
    if chosen.action == "download":
        return _download(chosen.name, chosen.json)
    if chosen.json:
        print(json.dumps([dataset_json(dataset) for dataset in DATASETS.values()]))
        return OK
    for dataset in DATASETS.values():
        say(f"{dataset.name}: {dataset.title}{_missing(dataset)}")
        say(f"    {dataset.source}")
        say(f"    fits {', '.join(fitting(dataset.name))}")
        if dataset.name == own_table.TABLE:
            say("    --dataset FILE, with --set target=NAME, --set features=NAME,NAME and --set task=TASK")
        else:
            _say_options("dataset_options", dataset.options)
    return OK


def _missing(dataset: Dataset) -> str:
    return " (not downloaded yet)" if dataset.download and dataset.absent({}) else ""


def dataset_json(dataset: Dataset) -> dict[str, Any]:
    """What `datasets --json` says of one; `here` is false where its files are still to be downloaded."""
    about = {"name": dataset.name, "title": dataset.title, "source": dataset.source, "here": not _missing(dataset)}
    return about | {"options": _options_json(dataset.options), "networks": fitting(dataset.name)}


def _say_options(of: str, options: Mapping[str, Option]) -> None:
    for name, option in options.items():
        say(f"    --set {of}.{name}={option.default}    {option.help} Allowed: {option.allowed()}.")


def _options_json(options: Mapping[str, Option]) -> dict[str, Any]:
    return {
        name: {"default": option.default, "kind": option.kind, "allowed": option.allowed(), "help": option.help}
        | ({"choices": option.choices} if option.choices else {"low": option.low, "high": option.high})
        for name, option in options.items()
    }


def _inspect(chosen: argparse.Namespace) -> int:
    texts = assignments.split(chosen.set)
    if wrong := next((name for name in texts if name not in LOOK), None):
        raise refused("--set", wrong, ", ".join(LOOK))
    try:
        options, report = own_table.look(chosen.name, **assignments.fields(texts))
    except DatasetError as error:
        raise _refusal(error) from None
    if chosen.json:
        print(json.dumps(options | {"report": report_json(report)}))
    else:
        _print_report(options, report)
    return OK


def _refusal(error: DatasetError) -> ConfigError:
    return ConfigError([Problem(field="dataset", sentence=f"dataset: {error}")])


def report_json(report: Report) -> dict[str, Any]:
    """What `datasets inspect --json` says of the columns."""
    columns = [vars(column) for column in report.columns]
    return {"rows": report.rows, "dropped": report.dropped, "columns": columns, "notes": report.notes}


def _print_report(options: Mapping[str, Any], report: Report) -> None:
    for sentence in (own_table.summary(options, report), *report.notes):
        out.print(_literal(sentence), soft_wrap=True)
    table = Table("column", "holds", "missing", "different", "inputs", "what becomes of it")
    for column in report.columns:
        counts = (f"{count:,}" for count in (column.missing, column.distinct, column.width))
        table.add_row(*map(_literal, (column.name, column.kind, *counts, own_table.becomes(column, options))))
    out.print(table)
    say(f"SHA-256 {options['sha256']}")


def _literal(text: str) -> Text:
    """Names in a file may hold what rich takes for markup, or what moves a terminal's cursor."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def _download(name: str, as_json: bool) -> int:
    """Fetch the files of one dataset, with a bar."""
    possible = [dataset.name for dataset in DATASETS.values() if dataset.download]
    if name not in possible:
        raise refused("datasets download", name, ", ".join(possible))
    columns = (TextColumn(name), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    fetch = DATASETS[name].download
    assert fetch
    try:
        with Progress(*columns, console=err) as progress:
            task = progress.add_task(name, total=None)
            paths = fetch(lambda done, total: progress.update(task, completed=done, total=total))
    except DatasetError as error:
        raise _refusal(error) from None
    if as_json:
        print(json.dumps([str(path) for path in paths]))
    else:
        for path in paths:
            say(str(path))
    return OK

"""`python -m engine pipelines`: what the page Data pipelines measures, topic by topic, and what was found."""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pandas as pd
from rich.console import Console
from rich.table import Table

from engine import assignments
from engine.charts import pipelines, pipelines_parts, pipelines_report, pipelines_threads
from engine.commands import precision
from engine.commands.task import carried_out
from engine.config import NAMES, refused
from engine.pipelines import placement, results, threads
from engine.pipelines.precision import MIXED
from engine.pipelines.threaded import WORKS
from engine.runs import Store
from engine.tasks.task import Request

WHOLE = ("workers", "batch_size", "prefetch", "rounds")
Found = TypeVar("Found")
Asked = TypeVar("Asked", bound=Request)
out, err = Console(), Console(stderr=True)
OPTIONS = {
    "transform": "python", "workers": "2", "batch_size": "32", "prefetch": "2", "busy": "0",
    "rounds": str(results.ROUNDS), "network": "mlp", "precision": MIXED[0],
}  # fmt: skip
TOPICS: dict[str, tuple[str, ...]] = {
    "loaders": tuple(OPTIONS)[:-2], "threads": (), "devices": (), "precision": ("network", "precision"),
}  # fmt: skip


def add_to(commands: argparse._SubParsersAction, store: argparse.ArgumentParser) -> None:
    """Add the command."""
    command = commands.add_parser("pipelines", parents=[store], help="input pipelines, threads, devices, precision")
    command.set_defaults(command=measure)
    command.add_argument("--topic", choices=TOPICS, default="loaders", help="(default: loaders)")
    of_loaders = command.add_argument_group("loaders: DataLoader against tf.data")
    of_loaders.add_argument("--transform", choices=results.TRANSFORMS, help="(default: python)")
    of_loaders.add_argument("--workers", help="measured from 0 to so many (default: 2)")
    of_loaders.add_argument("--batch-size", help="(default: 32)")
    of_loaders.add_argument("--prefetch", help="batches ahead of the consumer (default: 2)")
    of_loaders.add_argument("--busy", help="ms that the consumer has to do with each batch (default: 0)")
    of_loaders.add_argument("--rounds", help=f"(default: {results.ROUNDS})")
    of_precision = command.add_argument_group("precision: float32 against mixed precision, two runs and a benchmark")
    of_precision.add_argument("--network", help="(default: mlp)")
    of_precision.add_argument("--precision", choices=MIXED, help=f"(default: {MIXED[0]})")


def measure(chosen: argparse.Namespace) -> int:
    """Measure, and print; 1 where a run or a benchmark did not finish. Raises ConfigError and StoreError."""
    for name in OPTIONS:
        if getattr(chosen, name) is not None and name not in TOPICS[chosen.topic]:
            of = next(topic for topic, names in TOPICS.items() if name in names)
            raise refused(name, getattr(chosen, name), f"nothing with --topic {chosen.topic}; it is of --topic {of}")
    given = {name: getattr(chosen, name) for name in OPTIONS}
    asked = {name: OPTIONS[name] if value is None else value for name, value in given.items()}
    store = Store(chosen.store)
    match chosen.topic:
        case "loaders":
            whole = {name: assignments.whole(name, asked[name]) for name in WHOLE}
            workers, busy = results.up_to(whole.pop("workers")), assignments.number("busy", asked["busy"])
            request = results.Request.build(transform=asked["transform"], workers=workers, busy=busy, **whole)
            return _told(chosen.json, _carried_out(request, store, results.read), pipelines_report.as_json, _loaders)
        case "threads":
            here = threads.here()
            if here.cores < 2:
                raise refused("topic", "threads", "another one: this machine has one core, so nothing can be compared")
            return _told(chosen.json, _carried_out(here, store, threads.read), pipelines_report.threads_json, _threads)
        case "devices":
            found = _carried_out(placement.Request(), store, placement.read)
            return _told(chosen.json, found, pipelines_report.devices_json, _devices)
    return precision.measure(store, asked["network"], asked["precision"], chosen.json)


def _carried_out(request: Asked, store: Store, read: Callable[[Asked, Store], Found | None]) -> Found:
    carried_out(request, store, "Measuring both sides")
    found = read(request, store)
    assert found  # it has just been written
    return found


def _told(as_json: bool, found: Found, numbers: Callable[[Found], dict], tell: Callable[[Found], None]) -> int:
    if as_json:
        print(json.dumps(numbers(found)))
    else:
        tell(found)
    return 0


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _drawn(frame: pd.DataFrame, title: str = "") -> None:
    drawn = Table(*frame.columns, title=title or None, title_justify="left")
    for row in frame.itertuples(index=False):
        drawn.add_row(*map(str, row))
    out.print(drawn, markup=False)


def _loaders(found: results.Found) -> None:
    for frame in (pipelines.table(found), pipelines_parts.table(found)):
        _drawn(frame)
    _say(pipelines.verdict(found, pair) for pair in pipelines.across(found))
    _say([pipelines.same_words(found), *pipelines.why(found), *pipelines.doubts(found), pipelines_parts.words(found)])


def _threads(found: threads.Found) -> None:
    for work, title in WORKS.items():
        _drawn(pipelines_threads.table(found, work), title)
        _say(pipelines_threads.answers(found, work))
    _say([*pipelines_threads.doubts(found), pipelines_threads.METHOD])


def _devices(found: placement.Placement) -> None:
    for way in placement.WAYS:
        rows = [(NAMES[side], *row) for side, ways in found.sides.items() for row in _outcome(ways[way.name])]
        _drawn(pd.DataFrame(rows, columns=["framework", "tensor", "device, or what was raised"]), way.title)
        _say([way.told])


def _outcome(outcome: placement.Outcome) -> Sequence[tuple[str, str]]:
    return [("", outcome.raised)] if outcome.raised else list(outcome.devices.items())

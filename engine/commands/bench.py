"""The command `bench`: measure which framework is faster, follow it to its end, and print or publish the answer."""

import argparse
import json
import signal
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table

from engine import assignments, quantities
from engine.bench import benchmark, published
from engine.bench.benchmark import AXES, QUANTITIES, Plan, Quality
from engine.bench.published import Measured, PublishedError
from engine.charts.speed_answers import answers, break_evens, efficiencies
from engine.charts.speed_doubts import doubts
from engine.charts.speed_labels import label
from engine.charts.speed_tables import case_table
from engine.config import RunConfig, refused
from engine.launcher import Launcher
from engine.networks import own
from engine.probes import ready
from engine.runs import Store

OK, FAILED = 0, 1
POLL_SECONDS = 0.5
FEW = 3
BESIDE = {  # for what many cases have no room
    *("Steps per second", "Calls per second", "Examples per second", "n", "Processes"),
    *("Input pipeline, step", "Build", "Import"),
}
ACTIONS = ("run", "list", "show", "export", "import")
QUESTIONS = ("comparison", "ladder", "scaling", "latencies")
VALUES = {"scaling": "16,64,256", "latencies": "1,4,16,64,256,1024"}
out, err = Console(), Console(stderr=True)
say = partial(out.print, highlight=False, markup=False, soft_wrap=True)


def add(commands: Any, parents: list[argparse.ArgumentParser], fields: Callable[[argparse.Namespace], dict]) -> None:
    """Add the command; `fields` reads the config's fields from what was typed."""
    command = commands.add_parser(
        "bench", parents=parents, help="measure which framework is faster, and how sure it is"
    )
    command.set_defaults(command=partial(_bench, fields))
    command.add_argument("action", choices=ACTIONS, nargs="?", default="run")
    command.add_argument("name", nargs="?", help="a benchmark's id; for import a file")
    command.add_argument("file", nargs="?", type=Path, help="for export: where to write")
    command.add_argument("--question", choices=QUESTIONS, default="comparison")
    command.add_argument("--preset", choices=("quick", "thorough"), default="quick")
    command.add_argument("--quantity", choices=QUANTITIES, default="training_step")
    command.add_argument("--over", choices=AXES, default="batch_size", help="for scaling: what is varied")
    command.add_argument("--values", help="for scaling and latencies: whole numbers, as 1,8,64")
    command.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="only this way to run, such as torch.compile.many or tensorflow.usual; may be given several times",
    )
    command.add_argument("--target", help="for time_to_quality: the validation accuracy, or loss, to reach")


def _bench(fields: Callable[[argparse.Namespace], dict], chosen: argparse.Namespace) -> int:
    store = Store(chosen.store)
    match chosen.action:
        case "list":
            return _list(store, chosen.json)
        case "import":
            return _import(store, _named(chosen))
        case "show":
            return _report(_opened(store, _named(chosen)), chosen.json)
        case "export":
            return _export(store, _named(chosen), chosen.file)
    if chosen.cluster:
        raise refused("cluster", chosen.cluster, "nothing: a benchmark is of the machine that it is begun on")
    plan, remark = ready.prepared_plan(_plan(fields(chosen), chosen))
    for sentence in filter(None, (own.WARNING if plan.cases[0].config.own_network else "", remark)):
        err.print(sentence, highlight=False, markup=False, soft_wrap=True)
    return _report(measured(store, plan), chosen.json)


def _named(chosen: argparse.Namespace) -> str:
    if not chosen.name:
        raise refused("bench", chosen.action, f"{chosen.action} with the id of a benchmark, or for import a file")
    return chosen.name


def _plan(fields: dict[str, Any], chosen: argparse.Namespace) -> Plan:
    config = RunConfig.build({"policy": "defaults", **fields})
    if chosen.case:
        return _only(config, chosen)
    match chosen.question:
        case "ladder":
            return benchmark.ladder(config, chosen.preset)
        case "scaling":
            return benchmark.scaling(config, chosen.over, _values(chosen), chosen.preset, chosen.quantity)
        case "latencies":
            return benchmark.latencies(config, _values(chosen), chosen.preset)
    quality = None
    if chosen.target is not None:
        metric = "validation_accuracy" if config.form.task == "classification" else "validation_loss"
        quality = Quality.model_validate({"metric": metric, "target": assignments.number("target", chosen.target)})
    return benchmark.comparison(config, chosen.preset, chosen.quantity, quality)


def _only(config: RunConfig, chosen: argparse.Namespace) -> Plan:
    """The ways to run that were named, in that order; those that Quick leaves out may be named too."""
    if chosen.question not in ("comparison", "ladder") or chosen.quantity != "training_step":
        raise refused("case", chosen.case, "ways to run a training step, with the question ladder")
    named = {benchmark.name_of(case): case for case in benchmark.ladder(config, "thorough").cases}
    if wrong := next((name for name in chosen.case if name not in named), None):
        raise refused("case", wrong, ", ".join(named))
    cases = tuple(named[name] for name in dict.fromkeys(chosen.case))
    return benchmark.ladder(config, chosen.preset).model_copy(update={"cases": cases})


def _values(chosen: argparse.Namespace) -> list[int]:
    text = chosen.values or VALUES[chosen.question]
    parts = [part.strip() for part in text.split(",")]
    if not all(map(assignments.WHOLE.fullmatch, parts)):
        raise refused("values", text, "whole numbers with commas between them")
    return [int(part) for part in parts]


def measured(store: Store, plan: Plan) -> Measured:
    """Carry a benchmark out and follow it to its end; Ctrl+C stops it, and what was measured stays."""
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        name = launcher.measure(plan)
        about = quantities.span(benchmark.estimated_seconds(plan))
        err.print(f"Benchmark {name}, about {about}. Leave the machine alone meanwhile.", highlight=False, markup=False)
        if not launcher.leads:
            err.print(f"It waits for {launcher.holder()}, which measures for this store now.", highlight=False)
        try:
            _follow(store, name, plan)
        except KeyboardInterrupt:
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second press must not stop the stopping
            err.print("Stopping; what was measured stays, and is marked partial.")
            benchmark.stop(store, name)
            _follow(store, name, plan)
            signal.signal(signal.SIGINT, before)
    finally:
        launcher.close()
    return published.of_store(store, name)


def _follow(store: Store, name: str, plan: Plan) -> None:
    """Show a bar until the benchmark has ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("Measuring", total=1.0, left="")
        while benchmark.last_word(store, name) in ("queued", "running"):
            share, left = benchmark.progress(plan, benchmark.lines(store, name), time.time())
            progress.update(task, completed=share, left=f"{quantities.span(left)} left")
            time.sleep(POLL_SECONDS)


def _opened(store: Store, name: str) -> Measured:
    return published.of_file(store, name) if name.startswith("file-") else published.of_store(store, name)


def _report(measured: Measured, as_json: bool) -> int:
    plan, found = measured.plan, measured.found
    if as_json:
        print(json.dumps(_json(measured), allow_nan=False))
    else:
        out.print(table(measured))
        for sentence in (
            *answers(plan, found),
            *efficiencies(plan, found),
            *break_evens(plan, found),
            *doubts(plan, found),
        ):
            say(sentence)
        if found.limits:
            limits = ", ".join(f"{name.lower()} {quantities.rate(limit)}" for name, limit in found.limits.items())
            say(f"What this machine would allow, in steps per second: {limits}.")
        for one in found.cases:
            if one.lost:
                say(f"{label(plan, plan.cases[one.case])}: {one.lost}")
        if found.certificate:
            say(f"Speed: {found.certificate.verdict('speed')}.")
        if found.partial:
            say(f"Partial, {found.word}. {found.sentence}".strip())
    return OK if found.word == "finished" else FAILED


def table(measured: Measured) -> Table:
    """The numbers of each case: all of them below each other where there are few cases."""
    found = case_table(measured.plan, measured.found)
    if len(found) <= FEW:
        found = found.T.rename_axis("")
    else:
        found = found.loc[:, [name for name in found if name not in BESIDE]]
    drawn = Table(*(Column(name, overflow="fold") for name in found.reset_index().columns), title=measured.id)
    for row in found.reset_index().itertuples(index=False):
        drawn.add_row(*row)
    return drawn


def _json(measured: Measured) -> dict[str, Any]:
    found = measured.found
    return {
        "benchmark": measured.id,
        "word": found.word,
        "sentence": found.sentence,
        "plan": json.loads(measured.plan.to_json()),
        "cases": [asdict(case) for case in found.cases],
        "pairs": [asdict(pair) for pair in found.pairs],
        "answers": answers(measured.plan, found),
        "remarks": doubts(measured.plan, found),
        "limits": dict(found.limits),
        "certificate": found.certificate.as_json() if found.certificate else None,
    }


def _list(store: Store, as_json: bool) -> int:
    rows = [{"benchmark": name, "word": benchmark.last_word(store, name)} for name in benchmark.benchmarks(store)]
    rows += [{"benchmark": name, "word": "from a file"} for name in published.kept(store)]
    if as_json:
        print(json.dumps(rows))
    for row in () if as_json else rows:
        say(f"{row['benchmark']}  {row['word']}")
    return OK


def _export(store: Store, name: str, file: Path | None) -> int:
    text = _opened(store, name).to_json()
    file = file or Path(f"{name}.json")
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PublishedError(f"The file {file} could not be written: {error.strerror}.") from None
    return OK


def _import(store: Store, file: str) -> int:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise PublishedError(f"The file {file} cannot be read: {error.strerror}.") from None
    say(published.keep(store, content))
    return OK

"""The command `bench`: measure which framework is faster, follow it to its end, and print or publish the answer."""

import argparse
import json
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from engine import assignments, quantities
from engine.bench import benchmark, ended, estimate, published, questions
from engine.bench.benchmark import AXES
from engine.bench.estimate import estimated_seconds
from engine.bench.plan import QUANTITIES, Plan, Quality, metrics, name_of
from engine.bench.published import Measured, PublishedError
from engine.charts.speed_labels import axis_of
from engine.commands import bench_report
from engine.commands.bench_report import opened, say
from engine.config import RunConfig, refused
from engine.launcher import Launcher
from engine.networks import own
from engine.probes import ready
from engine.runs import Store, StoreError

OK, FAILED, INTERRUPTED = 0, 1, 130
POLL_SECONDS = 0.5
STOP_SECONDS = 30.0
UNKNOWN = "how long it takes shows after the first training"
ACTIONS = ("run", "list", "show", "export", "import", "stop", "delete")
err = Console(stderr=True)
warn = partial(err.print, highlight=False, markup=False, soft_wrap=True)


def add(commands: Any, parents: list[argparse.ArgumentParser], fields: Callable[[argparse.Namespace], dict]) -> None:
    """Add the command; `fields` reads the config's fields from what was typed."""
    command = commands.add_parser(
        "bench", parents=parents, help="measure which framework is faster, and how sure it is"
    )
    command.set_defaults(command=partial(_bench, fields))
    command.add_argument("action", choices=ACTIONS, nargs="?", default="run", help="(default: run)")
    command.add_argument("name", nargs="?", help="a benchmark's id; for import a file")
    command.add_argument("file", nargs="?", type=Path, help="for export: where to write, as .json, .html or .csv")
    command.add_argument("--beside", metavar="BENCHMARK", help="for show: another one, to stand beside it")
    command.add_argument("--question", choices=tuple(questions.QUESTIONS), default="comparison")
    command.add_argument("--preset", choices=("quick", "thorough"), default="quick")
    command.add_argument("--quantity", choices=QUANTITIES, help="what is measured (default: the question's usual)")
    command.add_argument("--over", choices=AXES, help="for scaling: what is varied (default: batch_size)")
    command.add_argument(
        "--values", help="for scaling and latencies whole numbers, as 1,8,64; for precisions and devices names of these"
    )
    command.add_argument(
        "--case",
        action="append",
        default=[],
        metavar="NAME",
        help="only this way to run, such as torch.compile.many or tensorflow.usual; may be given several times",
    )
    command.add_argument("--target", help="for time_to_quality: the accuracy, or loss, to reach within --epochs")
    command.add_argument(
        "--metric",
        choices=("loss", "accuracy"),
        help="for time_to_quality, of the validation (default: accuracy where there are classes, else loss)",
    )


def _bench(fields: Callable[[argparse.Namespace], dict], chosen: argparse.Namespace) -> int:
    store = Store(chosen.store)
    match chosen.action:
        case "list":
            return _list(store, chosen.json)
        case "import":
            return _import(store, _named(chosen), chosen.json)
        case "show":
            return _show(store, chosen)
        case "export":
            return bench_report.export(opened(store, _named(chosen)), chosen.file)
        case "stop":
            return _stop(store, _named(chosen), chosen.json)
        case "delete":
            return _delete(store, _named(chosen), chosen.json)
    if chosen.cluster:
        raise refused("cluster", chosen.cluster, "nothing: a benchmark is of the machine that it is begun on")
    if chosen.name:
        raise refused("bench", chosen.name, "nothing after run")
    plan, remark = ready.prepared_plan(_plan(fields(chosen), chosen))
    axis = axis_of(plan)
    few = questions.without_slope(plan, axis) if axis else ""
    for sentence in filter(None, (own.WARNING if plan.cases[0].config.own_network else "", remark, few)):
        warn(sentence)
    found, interrupted = measured(store, plan)
    code = bench_report.report(found, chosen.json)
    return INTERRUPTED if interrupted else code


def _named(chosen: argparse.Namespace) -> str:
    if not chosen.name:
        raise refused("bench", chosen.action, f"{chosen.action} with the id of a benchmark, or for import a file")
    return chosen.name


def _plan(fields: dict[str, Any], chosen: argparse.Namespace) -> Plan:
    config = RunConfig.build({"policy": "defaults", **fields})
    if chosen.case:
        return _only(config, chosen)
    how = (chosen.preset, chosen.quantity or "", chosen.over or "", chosen.values)
    return questions.plan(chosen.question, config, *how, _quality(config, chosen))


def _quality(config: RunConfig, chosen: argparse.Namespace) -> Quality | None:
    if chosen.target is None:
        if chosen.metric:
            raise refused("metric", chosen.metric, "a metric with a --target")
        return None
    usual = next(iter(metrics(config)), "validation_loss")
    metric = f"validation_{chosen.metric}" if chosen.metric else usual
    return Quality.model_validate({"metric": metric, "target": assignments.number("target", chosen.target)})


def _only(config: RunConfig, chosen: argparse.Namespace) -> Plan:
    """The ways to run that were named, in that order; those that Quick leaves out may be named too."""
    if chosen.question not in ("comparison", "ladder") or chosen.quantity not in (None, "training_step"):
        raise refused("case", chosen.case, "ways to run a training step, with the question ladder")
    named = {name_of(case): case for case in benchmark.ladder(config, "thorough").cases}
    if wrong := next((name for name in chosen.case if name not in named), None):
        raise refused("case", wrong, ", ".join(named))
    cases = tuple(named[name] for name in dict.fromkeys(chosen.case))
    return benchmark.ladder(config, chosen.preset).model_copy(update={"cases": cases})


def measured(store: Store, plan: Plan) -> tuple[Measured, bool]:
    """Carry a benchmark out and follow it to its end; and whether Ctrl+C stopped it: what was measured stays."""
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    interrupted = False
    try:
        name = launcher.measure(plan)
        try:
            seconds = estimated_seconds(plan)
            about = f"about {quantities.span(seconds)}" if seconds else "for a time that shows after the first training"
            warn(f"Benchmark {name}, {about}. Leave the machine alone meanwhile.")
            if not launcher.leads:
                warn(f"It waits for {launcher.holder()}, which measures for this store now.")
            _follow(store, name, plan)
        except KeyboardInterrupt:
            interrupted = True
            before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second press must not stop the stopping
            warn("Stopping; what was measured stays, and is marked partial.")
            benchmark.stop(store, name)
            _follow(store, name, plan)
            signal.signal(signal.SIGINT, before)
    finally:
        launcher.close()
    return opened(store, name), interrupted


def _follow(store: Store, name: str, plan: Plan) -> None:
    """Show a bar until the benchmark has ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=err) as progress:
        task = progress.add_task("Measuring", total=1.0, left="")
        while benchmark.last_word(store, name) in benchmark.UNDER_WAY:
            share, left = estimate.progress(plan, benchmark.lines(store, name), time.time())
            told = UNKNOWN if left is None else f"{quantities.span(left)} left"
            progress.update(task, completed=share, left=told)
            time.sleep(POLL_SECONDS)


def _show(store: Store, chosen: argparse.Namespace) -> int:
    one = opened(store, _named(chosen))
    if chosen.beside is None:
        return bench_report.report(one, chosen.json)
    return bench_report.side_by_side(one, opened(store, chosen.beside), chosen.json)


def _stop(store: Store, name: str, as_json: bool) -> int:
    """Ask a benchmark to end, whichever process measures it, and wait until it has."""
    ended.stop(store, name)
    launcher = Launcher(store, warm=False, adopt=False)  # where no other leads, who writes down what became of it
    launcher.open()
    try:
        deadline = time.monotonic() + STOP_SECONDS
        while (word := benchmark.last_word(store, name)) in benchmark.UNDER_WAY:
            if time.monotonic() > deadline:
                raise StoreError(f"The benchmark {name} was asked to stop {STOP_SECONDS:.0f} s ago and goes on still.")
            time.sleep(0.1)
    finally:
        launcher.close()
    if as_json:
        print(json.dumps({"benchmark": name, "word": word}))
    else:
        say(f"Asked {name} to stop: {word}.")
    return OK


def _delete(store: Store, name: str, as_json: bool) -> int:
    """Remove a benchmark, or a file that was opened here."""
    if published.PUBLISHED_ID.fullmatch(name):
        published.of_file(store, name)  # which says so where there is none
        published.forget(store, name)
    else:
        ended.delete(store, name)
    if as_json:
        print(json.dumps({"benchmark": name, "word": "deleted"}))
    else:
        say(f"Deleted {name}.")
    return OK


def _list(store: Store, as_json: bool) -> int:
    rows = [{"benchmark": name, "word": benchmark.last_word(store, name)} for name in benchmark.benchmarks(store)]
    rows += [{"benchmark": name, "word": "from a file"} for name in published.kept(store)]
    if as_json:
        print(json.dumps(rows))
    for row in () if as_json else rows:
        say(f"{row['benchmark']}  {row['word']}")
    return OK


def _import(store: Store, file: str, as_json: bool) -> int:
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise PublishedError(f"The file {file} cannot be read: {error.strerror}.") from None
    name = published.keep(store, content)
    if as_json:
        print(json.dumps({"benchmark": name}))
    else:
        say(name)
    return OK

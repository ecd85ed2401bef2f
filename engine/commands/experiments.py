"""The commands `seeds` and `defaults`: start an experiment, follow it to its end, and print what it found."""

import argparse
import json
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from engine.assignments import whole
from engine.charts.experiment_words import effect_words, effects_explained, explained, name_of, verdict
from engine.config import NAMES, RunConfig
from engine.experiments.experiment import SEEDS, Experiment, base_of, create, planned, statuses, stop
from engine.experiments.outcomes import Outcomes, curve_metric, outcomes, summary
from engine.fairness.differences import differences, title
from engine.launcher import Launcher
from engine.probes import ready
from engine.runs import Store

OK, FAILED = 0, 1
POLL_SECONDS = 0.2
out, err = Console(), Console(stderr=True)


def add(commands: Any, parents: list[argparse.ArgumentParser], fields: Callable[[argparse.Namespace], dict]) -> None:
    """Add both commands; `fields` reads the config's fields from what was typed."""
    texts = {
        "seeds": "train a config over several seeds and compare the frameworks",
        "defaults": "match each default that differs alone, over several seeds, and measure its effect",
    }
    for kind, text in texts.items():
        command = commands.add_parser(kind, parents=parents, help=text)
        command.set_defaults(command=partial(_run, kind, fields))
        command.add_argument("--seeds", default=str(SEEDS), help=f"how many, from --seed on (default: {SEEDS})")
        if kind == "defaults":
            command.add_argument("--list", action="store_true", help="only list the defaults that differ")


def _run(kind: str, fields: Callable[[argparse.Namespace], dict], chosen: argparse.Namespace) -> int:
    config = RunConfig.build(fields(chosen))
    if kind == "defaults" and chosen.list:
        return _list(base_of(kind, config), chosen.json)
    seeds = whole("seeds", chosen.seeds, "a whole number, at least 2")
    planned(kind, config, seeds)  # says what is wrong before anything starts
    config, _ = ready.prepared(config, chosen.cluster)
    store = Store(chosen.store)
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        made = create(store, partial(launcher.submit, cluster=chosen.cluster), kind, config, seeds)
        err.print(f"Experiment {made.id}, {len(made.members)} runs in {store.root}", highlight=False, markup=False)
        if not launcher.leads:
            err.print(f"It waits for {launcher.holder()}, which launches the runs of this store now.", highlight=False)
        _until_ended(launcher, store, made)
    finally:
        launcher.close()
    found = outcomes(store, made)
    if chosen.json:
        print(json.dumps(summary(found), allow_nan=False))
    else:
        _print(found)
    return OK if all(_finished(sides) for sides in found.statuses.values()) else FAILED


def _finished(sides: dict) -> bool:
    return bool(sides) and all(side.word == "finished" for side in sides.values())


def _until_ended(launcher: Launcher, store: Store, made: Experiment) -> None:
    try:
        _follow(launcher, store, made)
    except KeyboardInterrupt:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second press must not stop the stopping
        err.print("Stopping; everything recorded so far stays.")
        stop(store, made, launcher.stop)
        _follow(launcher, store, made)
        signal.signal(signal.SIGINT, before)


def _follow(launcher: Launcher, store: Store, made: Experiment) -> None:
    """Show one bar over all runs until each has ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[text]}"), console=err) as progress:
        task, shown = progress.add_task("Runs", total=len(made.members), text=""), ""
        while True:
            known = statuses(store, made)
            active = next((each for each in made.members if any(s.active for s in known[each.run].values())), None)
            text = ""
            if active:
                steps = ", ".join(f"{NAMES[name]} step {side.step:,}" for name, side in known[active.run].items())
                flip = f", {active.flip}" if active.flip else ""
                text = f"seed {active.seed}{flip}: {steps}"
            ended = sum(all(side.ended for side in sides.values()) for sides in known.values())
            progress.update(task, completed=ended, text=text)
            if (said := launcher.trouble) != shown:
                err.print(shown := said, highlight=False, markup=False)
            if ended == len(made.members):
                return
            time.sleep(POLL_SECONDS)


def _list(config: RunConfig, as_json: bool) -> int:
    found = differences(config)
    if as_json:
        print(json.dumps([vars(each) for each in found]))
        return OK
    table = Table(*(Column(name, overflow="fold") for name in ("name", "default", *NAMES.values())))
    for each in found:
        name = each.name if each.matchable else "–"
        places = zip(each.values, each.where, strict=True)
        table.add_row(name, each.title, *(f"{value}\n[dim]{where}[/]" for value, where in places), end_section=True)
    out.print(table)
    out.print("Match some of them with --set policy=defaults --set matched_defaults=NAME,NAME.", highlight=False)
    return OK


def _print(found: Outcomes) -> None:
    made = found.experiment
    for sentence in found.left_out():
        err.print(f"Left out: {sentence}", highlight=False, markup=False)
    if not found.metrics:
        out.print("No run finished on both sides, so there is nothing to compare.")
        return
    table = Table("metric", "over the seeds", title=made.id, title_justify="left")
    compared = [found.comparison(metric) for metric in found.metrics]
    for each in compared:
        table.add_row(name_of(each.metric), verdict(each))
    out.print(table)
    out.print(explained(compared[0]), highlight=False, markup=False)
    if made.kind == "defaults":
        _print_effects(found)


def _print_effects(found: Outcomes) -> None:
    main, loss = found.metrics[0], curve_metric(found.metrics)
    table = Table("matched", f"{name_of(main)}, final", title="Distance between the frameworks", title_justify="left")
    final = found.effects(main)
    rows = [[title(each.flip, found.experiment.config), effect_words(main, each)] for each in final]
    if loss:
        table.add_column(f"{name_of(loss).split(',')[0]}, along the curve")
        for row, each in zip(rows, found.effects(loss, along=True), strict=True):
            row.append(effect_words(loss, each))
    for row in rows:
        table.add_row(*row)
    out.print(table)
    out.print(effects_explained(final), highlight=False, markup=False)

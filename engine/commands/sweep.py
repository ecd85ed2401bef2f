"""The command `sweep`: search hyperparameters on both frameworks, follow it to its end, and print what it found."""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from engine import assignments, control, system
from engine.charts import sweep_words as words
from engine.cluster import nodes
from engine.config import FRAMEWORKS, NAMES, refused
from engine.control import Command
from engine.experiments.experiment import SEEDS
from engine.launcher import Launcher
from engine.probes import ready
from engine.runs import Store, StoreError
from engine.sweeps import sweep, sweep_store
from engine.sweeps.driver import Driver
from engine.sweeps.queued import POLL_SECONDS, RETRY_SECONDS
from engine.sweeps.ranges import STEPS
from engine.sweeps.results import Results, results

OK, FAILED, INTERRUPTED = 0, 1, 130
ACTIONS = ("run", "list", "show", "pause", "resume", "stop", "delete")
out, err = Console(), Console(stderr=True)
say = partial(out.print, highlight=False, markup=False, soft_wrap=True)
tell = partial(err.print, highlight=False, markup=False, soft_wrap=True)
Fields = Callable[[argparse.Namespace], dict[str, Any]]


def add(commands: Any, parents: list[argparse.ArgumentParser], fields: Fields) -> None:
    """Add the command; `fields` reads the config's fields from what was typed."""
    command = commands.add_parser(
        "sweep",
        parents=parents,
        help="search hyperparameters on both frameworks, and ask whether the best differ",
        description="Give --set FIELD=A,B,C for values, FIELD=log:LOW:HIGH or lin:LOW:HIGH for a range, and "
        f"FIELD=log:LOW:HIGH:STEPS for so many values in it; a grid takes {STEPS} where none are said.",
    )
    command.set_defaults(command=partial(_sweep, fields))
    command.add_argument("action", choices=ACTIONS, nargs="?", default="run")
    command.add_argument("name", nargs="?", help="a sweep's id")
    command.add_argument("--sampler", default="tpe", help=f"{', '.join(sweep.SAMPLERS)} (default: tpe)")
    command.add_argument("--trials", help=f"how many (default: {sweep.TRIALS}; a grid has all of its points)")
    command.add_argument("--prune", action="store_true", help="end a trial whose better side lags behind most others")
    command.add_argument(
        "--seeds", default=str(SEEDS), help=f"with which the best of each side are repeated (default: {SEEDS}; 0: not)"
    )
    command.add_argument("--metric", default="", help="what is searched by (default: validation_loss)")


def _sweep(fields: Fields, chosen: argparse.Namespace) -> int:
    store = Store(chosen.store)
    if chosen.action == "list":
        return _list(store, chosen.json)
    if chosen.action == "run":
        if chosen.name:
            raise refused("sweep", chosen.name, f"one of {', '.join(ACTIONS)}; fields are given with --set")
        return _begin(store, _plan(fields, chosen), chosen.json, chosen.cluster)
    if not chosen.name:
        raise StoreError(f"sweep {chosen.action} needs the id of a sweep; sweep list names them.")
    over = sweep_store.word(store, chosen.name) in sweep_store.ENDED
    if over and chosen.action in ("pause", "resume", "stop"):
        raise StoreError(f"The sweep {chosen.name} has ended.")
    match chosen.action:
        case "delete":
            sweep_store.delete(store, chosen.name)
            tell(f"Deleted {chosen.name}; its runs stay.")
            return OK
        case "pause":
            sweep_store.ask(store, chosen.name, Command(paused=True))
            tell("Paused: the trial under way goes on to its end, and no other begins.")
            return OK
        case "resume" | "stop":
            sweep_store.ask(store, chosen.name, control.STOP if chosen.action == "stop" else control.FREE)
            return _driven(store, chosen.name, chosen.json)
    return _report(store, chosen.name, chosen.json)


def _plan(fields: Fields, chosen: argparse.Namespace) -> sweep.Plan:
    flags = {name: getattr(chosen, name) for name in assignments.FLAGS if getattr(chosen, name) is not None}

    def filled(given: Iterable[str]) -> dict[str, Any]:
        return fields(argparse.Namespace(**{**vars(chosen), **dict.fromkeys(assignments.FLAGS), "set": list(given)}))

    trials = None if chosen.trials is None else assignments.whole("trials", chosen.trials)
    plan = sweep.made(
        flags | assignments.split(chosen.set), filled, chosen.sampler, trials, chosen.prune,
        assignments.whole("seeds", chosen.seeds), chosen.metric,
    )  # fmt: skip
    config, _ = ready.prepared(plan.config, chosen.cluster)
    return plan.model_copy(update={"config": config})


def _begin(store: Store, plan: sweep.Plan, as_json: bool, cluster: str) -> int:
    store.root.mkdir(parents=True, exist_ok=True)
    name = sweep_store.create(store, plan, cluster, nodes.ready(cluster, plan.config) if cluster else 1)
    tell(f"Sweep {name} in {store.root}: {words.plan_words(plan)}")
    return _driven(store, name, as_json)


def _driven(store: Store, name: str, as_json: bool) -> int:
    """Drive the sweep to its end, or follow it where another process does; interrupted, it is left paused."""
    launcher = Launcher(store, warm=False, adopt=False)
    launcher.open()
    try:
        if not launcher.leads:
            tell(f"It waits for {launcher.holder()}, which launches the runs of this store now.")
        _follow(launcher, store, name)
    except KeyboardInterrupt:
        sweep_store.ask(store, name, Command(paused=True))
        again = f"python -m engine sweep resume {name} --store {store.root}"
        tell(f"Paused; the trial under way goes on to its end. Go on with: {again}")
        return INTERRUPTED
    finally:
        launcher.close()
    return _report(store, name, as_json)


def _follow(launcher: Launcher, store: Store, name: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    driver: Driver | None = None
    said = ""
    with Progress(*columns, TextColumn("{task.fields[text]}"), console=err) as progress:
        task = progress.add_task("Trials", total=None, text="")
        try:
            while sweep_store.how_it_ended(store, name) is None:
                trouble = launcher.trouble
                try:
                    if launcher.leads:
                        driver = driver or Driver(launcher, name)
                        driver.advance()
                    found = results(store, name)
                    progress.update(task, **_progress(found))
                except StoreError as error:
                    trouble = str(error)
                    if driver:  # what it was doing is unknown, so a new one goes on
                        driver.close()
                        driver = None
                    time.sleep(RETRY_SECONDS)
                if trouble != said:
                    tell(said := trouble)
                time.sleep(POLL_SECONDS)
        finally:
            if driver:
                driver.close()


def _progress(found: Results) -> dict[str, Any]:
    if found.candidates:
        done = sum(None not in values.values() for values in found.repeats.values())
        total = len(found.candidates) * found.plan.seeds
        return {"description": "Repeats of the best", "completed": done, "total": total, "text": ""}
    now = next((trial for trial in found.trials if trial.word in ("waiting", "running")), None)
    text = "Paused" if found.word == "paused" else words.setting(now.setting) if now else ""
    return {"completed": found.over, "total": found.plan.trials, "text": text}


def _report(store: Store, name: str, as_json: bool) -> int:
    found = results(store, name)
    if as_json:
        print(json.dumps(summary(found), allow_nan=False))
    else:
        _print(found)
        if found.word == "running" and _left(store):
            say(f"Nothing carries it out now. Go on with: python -m engine sweep resume {name} --store {store.root}")
    finished = found.word == "finished" and any(trial.word == "finished" for trial in found.trials)
    return OK if finished else FAILED


def summary(found: Results) -> dict[str, Any]:
    """All of it as one JSON object."""
    told = found.answer()
    chosen, seeds = found.complete()
    return {
        "sweep": found.name,
        "word": found.word,
        "sentence": found.sentence,
        "plan": json.loads(found.plan.to_json()),
        "objective": words.objective(found.plan),
        "trials": [_trial(trial) for trial in found.trials],
        "best": {side: _trial(one) if (one := words.best(found, side)) else None for side in FRAMEWORKS},
        "importance": found.importances(),
        "repeats": [
            {"trial": number, "seed": seed, "run": found.runs[number, seed], **values}
            for (number, seed), values in found.repeats.items()
        ],
        "answer": None
        if told is None
        else {
            **asdict(told), "trials": chosen, "seeds": seeds, "fields": words.verdicts(found, told),
            "sentence": words.alike(found, told), "explained": words.explained(found, told),
        },
        "no_answer": "" if told else words.no_answer(found),
    }  # fmt: skip


def _trial(trial: Any) -> dict[str, Any]:
    shown = {name: getattr(trial, name) for name in ("number", "word", "reason", "run")}
    return {**shown, "setting": dict(trial.setting), **trial.values}


def _print(found: Results) -> None:
    table = Table("side", "trial", "setting", words.name_of(found.plan.metric), title=found.name, title_justify="left")
    for side in FRAMEWORKS:
        if one := words.best(found, side):
            table.add_row(NAMES[side], str(one.number), words.setting(one.setting), words.value(found, one, side))
    out.print(table)
    say(words.objective(found.plan))
    say(words.question(found.plan))
    told = found.answer()
    if told is None:
        say(words.no_answer(found))
    else:
        for field, sentence in words.verdicts(found, told).items():
            say(f"{words.label(field)}: {sentence}")
        say(" ".join(filter(None, (words.alike(found, told), words.left_out(found), words.explained(found, told)))))
    over = {word: sum(trial.word == word for trial in found.trials) for word in words.WORDS}
    counts = ", ".join(f"{number} {words.WORDS[word].lower()}" for word, number in over.items() if number)
    say(f"Trials: {counts or 'none yet'}.")
    if found.sentence:
        say(found.sentence)


def _left(store: Store) -> bool:
    """Whether no process launches runs of this store, so that no sweep of it goes on."""
    lock = system.Lock(store.root / ".lock")
    try:
        return lock.acquire()
    finally:
        lock.release()


def _list(store: Store, as_json: bool) -> int:
    rows = [{"sweep": name, "word": sweep_store.word(store, name)} for name in sweep_store.sweeps(store)]
    if as_json:
        print(json.dumps(rows))
    left = " (nothing carries it out now)" if rows and _left(store) else ""
    for row in () if as_json else rows:
        say(f"{row['sweep']}  {row['word']}{left if row['word'] == 'running' else ''}")
    return OK

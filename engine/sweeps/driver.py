"""Carries out sweeps: asks for trials, queues each as a run of both sides, and tells what became of it.

Whoever launches the runs of a store drives its sweeps, so that there is one driver at a time. All that it knows is in
the sweep's folder and in the runs; a new one goes on where an old one was killed.
"""

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import control
from engine.config import FRAMEWORKS, NAMES, ConfigError, RunConfig
from engine.fairness.intervals import HIGHER_IS_BETTER
from engine.launcher import Launcher
from engine.runs import RunNotFound, RunUnreadable, SideStatus, StoreError
from engine.store.progress import RunProgress
from engine.sweeps import sweep_store
from engine.sweeps.results import CANDIDATES, best_few, repeats_of, side_values
from engine.sweeps.sweep import config_of

if TYPE_CHECKING:  # Optuna, which takes a moment to import, and a dashboard without a sweep never needs
    from engine.sweeps.study import Trial

RESUMED = "resumed"
STOPPED = "Stopped by a person."


class Driver:
    """One sweep. `advance` is one look at everything, and never waits; whoever drives calls it again and again."""

    def __init__(self, launcher: Launcher, name: str, at_once: int = 1):
        """Raises StoreError where the sweep cannot be read."""
        from engine.sweeps.study import Study

        self._launcher, self._store, self._name = launcher, launcher.store, name
        self._plan = sweep_store.load(self._store, name)
        self._cluster, there = sweep_store.cluster(self._store, name)
        self._at_once = there if self._cluster else at_once
        self._study = Study(sweep_store.folder(self._store, name) / sweep_store.STUDY, self._plan)
        self._trials = {trial.number: trial for trial in self._study.trials()}
        self._watched: dict[int, tuple[RunProgress, int]] = {}  # and how many epochs have been reported
        self._kept = self._study.kept()
        self._orphans = [number for number, trial in self._trials.items() if trial.state == "open" and not trial.run]
        self._killed = True  # an earlier driver may have queued a repeat and told nobody
        for run in self._under_way():
            launcher.take_up(run)

    def close(self) -> None:
        """Let go of the study's file."""
        self._study.close()

    def advance(self) -> bool:
        """Look at every trial under way, and begin what may begin; True once the sweep has ended. Raises StoreError."""
        if sweep_store.how_it_ended(self._store, self._name):
            return True
        wish = control.read(sweep_store.folder(self._store, self._name))
        for trial in self._open():
            if trial.run:
                self._look(trial)
        if wish.stop:
            return self._stop()
        if wish.paused:
            return False
        while self._orphans:
            self._begin(self._study.completed(self._orphans[0]), killed=True)
            del self._orphans[0]
        while len(self._open()) < self._at_once and len(self._trials) < self._plan.trials:
            self._begin(self._study.next())
        if self._open() or len(self._trials) < self._plan.trials:
            return False
        return self._repeat()

    def _open(self) -> list["Trial"]:
        return [trial for trial in self._trials.values() if trial.state == "open"]

    def _under_way(self) -> list[str]:
        """Runs that were queued for this sweep and whose end has not been told; of repeats, all."""
        return [trial.run for trial in self._open() if trial.run] + list(repeats_of(self._kept).values())

    # Trials

    def _begin(self, trial: "Trial", killed: bool = False) -> None:
        """Queue the trial's run, unless an earlier one with the same setting has one: that says the same."""
        self._trials[trial.number] = trial
        earlier = [other.run for other in self._trials.values() if other.run and other.setting == trial.setting]
        try:
            config = config_of(self._plan, trial.setting)
            run = earlier[0] if earlier else self._queued(config, trial.began, killed)
        except ConfigError as error:
            self._study.fail(trial.number, str(error))
        else:
            self._study.note(trial.number, run=run)
        self._again(trial.number)

    def _queued(self, config: RunConfig, since: float, killed: bool) -> str:
        """A new run of this config; after a driver was `killed`, one that it had queued since then and told nobody."""
        known = {trial.run for trial in self._trials.values()} | set(repeats_of(self._kept).values())
        for run in reversed(self._store.runs()) if killed else ():
            with contextlib.suppress(StoreError):
                if run not in known and self._store.made(run) >= since - 1 and self._store.config(run) == config:
                    self._launcher.take_up(run)
                    return run
        return self._launcher.submit(config, self._cluster)

    def _cut_after(self, run: str) -> int | None:
        """The epoch after which it was decided to end the run early; trials with the same setting share it."""
        epochs = (trial.notes.get("epoch") for trial in self._trials.values() if trial.run == run)
        return next((epoch for epoch in epochs if epoch is not None), None)

    def _again(self, number: int) -> None:
        """Read a trial again that has just changed."""
        self._trials[number] = self._study.trials()[number]

    def _look(self, trial: "Trial") -> None:
        """Tell what became of a trial's run, or how far it is."""
        try:
            statuses, cut = self._store.status(trial.run), self._cut_after(trial.run)
            if all(side.ended for side in statuses.values()):
                if cut is None and self._resumed(trial.run, statuses):
                    return
                self._tell(trial, statuses, cut)
            elif cut is not None or (self._plan.prune and self._hopeless(trial)):
                self._launcher.stop(trial.run)  # maybe again: who decided so may have been killed before it asked
                return
            else:
                return
        except (RunNotFound, RunUnreadable) as error:
            self._study.fail(trial.number, str(error))
        self._watched.pop(trial.number, None)
        self._again(trial.number)

    def _tell(self, trial: "Trial", statuses: Mapping[str, SideStatus], cut: int | None) -> None:
        words = {side: status.word for side, status in statuses.items()}
        values = side_values(self._store, trial.run, self._plan.metric)
        if all(values.get(side) is not None for side in FRAMEWORKS):  # also where the end came before it was cut short
            self._study.tell(trial.number, float(np.mean([values[side] for side in FRAMEWORKS])))
        elif cut is not None:
            self._study.cut(trial.number, f"Ended early, after epoch {cut}.")
        elif wrong := [side for side, word in words.items() if word in ("failed", "interrupted", "stopped")]:
            why = "; ".join(f"{NAMES[side]} {words[side]}: {statuses[side].detail or STOPPED}" for side in wrong)
            self._study.fail(trial.number, why)
        else:
            lost = " and ".join(NAMES[side] for side in FRAMEWORKS if values.get(side) is None)
            self._study.cut(trial.number, f"{lost} diverged.")

    def _resumed(self, run: str, statuses: Mapping[str, SideStatus]) -> bool:
        """Have a run whose process died go on from its checkpoint, once; a second time it counts as it is."""
        died = any(side.word == "interrupted" for side in statuses.values())
        name = f"{RESUMED} {run}"
        if not died or name in self._kept or any(side.word == "stopped" for side in statuses.values()):
            return False
        self._launcher.resume(run)  # before it is noted: to ask twice is better than never
        self._keep(name, True)
        return True

    def _hopeless(self, trial: "Trial") -> bool:
        """Report each epoch that both sides have done; whether even the better side now lags behind most trials."""
        number = trial.number
        run, reported = self._watched.get(number) or (RunProgress(self._store, trial.run), 0)
        run.poll()
        curves = [side.curves.metrics.get(self._plan.metric) for side in run.sides.values()]
        torch, tensorflow = (curve.values if curve else np.empty(0) for curve in curves)
        better = np.fmax if self._plan.metric in HIGHER_IS_BETTER else np.fmin
        for value in better(*(side[reported : min(len(torch), len(tensorflow))] for side in (torch, tensorflow))):
            reported += 1
            if self._study.report(number, reported, float(value)):
                self._study.note(number, epoch=reported)
                self._again(number)
                return True
        self._watched[number] = run, reported
        return False

    # The best, with other seeds

    def _repeat(self) -> bool:
        """Repeat the best few of each side with other seeds, seed by seed; True once all have ended."""
        if not self._plan.seeds:
            return self._end("finished", "")
        if CANDIDATES not in self._kept:  # once for all: what is best would change with every run that is deleted
            self._keep(CANDIDATES, best_few(self._store, self._plan, list(self._trials.values())))
        chosen = self._kept[CANDIDATES]
        repeats = repeats_of(self._kept)
        waiting = 0
        for run in repeats.values():
            with contextlib.suppress(RunNotFound, RunUnreadable):
                statuses = self._store.status(run)
                ended = all(side.ended for side in statuses.values())
                waiting += not ended or self._resumed(run, statuses)
        first = self._plan.config.seed + 1
        jobs = [(number, seed) for seed in range(first, first + self._plan.seeds) for number in chosen]
        for number, seed in jobs if len(chosen) > 1 else ():
            if (number, seed) in repeats:
                continue
            if waiting >= self._at_once:
                return False
            config = config_of(self._plan, self._trials[number].setting, seed)
            self._keep(f"repeat {number} {seed}", self._queued(config, self._trials[number].began, self._killed))
            self._killed = False
            waiting += 1
        if waiting:
            return False
        return self._end("finished", "" if chosen else "No trial finished on both sides.")

    def _keep(self, name: str, value: Any) -> None:
        self._study.keep(name, value)
        self._kept[name] = value

    # The end

    def _stop(self) -> bool:
        """Stop what is under way; True once all of it has ended."""
        waiting = 0
        for run in self._under_way():
            with contextlib.suppress(RunNotFound, RunUnreadable):
                if not all(side.ended for side in self._store.status(run).values()):
                    waiting += 1
                    if not control.read(self._store.folder(run)).stop:
                        self._launcher.stop(run)
        if waiting:
            return False
        for trial in self._open():
            self._study.fail(trial.number, STOPPED)
        return self._end("stopped", STOPPED)

    def _end(self, word: str, sentence: str) -> bool:
        sweep_store.end(self._store, self._name, word, sentence)
        return True

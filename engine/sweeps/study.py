"""The study of a sweep: which trial comes next, and what became of each, kept by Optuna in an SQLite file.

Optuna takes 0.3 s to import, so this module is imported where a sweep is carried out or read, and never before.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import sqlalchemy.exc
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import rankdata

from engine.fairness.intervals import HIGHER_IS_BETTER
from engine.runs import StoreError
from engine.sweeps.ranges import Range, Value
from engine.sweeps.sweep import Plan, grid

NAME = "search"
PATIENT = {"timeout": 30}  # seconds, while another process writes to the same file
TRIALS_AT_RANDOM = 10  # before TPE has enough to go by
TRIALS_UNPRUNED, FIRST_PRUNED_EPOCH = 5, 2
WORDS = {TrialState.COMPLETE: "told", TrialState.PRUNED: "cut", TrialState.FAIL: "failed"}

optuna.logging.set_verbosity(optuna.logging.WARNING)


@dataclass(frozen=True)
class Trial:
    """One setting: `state` is "open", "told" with the mean of both sides, "cut" short, or "failed".

    `run` is empty before there is one; `notes` hold why it was cut or failed, and at which epoch it was.
    """

    number: int
    setting: Mapping[str, Value]
    state: str
    run: str
    notes: Mapping[str, Any]
    began: float  # Unix seconds


class Study:
    """The study in one file. Raises StoreError wherever the file cannot be read or written."""

    def __init__(self, path: Path, plan: Plan):
        self._plan, self._path = plan, path
        with _storing(path):
            if not path.exists():
                _make(path, plan)
            self._storage = _opened(path)
            self._study = _loaded(self._storage, path)

    def close(self) -> None:
        """Let go of the file."""
        _close(self._storage)

    def trials(self) -> list[Trial]:
        """Every trial so far, in the order in which they were asked for."""
        with _storing(self._path):
            found = self._study.get_trials(deepcopy=False)
        return [_trial(each) for each in found if each.state != TrialState.WAITING]

    def next(self) -> Trial:
        """A new trial. What it is depends on the plan and the trials before it alone, not on who asks, or when."""
        with _storing(self._path), warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            every = self._study.get_trials(deepcopy=False)
            waiting = any(each.state == TrialState.WAITING for each in every)
            number = len(every) - waiting
            if self._plan.sampler == "grid" and not waiting:  # a driver that was killed here left it waiting
                self._study.enqueue_trial(grid(self._plan)[number])
            self._study.sampler = _sampler(self._plan, number)
            return self._completed(self._study.ask())

    def completed(self, number: int) -> Trial:
        """A trial whose driver was killed while it chose the values, with all of them."""
        with _storing(self._path):
            self._study.sampler = _sampler(self._plan, number)
            return self._completed(self._handle(number))

    def _completed(self, trial: optuna.trial.Trial) -> Trial:
        for each in self._plan.ranges:
            _suggest(trial, each)
        return _trial(self._study.get_trials(deepcopy=False)[trial.number])

    def note(self, number: int, **notes: Any) -> None:
        """Keep something about a trial."""
        with _storing(self._path):
            for name, value in notes.items():
                self._handle(number).set_user_attr(name, value)

    def report(self, number: int, epoch: int, value: float) -> bool:
        """Tell what a trial has reached at an epoch, once; returns whether it is worse than most were there."""
        with _storing(self._path):
            trial = self._handle(number)
            if epoch not in self._study.get_trials(deepcopy=False)[number].intermediate_values:
                trial.report(value, epoch)
            return trial.should_prune()

    def tell(self, number: int, value: float) -> None:
        """The trial is over, with this mean of both sides. To tell a second time changes nothing."""
        self._tell(number, TrialState.COMPLETE, value)

    def cut(self, number: int, reason: str) -> None:
        """The trial is over before its end, so it is worse than any that was not."""
        self.note(number, reason=reason)
        self._tell(number, TrialState.PRUNED)

    def fail(self, number: int, reason: str) -> None:
        """The trial is over and says nothing about its setting."""
        self.note(number, reason=reason)
        self._tell(number, TrialState.FAIL)

    def _tell(self, number: int, state: TrialState, value: float | None = None) -> None:
        with _storing(self._path):
            self._study.tell(number, value, state, skip_if_finished=True)

    def kept(self) -> dict[str, Any]:
        """What `keep` has kept about the study as a whole."""
        with _storing(self._path):
            return dict(self._study.user_attrs)

    def keep(self, name: str, value: Any) -> None:
        """Keep something about the study as a whole."""
        with _storing(self._path):
            self._study.set_user_attr(name, value)

    def _handle(self, number: int) -> optuna.trial.Trial:
        every = self._study.get_trials(deepcopy=False)
        return optuna.trial.Trial(self._study, every[number]._trial_id)


def read(path: Path) -> tuple[list[Trial], dict[str, Any]]:
    """All trials, and what is kept, of a study that somebody else writes."""
    with _storing(path):
        storage = _opened(path)
        try:
            study = _loaded(storage, path)
            found = study.get_trials(deepcopy=False)
            return [_trial(each) for each in found if each.state != TrialState.WAITING], dict(study.user_attrs)
        finally:
            _close(storage)


def _make(path: Path, plan: Plan) -> None:
    """A new study, whole at once, so that nobody meets a file without it."""
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)  # of somebody who was killed here
    storage = optuna.storages.RDBStorage(f"sqlite:///{draft}")
    direction: Any = "maximize" if plan.metric in HIGHER_IS_BETTER else "minimize"
    optuna.create_study(storage=storage, study_name=NAME, direction=direction)
    _close(storage)
    draft.rename(path)


def _opened(path: Path) -> optuna.storages.RDBStorage:
    return optuna.storages.RDBStorage(f"sqlite:///{path}", {"connect_args": PATIENT}, skip_table_creation=True)


def _loaded(storage: optuna.storages.RDBStorage, path: Path) -> optuna.Study:
    pruner = optuna.pruners.MedianPruner(TRIALS_UNPRUNED, FIRST_PRUNED_EPOCH)
    try:
        return optuna.load_study(study_name=NAME, storage=storage, pruner=pruner)
    except KeyError:
        raise StoreError(f"The study {path} cannot be read: it is of something else.") from None


def _close(storage: optuna.storages.RDBStorage) -> None:
    storage.remove_session()
    storage.engine.dispose()


@contextlib.contextmanager
def _storing(path: Path) -> Iterator[None]:
    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        why = str(error.__cause__ or error).partition("\n")[0].rstrip(".")
        raise StoreError(f"The study {path} cannot be read or written: {why}.") from None


def _trial(found: FrozenTrial) -> Trial:
    began = found.datetime_start.timestamp() if found.datetime_start else 0.0
    notes = dict(found.user_attrs)
    return Trial(found.number, dict(found.params), WORDS.get(found.state, "open"), notes.pop("run", ""), notes, began)


def _sampler(plan: Plan, number: int) -> optuna.samplers.BaseSampler:
    """Seeded by the plan and the trial's number, so that a new driver does not repeat what an old one has tried."""
    seed = int(np.random.SeedSequence((plan.config.seed, number)).generate_state(1)[0])
    if plan.sampler == "tpe":
        return optuna.samplers.TPESampler(n_startup_trials=TRIALS_AT_RANDOM, seed=seed)
    return optuna.samplers.RandomSampler(seed=seed)


def _suggest(trial: optuna.trial.Trial, each: Range) -> Any:
    if each.values:
        return trial.suggest_categorical(each.field, each.values)
    if each.whole:
        return trial.suggest_int(each.field, round(each.low), round(each.high), log=each.log)
    return trial.suggest_float(each.field, each.low, each.high, log=each.log)


def importances(
    ranges: Sequence[Range], settings: Sequence[Mapping[str, Value]], values: Sequence[float]
) -> dict[str, float]:
    """The share of the spread of `values` that each field accounts for alone; the rest is of several together.

    fANOVA over a random forest with a fixed seed (Hutter, Hoos, Leyton-Brown, 2014). It is given ranks in place of
    values, for a single loss that exploded would decide all. Empty where all values are equal.
    """
    if len(set(values)) < 2:
        return {}
    study = optuna.create_study()
    dists = {each.field: _distribution(each) for each in ranges}
    for setting, rank in zip(settings, map(float, rankdata(values)), strict=True):
        study.add_trial(optuna.trial.create_trial(params=dict(setting), distributions=dists, value=rank))
    found = optuna.importance.FanovaImportanceEvaluator(seed=0).evaluate(study)
    return {name: float(share) for name, share in found.items()}


def _distribution(each: Range) -> optuna.distributions.BaseDistribution:
    if each.values:
        return optuna.distributions.CategoricalDistribution(each.values)
    if each.whole:
        return optuna.distributions.IntDistribution(round(each.low), round(each.high), log=each.log)
    return optuna.distributions.FloatDistribution(each.low, each.high, log=each.log)

"""Experiments: several runs that belong together, each experiment one small file in the store."""

import contextlib
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import control
from engine.config import FRAMEWORKS, ConfigError, RunConfig, refused
from engine.fairness.defaults import matchable
from engine.runs import RUN_ID, SideStatus, Store, StoreError
from engine.system import write_whole

EXPERIMENT_ID = re.compile(r"\d{8}-\d{6}-(seeds|defaults)-[a-z0-9_]{1,32}-[0-9a-f]{6}")
KINDS = ("seeds", "defaults")
SEEDS = 5
MOST_SEEDS = 100
LARGEST_SEED = 2**32 - 1
NOTHING, EVERYTHING = "", "all"  # what is flipped in the run that the others are held against, and in the last one
SCHEMA = 1


@dataclass(frozen=True)
class Member:
    """One run of an experiment: its seed, and the default that it matches, NOTHING or EVERYTHING."""

    run: str
    seed: int
    flip: str = NOTHING


@dataclass(frozen=True)
class Experiment:
    """Runs over `seeds` of one config; with kind "defaults" also over the defaults that are matched, one at a time."""

    id: str
    kind: str
    config: RunConfig
    members: tuple[Member, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """In the order in which they run."""
        return tuple(dict.fromkeys(member.seed for member in self.members))

    @property
    def flips(self) -> tuple[str, ...]:
        """In the order in which they run, NOTHING first."""
        return tuple(dict.fromkeys(member.flip for member in self.members))

    def to_json(self) -> str:
        """What its file holds."""
        runs = [{"run": member.run, "seed": member.seed, "flip": member.flip} for member in self.members]
        config = json.loads(self.config.to_json())
        return json.dumps({"schema": SCHEMA, "kind": self.kind, "config": config, "runs": runs}, indent=1) + "\n"


def base_of(kind: str, config: RunConfig) -> RunConfig:
    """What an experiment of that kind starts from; kind "defaults" gives each side its own defaults."""
    own = {"policy": "defaults", "matched_defaults": ()} if kind == "defaults" else {}
    return config.model_copy(update=own)


def planned(kind: str, config: RunConfig, seeds: int) -> list[tuple[int, str, RunConfig]]:
    """Seed, flip and config of each run, seed by seed, so that early results cover every flip.

    Seeds count on from the config's own. Raises ConfigError where the two frameworks, or so many seeds, are not there.
    """
    whole = isinstance(seeds, int) and not isinstance(seeds, bool)
    if not (whole and 2 <= seeds <= MOST_SEEDS):
        raise refused("seeds", seeds, f"a whole number, at least 2 and at most {MOST_SEEDS}")
    if set(config.frameworks) != set(FRAMEWORKS):
        raise refused("frameworks", list(config.frameworks), "both torch and tensorflow: an experiment compares them")
    if config.seed + seeds - 1 > LARGEST_SEED:
        raise refused("seed", config.seed, f"at most {LARGEST_SEED - seeds + 1:,} with {seeds} seeds")
    base = base_of(kind, config)
    flips = {NOTHING: base.matched_defaults}
    if kind == "defaults":
        names = matchable(base)
        flips |= {name: (name,) for name in names} | {EVERYTHING: names}
    return [
        (seed, flip, base.model_copy(update={"seed": seed, "matched_defaults": matched}))
        for seed in range(config.seed, config.seed + seeds)
        for flip, matched in flips.items()
    ]


def create(
    store: Store, submit: Callable[[RunConfig], str], kind: str, config: RunConfig, seeds: int = SEEDS
) -> Experiment:
    """Queue all runs of a new experiment through `submit`, which returns a run's id, and write its file.

    What was queued before something went wrong is asked to stop. Raises ConfigError and StoreError.
    """
    plan = planned(kind, config, seeds)
    members: list[Member] = []
    try:
        members += (Member(submit(each), seed, flip) for seed, flip, each in plan)
        letters = secrets.token_hex(3)
        name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{kind}-{config.network}-{letters}"
        made = Experiment(name, kind, base_of(kind, config), tuple(members))
        folder = _folder(store)
        folder.mkdir(exist_ok=True)
        write_whole(folder / f"{name}.json", made.to_json())
    except (StoreError, OSError) as error:
        for member in members:
            with contextlib.suppress(StoreError, OSError):
                control.write(store.folder(member.run), control.STOP)
        why = error if isinstance(error, StoreError) else StoreError(f"{error.strerror}.")
        raise StoreError(f"The experiment could not be written to {store.root}: {why}") from None
    return made


def experiments(store: Store) -> list[str]:
    """The ids of all experiments, newest first."""
    try:
        names = (name.removesuffix(".json") for name in os.listdir(_folder(store)) if name.endswith(".json"))
        return sorted(filter(EXPERIMENT_ID.fullmatch, names), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"The experiments in {store.root} cannot be read: {error.strerror}.") from None


def load(store: Store, name: str) -> Experiment:
    """One experiment. Raises StoreError, in one sentence, for one that is unknown, damaged or not of ours."""
    try:
        text = _path(store, name).read_bytes()
    except FileNotFoundError:
        raise StoreError(f"There is no experiment {name[:80]!r} in {store.root}.") from None
    except OSError as error:
        raise StoreError(f"The experiment {name} cannot be read just now: {error.strerror}.") from None
    try:
        return _parsed(name, json.loads(text))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        why = str(error) if isinstance(error, ConfigError) else "it is no experiment of this version"
        raise StoreError(
            f"The experiment {name} cannot be read, because its file is damaged: {why.rstrip('.')}."
        ) from None


def _parsed(name: str, fields: Any) -> Experiment:
    if fields["schema"] != SCHEMA or fields["kind"] not in KINDS or not fields["runs"]:
        raise ValueError(name)
    members = tuple(Member(entry["run"], entry["seed"], entry["flip"]) for entry in fields["runs"])
    for member in members:
        if not (RUN_ID.fullmatch(member.run) and type(member.seed) is int and type(member.flip) is str):
            raise ValueError(member)
    return Experiment(name, fields["kind"], RunConfig.build(fields["config"]), members)


def newest(store: Store, kind: str, config: RunConfig) -> Experiment | None:
    """The newest experiment of that kind for this config, whatever its seed; damaged ones are passed over."""
    wanted = base_of(kind, config).model_copy(update={"seed": 0})
    for name in experiments(store):
        if f"-{kind}-{config.network}-" not in name:
            continue
        with contextlib.suppress(StoreError):
            found = load(store, name)
            if found.config.model_copy(update={"seed": 0}) == wanted:
                return found
    return None


def delete(store: Store, name: str) -> None:
    """Remove the experiment; its runs stay. Raises StoreError."""
    try:
        _path(store, name).unlink()
    except FileNotFoundError:
        raise StoreError(f"There is no experiment {name[:80]!r} in {store.root}.") from None
    except OSError as error:
        raise StoreError(f"The experiment {name} could not be deleted: {error.strerror}.") from None


def statuses(store: Store, experiment: Experiment) -> dict[str, dict[str, SideStatus]]:
    """What each side of each run is doing; a run that is gone or cannot be read has no sides."""
    found: dict[str, dict[str, SideStatus]] = {}
    for member in experiment.members:
        found[member.run] = {}
        with contextlib.suppress(StoreError):
            found[member.run] = store.status(member.run)
    return found


def stop(store: Store, experiment: Experiment, stop_run: Callable[[str], None]) -> None:
    """Stop every run that has not ended, the last one first, so that none begins meanwhile."""
    for run, sides in reversed(statuses(store, experiment).items()):
        if any(not side.ended for side in sides.values()):
            with contextlib.suppress(StoreError):  # deleted just now
                stop_run(run)


def _folder(store: Store) -> Path:
    return store.root / "experiments"


def _path(store: Store, name: str) -> Path:
    if not EXPERIMENT_ID.fullmatch(name):
        raise StoreError(f"There is no experiment {name[:80]!r} in {store.root}.")
    return _folder(store) / f"{name}.json"

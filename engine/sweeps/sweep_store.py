"""Sweeps in the store: a folder each, with its plan, its study, what a person asks of it, and how it ended."""

import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path

from engine import control
from engine.config import ConfigError
from engine.control import Command
from engine.runs import Store, StoreError
from engine.sweeps.sweep import Plan
from engine.system import write_whole

FOLDER = "sweeps"
STUDY = "study.db"
SWEEP_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,32}-[0-9a-f]{6}")
ENDED = ("finished", "stopped")


def create(store: Store, plan: Plan, cluster: str = "", at_once: int = 1) -> str:
    """Write a new sweep, which whoever launches the store's runs begins; returns its id. Raises StoreError.

    Its runs go to the `cluster` at that address, if one is given, so many `at_once`.
    """
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{plan.config.network}-{secrets.token_hex(3)}"
    draft, path = store.root / FOLDER / f".{name}", store.root / FOLDER / name
    try:
        draft.mkdir(parents=True)
        (draft / "plan.json").write_text(plan.to_json(), encoding="utf-8")
        if cluster:
            told = {"address": cluster, "at_once": at_once}
            (draft / "cluster.json").write_text(json.dumps(told), encoding="utf-8")
        draft.rename(path)  # whole at once, so that nobody meets a sweep without its plan
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise StoreError(f"The sweep could not be written to {path}: {error.strerror}.") from None
    return name


def sweeps(store: Store) -> list[str]:
    """The ids of all sweeps, newest first."""
    try:
        return sorted(filter(SWEEP_ID.fullmatch, os.listdir(store.root / FOLDER)), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"The sweeps in {store.root} cannot be read: {error.strerror}.") from None


def folder(store: Store, name: str) -> Path:
    """The sweep's folder. Raises StoreError for an id that is malformed or unknown."""
    path = store.root / FOLDER / name
    if not SWEEP_ID.fullmatch(name) or not (path / "plan.json").is_file():
        raise StoreError(f"There is no sweep {name[:80]!r} in {store.root}.")
    return path


def load(store: Store, name: str) -> Plan:
    """What was asked for. Raises StoreError, in one sentence, for one that is unknown or damaged."""
    path = folder(store, name)
    try:
        return Plan.from_json((path / "plan.json").read_bytes())
    except OSError as error:
        raise StoreError(f"The sweep {name} cannot be read just now: {error.strerror}.") from None
    except ConfigError as error:
        raise StoreError(f"The sweep {name} cannot be read, because its plan is damaged: {error}") from None


def cluster(store: Store, name: str) -> tuple[str, int]:
    """The address of the cluster that trains its runs and how many at once; "" and 1 for this machine."""
    try:
        found = json.loads((folder(store, name) / "cluster.json").read_bytes())
        return str(found["address"]), int(found["at_once"])
    except FileNotFoundError:
        return "", 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The sweep {name} cannot be read, because its cluster.json is damaged: {error}.") from None


def word(store: Store, name: str) -> str:
    """What it is doing: finished, stopped, stopping, paused or running. Raises StoreError."""
    if ended := how_it_ended(store, name):
        return ended[0]
    wish = control.read(folder(store, name))
    return "stopping" if wish.stop else "paused" if wish.paused else "running"


def how_it_ended(store: Store, name: str) -> tuple[str, str] | None:
    """One of ENDED, and a sentence; None while it has not. Raises StoreError."""
    try:
        found = json.loads((folder(store, name) / "ended.json").read_bytes())
        return str(found["word"]), str(found["sentence"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The sweep {name} cannot be read, because its ended.json is damaged: {error}.") from None


def end(store: Store, name: str, word: str, sentence: str) -> None:
    """Write down that it has ended. Raises StoreError."""
    told = {"word": word, "sentence": sentence, "time": time.time()}
    try:
        write_whole(folder(store, name) / "ended.json", json.dumps(told))
    except OSError as error:
        raise StoreError(f"The end of the sweep {name} could not be written: {error.strerror}.") from None


def ask(store: Store, name: str, wish: Command) -> None:
    """Ask it to pause, to go on or to stop. Raises StoreError."""
    try:
        control.write(folder(store, name), wish)
    except OSError as error:
        raise StoreError(f"The command could not be written to the sweep's folder: {error.strerror}.") from None


def delete(store: Store, name: str) -> None:
    """Remove a sweep that has ended; its runs stay. Raises StoreError."""
    path = folder(store, name)
    if how_it_ended(store, name) is None:
        raise StoreError(f"The sweep {name} has not ended; stop it first.")
    try:
        gone = path.with_name(f".{name}")
        path.rename(gone)
        shutil.rmtree(gone)
    except OSError as error:
        raise StoreError(f"The sweep {name} could not be deleted: {error.strerror}.") from None

"""The store: one folder per run, one append-only file of events per side, nothing kept twice."""

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine import events, system
from engine.config import FRAMEWORKS, RunConfig
from engine.events import Event
from engine.logs import Log, LogError, last_words, read_log, size_of

RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9_]{1,32}-[0-9a-f]{6}")


class StoreError(Exception):
    """The store cannot do what was asked; the message is one sentence for a person."""


class RunNotFound(StoreError):
    """There is no run of that id."""


class RunUnreadable(StoreError):
    """A file of the run holds something else than this version writes; the message names it."""


@contextlib.contextmanager
def _reading(run: str, file: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, RecursionError) as error:
        why = str(error).rstrip(".")
        raise RunUnreadable(f"The run {run} cannot be read, because its {file} is damaged: {why}.") from None
    except FileNotFoundError:
        raise RunNotFound(f"The run {run} is gone.") from None
    except OSError as error:
        raise StoreError(f"The run {run} cannot be read just now: {error.strerror}.") from None


@lru_cache(maxsize=4096)
def _parsed(text: bytes) -> RunConfig:
    """The config of that JSON; it is frozen, and every status asks for it again."""
    return RunConfig.from_json(text)


@dataclass(frozen=True)
class SideStatus:
    """What a side is doing, derived from its events: `word` is "queued", or one of ACTIVE or ENDED.

    `step` is the number of steps done so far.
    """

    word: str
    step: int = 0
    detail: str = ""

    @property
    def active(self) -> bool:
        """Whether a process trains it now."""
        return self.word in ACTIVE

    @property
    def ended(self) -> bool:
        return self.word in ENDED


LAUNCHER_WORDS = (events.Launched, events.Requeued, events.Lost, events.Cancelled)
ACTIVE = ("starting", "preparing", "running", "paused")
ENDED = ("finished", "stopped", "diverged", "failed", "interrupted")


class Store:
    """The runs below one folder. Reading never changes anything; every name is checked before it meets a path."""

    def __init__(self, root: Path):
        self.root = Path(root)

    # Runs as a whole

    def create(self, config: RunConfig, cluster: str = "") -> str:
        """A new run's id; its folder holds the config, and the address of the `cluster` that is to train it, if any.

        Raises StoreError where the store cannot be written.
        """
        run = self._free_id(config.network)
        draft = self.root / f".{run}"
        try:
            for framework in config.frameworks:
                (draft / framework).mkdir(parents=True)
            (draft / "config.json").write_text(config.to_json(), encoding="utf-8")
            if cluster:
                placed = events.to_line(events.Placed(cluster, time.time()))
                (draft / "events.jsonl").write_text(placed, encoding="utf-8")
            draft.rename(self.root / run)  # whole at once, so that nobody meets a run without its config
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise StoreError(f"The run could not be written to {self.root}: {error.strerror}.") from None
        return run

    def _free_id(self, network: str) -> str:
        """One that no run has: of thousands that are made in a few seconds, two may draw the same."""
        while True:
            run = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{network}-{secrets.token_hex(3)}"
            if not (self.root / run).exists():
                return run

    def runs(self) -> list[str]:
        """The ids of all runs, newest first."""
        try:
            return sorted((name for name in os.listdir(self.root) if RUN_ID.fullmatch(name)), reverse=True)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise StoreError(f"The store {self.root} cannot be read: {error.strerror}.") from None

    def folder(self, run: str) -> Path:
        """The run's folder. Raises RunNotFound for an id that is malformed or unknown."""
        folder = self.root / run
        if not RUN_ID.fullmatch(run) or not os.path.isfile(f"{folder}/config.json"):
            raise RunNotFound(f"There is no run {run[:60]!r} in {self.root}.")
        return folder

    def made(self, run: str) -> float:
        """When the run was created, in Unix seconds; 0 when it is gone."""
        try:
            return (self.folder(run) / "config.json").stat().st_mtime
        except (RunNotFound, FileNotFoundError):
            return 0.0

    def config(self, run: str) -> RunConfig:
        """What the run was asked to do. Raises RunNotFound and RunUnreadable."""
        with _reading(run, "config.json"):
            return _parsed((self.folder(run) / "config.json").read_bytes())

    def cluster(self, run: str) -> str:
        """The address of the cluster that trains the run; "" for this machine. Raises RunNotFound and RunUnreadable."""
        placed = [event.address for event in self.read(run)[0] if isinstance(event, events.Placed)]
        return placed[-1] if placed else ""

    # Events

    def log(self, run: str, side: str | None = None) -> Path:
        """The file of a side's events, or of the run's own. Raises RunNotFound."""
        if side not in (None, *FRAMEWORKS):
            raise RunNotFound(f"The run {run} has no side {side!r}.")
        return self.folder(run) / (f"{side}/events.jsonl" if side else "events.jsonl")

    def append(self, run: str, event: Event) -> None:
        """Add one of the run's own events; the launcher alone does this. Raises StoreError."""
        try:
            with Log(self.log(run)) as log:
                log.append(event)
        except (LogError, OSError) as error:
            raise StoreError(f"The run {run} could not be written to: {str(error).rstrip('.')}.") from None

    def read(self, run: str, side: str | None = None, offset: int = 0) -> tuple[list[Event], int]:
        """Whole events from byte `offset` on, and the offset to go on from; a half-written last line waits.

        Raises RunNotFound and RunUnreadable.
        """
        path = self.log(run, side)
        with _reading(run, f"{side}/events.jsonl" if side else "events.jsonl"):
            return read_log(path, offset)

    # Status

    def status(self, run: str) -> dict[str, SideStatus]:
        """What each side is doing, from the last lines of its log and from whether its process lives.

        Raises RunNotFound and RunUnreadable.
        """
        launches = self.launcher_words(run)
        found: dict[str, SideStatus] = {}
        for side in self.config(run).frameworks:
            with _reading(run, f"{side}/events.jsonl"):
                found[side] = self._side_status(run, side, launches.get(side))
        return found

    def launcher_words(self, run: str) -> dict[str, Event]:
        """The latest word of the launcher about each side that it has spoken of."""
        return {event.side: event for event in self.read(run)[0] if isinstance(event, LAUNCHER_WORDS)}

    def _side_status(self, run: str, side: str, word: Event | None) -> SideStatus:
        path = self.root / f"{run}/{side}/events.jsonl"
        step, last = last_words(path)
        match word:
            case events.Cancelled():
                return SideStatus("stopped", step, word.reason)
            case events.Lost():
                return SideStatus("interrupted", step, word.reason)
            case events.Launched():
                status = derive(last, step) if size_of(path) > word.log_size else SideStatus("starting", step)
                if status.ended or word.host != system.HOST or system.is_alive(word.pid, word.process_start):
                    return status
                step, last = last_words(path)  # it may have had its last word just now
                status = derive(last, step) if size_of(path) > word.log_size else status
                return status if status.ended else SideStatus("interrupted", step, "Its process ended unexpectedly.")
        return SideStatus("queued", step)


def derive(last: Event | None, step: int) -> SideStatus:
    """A side's status from the last event of its log."""
    match last:
        case None:
            return SideStatus("starting", step)
        case events.Started() | events.Resumed():
            return SideStatus("preparing", step)
        case events.Finished():
            return SideStatus("finished", step, last.reason)
        case events.Stopped():
            return SideStatus("stopped", step)
        case events.Diverged():
            return SideStatus("diverged", step, f"The loss was not finite at step {last.step:,}.")
        case events.Failed():
            return SideStatus("failed", step, last.message)
        case events.Paused():
            return SideStatus("paused", step)
        case _:
            return SideStatus("running", step)

"""Watching a run from a terminal until it ends."""

import math
import signal
import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from engine import events
from engine.charts.colours import COLOURS
from engine.config import FRAMEWORKS, NAMES
from engine.launcher import Launcher
from engine.runs import SideStatus, Store

POLL_SECONDS = 0.1
CAUSE_SECONDS = 10.0  # that the launcher has to write down why a side was interrupted
COLOURED: dict[str, str] = {
    side: f"[{colour}]{NAMES[side]}[/]" for side, colour in zip(FRAMEWORKS, COLOURS["light"], strict=True)
}


def to_the_end(launcher: Launcher, store: Store, run: str, console: Console) -> None:
    """Follow a run until all sides have ended; Ctrl+C stops it."""
    try:
        follow(store, run, console, lambda: launcher.trouble)
    except KeyboardInterrupt:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second press must not stop the stopping
        console.print("Stopping; everything recorded so far stays.")
        launcher.stop(run)
        follow(store, run, console, lambda: launcher.trouble)
        signal.signal(signal.SIGINT, before)


def follow(store: Store, run: str, console: Console, trouble: Callable[[], str]) -> None:
    """Show a bar per side until all have ended; `trouble` says what keeps the launcher from its work."""
    name, text = TextColumn("{task.description:<22}"), TextColumn("{task.fields[text]}")
    with Progress(name, BarColumn(), MofNCompleteColumn(), text, TimeRemainingColumn(), console=console) as progress:
        sides = {side: _Bar(progress, side) for side in store.config(run).frameworks}
        shown, ended_at = "", math.inf
        while True:
            statuses = store.status(run)
            for side, bar in sides.items():
                bar.update(store, run, statuses[side].word)
            if (said := trouble()) != shown:
                console.print(shown := said)
            if all(status.ended for status in statuses.values()):
                ended_at = min(ended_at, time.monotonic())
                if _explained(store, run, statuses) or time.monotonic() - ended_at > CAUSE_SECONDS:
                    return
            time.sleep(POLL_SECONDS)


def _explained(store: Store, run: str, statuses: Mapping[str, SideStatus]) -> bool:
    """Whether it is written down why each interrupted side was; its process is missed sooner than that."""
    interrupted = {side for side, status in statuses.items() if status.word == "interrupted"}
    words = store.launcher_words(run)
    return all(isinstance(words.get(side), events.Lost) for side in interrupted)


class _Bar:
    """One side's bar, fed with the events since the last look."""

    def __init__(self, progress: Progress, side: str):
        self._progress, self._side, self._offset = progress, side, 0
        self._task: TaskID = progress.add_task(COLOURED[side], total=None, text="")

    def update(self, store: Store, run: str, word: str) -> None:
        new, self._offset = store.read(run, self._side, self._offset)
        fields: dict = {"text": word}
        for event in new:
            if isinstance(event, events.Started):
                fields["total"] = event.total_steps
            elif isinstance(event, events.Steps):
                fields["completed"] = event.first_step + len(event.losses)
                loss = event.losses[-1]
                fields["text"] = word if loss is None else f"{word}, loss {loss:.4g}"
        if new or word != "running":
            self._progress.update(self._task, **fields)

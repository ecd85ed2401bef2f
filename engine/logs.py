"""One append-only file of events: written whole line by whole line, read from any offset, read from its end."""

import os
from collections.abc import Iterator
from pathlib import Path

from engine import events
from engine.event_lines import from_line
from engine.events import Event

TAIL = 16_384


class LogError(Exception):
    """The log cannot be written; the message is one sentence for a person."""


class Log:
    """The one writer of one events.jsonl: appends whole lines, and removes a half-written last one it finds."""

    def __init__(self, path: Path):
        self._file = path.open("ab+", buffering=0)
        self._pid = os.getpid()
        self._end = whole_length(path)
        if self._end != path.stat().st_size:
            self._file.truncate(self._end)

    def append(self, event: Event) -> None:
        """Write one line at once. Raises LogError, leaving no half line, where the disk does not take it.

        A person's own code may fork its worker; what the child would record a second time is not written either.
        """
        if os.getpid() != self._pid:
            raise LogError(f"The log {self._file.name} is written by process {self._pid} alone.")
        line = events.to_line(event).encode()
        try:
            written = self._file.write(line)
            while written < len(line):
                written += self._file.write(line[written:])
        except OSError as error:
            self._file.truncate(self._end)
            raise LogError(f"The event could not be written to {self._file.name}: {error.strerror}.") from None
        self._end += len(line)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def whole_length(path: Path) -> int:
    """Bytes of the file up to and including its last line end; 0 when there is no file."""
    for begin, text in _tails(path):
        if (end := text.rfind(b"\n")) >= 0:
            return begin + end + 1
    return 0


def _tails(path: Path) -> Iterator[tuple[int, bytes]]:
    """The end of the file, then ever more of it until it is whole, each with the byte where it begins."""
    size, window = size_of(path), TAIL
    while size:
        with path.open("rb") as file:
            begin = file.seek(max(0, size - window))
            yield begin, file.read(size - begin)
        if not begin:
            return
        window *= 8


def _whole_lines(begin: int, text: bytes) -> list[bytes]:
    """Those of a tail, the last one first; what it begins and ends with may be half lines."""
    return text.split(b"\n")[:-1][1 if begin else 0 :][::-1]


def size_of(path: Path) -> int:
    """Bytes in the file; 0 when there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def last_words(path: Path) -> tuple[int, Event | None]:
    """The number of steps done and the last whole event of a side's log, read from its end."""
    last: Event | None = None
    for begin, text in _tails(path):
        last = None
        for line in _whole_lines(begin, text):
            event = from_line(line)
            last = last or event
            if (step := _steps_done(event)) is not None:
                return step, last
    return 0, last


def _steps_done(event: Event) -> int | None:
    if isinstance(event, events.Steps):
        return event.first_step + len(event.losses)
    if isinstance(event, events.Resumed):
        return event.from_step
    if isinstance(event, events.Diverged):
        return event.step + 1
    if isinstance(event, events.Epoch | events.StepSeen):
        return None  # the one is told after steps that followed it, the other before its own
    return getattr(event, "step", None)


def last_events(path: Path, kinds: tuple[type[Event], ...]) -> dict[type[Event], Event]:
    """The last event of each kind in a side's log, as far as there is one, read from its end.

    The log is read back until a Steps and an Epoch were met, for all others stand behind these.
    """
    found: dict[type[Event], Event] = {}
    for begin, text in _tails(path):
        found = {}
        for line in _whole_lines(begin, text):
            event = from_line(line)
            if isinstance(event, kinds):
                found.setdefault(type(event), event)
            if events.Steps in found and events.Epoch in found:
                return found
    return found


def read_log(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Whole events of a file from byte `offset` on, and the offset behind them; none when there is no file."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            text = file.read()
    except FileNotFoundError:
        return [], offset
    *lines, rest = text.split(b"\n")
    return [from_line(line) for line in lines], offset + len(text) - len(rest)

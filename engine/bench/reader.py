"""A benchmark's log as it grows: each line is parsed once, however often it is asked for."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.logs import size_of


class Reader:
    """What is in one log so far; a page may ask from several threads."""

    def __init__(self, path: Path):
        self._path, self._offset = path, 0
        self._lines: list[Mapping[str, Any]] = []
        self._reading = threading.Lock()

    def lines(self) -> list[Mapping[str, Any]]:
        """All whole lines; none where there is no file. Raises OSError, and ValueError for one that is no object."""
        with self._reading:
            size = size_of(self._path)
            if size < self._offset:  # another file of the same name
                self._offset, self._lines = 0, []
            if size > self._offset:
                self._read()
            return list(self._lines)

    def _read(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            whole = file.read().split(b"\n")[:-1]
        for line in whole:
            told = json.loads(line)
            if not isinstance(told, dict):
                raise ValueError(f"line {len(self._lines) + 1} is no object")
            self._lines.append(told)
            self._offset += len(line) + 1

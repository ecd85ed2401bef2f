"""Downloads that this process has under way: one per dataset, whoever asks."""

import threading
from collections.abc import Callable
from typing import Any

from engine.datasets.catalogue import DATASETS, DatasetError

_under_way: dict[str, "Download"] = {}
_starting = threading.Lock()


class Download:
    """One dataset's files on their way. `trouble` is one sentence once that has failed."""

    def __init__(self, fetch: Callable[..., Any]):
        self.done, self.total = 0, 0  # bytes
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, args=(fetch,), name="download", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it is over, well or not."""
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Until it has ended."""
        self._thread.join()

    def _run(self, fetch: Callable[..., Any]) -> None:
        try:
            fetch(self._tell)
        except DatasetError as error:
            self.trouble = str(error)

    def _tell(self, done: int, total: int) -> None:
        self.done, self.total = done, total


def begin(dataset: str) -> Download:
    """Start the download of a dataset that has one, or find the one that is under way."""
    with _starting:
        found = _under_way.get(dataset)
        if found is None or found.ended:
            fetch = DATASETS[dataset].download
            assert fetch
            found = _under_way[dataset] = Download(fetch)
        return found


def present(dataset: str) -> Download | None:
    """The dataset's last download in this process, under way or ended."""
    return _under_way.get(dataset)

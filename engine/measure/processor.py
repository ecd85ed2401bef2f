"""The processor's time: what everyone had of it, and what is ours."""

import contextlib
import os
from collections.abc import Iterable, Mapping

import psutil

Seconds = tuple[float, float, float, int]


def processor_seconds(pids: Iterable[int]) -> Seconds:
    """Processor time of everyone and of ours, all there was to give, and bytes swapped out.

    Ours are these processes and this one, and whatever they started: what has ended counts with who waited for it.
    """
    times: Mapping[str, float] = psutil.cpu_times()._asdict()
    idle = times["idle"] + times.get("iowait", 0.0)
    total = sum(value for name, value in times.items() if not name.startswith("guest"))
    ours = sum(map(_seconds_of, _with_children({*pids, os.getpid()})))
    return total - idle, ours, total, psutil.swap_memory().sout


def others_share(before: Seconds, after: Seconds) -> float:
    """The share of the processor that others had between the two."""
    everyone, ours, passed = (later - earlier for later, earlier in zip(after[:3], before[:3], strict=True))
    return max(0.0, everyone - ours) / max(passed, 1e-9)


def _with_children(pids: set[int]) -> set[int]:
    """The processes and all that live below them, such as the helpers that share a batch, or a compiler; each once."""
    found = set(pids)
    for pid in pids:
        with contextlib.suppress(psutil.Error):  # it ended
            found |= {child.pid for child in psutil.Process(pid).children(recursive=True)}
    return found


def _seconds_of(pid: int) -> float:
    """Processor time of a process, with that of children that have ended."""
    try:
        return sum(psutil.Process(pid).cpu_times()[:4])
    except psutil.Error:
        return 0.0

"""What differs between operating systems: locks, whole-file writes, processes."""

import sys

if sys.platform == "win32":
    sys.exit("Tandem runs on Linux and macOS. On Windows, start it inside WSL2, as README.md describes.")

import contextlib
import ctypes
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psutil

PR_SET_PDEATHSIG = 1  # of prctl(2)
NAME = socket.gethostname()
COMPILER = "clang++" if sys.platform == "darwin" else "g++"  # that PyTorch looks for
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"  # the network interface


def _machine() -> str:
    """What this machine is known by: its id where it has one, for its name may change with the network."""
    try:
        return Path("/etc/machine-id").read_text().strip() or NAME
    except OSError:
        return NAME


HOST = _machine()


def write_whole(path: Path, content: str | bytes | memoryview) -> None:
    """Replace `path` by `content` so that a reader sees the old file or the new one, never half of one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


class Lock:
    """An exclusive lock on a file, held until `release` or the end of the process; the file names its holder."""

    def __init__(self, path: Path):
        self.path = path
        self._file: Any = None

    def acquire(self) -> bool:
        """Take the lock, or keep it; False when another process holds it. Raises OSError for a file that cannot be had.

        A lock whose file was removed is none: another process would take a new file's.
        """
        if self._is_held():
            return True
        self.release()
        file = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": NAME}))
        file.flush()
        self._file = file
        return True

    def _is_held(self) -> bool:
        if not self._file or not self.path.exists():
            return False
        return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())

    def release(self) -> None:
        """Give the lock back."""
        if self._file:
            self._file.close()
            self._file = None


def start(command: list[str], environment: dict[str, str], **streams: Any) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that the end of this one does not reach it."""
    return subprocess.Popen(command, env=environment, start_new_session=True, **streams)


def end_with_parent(looks_every: float = 1.0) -> None:
    """End this process at once when the one that started it ends, however that comes about.

    On Linux the kernel does so; elsewhere a thread looks every so many seconds whether the parent is still the same.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended just before
        kill(os.getpid())
    if sys.platform != "linux":
        threading.Thread(target=_watch_parent, args=(parent, looks_every), daemon=True).start()


def _watch_parent(parent: int, looks_every: float) -> None:
    while os.getppid() == parent:
        time.sleep(looks_every)
    kill(os.getpid())


def started_at(pid: int) -> float | None:
    """When the process began, in seconds since the machine did; None when there is none of ours, or only a zombie.

    In Unix seconds it would move whenever the machine's clock is set.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time() - psutil.boot_time()
    except psutil.Error:
        return None


def is_alive(pid: int, process_start: float) -> bool:
    """Whether the process that began at `process_start` still runs; a later one with its pid does not count."""
    began = started_at(pid)
    return began is not None and abs(began - process_start) < 1.0


def kill(pid: int) -> None:
    """End a process group and all in it at once; nothing happens when it has ended already."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def memory() -> tuple[int, int]:
    """Resident memory of this process in bytes: now, and at its peak."""
    return psutil.Process().memory_info().rss, _peak()


def _peak() -> int:
    """Linux counts the program that started this one into getrusage's peak, so the kernel's other count is read."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS


def processor() -> str:
    """The CPU's model, as far as the system tells it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

"""What the operating system says of a process is about that process alone."""

import subprocess
import sys

from engine import system

MEGABYTE = 1_000_000
TOLD = "from engine import system; print(*system.memory())"


def told(code: str) -> tuple[int, int]:
    """Memory of a new process in bytes, now and at its peak."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    now, peak = done.stdout.split()
    return int(now), int(peak)


def test_the_peak_is_not_that_of_the_process_which_started_it():
    held = bytearray(300 * MEGABYTE)
    assert system.memory()[1] >= len(held)
    now, peak = told(TOLD)
    assert now <= peak < 200 * MEGABYTE


def test_what_was_given_back_counts_for_the_peak():
    now, peak = told(f"held = bytearray(300 * {MEGABYTE}); del held; {TOLD}")
    assert now < 200 * MEGABYTE
    assert peak >= 300 * MEGABYTE


def test_a_lock_is_lost_with_its_file(tmp_path):
    """Else two processes would each launch the runs of a folder that was removed and made again."""
    path = tmp_path / "lock"
    first, second = system.Lock(path), system.Lock(path)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    path.unlink()
    assert second.acquire()
    assert not first.acquire()
    second.release()
    assert first.acquire()
    first.release()

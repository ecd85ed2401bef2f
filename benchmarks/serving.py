"""A dashboard and a Chromium of one's own, for the benchmarks that look at the page."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from engine.runs import Store
from engine.workers import with_home

ROOT = Path(__file__).parent.parent
START_SECONDS = 60
IDLE_SECONDS = 1.0  # so long no worker may have computed before all counts as quiet
QUIET_SECONDS = 120
BROWSERS = (os.environ.get("TANDEM_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard: where it is, its store, and its process."""

    port: int
    store: Store
    process: psutil.Process

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_warm(self) -> None:
        """Return when both idle workers have imported their frameworks: when they compute no more."""
        deadline, since = time.monotonic() + QUIET_SECONDS, time.monotonic()
        before: dict[int, float] = {}
        while time.monotonic() < deadline:
            idle = [child for child in self.process.children() if "--warm" in _command(child)]
            spent = {worker.pid: _cpu_seconds(worker) for worker in idle}
            if len(spent) < 2 or spent != before:
                since, before = time.monotonic(), spent
            elif time.monotonic() - since >= IDLE_SECONDS:
                return
            time.sleep(0.05)
        raise SystemExit("The idle workers did not become ready.")


def _command(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return process.cmdline()
    return []


def _cpu_seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return sum(process.cpu_times()[:2])
    return 0.0


@contextlib.contextmanager
def dashboard(runs_at_once: int = 1) -> Iterator[Dashboard]:
    """A dashboard on a free port with an empty store, started as the README says; both are gone afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        given = {"TANDEM_STORE": f"{folder}/runs", "TANDEM_RUNS_AT_ONCE": str(runs_at_once)}
        command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=with_home(given), stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + START_SECONDS
            while f"127.0.0.1:{port}" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"The dashboard did not start.\n{log.read_text()}")
                time.sleep(0.02)
            yield Dashboard(port, Store(Path(folder) / "runs"), psutil.Process(process.pid))
        finally:
            workers = psutil.Process(process.pid).children() if process.poll() is None else []
            process.terminate()
            process.wait()
            for worker in workers:  # those that train outlive a dashboard, but not this folder
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()


@contextlib.contextmanager
def browser_page() -> Iterator[Page]:
    """A page in a Chromium of 1440 × 900."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise SystemExit("There is no Chromium here: install it, or name one in TANDEM_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        yield page
        browser.close()

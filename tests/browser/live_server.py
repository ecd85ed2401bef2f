"""A server of its own with nothing but the live chart, and a run that grows on it when a test says so."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from engine import events, system
from engine.config import RunConfig
from engine.logs import Log
from engine.runs import Store
from tests.browser.conftest import START_SECONDS, free_port

ROOT = Path(__file__).parents[2]
SIDES = ("torch", "tensorflow")
SERVER = """
import os
from pathlib import Path
import streamlit as st
from engine.runs import Store
from ui.live_route import routes
app = st.App("page.py", routes=routes(Store(Path(os.environ["STORE"]))))
"""
PAGE = """
import streamlit as st
from ui.live_chart import live_chart
st.session_state.reruns = st.session_state.get("reruns", 0) + 1
x = st.segmented_control("Axis", ["step", "epoch", "seconds"], default="step")
log = st.toggle("Logarithmic")
smoothing = 0.9 if st.toggle("Smooth") else 0.0
st.button("Rerun")
st.text(f"Run {st.session_state.reruns} of this script")
run = st.text_input("Run id", st.query_params.get("run", ""))
live_chart(run, x=x, log=log, smoothing=smoothing)
"""


class Server:
    """A Streamlit server of its own, with nothing but the live chart."""

    def __init__(self, folder: Path):
        self.store = Store(folder / "runs")
        self.folder = folder
        (folder / "serve.py").write_text(SERVER)
        (folder / "page.py").write_text(PAGE)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(self.folder / "serve.py")]
        options = {"server.port": self.port, "server.address": "127.0.0.1", "server.headless": "true"}
        options |= {"browser.gatherUsageStats": "false", "server.fileWatcherType": "none"}
        command += [f"--{name}={value}" for name, value in options.items()]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "STORE": str(self.store.root)}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            assert time.monotonic() < deadline, "The server did not start."
            time.sleep(0.05)

    def healthy(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=10).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Training:
    """A run that grows when a test says so; both its sides are this process."""

    def __init__(self, store: Store, steps_per_epoch: int = 10):
        self.store, self.step, self.steps_per_epoch = store, 0, steps_per_epoch
        self.run = store.create(RunConfig.build({"network": "mlp"}))
        pid, began = os.getpid(), system.started_at(os.getpid()) or 0.0
        for side in SIDES:
            store.append(self.run, events.Launched(side, pid, began, system.HOST, False, 0, time.time()))
        self.say(lambda side: self.started(side))

    def started(self, side: str) -> events.Started:
        what = {"framework": side, "version": "", "device": "cpu", "device_name": "", "network": ""}
        sizes = {"threads": 1, "parameters": 1, "training_examples": 100, "validation_examples": 20}
        steps = {"steps_per_epoch": self.steps_per_epoch, "total_steps": 1000}
        return events.Started(**what, **sizes, **steps, import_seconds=1.0, build_seconds=1.0, time=time.time())

    def say(self, *words: Any) -> None:
        for side in SIDES:
            with Log(self.store.log(self.run, side)) as log:
                for word in words:
                    log.append(word(side))

    def grow(self, count: int) -> None:
        losses = {side: tuple(2.0 / (step + 1) + 0.01 * k for step in range(self.step, self.step + count))
                  for k, side in enumerate(SIDES)}  # fmt: skip
        first, self.step = self.step, self.step + count
        metrics = {"validation_loss": 2.1 / self.step, "validation_accuracy": 1 - 1 / self.step}
        self.say(
            lambda side: events.Steps(first, losses[side], 0.01 * count),
            lambda side: events.Epoch(self.step // self.steps_per_epoch + 1, self.step, metrics),
        )

    def finish(self) -> None:
        self.say(lambda side: events.Finished(self.step, "completed", time.time()))

"""From an event in its file to the pixels in Chromium, and to twenty WebSocket clients, while two workers train beside.

`python -m benchmarks.live_latency`; about two minutes. Targets: p95 at most 0.4 s until the pixels of a chart of
4 curves × 2,000 points have changed; p95 at most 0.2 s until each of the clients has the message.
"""

import argparse
import asyncio
import json
import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack

from playwright.sync_api import Page
from websockets.asyncio.client import connect

from benchmarks.measuring import percentile, say, tell
from benchmarks.serving import Dashboard, browser_page, dashboard
from engine import control, events, system
from engine.config import FRAMEWORKS, RunConfig
from engine.control import Command
from engine.logs import Log
from engine.runs import Store

PIXELS_SECONDS, DELIVERY_SECONDS = 0.4, 0.2
POINTS = 2_000  # of each curve when the last event is drawn; the chart draws every one of them up to here
CLIENTS = 20
PAUSE = (0.2, 0.4)  # seconds between two events, at random, so that they meet every phase of polling and drawing
# The time, one frame after the chart has said that it drew so many steps of both sides.
WATCH = """() => {
  window.drawn = [];
  let last = 0;
  const look = () => {
    const told = document.querySelector(".tandem-live").dataset;
    const step = Math.min(Number(told.lastStepTorch), Number(told.lastStepTensorflow));
    if (step > last) {
      last = step;
      requestAnimationFrame(() => window.drawn.push([step, (performance.timeOrigin + performance.now()) / 1000]));
    }
    requestAnimationFrame(look);
  };
  look();
}"""


class Writer:
    """A run that this process writes: every step of both sides with its validation, so each curve has every point."""

    def __init__(self, store: Store, begun: int):
        config = RunConfig.build({"network": "mlp", "epochs": 1_000_000})
        self.run, self.step = store.create(config), 0
        pid = os.getpid()
        began = system.started_at(pid) or 0.0
        for side in FRAMEWORKS:
            store.append(self.run, events.Launched(side, pid, began, system.HOST, True, 0, time.time()))
        self._open = ExitStack()
        self._logs = {side: self._open.enter_context(Log(store.log(self.run, side))) for side in FRAMEWORKS}
        for side, log in self._logs.items():
            log.append(events.Started(side, "", "cpu", "cpu", 1, 1, "", 32, 32, 1, 1_000_000, 0, 0, time.time()))
        self.write(begun)

    def write(self, count: int) -> tuple[int, float]:
        """Write so many steps of both sides; returns the number of steps and the time when they were written."""
        first, self.step = self.step, self.step + count
        for number, log in enumerate(self._logs.values()):
            losses = tuple((2 + number / 10) / (1 + step / 200) for step in range(first, self.step))
            log.append(events.Steps(first, losses, 0.01 * count))
            for step in range(first, self.step):
                metrics = {"validation_loss": 2.5 / (1 + step / 200)}
                log.append(events.Epoch(step + 1, step + 1, metrics))
        return self.step, time.time()

    def finish(self) -> None:
        """Say both sides' last word."""
        for log in self._logs.values():
            log.append(events.Finished(self.step, "completed", time.time()))
        self._open.close()


def main() -> None:
    """Measure the browser, then the clients, both with the same two workers beside."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live_latency", description=__doc__)
    parser.add_argument("--events", type=int, default=100)
    arguments = parser.parse_args()
    with dashboard(runs_at_once=2) as served:
        writer = Writer(served.store, POINTS - arguments.events)
        beside = _train_beside(served.store)
        with browser_page() as page:
            curves, drawn = _pixels(page, served, writer, arguments.events)
        delivered = asyncio.run(_delivery(served, writer, arguments.events))
        training = all(status.word == "running" for status in served.store.status(beside).values())
        writer.finish()
        control.write(served.store.folder(beside), Command(stop=True))
        _until(lambda: all(status.ended for status in served.store.status(beside).values()))
    seconds = {
        name: {"p50": round(percentile(values, 0.5), 3), "p95": round(percentile(values, 0.95), 3)}
        for name, values in (("pixels", drawn), ("delivery", delivered))
    }
    met = seconds["pixels"]["p95"] <= PIXELS_SECONDS and seconds["delivery"]["p95"] <= DELIVERY_SECONDS
    tell(
        "live_latency",
        met and training,
        targets={"pixels_p95": PIXELS_SECONDS, "delivery_p95": DELIVERY_SECONDS},
        seconds=seconds,
        curves=curves,
        clients=CLIENTS,
        events=arguments.events,
        both_workers_trained_all_the_time=training,
    )


def _train_beside(store: Store) -> str:
    """A real run of both frameworks that lasts longer than the measurement."""
    run = store.create(RunConfig.build({"network": "mlp", "epochs": 1_000_000}))
    _until(lambda: all(status.word == "running" for status in store.status(run).values()))
    return run


def _until(reached: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise SystemExit("The workers did not do as they were told.")
        time.sleep(0.1)


def _pixels(page: Page, served: Dashboard, writer: Writer, count: int) -> tuple[dict[str, int], list[float]]:
    """The curves with their numbers of points, and the seconds from each event to its pixels."""
    page.goto(f"{served.address}/?run={writer.run}")
    page.wait_for_function(f"Number(document.querySelector('.tandem-live')?.dataset.lastStepTorch) >= {writer.step}")
    page.evaluate(WATCH)
    written = []
    for _ in range(count):
        page.wait_for_timeout(1000 * random.uniform(*PAUSE))
        written.append(writer.write(1))
    page.wait_for_function("step => window.drawn.at(-1)?.[0] >= step", arg=writer.step)
    drawn = page.evaluate("window.drawn")
    told = page.evaluate("document.querySelector('.tandem-live-plot').data.map(t => [t.uid, t.y.length])")
    say(f"pixels: {len(written)} events in {len(drawn)} drawings")
    return dict(told), [next(at for step, at in drawn if step >= wanted) - wrote for wanted, wrote in written]


async def _delivery(served: Dashboard, writer: Writer, count: int) -> list[float]:
    """Seconds from each event to its message, for every client."""
    address = f"ws://127.0.0.1:{served.port}/api/live?run={writer.run}"
    clients = [await connect(address, max_size=None) for _ in range(CLIENTS)]
    received: list[list[tuple[int, float]]] = [[] for _ in clients]
    readers = [asyncio.create_task(_receive(client, told)) for client, told in zip(clients, received, strict=True)]
    while not all(received):
        await asyncio.sleep(0.05)
    written = []
    for _ in range(count):
        await asyncio.sleep(random.uniform(*PAUSE))
        written.append(writer.write(1))
    while min(told[-1][0] for told in received) < writer.step:
        await asyncio.sleep(0.05)
    for reader in readers:
        reader.cancel()
    for client in clients:
        await client.close()
    say(f"delivery: {len(written)} events to {len(clients)} clients")
    return [next(at for step, at in told if step >= wanted) - wrote for told in received for wanted, wrote in written]


async def _receive(client, told: list[tuple[int, float]]) -> None:
    async for message in client:
        at = time.time()
        told.append((min(side["step"] for side in json.loads(message)["sides"].values()), at))


if __name__ == "__main__":
    main()

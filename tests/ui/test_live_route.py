"""The live route, over real sockets: a snapshot, what is new, the end; one reader for all; strangers stay out."""

import asyncio
import contextlib
import json
import os
import shutil
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from engine import events, system
from engine.charts import live
from engine.config import RunConfig
from engine.logs import Log
from engine.runs import Store
from ui.live_route import LIVE_PATH, NO_SUCH_RUN, PLOTLY_PATH, STATUS_SECONDS, UNREADABLE, Hub, routes

SIDES = ("torch", "tensorflow")
WAIT_SECONDS = 60


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def run(store: Store) -> str:
    """A run whose sides this very process trains."""
    run = store.create(RunConfig.build({"network": "mlp"}))
    pid = os.getpid()
    for side in SIDES:
        store.append(run, events.Launched(side, pid, system.started_at(pid) or 0, system.HOST, False, 0, time.time()))
    return run


@pytest.fixture
def address(store: Store) -> Iterator[str]:
    """host:port of a server with these routes."""
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes(store)), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert wait_for(lambda: server.started)
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=WAIT_SECONDS)


def wait_for(condition: Any, seconds: float = WAIT_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def say(store: Store, run: str, side: str, *said: events.Event) -> None:
    with Log(store.log(run, side)) as log:
        for event in said:
            log.append(event)


def watch(address: str, run: str, **options: Any) -> ClientConnection:
    return connect(f"ws://{address}{LIVE_PATH}?run={run}", open_timeout=WAIT_SECONDS, **options)


def receive(browser: ClientConnection) -> dict[str, Any]:
    return json.loads(browser.recv(timeout=WAIT_SECONDS))


def close_of(browser: ClientConnection) -> tuple[int, str]:
    """The code and reason of the close that follows what was sent before it."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            browser.recv(timeout=WAIT_SECONDS)
    assert browser.close_code
    return browser.close_code, browser.close_reason or ""


def test_a_browser_gets_a_snapshot_then_what_is_new_then_the_end(store: Store, run: str, address: str) -> None:
    say(store, run, "torch", events.Steps(0, (3.0, 2.0), 0.1))
    with watch(address, run) as browser:
        first = receive(browser)
        assert (first["type"], first["curves"]["torch.loss"]["y"]) == ("snapshot", [3.0, 2.0])
        say(store, run, "torch", events.Steps(2, (1.0,), 0.1))
        second = receive(browser)
        assert second["type"] == "append"
        assert second["curves"]["torch.loss"]["x"][-1] == 2
        for side in SIDES:
            say(store, run, side, events.Finished(3, "completed", time.time()))
        assert close_of(browser) == (1000, "The run has ended.")


def test_a_finished_run_is_a_snapshot_and_the_end(store: Store, run: str, address: str) -> None:
    for side in SIDES:
        say(store, run, side, events.Steps(0, (3.0,), 0.1), events.Finished(1, "completed", time.time()))
    with watch(address, run) as browser:
        told = receive(browser)
        assert told["ended"]
        assert told["sides"]["tensorflow"] | {"step": 1, "status": "finished"} == told["sides"]["tensorflow"]
        assert close_of(browser)[0] == 1000


def test_an_ended_run_that_is_resumed_is_live_again(store: Store, run: str, address: str) -> None:
    for side in SIDES:
        say(store, run, side, events.Steps(0, (3.0,), 0.1), events.Stopped(1, time.time()))
    with watch(address, run) as patient:
        assert close_of(patient)[0] == 1000
        pid = os.getpid()
        size = store.log(run, "torch").stat().st_size
        launched = events.Launched("torch", pid, system.started_at(pid) or 0, system.HOST, True, size, time.time())
        store.append(run, launched)
        with watch(address, run) as browser:
            assert not receive(browser)["ended"]


@pytest.mark.parametrize("bad", ["nope", "", "../secrets", "20260101-000000-mlp-abcdef", "%2e%2e%2f"])
def test_an_unknown_run_is_refused_with_a_reason(address: str, bad: str) -> None:
    with watch(address, bad) as browser:
        assert close_of(browser) == (NO_SUCH_RUN, "There is no such run.")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_server_stays_out(run: str, address: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, watch(address, run, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_page_of_this_server_comes_in(run: str, address: str) -> None:
    with watch(address, run, origin=f"http://{address}") as browser:
        assert receive(browser)["type"] == "snapshot"


def test_twenty_browsers_share_one_reader_and_the_same_bytes(
    store: Store, run: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[live.LiveRun] = []
    original = live.LiveRun.poll
    monkeypatch.setattr(live.LiveRun, "poll", lambda self: read.append(self) or original(self))
    say(store, run, "torch", events.Steps(0, (3.0,) * 50, 0.1))
    with contextlib.ExitStack() as stack:
        browsers = [stack.enter_context(watch(address, run)) for _ in range(20)]
        assert len({browser.recv(timeout=WAIT_SECONDS) for browser in browsers}) == 1
        before, begun = len(read), time.monotonic()
        say(store, run, "torch", events.Steps(50, (2.0,), 0.1))
        assert len({browser.recv(timeout=WAIT_SECONDS) for browser in browsers}) == 1
        assert len(read) - before <= 3 + (time.monotonic() - begun) / STATUS_SECONDS
        assert len(set(read)) == 1


def test_a_deleted_run_is_said_to_be_missing(store: Store, run: str, address: str) -> None:
    with watch(address, run) as browser:
        receive(browser)
        shutil.rmtree(store.folder(run))
        assert close_of(browser)[0] == NO_SUCH_RUN


def test_a_broken_log_is_said_to_be_unreadable(store: Store, run: str, address: str) -> None:
    store.log(run, "torch").write_text('{"type": "nonsense"}\n')
    with watch(address, run) as browser:
        assert close_of(browser) == (UNREADABLE, "The events of this run cannot be read.")


class SlowBrowser:
    """As much of a WebSocket as the hub uses; takes one message at a time, when told to."""

    def __init__(self, run: str):
        self.headers, self.query_params = {"host": "127.0.0.1"}, {"run": run}
        self.taken: list[str] = []
        self.ready, self.gone = asyncio.Semaphore(0), asyncio.Event()

    async def accept(self) -> None:
        pass

    async def send_text(self, text: str) -> None:
        self.taken.append(text)
        await self.ready.acquire()

    async def receive(self) -> dict[str, str]:
        await self.gone.wait()
        return {"type": "websocket.disconnect"}


def test_a_slow_browser_is_told_all_it_missed_in_one_message_and_nobody_is_followed_for_nobody(
    store: Store, run: str
) -> None:
    async def scene() -> list[dict[str, Any]]:
        hub, browser = Hub(store), SlowBrowser(run)
        serving = asyncio.create_task(hub.serve(browser))  # type: ignore[arg-type]
        while not browser.taken:
            await asyncio.sleep(0.01)
        for first in range(30):
            say(store, run, "torch", events.Steps(first, (1.0,), 0.1))
            await asyncio.sleep(0.02)
        while json.loads(browser.taken[-1])["sides"]["torch"]["step"] < 30:
            browser.ready.release()
            await asyncio.sleep(0.01)
        assert hub.watched == [run]
        browser.gone.set()
        await serving
        assert hub.watched == []
        return [json.loads(text) for text in browser.taken]

    told = asyncio.run(asyncio.wait_for(scene(), WAIT_SECONDS))
    assert [message["type"] for message in told[:2]] == ["snapshot", "append"]
    assert len(told) <= 4  # the last lines may have been read only after it woke
    assert told[-1]["curves"]["torch.loss"]["x"][-1] == 29


def test_plotly_comes_from_the_wheel_and_may_be_kept(address: str) -> None:
    with urllib.request.urlopen(f"http://{address}{PLOTLY_PATH}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.read(40).startswith(b"/**\n* plotly.js v")

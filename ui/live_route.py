"""The live route: one reader per run for all browsers, a WebSocket for each, and Plotly's script from the wheel."""

import asyncio
import contextlib
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import plotly
from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from engine.charts.live import LiveRun, Mark
from engine.runs import RunNotFound, Store, StoreError
from ui.own_page import is_own_page

LIVE_PATH = "/api/live"
PLOTLY_PATH = f"/assets/plotly-{get_plotlyjs_version()}.min.js"
POLL_SECONDS = 0.05
# So often the status is asked for when no file changes: a killed worker writes nothing.
STATUS_SECONDS = 0.5
# Why a WebSocket was closed; the 4000s are an application's own.
ENDED, NO_SUCH_RUN, UNREADABLE = 1000, 4404, 4500
UNREADABLE_ERRORS = (StoreError, OSError, ValueError)


def routes(store: Store) -> list[BaseRoute]:
    """The WebSocket `/api/live?run=ID` over the runs of `store`, and Plotly's script."""
    hub = Hub(store)
    return [WebSocketRoute(LIVE_PATH, hub.serve), Route(PLOTLY_PATH, plotly_script)]


async def plotly_script(_: Request) -> FileResponse:
    """plotly.min.js; its address names its version, so that a browser may keep it for ever."""
    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(script, media_type="text/javascript", headers=headers)


@dataclass
class _Watch:
    """A run that somebody watches. `lock` keeps reading its files and wording its messages apart."""

    live: LiveRun
    watchers: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    failure: tuple[int, str] | None = None
    follower: asyncio.Task[None] | None = None

    def outdated(self) -> bool:
        """Whether nobody follows this run any more although there is more to read, as after it was resumed."""
        return bool(self.failure) or (self.live.ended and self.live.stale())


class Hub:
    """Follows every run that a browser looks at, once for all browsers, for as long as one looks."""

    def __init__(self, store: Store):
        self._store = store
        self._watches: dict[str, _Watch] = {}

    @property
    def watched(self) -> list[str]:
        """The runs that somebody looks at."""
        return list(self._watches)

    async def serve(self, websocket: WebSocket) -> None:
        """One browser: a snapshot, then what is new, until the run or the browser's interest ends."""
        if not is_own_page(websocket.headers):
            await websocket.close()  # before it was accepted: the browser gets a plain 403
            return
        await websocket.accept()
        try:
            watch = self._enter(websocket.query_params.get("run", ""))
        except UNREADABLE_ERRORS as error:
            await websocket.close(*_why(error))
            return
        try:
            await _first_of(self._tell(websocket, watch), _until_gone(websocket))
        finally:
            self._leave(watch)

    def _enter(self, run: str) -> _Watch:
        watch = self._watches.get(run)
        if watch is None or watch.outdated():
            watch = self._watches[run] = _Watch(LiveRun(self._store, run))
            watch.follower = asyncio.create_task(_follow(watch))
        watch.watchers += 1
        return watch

    def _leave(self, watch: _Watch) -> None:
        watch.watchers -= 1
        if not watch.watchers and watch.follower:
            watch.follower.cancel()
            self._watches = {run: kept for run, kept in self._watches.items() if kept is not watch}

    async def _tell(self, websocket: WebSocket, watch: _Watch) -> None:
        """Send news until the end. Nothing queues up: a slow browser is told all it missed in one message."""
        mark: Mark | None = None
        while True:
            news = watch.news
            async with watch.lock:
                if watch.failure:
                    await websocket.close(*watch.failure)
                    return
                now, ended = watch.live.mark(), watch.live.ended
                text = watch.live.message(mark) if now.version and now != mark else None
            if text:
                await websocket.send_text(text)
                mark = now
            if ended:
                await websocket.close(ENDED, "The run has ended.")
                return
            await news.wait()


async def _follow(watch: _Watch) -> None:
    """Read what is new of one run, off the event loop, until it has ended or cannot be read."""
    loop = asyncio.get_running_loop()
    polled_at = float("-inf")
    while not watch.failure and not watch.live.ended:
        if watch.live.stale() or loop.time() - polled_at >= STATUS_SECONDS:
            async with watch.lock:
                changed = await _read(watch)
            polled_at = loop.time()
            if changed:
                watch.news.set()
                watch.news = asyncio.Event()
        await asyncio.sleep(POLL_SECONDS)


async def _read(watch: _Watch) -> bool:
    """Whether there is something to tell; a run that cannot be read is."""
    try:
        return await asyncio.to_thread(watch.live.poll)
    except Exception as error:  # whatever it is, browsers must hear of it and not wait for ever
        watch.failure = _why(error)
        if not isinstance(error, UNREADABLE_ERRORS):
            traceback.print_exception(error)
        return True


async def _until_gone(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _first_of(*works: Coroutine[object, object, None]) -> None:
    """Run until the first is done, then end the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in done:
        with contextlib.suppress(WebSocketDisconnect):
            task.result()


def _why(error: Exception) -> tuple[int, str]:
    """The code and reason to close with. The error's own words name folders, and a reason has room for 123 bytes."""
    if isinstance(error, RunNotFound):
        return NO_SUCH_RUN, "There is no such run."
    return UNREADABLE, "The events of this run cannot be read."

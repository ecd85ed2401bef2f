"""Serves TensorBoard on the dashboard's own port, under /tb/ for all runs and under /tb/run/<id>/ for one run alone."""

import html
import http.client
import json
import re
import string
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Any
from urllib.parse import quote

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from engine.board_server import PREFIX, BoardError, BoardServer
from engine.runs import RUN_ID
from ui.own_page import is_own_host, is_own_page

ANSWER_SECONDS = 60.0
AT_ONCE = 16  # requests; the others wait here, not in the threads that the rest of the dashboard needs
CHUNK = 65_536
HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
    "upgrade",
}  # fmt: skip
OURS = {"host", "cookie", "authorization"}  # no concern of TensorBoard's
SERVERS = {"server", "date"}  # ours are sent already
LISTS = re.compile(r"(experiment/\w+/)?data/(runs|plugin/\w+/tags)")  # the answers that name the store's runs
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>TensorBoard</title><body style="font-family: sans-serif; margin: 2rem"><p>{}</p>
<p>Reload this page to try again.</p></body></html>"""


def board_link(run: str | None, dark: bool) -> str:
    """The address, on the dashboard's own port, of TensorBoard with both sides of one run, or with all runs."""
    return f"{PREFIX}/{f'run/{run}/' if run else ''}?darkMode={str(dark).lower()}#timeseries"


def routes(server: BoardServer) -> list[Route]:
    """The routes of the dashboard that lead to TensorBoard; the first request starts it."""
    proxy = _Proxy(server)
    methods = ["GET", "POST"]
    return [
        Route(PREFIX, lambda request: RedirectResponse(f"{PREFIX}/")),
        Route(f"{PREFIX}/run/{{run}}/{{path:path}}", proxy.answer, methods=methods),
        Route(f"{PREFIX}/{{path:path}}", proxy.answer, methods=methods),
        Route("/font-roboto/{file}", lambda request: RedirectResponse(f"{PREFIX}{request.url.path}")),
    ]


class _Proxy:
    """Passes requests on to TensorBoard, and its answers back."""

    def __init__(self, server: BoardServer):
        self._server = server
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        run = request.path_params.get("run")
        if run is not None and not RUN_ID.fullmatch(run):
            return PlainTextResponse("That is not the id of a run.", 404)
        allowed = is_own_page if request.method == "POST" else is_own_host
        if not allowed(request.headers):
            return PlainTextResponse("TensorBoard takes no requests from other sites.", 403)
        body = await request.body()
        try:
            return await anyio.to_thread.run_sync(partial(self._ask, request, run, body), limiter=self._limiter)
        except BoardError as error:
            sentence = str(error)
        except (OSError, http.client.HTTPException):
            sentence = "TensorBoard did not answer."
        return HTMLResponse(PAGE.format(html.escape(sentence)), 503)

    def _ask(self, request: Request, run: str | None, body: bytes) -> Response:
        path = request.path_params["path"]
        pruned = run is not None and LISTS.fullmatch(path) is not None
        left_out = {*HOP_BY_HOP, *OURS, *(["accept-encoding"] if pruned else [])}
        headers = {name: value for name, value in request.headers.items() if name not in left_out}
        target = quote(f"{PREFIX}/{path}") + "?" + quote(request.url.query, safe=string.punctuation)
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port(), timeout=ANSWER_SECONDS)
        connection.request(request.method, target, body, headers)
        answer = connection.getresponse()
        if not pruned or answer.status != 200:
            return StreamingResponse(_chunks(connection, answer), answer.status, _kept(answer))
        with closing(connection):
            listed = _only(run, json.loads(answer.read()))
        return Response(json.dumps(listed), headers=_kept(answer, "content-length"))


def _chunks(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            yield chunk
    finally:
        connection.close()


def _kept(answer: http.client.HTTPResponse, *left_out: str) -> dict[str, str]:
    return {
        name: value for name, value in answer.getheaders() if name.lower() not in {*HOP_BY_HOP, *SERVERS, *left_out}
    }


def _only(run: str | None, found: Any) -> Any:
    """What TensorBoard listed, without the sides of other runs, wherever they are named."""
    if isinstance(found, dict):
        return {name: _only(run, inner) for name, inner in found.items() if not _of_another(run, name)}
    if isinstance(found, list):
        return [_only(run, inner) for inner in found if not _of_another(run, inner)]
    return found


def _of_another(run: str | None, name: Any) -> bool:
    """Whether `name` is TensorBoard's name, <run>/<framework>, for a side of another run."""
    folder = name.partition("/")[0] if isinstance(name, str) else ""
    return folder != run and bool(RUN_ID.fullmatch(folder))

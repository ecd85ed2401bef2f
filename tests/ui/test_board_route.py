"""The way to TensorBoard through the dashboard's port, over real sockets, with a stand-in for TensorBoard."""

import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from starlette.applications import Starlette

from engine.board_server import BoardError
from ui.board_route import board_link, routes

ONE, OTHER = "20260101-000000-mlp-aaaaaa", "20260102-000000-mlp-bbbbbb"
RUNS = [f"{run}/{side}" for run in (ONE, OTHER) for side in ("torch", "tensorflow")]
TAGS = {"scalars": {"runTagInfo": {run: ["loss/train"] for run in RUNS}, "tagDescriptions": {"loss/train": ""}}}


class StandIn(BaseHTTPRequestHandler):
    """Answers like TensorBoard where that matters, and otherwise says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.removeprefix("/tb/")
        if path.startswith("broken"):
            self.close_connection = True
            return
        if path.startswith(("data/runs", "experiment/default/data/runs")):
            return self._answer(RUNS)
        if path.startswith("data/plugin/timeseries/tags"):
            return self._answer(TAGS)
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        said = {"method": self.command, "path": self.path, "headers": dict(self.headers.items()), "body": body}
        self._answer(said, 404 if path.startswith("nothing") else 200)

    do_POST = do_GET

    def _answer(self, said: object, status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        if "gzip" in self.headers.get("accept-encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Keep-Alive", "timeout=5")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server:
    """In the place of a BoardServer: a port, or the error that `problem` says."""

    def __init__(self, port: int):
        self._port = port
        self.problem = ""

    def port(self) -> int:
        if self.problem:
            raise BoardError(self.problem)
        return self._port


@pytest.fixture(scope="module")
def stand_in() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def dashboard(stand_in: int) -> Iterator[tuple[int, Server]]:
    board = Server(stand_in)
    door = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=routes(board))  # type: ignore[arg-type]
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "uvicorn did not start"
        time.sleep(0.01)
    yield door.getsockname()[1], board
    server.should_exit = True
    thread.join()


class Browser:
    """Asks the dashboard."""

    def __init__(self, port: int, board: Server):
        self.host = f"127.0.0.1:{port}"
        self.board = board

    def ask(
        self, path: str, method: str = "GET", body: str = "", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found


@pytest.fixture
def browser(dashboard: tuple[int, Server]) -> Iterator[Browser]:
    yield Browser(*dashboard)
    dashboard[1].problem = ""


def test_an_answer_comes_back_as_it_was_given(browser: Browser) -> None:
    status, headers, body = browser.ask("/tb/data/x%20y?tag=loss%2Ftrain&run=a", Cookie="secret", Accept="text/x")
    said = json.loads(body)
    assert (status, said["method"], said["path"]) == (200, "GET", "/tb/data/x%20y?tag=loss%2Ftrain&run=a")
    assert said["headers"]["accept"] == "text/x"
    assert "cookie" not in said["headers"]
    assert headers["content-type"] == "application/json"
    assert headers["keep-alive"] is None
    assert len(headers.get_all("date") or []) == 1


def test_a_packed_answer_stays_packed(browser: Browser) -> None:
    _, headers, body = browser.ask("/tb/index.js", Accept_Encoding="gzip")
    assert headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body))["path"].startswith("/tb/index.js")


def test_a_status_comes_back_as_it_is(browser: Browser) -> None:
    assert browser.ask("/tb/nothing")[0] == 404


def test_the_bare_prefix_leads_on(browser: Browser) -> None:
    status, headers, _ = browser.ask("/tb")
    assert (status, headers["location"]) == (307, "/tb/")


def test_our_own_pages_may_post(browser: Browser) -> None:
    origin = f"http://{browser.host}"
    status, _, body = browser.ask("/tb/data/plugin/hparams/session_groups", "POST", "{}", Origin=origin)
    assert (status, json.loads(body)["body"], json.loads(body)["method"]) == (200, "{}", "POST")


def test_a_program_that_is_no_browser_may_post(browser: Browser) -> None:
    assert browser.ask("/tb/data/x", "POST", "{}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "", "http://["])
def test_other_sites_may_not_post(browser: Browser, origin: str) -> None:
    status, _, body = browser.ask("/tb/data/x", "POST", "{}", Origin=origin)
    assert (status, body) == (403, b"TensorBoard takes no requests from other sites.")


@pytest.mark.parametrize("path", ["data/runs", "experiment/default/data/runs", "data/runs?x=1"])
def test_the_address_of_a_run_lists_that_run_alone(browser: Browser, path: str) -> None:
    assert json.loads(browser.ask(f"/tb/run/{OTHER}/{path}", Accept_Encoding="gzip")[2]) == RUNS[2:]
    assert json.loads(browser.ask(f"/tb/{path}")[2]) == RUNS


def test_the_address_of_a_run_has_the_tags_of_that_run_alone(browser: Browser) -> None:
    listed = json.loads(browser.ask(f"/tb/run/{ONE}/data/plugin/timeseries/tags")[2])
    assert listed["scalars"]["runTagInfo"] == {run: ["loss/train"] for run in RUNS[:2]}
    assert listed["scalars"]["tagDescriptions"] == {"loss/train": ""}


@pytest.mark.parametrize("run", ["..", "%2e%2e", "x", "20260101-000000-mlp-AAAAAA"])
def test_a_run_that_cannot_be_is_refused(browser: Browser, run: str) -> None:
    assert browser.ask(f"/tb/run/{run}/data/runs")[0] == 404


def test_a_broken_tensorboard_is_a_page_with_the_sentence(browser: Browser) -> None:
    browser.board.problem = "It ended; its last words were: <b>upside down"
    status, headers, body = browser.ask("/tb/")
    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert b"its last words were: &lt;b&gt;upside down</p>" in body


def test_an_answer_that_breaks_off_is_a_page_too(browser: Browser) -> None:
    status, _, body = browser.ask("/tb/broken")
    assert status == 503
    assert b"TensorBoard did not answer." in body


@pytest.mark.parametrize(
    ("run", "dark", "link"),
    [(None, True, "/tb/?darkMode=true#timeseries"), (ONE, False, f"/tb/run/{ONE}/?darkMode=false#timeseries")],
)
def test_the_link_names_run_and_theme(run: str | None, dark: bool, link: str) -> None:
    assert board_link(run, dark) == link

"""The TensorBoard server, with real processes: shared, killed, orphaned, broken and missing."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine import system
from engine.board import Board
from engine.board_server import BoardError, BoardServer
from engine.config import RunConfig
from engine.events import Steps

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for `condition()`, and fail where it does not come."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def servers_of(logdir: Path) -> list[psutil.Process]:
    """All processes that show `logdir`: TensorBoard and its data server."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        named = any(str(logdir) in word for word in process.info["cmdline"] or [])
        if named and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append(process)
    return found


def wait_for_the_end_of(processes: list[psutil.Process]) -> None:
    until(lambda: not any(system.started_at(process.pid) for process in processes), "a process is left")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    board = Board(tmp_path / "store" / "a-run" / "torch", RunConfig.build({}), 1, "a network")
    board.write(Steps(0, (0.5,), 0.1))
    board.close()
    return tmp_path / "store"


@pytest.fixture
def server(store: Path) -> Iterator[BoardServer]:
    server = BoardServer(store)
    yield server
    server.close()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that comes before TensorBoard; the test writes its main.py."""
    package = tmp_path / "shim" / "tensorboard"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return package / "main.py"


def listed(port: int) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/tb/data/runs", timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def test_it_shows_the_store_without_tensorflow_is_started_once_and_ends_whole(server: BoardServer, store: Path) -> None:
    ports: list[int] = []
    threads = [threading.Thread(target=lambda: ports.append(server.port())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ports) == 4
    assert len(set(ports)) == 1
    until(lambda: listed(ports[0]) == ["a-run/torch"], "the run is not listed")
    running = servers_of(store)
    assert len(running) == 2, "TensorBoard and its data server"
    loaded = [mapped.path for process in running for mapped in process.memory_maps()] if sys.platform == "linux" else []
    assert not [path for path in loaded if "/tensorflow/" in path]
    server.close()
    wait_for_the_end_of(running)


def test_a_killed_server_is_started_again(server: BoardServer, store: Path) -> None:
    server.port()
    running = servers_of(store)
    for process in running:
        process.kill()
    wait_for_the_end_of(running)

    def listed_again() -> bool:
        with contextlib.suppress(OSError):  # for a moment a killed process still holds its port
            return listed(server.port()) == ["a-run/torch"]
        return False

    until(listed_again, "the run is not listed again")
    assert not {process.pid for process in running} & {process.pid for process in servers_of(store)}


def test_it_ends_when_its_parent_is_killed(store: Path) -> None:
    program = "import sys; from engine.board_server import BoardServer, Path\n"
    program += "print(BoardServer(Path(sys.argv[1])).port(), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        until(lambda: listed(port) == ["a-run/torch"], "the run is not listed")
        running = servers_of(store)
        assert len(running) == 3, "the parent, TensorBoard and its data server"
        parent.send_signal(signal.SIGKILL)
    wait_for_the_end_of(running)


def test_a_missing_tensorboard_is_one_sentence(server: BoardServer, broken: Path) -> None:
    (broken.parent / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'tensorboard'\")")
    with pytest.raises(BoardError, match=r"^TensorBoard is not installed; install it with: pip install tensorboard\.$"):
        server.port()


@pytest.mark.parametrize(
    ("program", "last_words"),
    [
        ("def run_main(): raise RuntimeError('upside down')", "RuntimeError: upside down"),
        (
            "def run_main(): raise SystemExit('TensorBoard could not bind to port 6')",
            "TensorBoard could not bind to port 6",
        ),
        ("def run_main(): pass", "none"),
    ],
)
def test_a_broken_tensorboard_is_one_sentence(server: BoardServer, broken: Path, program: str, last_words: str) -> None:
    broken.write_text(program)
    with pytest.raises(BoardError) as caught:
        server.port()
    assert str(caught.value) == f"TensorBoard ended while it started; its last words were: {last_words}"


def test_a_tensorboard_that_says_nothing_is_ended_and_tried_once_for_all_who_wait(
    broken: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken.write_text("import time\ndef run_main(): time.sleep(600)")
    start, starts = system.start, []
    monkeypatch.setattr(system, "start", lambda *given, **streams: starts.append(given) or start(*given, **streams))
    server = BoardServer(store, start_seconds=2.0)
    sentences: list[str] = []

    def ask() -> None:
        with pytest.raises(BoardError) as caught:
            server.port()
        sentences.append(str(caught.value))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sentences == ["TensorBoard did not start within 2 seconds."] * 3
    assert len(starts) == 1
    assert not servers_of(store)


def test_it_can_be_tried_again(server: BoardServer, broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken.write_text("def run_main(): raise RuntimeError('not yet')")
    with pytest.raises(BoardError):
        server.port()
    monkeypatch.delenv("PYTHONPATH")
    assert isinstance(listed(server.port()), list)


def test_an_interpreter_that_is_not_there_is_one_sentence(store: Path) -> None:
    with pytest.raises(BoardError, match=r"^TensorBoard could not be started with /no/python: No such file"):
        BoardServer(store, python="/no/python").port()


def test_closing_what_never_ran_does_nothing(store: Path) -> None:
    server = BoardServer(store)
    server.close()
    server.close()
    assert not servers_of(store)

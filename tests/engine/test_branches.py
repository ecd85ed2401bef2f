"""Branches on a tensor and recompilations: what is kept of what ran, and the processes that stay."""

import os
import subprocess
import sys

import pytest

from engine import system
from engine.config import FRAMEWORKS
from engine.graphs import retracing
from engine.graphs.branches import Request, read
from engine.graphs.run_branches import ran
from engine.graphs.ways import FUNCTION, WAYS, code, text
from engine.runs import Store
from engine.tasks.task import TaskError
from tests.engine.real_runs import until
from tests.graph_stories import write_branches

ECHO = (
    "import sys\nfor line in sys.stdin:\n print('{\"generalising\": 1, \"static\": ' + line.strip() + '}', flush=True)"
)


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_every_way_has_its_code(side: str) -> None:
    for name in (FUNCTION, *(way.name for way in WAYS)):
        assert code(name, side).startswith(f"def {name}(")
        assert code(name, side) in text(side)


def test_what_a_function_prints_is_kept_also_from_below_python(capfd) -> None:
    def loud() -> None:
        print("first")
        os.write(2, b"second\n")

    with capfd.disabled():  # which has streams of its own
        found = ran(loud)
    assert sorted(found["printed"].split()) == ["first", "second"]
    assert (found["kind"], found["message"]) == ("", "")
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_what_a_function_raises_is_kept(capfd) -> None:
    def wrong() -> None:
        raise KeyError("no such thing")

    with capfd.disabled():
        found = ran(wrong)
    assert (found["kind"], found["message"]) == ("KeyError", "'no such thing'")
    assert found["printed"].startswith("Traceback (most recent call last)")


def test_a_result_is_read_again(tmp_path) -> None:
    store = Store(tmp_path)
    assert read(Request(), store) is None
    write_branches(store)
    found = read(Request(), store)
    assert found
    assert found.versions == {"torch": "9", "tensorflow": "9"}
    assert found.sides["torch"]["mended"].printed == "p"


def test_a_result_without_a_way_is_damaged(tmp_path) -> None:
    write_branches(Store(tmp_path), ways={})
    with pytest.raises(TaskError, match="is damaged; run the branches again"):
        read(Request(), Store(tmp_path))


@pytest.fixture
def answering(monkeypatch):
    """Processes that answer without a framework; they are ended afterwards."""

    def start(command, environment, **streams):
        return subprocess.Popen([sys.executable, "-c", ECHO], start_new_session=True, **streams)

    monkeypatch.setattr(system, "start", start)
    yield
    while retracing._open:
        retracing._open.popleft().end()


def answered(held: retracing.Retracing) -> None:
    until(lambda: not held.waiting, "an answer")


@pytest.mark.usefixtures("answering")
def test_calls_are_answered_in_their_order() -> None:
    held = retracing.begin()
    for size in (5, 3, 8):
        held.call(size)
    answered(held)
    for side in FRAMEWORKS:
        assert [answer["static"] for answer in held.answers(side)] == [5, 3, 8]
    assert not held.ended


@pytest.mark.usefixtures("answering")
def test_the_oldest_makes_room_and_is_no_more_called() -> None:
    first, *_ = [retracing.begin() for _ in range(retracing.MOST_OPEN + 1)]
    assert first.ended
    assert not first.waiting
    with pytest.raises(TaskError, match="process has ended; begin again"):
        first.call(3)


@pytest.mark.usefixtures("answering")
def test_so_many_calls_are_enough(monkeypatch) -> None:
    monkeypatch.setattr(retracing, "MOST_CALLS", 1)
    held = retracing.begin()
    held.call(3)
    with pytest.raises(TaskError, match="1 calls are enough"):
        held.call(3)

"""The live state: whatever the watcher missed, snapshots and appends add up to the same curves."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from engine import events, system
from engine.charts.live import LiveRun
from engine.config import RunConfig
from engine.logs import Log
from engine.runs import RunNotFound, Store

SIDES = ("torch", "tensorflow")


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


def say(store: Store, run: str, side: str, *said: events.Event) -> None:
    with Log(store.log(run, side)) as log:
        for event in said:
            log.append(event)


def steps(first: int, count: int, scale: float = 1.0) -> events.Steps:
    return events.Steps(first, tuple(scale * (7 * step % 13 + 1) for step in range(first, first + count)), count * 0.01)


def fold(state: dict[str, Any], text: str) -> dict[str, Any]:
    """What a browser does with a message."""
    message = json.loads(text)
    curves = {} if message["type"] == "snapshot" else state["curves"]
    for name, told in message["curves"].items():
        known = curves.get(name, {"x": [], "y": [], "seconds": [], "mean": []})
        kept = sum(x < told["from"] for x in known["x"])
        curve = {part: known[part][:kept] + told[part] for part in ("x", "y", "seconds")}
        curve["mean"] = known["mean"][: told["from"] // told["size"]] + told["mean"] if "mean" in told else []
        curves[name] = curve
    return {"curves": curves, **{key: message[key] for key in ("sides", "difference", "ended")}}


def snapshot(store: Store, run: str) -> dict[str, Any]:
    """What a browser that comes now is told."""
    live = LiveRun(store, run)
    live.poll()
    return fold({}, live.message(None))


def test_appends_add_up_to_the_snapshot_of_one_who_came_later(store: Store, run: str) -> None:
    live, mark, state = LiveRun(store, run), None, {}
    for first in range(0, 6000, 150):
        say(
            store,
            run,
            "torch",
            steps(first, 150),
            events.Epoch(first // 150 + 1, first + 150, {"validation_loss": 1.0}),
        )
        say(store, run, "tensorflow", steps(first, 150, 1.001))
        assert live.poll()
        state, mark = fold(state, live.message(mark)), live.mark()
        assert state == snapshot(store, run)
    assert max(len(curve["x"]) for curve in state["curves"].values()) <= 2001


def test_one_who_slept_through_much_is_told_all_of_it_at_once(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    say(store, run, "torch", steps(0, 10))
    live.poll()
    mark, state = live.mark(), fold({}, live.message(None))
    for first in range(10, 500, 10):
        say(store, run, "torch", steps(first, 10))
        live.poll()
    assert fold(state, live.message(mark)) == snapshot(store, run)
    assert json.loads(live.message(mark))["type"] == "append"


def test_all_watchers_get_the_same_bytes_and_an_append_is_small(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    say(store, run, "torch", steps(0, 1500))
    live.poll()
    mark = live.mark()
    say(store, run, "torch", steps(1500, 10))
    live.poll()
    assert live.message(mark) is live.message(mark)
    assert len(live.message(mark)) < len(live.message(None)) / 10


def test_wider_buckets_and_a_resume_ask_for_a_fresh_snapshot(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    say(store, run, "torch", steps(0, 1000))
    live.poll()
    for news in (steps(1000, 1), events.Resumed(900, time.time()), steps(900, 5, 3.0)):
        mark, before = live.mark(), live.message(None)
        say(store, run, "torch", news)
        live.poll()
        expected = "append" if news.type == "steps" and news.first_step == 900 else "snapshot"
        assert json.loads(live.message(mark))["type"] == expected
        assert live.message(None) != before
    assert snapshot(store, run)["sides"]["torch"]["step"] == 905


def test_the_difference_after_a_resume_is_that_of_the_new_losses(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    for side in SIDES:
        say(store, run, side, steps(0, 20))
    live.poll()
    assert json.loads(live.message(None))["difference"] == {"steps": 20, "identical": 20, "largest": 0.0}
    say(store, run, "torch", events.Resumed(10, time.time()), steps(10, 10, 2.0))
    live.poll()
    assert json.loads(live.message(None))["difference"] == {"steps": 20, "identical": 10, "largest": 13.0}
    assert fold({}, live.message(None)) == snapshot(store, run)


def test_a_non_finite_loss_is_a_gap(store: Store, run: str) -> None:
    say(store, run, "torch", events.Steps(0, (1.0, None), 0.1), events.Diverged(1, time.time()))
    state = snapshot(store, run)
    assert state["curves"]["torch.loss"]["y"] == [1.0, None]
    assert state["sides"]["torch"]["status"] == "diverged"
    assert state["sides"]["torch"]["loss"] is None


def test_a_run_of_one_step_has_one_point(store: Store, run: str) -> None:
    say(store, run, "torch", events.Steps(0, (0.5,), 0.25))
    curve = snapshot(store, run)["curves"]["torch.loss"]
    assert curve == {"x": [0], "y": [0.5], "seconds": [0.25], "mean": [0.5]}


def test_the_end_of_both_sides_is_the_end_and_comes_after_all_points(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    for side in SIDES:
        live.poll()
        assert not live.ended
        say(store, run, side, steps(0, 3), events.Finished(3, "completed", time.time()))
    assert live.stale()
    live.poll()
    assert live.ended
    assert json.loads(live.message(None))["sides"]["tensorflow"]["step"] == 3


def test_nothing_new_is_nothing_to_tell(store: Store, run: str) -> None:
    live = LiveRun(store, run)
    live.poll()
    assert not live.stale()
    assert not live.poll()


def test_a_half_written_line_waits_for_its_end(store: Store, run: str) -> None:
    line = events.to_line(steps(0, 4))
    path = store.log(run, "torch")
    live = LiveRun(store, run)
    path.write_text(line[:20])
    live.poll()
    assert json.loads(live.message(None))["sides"]["torch"]["step"] == 0
    path.write_text(line)
    live.poll()
    assert json.loads(live.message(None))["sides"]["torch"]["step"] == 4


def test_unknown_and_deleted_runs_are_said_to_be_missing(store: Store, run: str) -> None:
    with pytest.raises(RunNotFound):
        LiveRun(store, "../secrets")
    live = LiveRun(store, run)
    shutil.rmtree(store.folder(run))
    assert live.stale()
    with pytest.raises(RunNotFound):
        live.poll()

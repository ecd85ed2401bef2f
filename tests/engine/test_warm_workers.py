"""Warm workers: which run one of them takes, and when one waits."""

import pytest

from engine import system, workers
from tests.engine.real_runs import endless, launches, short, until, until_words


def warm_pid(launcher, framework="torch"):
    return launcher._workers._idle[framework].pid


@pytest.fixture
def one_framework(monkeypatch):
    monkeypatch.setattr(workers, "FRAMEWORKS", ("torch",))


@pytest.mark.usefixtures("one_framework")
def test_a_warm_worker_takes_the_next_run_and_another_takes_its_place(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    run = launcher.submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    launched = launches(store, run)["torch"]
    assert (launched.warm, launched.pid) == (True, pid)
    after = until(lambda: launcher._workers._idle and warm_pid(launcher))
    assert after != pid
    launcher.close()
    until(lambda: system.started_at(after) is None)


@pytest.mark.usefixtures("one_framework")
def test_no_warm_worker_with_another_environment(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    run = launcher.submit(short(frameworks=["torch"], threads=2))
    until_words(store, run, "finished")
    assert not launches(store, run)["torch"].warm
    assert system.started_at(pid) is None
    until(lambda: launcher._workers._idle)
    again = launcher.submit(short(frameworks=["torch"], threads=2))
    until_words(store, again, "finished")
    assert launches(store, again)["torch"].warm


@pytest.mark.usefixtures("one_framework")
def test_a_dead_idle_worker_is_not_started_again_and_again(store, launch):
    launcher = launch(warm=True)
    pid = until(lambda: launcher._workers._idle and warm_pid(launcher))
    system.kill(pid)
    until(lambda: system.started_at(pid) is None)
    for _ in range(20):
        launcher._pass()
    assert warm_pid(launcher) == pid
    run = launcher.submit(short(frameworks=["torch"]))
    until_words(store, run, "finished")
    assert not launches(store, run)["torch"].warm


def test_none_waits_while_a_run_is_active(store, launch):
    launcher = launch(warm=True)
    run = launcher.submit(endless())
    until_words(store, run, "running", "running")
    assert {worker.pid for worker in launcher._workers._idle.values()} == set()
    launcher.stop(run)
    until(lambda: len(launcher._workers._idle) == 2)


@pytest.mark.parametrize(
    ("threads", "device", "expected"),
    [(3, "cpu", {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "3"}), (1, "mps", {})],
)
def test_what_is_fixed_at_import(threads, device, expected):
    fixed = workers.settings(threads, device)
    assert expected.items() <= fixed.items()
    assert ("CUDA_VISIBLE_DEVICES" in fixed) == (device == "cpu")

"""Several workers of one side, in PyTorch: processes, which end together."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytest.register_assert_rewrite("tests.engine.workers_suite")
from engine.config import RunConfig  # noqa: E402
from engine.workers import settings, with_home  # noqa: E402
from tests.engine.real_runs import until  # noqa: E402
from tests.engine.workers_suite import ROOT, WorkersSuite  # noqa: E402

MANY = 10**8  # steps, which nobody waits for


class TestTorch(WorkersSuite):
    framework = "torch"


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.fixture
def team(tmp_path: Path):
    """A leading process in the middle of its training, and the two processes that it started."""
    config = RunConfig.build({"frameworks": ["torch"], "workers": 4, "batch_size": 4, "epochs": 1_000_000})
    command = [sys.executable, "-m", "tests.engine.record_workers", "torch", str(MANY), str(tmp_path / "found.npz")]
    leader = subprocess.Popen(
        command, env=with_home(settings(1, "cpu", 4)), stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    leader.stdin.write(config.to_json().encode())
    leader.stdin.close()
    # A member that has its data has computed for longer than an import takes.
    until(lambda: len(psutil.Process(leader.pid).children()) == 3, "three processes are started")
    helpers = psutil.Process(leader.pid).children()
    until(lambda: all(len(helper.net_connections()) >= 3 for helper in helpers), "all have met")
    yield leader, helpers
    for process in (psutil.Process(leader.pid), *helpers) if leader.poll() is None else helpers:
        if process.is_running():
            process.kill()
    leader.wait()
    leader.stderr.close()


def test_the_end_of_one_is_one_sentence_and_ends_all(team):
    leader, helpers = team
    helpers[1].kill()
    said = leader.stderr.read().decode()
    assert leader.wait() == 1
    assert "ValueError: One of the 4 workers of PyTorch was ended by signal 9." in said
    until(lambda: not any(map(alive, helpers)), "all have ended")


def test_they_end_with_the_process_that_leads(team):
    leader, helpers = team
    leader.kill()
    leader.wait()
    until(lambda: not any(map(alive, helpers)), "all have ended")

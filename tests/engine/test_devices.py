"""Which devices each framework sees, asked in a process of its own, and configs that want others."""

import subprocess
import sys

import pytest

from engine.config import FRAMEWORKS, ConfigError, RunConfig
from engine.measure.device import Device
from engine.probes import devices


@pytest.fixture(autouse=True)
def _fresh():
    devices.seen.cache_clear()


@pytest.fixture
def asked(monkeypatch):
    """How often a framework was asked; it sees one GPU."""
    calls = []

    def answer(command, **_):
        calls.append(command[-1])
        text = 'a warning\n[{"name": "cpu", "title": "CPU", "memory": null}, '
        text += '{"name": "cuda:0", "title": "GPU", "memory": 17}]\n'
        return subprocess.CompletedProcess(command, 0, text, "")

    monkeypatch.setattr(subprocess, "run", answer)
    return calls


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_each_framework_sees_the_cpu_from_its_own_process(framework):
    found = devices.seen(framework)
    assert found[0] == Device("cpu", "CPU", None)
    assert len({device.name for device in found}) == len(found)
    assert not {"torch", "tensorflow"} & sys.modules.keys()


def test_a_framework_is_asked_once(asked):
    assert devices.seen("torch") == devices.seen("torch")
    assert asked == ["torch"]
    assert devices.seen("torch")[1] == Device("cuda:0", "GPU", 17)


def test_for_the_cpu_nobody_is_asked(asked):
    devices.check(RunConfig.build({}))
    assert asked == []


def test_a_device_that_is_there(asked):
    devices.check(RunConfig.build({"device": "cuda:0"}))
    assert asked == ["torch", "tensorflow"]


def test_only_the_sides_of_the_run_count(asked):
    devices.check(RunConfig.build({"device": {"tensorflow": "cuda:7"}, "frameworks": ["torch"]}))
    assert asked == []


def test_a_device_that_is_absent_is_one_sentence_for_each_side(asked):
    with pytest.raises(ConfigError) as caught:
        devices.check(RunConfig.build({"device": "cuda:7"}))
    assert [problem.sentence for problem in caught.value.problems] == [
        f'device.{side}: "cuda:7" was given; allowed is cpu, cuda:0 on this machine.' for side in FRAMEWORKS
    ]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("import sys; sys.exit('no such library\\n')", "no such library"),
        ("import sys; sys.exit(1)", "it said nothing"),
        ("print('no list')", "Expecting value"),
        ("", "list index out of range"),
    ],
)
def test_a_framework_that_cannot_be_asked_is_one_sentence(monkeypatch, tmp_path, says, why):
    program = tmp_path / "python"
    program.write_text(f"#!{sys.executable}\n{says}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ConfigError) as caught:
        devices.check(RunConfig.build({"device": {"torch": "cuda:0"}}))
    assert str(caught.value).startswith(f"device.torch: PyTorch could not be asked for its devices: {why}")
    assert caught.value.problems[0].field == "device.torch"

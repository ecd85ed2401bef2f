"""Networks of a person's own in real processes: both frameworks build, agree or are told apart, train, and resume."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine import events, worker
from engine.__main__ import main
from engine.config import ConfigError, RunConfig
from engine.launcher import Launcher
from engine.networks import own
from engine.probes import own_probe, ready
from engine.runs import Store
from engine.store.progress import RunProgress, parity_of
from tests.engine import real_runs
from tests.engine.own_pairs import DECLARED, TENSORFLOW, TORCH, write

WEIGHTS = {"hidden.weight": [5, 64], "hidden.bias": [5], "output.weight": [10, 5], "output.bias": [10]}
IMAGES = DECLARED | {"takes": "image", "options": {}, "flattens": {"fc.weight": [4, 4, 4]}, "contains": ["batch_norm"]}
CONV_TORCH = """from collections import OrderedDict

from torch import nn


def build(inputs, outputs, layers=nn):
    parts = OrderedDict(
        conv=layers.Conv2d(inputs[0], 4, 3, padding=1), norm=layers.BatchNorm2d(4), relu=layers.ReLU(),
        pool=layers.MaxPool2d(2), drop=layers.Dropout(0.3), flatten=layers.Flatten(), fc=layers.Linear(64, outputs))
    return nn.Sequential(parts)
"""
CONV_TENSORFLOW = """import keras


def build(inputs, outputs, layers=keras.layers):
    return keras.Sequential([
        keras.Input((*inputs[1:], inputs[0])), layers.Conv2D(4, 3, padding="same", name="conv"),
        layers.BatchNormalization(name="norm"), layers.ReLU(), layers.MaxPooling2D(2),
        layers.Dropout(0.3), layers.Flatten(), layers.Dense(outputs, name="fc")])
"""


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Folders of one's own for what is remembered, and no network that another test left."""
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(own.VARIABLE, "")
    own_probe._known.clear()
    yield
    own.use("")


def prepared(folder: Path, **fields: object) -> RunConfig:
    assert own.use(str(folder)) == {}
    return ready.prepared(RunConfig.build({"network": "two", **fields}))[0]


def refused(folder: Path, **fields: object) -> str:
    with pytest.raises(ConfigError) as caught:
        prepared(folder, **fields)
    (problem,) = caught.value.problems
    assert problem.field == "network"
    return problem.sentence


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nothing_of_that_name\n" + TORCH, "two_torch.py, line 1: cannot be imported: ModuleNotFoundError"),
        ("from engine_of_mine import x\n" + TORCH, "two_torch.py, line 1: cannot be imported"),
        (TORCH.replace("    hidden,", "    1 / 0\n    hidden,"), "two_torch.py, line 7: build fails: Zero"),
        (TORCH.replace("nn.Linear(inputs, width)", "nn.Linear(inputs + 1, width)"), "does not take its inputs: "),
        ("import sys\nsys.exit(3)\n" + TORCH, "two_torch.py, line 2: cannot be imported: SystemExit: 3"),
        ("import os\nos._exit(3)\n" + TORCH, "two_torch.py ended its process with exit code 3"),
        (TORCH + "    return None\nbuild = lambda *_, **__: None\n", "two_torch.py: build fails: "),
        (TORCH.replace("nn.Linear(width, outputs)", "nn.Linear(width, outputs + 1)"), "where (10,) is needed"),
        ("print('{}')\n" + TORCH.replace("width)", "width + 1)", 1).replace("(width, o", "(width + 1, o"),
         "two has 460 in PyTorch and 385 in TensorFlow: both need as many parameters"),
        (TORCH.replace("hidden=hidden", "first=hidden"),
         "two calls its weights first.bias, first.weight in PyTorch and hidden.bias, hidden.weight in TensorFlow"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    _from_memory(monkeypatch)
    assert words in refused(write(tmp_path / "mine", torch=source))
    assert not (tmp_path / "data").exists()  # what is refused today may work tomorrow


def _from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow's half is good, so it answers from memory here: importing it takes most of the time."""
    answer = own_probe._answer

    def answered(name: str, process, framework: str, deadline: float) -> dict:
        good = {"weights": WEIGHTS, "outputs": [0.0] * 40}
        return answer(name, process, framework, deadline) if framework == "torch" else good

    monkeypatch.setattr(own_probe, "_answer", answered)


def test_tensorflow_s_half_is_refused_alike(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", tensorflow=TENSORFLOW.replace('name="hidden"', "name=1 / 0"))
    assert refused(folder).startswith("network: two_tensorflow.py, line 5: build fails: ZeroDivisionError")
    lazy = TENSORFLOW.replace("keras.Input((inputs,)), ", "")
    assert "has no weights when build returns it" in refused(write(tmp_path / "mine", tensorflow=lazy))


def test_a_build_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_probe, "PROBE_SECONDS", 3.0)
    folder = write(tmp_path / "mine", torch="while True: pass\n" + TORCH)
    assert "two_torch.py was not built within 3 seconds" in refused(folder)


def test_both_build_once_for_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "mine")
    first = prepared(folder)
    assert first.own_network
    assert first.own_network.weights == {
        "hidden.weight": [5, 64],
        "hidden.bias": [5],
        "output.weight": [10, 5],
        "output.bias": [10],
    }
    (kept,) = (tmp_path / "data" / "networks").iterdir()
    assert json.loads(kept.read_text())["apart"] < 1e-12
    monkeypatch.setattr(own_probe, "_asked", None)  # to ask again would fail
    own_probe._known.clear()
    assert prepared(folder) == first
    kept.write_text("{")
    own_probe._known.clear()
    with pytest.raises(TypeError):  # a damaged answer is no answer, so both are asked again
        prepared(folder)
    own_probe._known.clear()
    with pytest.raises(TypeError):  # nor is that for other options
        prepared(folder, network_options={"width": 6})


def test_twins_that_compute_something_else_are_remarked_upon(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", tensorflow=TENSORFLOW.replace('"relu"', '"tanh"'))
    own.use(str(folder))
    _, remark = ready.prepared(RunConfig.build({"network": "two"}))
    assert "outputs of both differ by up to" in remark


def test_the_list_of_networks_says_what_building_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One is good, one lacks its sibling, one never ends, one has other weights; the processes' answers are made up."""
    folder = write(tmp_path / "mine")
    for name in ("loops", "wider"):
        write(folder, name=name)
    write(folder, name="alone", tensorflow=None)
    good: dict[str, Any] = {"weights": WEIGHTS, "outputs": [0.0] * 40}
    wider = good | {"weights": WEIGHTS | {"hidden.weight": [6, 64]}}

    def asked(config: RunConfig) -> dict[str, Any]:
        if config.network == "loops":
            raise own_probe._refused("loops_torch.py was not built within 120 seconds")
        return {"torch": wider if config.network == "wider" else good, "tensorflow": good}

    monkeypatch.setattr(own_probe, "_asked", asked)
    assert main(["networks", "--json", "--networks", str(folder)]) == 0
    told = capsys.readouterr()
    assert [entry["name"] for entry in json.loads(told.out) if entry["own"]] == ["two"]
    assert own.WARNING in told.err
    assert "alone is refused: there is no alone_tensorflow.py in " in told.err
    assert "loops is refused: loops_torch.py was not built within 120 seconds." in told.err
    assert "wider is refused: wider has 449 in PyTorch and 385 in TensorFlow" in told.err


def test_code_that_ends_its_worker_is_a_failure_in_words(tmp_path: Path) -> None:
    """The probe let it pass; the side says why all the same, and is not taken for killed."""
    assert own.use(str(write(tmp_path / "mine", torch="import sys\nsys.exit(3)\n" + TORCH))) == {}
    store = Store(tmp_path / "runs")
    run = store.create(RunConfig.build({"network": "two", "frameworks": ["torch"]}))
    assert worker._work(store, run, "torch", ModuleType("train_torch"), 0.0) == 0
    (failed,) = real_runs.said(store, run, "torch", events.Failed)
    assert failed.message == "SystemExit: 3. The side's worker.log says more."


@pytest.fixture
def launcher(real_launcher: Launcher) -> Launcher:
    """Both frameworks are at work."""
    return real_launcher


def trained(launcher: Launcher, config: RunConfig) -> RunProgress:
    run = launcher.submit(config)
    real_runs.until(lambda: all(status.ended for status in launcher.store.status(run).values()))
    failed = [status.detail for status in launcher.store.status(run).values() if status.word != "finished"]
    assert failed == []
    progress = RunProgress(launcher.store, run)
    progress.poll()
    return progress


def test_a_pair_trains_in_both_policies(tmp_path: Path, launcher: Launcher) -> None:
    matched = trained(launcher, prepared(write(tmp_path / "mine"), epochs=2))
    compared = parity_of(matched)
    assert compared
    assert compared.max_rel_loss_difference < 1e-5
    assert {side.started.parameters for side in matched.sides.values() if side.started} == {385}
    defaults = trained(launcher, prepared(tmp_path / "mine", epochs=2, policy="defaults", dataset="iris"))
    compared = parity_of(defaults)
    assert compared
    assert compared.max_rel_loss_difference > 1e-3


def test_images_batch_norm_and_dropout_are_matched(tmp_path: Path, launcher: Launcher) -> None:
    """`flattens` brings flattened images into one order, `layers` the arithmetic and the masks."""
    folder = write(tmp_path / "mine", torch=CONV_TORCH, tensorflow=CONV_TENSORFLOW, declared=IMAGES)
    own.use(str(folder))
    config, remark = ready.prepared(RunConfig.build({"network": "two", "precision": "float64", "epochs": 2}))
    assert remark == ""
    compared = parity_of(trained(launcher, config))
    assert compared
    assert compared.max_rel_loss_difference < 1e-9


def test_another_version_is_not_trained_on(tmp_path: Path, launcher: Launcher) -> None:
    """A run goes on with the files that it began with, or not at all."""
    folder = write(tmp_path / "mine")
    config = prepared(folder, epochs=1_000_000)
    run = launcher.submit(config)
    real_runs.until_step(launcher.store, run, "torch", 3)
    write(folder, torch=TORCH + "\n")
    launcher.stop(run)
    real_runs.until(lambda: all(status.ended for status in launcher.store.status(run).values()))
    other = launcher.submit(config)
    real_runs.until(lambda: real_runs.words(launcher.store, other) == ["failed"] * 2)
    for side in ("torch", "tensorflow"):
        (failed,) = real_runs.said(launcher.store, other, side, events.Failed)
        assert failed.message.startswith(f"two_torch.py in {folder} is another version than the one")

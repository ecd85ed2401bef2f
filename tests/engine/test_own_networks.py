"""Networks of a person's own as files: what is offered, what is refused and why. No framework builds anything here."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import assignments
from engine.__main__ import _fields, _parser, main
from engine.charts.tables import run_json
from engine.config import ConfigError, RunConfig
from engine.fairness.weights import initial_weights, shapes
from engine.launcher import Launcher
from engine.networks import declaration, own
from engine.networks.catalogue import NETWORKS
from engine.networks.declaration import OwnNetworkError
from engine.probes import own_probe, ready
from engine.runs import Store, StoreError
from tests.engine.own_pairs import DECLARED, TENSORFLOW, TORCH, write

WEIGHTS = {"hidden.weight": [5, 64], "hidden.bias": [5], "output.weight": [10, 5], "output.bias": [10]}


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(own.VARIABLE, "")
    yield
    own.use("")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "mine")


def config(**fields: object) -> RunConfig:
    """A config of the network as it is once it has been built."""
    found = RunConfig.build({"network": "two", **fields})
    assert found.own_network
    return found.model_copy(update={"own_network": found.own_network.model_copy(update={"weights": WEIGHTS})})


def test_a_network_is_offered_like_any_other(folder: Path) -> None:
    assert own.use(str(folder)) == {}
    network = NETWORKS["two"]
    assert (network.title, network.takes, network.recipes["digits"].epochs) == ("Two layers", "vector", 2)
    assert {"digits", "diabetes", "mnist", "table"} <= set(network.recipes)
    assert not {"sine", "characters"} & set(network.recipes)
    found = RunConfig.build({"network": "two", "network_options": {"width": 7}})
    assert (found.dataset, found.epochs, found.network_options) == ("digits", 2, {"width": 7})
    with pytest.raises(ConfigError, match=r"network_options\.width: 65 was given; allowed is a whole number"):
        RunConfig.build({"network": "two", "network_options": {"width": 65}})
    own.use("")
    assert "two" not in NETWORKS
    with pytest.raises(ConfigError, match='network: "two" was given; allowed is mlp, '):
        RunConfig.build({"network": "two"})


def test_the_variable_names_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(own.VARIABLE, str(folder))
    assert own.extend() == {}
    assert list(own.OWN) == ["two"]


def test_a_changed_folder_is_read_again(folder: Path) -> None:
    own.use(str(folder))
    before = own.OWN["two"]["torch"]
    write(folder, torch=TORCH + "\n# changed\n")
    write(folder, name="three")
    own.extend()
    assert own.OWN["two"]["torch"] != before
    assert set(own.OWN) == {"two", "three"}
    (folder / "two_torch.py").unlink()
    assert list(own.extend()) == ["two"]
    assert "two" not in NETWORKS
    assert "three" in NETWORKS


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"torch": None}, "two is refused: there is no two_torch.py in "),
        ({"tensorflow": None}, "there is no two_tensorflow.py in "),
        ({"declared": None}, "there is no two.json in "),
        ({"torch": "def build(:\n"}, "two_torch.py, line 1: "),
        ({"torch": b"\0\0"}, "two_torch.py"),
        ({"torch": "# -*- coding: nothing -*-\n"}, "two_torch.py, line 1: "),
        ({"torch": "(" * 5000}, "two_torch.py"),
        ({"torch": "x = 1\n"}, "two_torch.py has no function build(inputs, outputs)"),
        ({"torch": "class build:\n    pass\n"}, "has no function build"),
        (
            {"torch": TORCH.replace("inputs, outputs, width=5", "outputs, inputs, width=5")},
            "inputs, outputs come first",
        ),
        ({"torch": TORCH.replace(", width=5", "")}, "build takes (inputs, outputs), and two.json has the option width"),
        ({"torch": TORCH.replace("width=5", "width, depth")}, "build needs depth, which is no option in two.json"),
        ({"torch": TORCH.replace("width=5", "width=5, **more")}, "names each argument, without *, ** and /"),
        (
            {"torch": TORCH.replace("width=5", "width=5, layers=None")},
            "build takes (inputs, outputs, width, layers) in ",
        ),
        (
            {"torch": "import keras\n" + TORCH},
            "two_torch.py imports keras, and the two frameworks never share a process",
        ),
        ({"tensorflow": "def f():\n    import torch.nn\n" + TENSORFLOW}, "two_tensorflow.py imports torch"),
        ({"torch": TORCH + "#" * 1_000_000}, "and at most 1,000,000 are read"),
        ({"declared": "{"}, "two.json holds no JSON object"),
        ({"declared": [1]}, "two.json: its text: "),
        ({"declared": {"takes": "vector"}}, "two.json: title: field required"),
        ({"declared": DECLARED | {"takes": "graph"}}, "two.json: takes: "),
        ({"declared": DECLARED | {"colour": "red"}}, "two.json: colour: "),
        ({"declared": DECLARED | {"recipe": {"epochs": 0}}}, "two.json: recipe.epochs: "),
        ({"declared": DECLARED | {"options": {"width": {"default": 5}}}}, "options.width: a number needs low and high"),
        ({"declared": DECLARED | {"options": {"width": {"default": 9, "low": 1, "high": 5}}}}, "its default is 9"),
        (
            {"declared": DECLARED | {"options": {"layers": {"default": 1, "low": 1, "high": 5}}}},
            "no name for an option",
        ),
        ({"declared": DECLARED | {"options": {"width": {"default": "a", "choices": ["1"]}}}}, "options.width.choices"),
        (
            {"declared": DECLARED | {"takes": "characters", "task": "regression"}},
            "no data has inputs of characters for regression",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, given: dict, words: str) -> None:
    own.use(str(write(tmp_path / "mine", name="good")))
    (sentence,) = own.use(str(write(tmp_path / "mine", **given))).values()
    assert sentence.startswith("two is refused: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert words in sentence
    assert list(own.OWN) == ["good"]  # and no other suffers


@pytest.mark.parametrize("name", ["mlp", "resnet", "Two", "two-layers", "2", "class", "a" * 33, "zwei_ä", ""])
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    before = dict(NETWORKS)
    refusals = own.use(str(write(tmp_path / "mine", name=name)))
    assert len(refusals) == 1
    assert before == NETWORKS


def test_a_link_that_leads_nowhere_hides_no_change(folder: Path) -> None:
    """Emacs leaves one beside each file that it has open."""
    (folder / ".#two_torch.py").symlink_to("somebody@here.1")
    own.use(str(folder))
    before = own.OWN["two"]["torch"]
    write(folder, torch=TORCH + "\n# changed\n")
    own.extend()
    assert own.OWN["two"]["torch"] != before


@pytest.mark.parametrize("file", ["two_torch.py", "two.json"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, folder: Path, file: str) -> None:
    (folder / file).rename(tmp_path / file)
    (folder / file).symlink_to(tmp_path / file)
    assert "leads out of the folder" in own.use(str(folder))["two"]


def test_a_link_to_the_folder_is_followed(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert own.use(str(tmp_path / "link")) == {}
    assert own.OWN["two"]["folder"] == str(folder)


@pytest.mark.parametrize("name", ["nothing", "file", "empty"])
def test_a_folder_that_holds_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    (sentence,) = own.use(str(tmp_path / name)).values()
    assert sentence.startswith(f"The folder {tmp_path / name} ")


def test_nothing_is_run_to_be_read(tmp_path: Path) -> None:
    said = tmp_path / "said"
    own.use(str(write(tmp_path / "mine", torch=f"open({str(said)!r}, 'w')\n" + TORCH)))
    RunConfig.build({"network": "two"})
    assert list(own.OWN) == ["two"]
    assert not said.exists()


# The config


def test_the_config_keeps_what_the_network_was(folder: Path) -> None:
    own.use(str(folder))
    kept = config()
    own.use("")
    again = RunConfig.from_json(kept.to_json())
    assert again == kept
    assert again.network_entry.title == "Two layers"
    assert shapes(again)["hidden.weight"].shape == (5, 64)


def test_a_config_of_a_network_of_ours_takes_no_record(folder: Path) -> None:
    own.use(str(folder))
    record = config().model_dump()["own_network"]
    for fields in ({"network": "mlp", "own_network": record}, {"network": "two", "own_network": {"folder": "/"}}):
        with pytest.raises(ConfigError, match="own_network: "):
            RunConfig.build(fields)


def test_weights_that_nobody_knows_yet_are_a_sentence(folder: Path) -> None:
    own.use(str(folder))
    with pytest.raises(OwnNetworkError, match="was not built by both frameworks yet"):
        shapes(RunConfig.build({"network": "two"}))


def test_initial_weights_are_as_good_as_a_shape_can_tell() -> None:
    declared = declaration.read(DECLARED | {"flattens": {"fc.weight": [2, 3, 4]}})
    given = {
        "conv.weight": [4, 3, 5, 5],
        "conv.bias": [4],
        "norm.weight": [4],
        "norm.bias": [4],
        "fc.weight": [6, 24],
        "lstm.bias_ih_l0": [8],
        "lstm.weight_ih_l0": [8, 3],
        "scale": [],
    }
    found = declaration.canonical(given, declared)
    assert {name: (weight.begin, weight.fan_in) for name, weight in found.items()} == {
        "conv.weight": ("uniform", 75),
        "conv.bias": ("uniform", 75),
        "norm.weight": ("ones", 1),
        "norm.bias": ("zeros", 1),
        "fc.weight": ("uniform", 24),
        "lstm.bias_ih_l0": ("uniform", 3),
        "lstm.weight_ih_l0": ("uniform", 3),
        "scale": ("uniform", 1),
    }
    assert found["fc.weight"].flattens == (2, 3, 4)


def test_initial_weights_are_drawn_like_ours(folder: Path) -> None:
    own.use(str(folder))
    drawn = initial_weights(config(seed=3))
    assert abs(drawn["hidden.weight"]).max() <= 1 / 8
    assert drawn["hidden.weight"].std() == pytest.approx(1 / 8 / 3**0.5, rel=0.1)
    ours = initial_weights(RunConfig.build({"seed": 3, "network": "mlp"}))
    assert drawn["output.bias"] * 5**0.5 == pytest.approx(ours["output.bias"] * 128**0.5)  # the same numbers


def test_the_task_must_fit(tmp_path: Path) -> None:
    own.use(str(write(tmp_path / "mine", declared=DECLARED | {"task": "classification"})))
    assert "diabetes" not in NETWORKS["two"].recipes
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{n},{n / 3}\n" for n in range(30)))
    chosen = _parser().parse_args(["train", "--network", "two", "--dataset", str(path)])
    with pytest.raises(ConfigError, match='dataset: "table for regression" was given; allowed is data for classific'):
        RunConfig.build(_fields(chosen))


def test_command_line_and_link(folder: Path, tmp_path: Path) -> None:
    own.use(str(folder))
    asked = config(seed=3, network_options={"width": 9})
    command = assignments.command_line(asked)
    assert f"--networks {folder} --network two" in command
    assert assignments.changes(asked) == {
        "network": "two",
        "dataset": "digits",
        "network_options.width": "9",
        "seed": "3",
    }
    chosen = _parser().parse_args(shlex.split(command)[3:])
    own.use(chosen.networks)
    again = RunConfig.build(_fields(chosen))
    assert again.model_copy(update={"own_network": None}) == asked.model_copy(update={"own_network": None})


def test_the_command_line_says_why(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list asks both frameworks for what only building shows; here they answer at once."""
    monkeypatch.setattr(own_probe, "probed", lambda found: (found, "they are far apart"))
    write(folder, name="broken", torch="def build(:")
    flags = ("--networks", str(folder), "--store", str(tmp_path / "runs"))
    assert main(["train", "--network", "broken", *flags]) == 2
    assert "network: broken is refused: broken_torch.py, line 1" in capsys.readouterr().err
    assert main(["train", "--networks", str(tmp_path / "nothing")]) == 2
    assert "nothing cannot be read" in capsys.readouterr().err
    assert main(["networks", "--json", "--networks", str(folder)]) == 0
    told = capsys.readouterr()
    assert [entry["name"] for entry in json.loads(told.out) if entry["own"]] == ["two"]
    assert "broken is refused" in told.err
    assert "two: they are far apart" in told.err
    assert own.WARNING in told.err
    assert not (tmp_path / "runs").exists()


# Before anything starts


def refusal(found: RunConfig) -> str:
    with pytest.raises(ConfigError) as caught:
        ready.check(found)
    return str(caught.value)


def test_another_version_is_not_taken_for_this_one(folder: Path) -> None:
    own.use(str(folder))
    asked = config()
    ready.check(asked)
    write(folder, tensorflow=TENSORFLOW + "\n")
    assert "two_tensorflow.py in " in refusal(asked)
    assert "is another version than the one that this run was asked for" in refusal(asked)
    (folder / "two_tensorflow.py").unlink()
    assert "cannot be had any more: there is no two_tensorflow.py" in refusal(asked)


def test_code_of_a_folder_that_nobody_named_is_not_run(folder: Path, tmp_path: Path) -> None:
    """Whoever hands on a store must not make others run what a config in it names."""
    own.use(str(folder))
    asked = config()
    own.use("")
    assert "which nobody has named yet" in refusal(asked)
    own.use(str(write(tmp_path / "other")))
    assert "the folder of your own networks is " in refusal(asked)


def test_a_run_of_another_version_is_not_resumed(folder: Path, tmp_path: Path) -> None:
    from tests import stories

    own.use(str(folder))
    store = Store(tmp_path / "runs")
    store.root.mkdir()
    run = store.create(config())
    for side in ("torch", "tensorflow"):
        stories.launch(store, run, side)
        stories.tell(store, run, side, [stories.started(side), stories.events.Stopped(0, 1.0)])
    launcher = Launcher(store, warm=False)
    launcher._leads = True
    write(folder, torch=TORCH + "\n")
    with pytest.raises(StoreError, match="another version"):
        launcher.resume(run)
    assert {status.word for status in store.status(run).values()} == {"stopped"}
    write(folder)
    launcher.resume(run)
    assert {status.word for status in store.status(run).values()} == {"queued"}


def test_a_store_is_read_without_the_folder(folder: Path, tmp_path: Path) -> None:
    own.use(str(folder))
    store = Store(tmp_path / "runs")
    store.root.mkdir()
    run = store.create(config())
    own.use("")
    os.rename(folder, tmp_path / "gone")
    assert store.config(run).network_entry.title == "Two layers"
    assert json.loads(run_json(store, run))["config"]["own_network"]["weights"] == WEIGHTS

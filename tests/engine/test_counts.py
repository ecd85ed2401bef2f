"""How much a reader of a script has to know: lines, names and concepts, counted by stated rules."""

import pytest

from engine.config import FRAMEWORKS, RunConfig
from engine.networks.catalogue import NETWORKS
from engine.scripts.compose import script
from engine.scripts.counts import CONCEPTS, Counts, concept_of, counted
from engine.scripts.script import LEVELS, Part, Script

SHARED = Part("Data", ["rows = np.ones(3)"], {"import numpy as np"})


def made(side: str, lines: list[str], *imports: str) -> Script:
    return Script(side, "A script.", (SHARED, Part("Own", lines, set(imports))))


def counts(torch: list[str], tensorflow: list[str]) -> dict[str, Counts]:
    return counted(
        {
            "torch": made("torch", torch, "import torch", "from torch import nn"),
            "tensorflow": made("tensorflow", tensorflow, "import tensorflow as tf"),
        }
    )


def test_names_are_whole_and_counted_once() -> None:
    found = counts(
        ["layer = nn.Linear(2, 3)", "other = nn.Linear(3, 1)", "loss = layer(torch.ones(2)).sum()", "loss.backward()"],
        ["x = tf.constant([1.0])", "y = tf.nn.relu(x)", "kept = []", "kept.append(y.numpy())"],
    )
    assert found["torch"].names == (".backward", ".sum", "torch.nn.Linear", "torch.ones")
    assert found["tensorflow"].names == (".numpy", "tensorflow.constant", "tensorflow.nn.relu")
    assert found["torch"].concepts == ("Gradients", "Layers and models", "Tensors and their operations")


def test_lines_are_those_that_hold_code() -> None:
    lines = [
        "# a comment", "", "def step(x):", '    """Two lines', '    of words."""', "    return torch.relu(",
        "        x  # so", "    )",
    ]  # fmt: skip
    found = counts(lines, ["tf.ones(1)"])
    assert found["torch"].lines == 3 + 4  # numpy and both imports; def, and a call over three lines
    assert found["tensorflow"].lines == 2 + 1


def test_what_is_the_same_in_both_is_left_out_and_so_is_what_is_the_script_s_own() -> None:
    same = ["class Own:", "    def twice(self):", "        self.kept = torch.ones(1)", "        return self.kept.exp()"]
    found = counts([*same, "Own().twice()", "Own().kept"], ["tf.zeros(1)"])
    assert found["torch"].names == (".exp", "torch.ones")
    both = counts(["torch.ones(1)"], ["torch.ones(1)"])
    assert both["torch"].names == ()


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("torch.optim.lr_scheduler.LambdaLR", "Learning-rate schedules"),
        ("keras.optimizers.Adam", "Optimizers"),
        (".zero_grad", "Optimizers"),
        ("tensorflow.GradientTape", "Gradients"),
        (".Dense", "Layers and models"),
        ("torch.nn.functional.cross_entropy", "Losses and metrics"),
        ("torch.nn.functional.conv2d", "Tensors and their operations"),
        ("keras.ops.square", "Tensors and their operations"),
        ("tensorflow.nn.conv2d", "Tensors and their operations"),
        ("keras.utils.PyDataset", "Data in batches"),
        ("tensorflow.function", "Compiled execution"),
        ("keras.config.set_dtype_policy", "Devices and precision"),
        ("torch.manual_seed", "Threads and seeds"),
        (".reshape", "Tensors and their operations"),
    ],
)
def test_a_name_belongs_to_a_concept(name: str, concept: str) -> None:
    assert concept_of(name) == concept


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_script_can_be_counted(network: str, level: str) -> None:
    config = RunConfig.build({"network": network, "policy": "defaults"})
    scripts = {side: script(config, side, level) for side in FRAMEWORKS}
    for side, found in counted(scripts).items():
        assert 20 < found.lines < len(scripts[side].text.splitlines())
        assert all(name.split(".")[0] in ("", "torch", "tensorflow", "keras") for name in found.names)
        built = {"Layers and models", "Optimizers"}
        assert (
            built.isdisjoint(found.concepts) if level == "raw" else built <= {*found.concepts} or network == "plain_mlp"
        )
        assert {*found.concepts} <= {*CONCEPTS}

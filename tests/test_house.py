"""The law of the house holds here, and each check of it fails on a planted violation."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house

ROOT = Path(__file__).parent.parent
SMALL_HOUSE = {
    "dashboard.py": "import streamlit\nfrom engine import runs\n",
    "pages/train.py": "import streamlit as st\nfrom ui import form\nfrom engine.charts import figures\n",
    "ui/form.py": "import streamlit as st\nfrom engine.config import RunConfig\n",
    "engine/events.py": "import json\n",
    "engine/config.py": "import pydantic\nfrom engine.networks.catalogue import NETWORKS\n",
    "engine/runs.py": "from engine import events\nfrom engine.config import RunConfig\n",
    "engine/worker.py": "import importlib\nimportlib.import_module(f'engine.frameworks.train_{side}')\n",
    "engine/measure/clock.py": "import time\nfrom engine.measure import rounds\n",
    "engine/networks/catalogue.py": "from math import prod\n",
    "engine/networks/mlp_torch.py": "import torch\nclass MLP:\n    pass\ndef build(inputs, outputs): pass\n",
    "engine/networks/mlp_tensorflow.py": "import keras\nimport math\ndef build(inputs, outputs): pass\n",
    "engine/frameworks/train_torch.py": "import torch\nimport engine.networks.mlp_torch\ndef train(a, *, b): pass\n",
    "engine/frameworks/train_tensorflow.py": "import tensorflow\ndef train(a, *, b): pass\ndef _own(): pass\n",
    "engine/frameworks/compile_only_torch.py": "import torch\ndef compiled(network): pass\n",
    "benchmarks/overhead.py": "from engine import runs\n",
}
TWIN = "engine/frameworks/train_torch.py"
PLANTED = [
    (house.layers, "engine/charts/figures.py", "from ui import theme"),
    (house.layers, "engine/charts/figures.py", "def draw():\n    import streamlit"),
    (house.layers, "ui/theme.py", "import pages.train"),
    (house.layers, "pages/runs_page.py", "from dashboard import app"),
    (house.layers, "engine/store.py", "import benchmarks.overhead"),
    (house.layers, "engine/store.py", "from tests import house"),
    (house.frameworks, "engine/store.py", "import torch"),
    (house.frameworks, "pages/debug.py", "if True:\n    from tensorflow.python import ops"),
    (house.frameworks, "dashboard.py", "import keras.layers"),
    (house.frameworks, "benchmarks/peers.py", "import lightning"),
    (house.frameworks, "engine/frameworks/train_tensorflow.py", "import torch\ndef train(a, *, b): pass"),
    (house.frameworks, "engine/launcher.py", "from engine.frameworks import train_torch"),
    (house.frameworks, "engine/launcher.py", "from engine.frameworks.train_torch import train"),
    (house.frameworks, "engine/frameworks/probe.py", "from . import train_torch"),
    (house.entries, "engine/launcher.py", "import importlib\nimportlib.import_module('torch')"),
    (house.entries, "engine/launcher.py", "from importlib import import_module\nimport_module(f'engine.train_{side}')"),
    (house.entries, "ui/form.py", "__import__(chosen)"),
    (house.entries, "ui/form.py", "exec(compile(text, 'mine', 'exec'))"),
    (house.entries, "engine/launcher.py", "from engine.twins import network_twin"),
    (house.acquaintances, "engine/events.py", "from engine import runs"),
    (house.acquaintances, "engine/event_lines.py", "from engine import runs"),
    (house.acquaintances, "engine/measure/clock.py", "import engine.events"),
    (house.acquaintances, "engine/config.py", "from engine import runs"),
    (house.acquaintances, "engine/runs.py", "from engine.launcher import start"),
    (house.acquaintances, "engine/fairness/judge.py", "from engine.charts import words"),
    (house.acquaintances, "engine/launcher.py", "from engine.charts.words import pace"),
    (
        house.network_twins,
        "engine/networks/mlp_torch.py",
        "import engine.config\ndef build(inputs, outputs): pass",
    ),
    (house.network_twins, "engine/networks/mlp_torch.py", "import numpy\ndef build(inputs, outputs): pass"),
    (house.twins, "engine/frameworks/device_torch.py", "def devices(): pass"),
    (house.twins, "engine/frameworks/device_tensorflow.py", "def devices(): pass"),
    (house.twins, TWIN, "def train(a, *, c): pass"),
    (house.twins, TWIN, "def train(b, a): pass"),
    (house.twins, TWIN, "def train(a, *, b): pass\ndef stop(): pass"),
    (house.twins, TWIN, "class Session:\n    def step(self): pass\ndef train(a, *, b): pass"),
    (house.names, "pages/tensorboard.py", ""),
    (house.names, "engine/queue.py", ""),
    (house.names, "engine/scipy/train.py", ""),
    (house.names, "ui/utils.py", ""),
]


def build(root: Path, contents: dict[str, str]) -> Path:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("law", house.LAWS, ids=lambda law: law.__name__)
def test_the_law_holds(law: Callable[[Path], list[str]]) -> None:
    assert law(ROOT) == []


def test_the_law_reads_this_repository() -> None:
    names = [house.name(ROOT, path) for path in house.files(ROOT)]
    assert {"engine/runs.py", "engine/networks/mlp_torch.py"} <= set(names)


@pytest.mark.parametrize("law", house.LAWS, ids=lambda law: law.__name__)
def test_a_lawful_house_passes(law: Callable[[Path], list[str]], tmp_path: Path) -> None:
    assert law(build(tmp_path, SMALL_HOUSE)) == []


@pytest.mark.parametrize(("law", "name", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", None))
def test_a_planted_violation_is_found(law: Callable[[Path], list[str]], name: str, text: str, tmp_path: Path) -> None:
    root = build(tmp_path, SMALL_HOUSE | {name: text})
    assert len(law(root)) == 1
    assert law(root)[0].startswith((f"{name} ", f"{Path(name).parent} is the name"))


def test_twins_of_classes_have_the_same_methods(tmp_path: Path) -> None:
    other = TWIN.replace("_torch", "_tensorflow")
    same = "class Session:\n    def __init__(self, config): pass\n    def step(self, x): pass\n    def _own(self): pass"
    assert house.twins(build(tmp_path, SMALL_HOUSE | {TWIN: same, other: same.replace("_own", "_mine")})) == []
    for before, after in (("step", "steps"), ("self, x", "self, y"), ("config", "settings")):
        assert len(house.twins(build(tmp_path, {other: same.replace(before, after)}))) == 1


def test_the_server_loads_no_framework() -> None:
    """Imports all that the server may import, in a fresh process, and asks it what it holds."""
    modules = [
        house.name(ROOT, path).removesuffix(".py").replace("/", ".")
        for path in house.files(ROOT)
        if path.is_relative_to(ROOT / "engine") or path.is_relative_to(ROOT / "ui")
        if house.side_of(path.stem) is None and path.stem not in ("__init__", "__main__", "main")
    ]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    code += "print(sorted({'torch', 'tensorflow', 'keras'} & sys.modules.keys()))"
    command = [sys.executable, "-c", code, *modules]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


def test_no_file_names_a_registry_or_a_workplace() -> None:
    hosts = (("pypi", "org"), ("pythonhosted", "org"), ("download.pytorch", "org"), ("npmjs", "org"), ("debian", "org"))
    forbidden = [*(".".join(host) for host in hosts), "/" + "work/", "fonts." + "googleapis"]
    named = [f"{name} mentions {word}" for name, text in texts(ROOT) for word in forbidden if word in text]
    assert named == []


def texts(root: Path) -> list[tuple[str, str]]:
    """Name and text of every file that git would take."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    binary = (".png", ".npz", ".ico", ".gz", ".safetensors")
    paths = [root / name for name in listed if name and not name.endswith(binary)]
    return [(str(path), path.read_text(encoding="utf-8")) for path in paths if path.exists()]

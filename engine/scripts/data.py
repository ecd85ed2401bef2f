"""The part of a script that makes its data: the engine's own functions, in NumPy, the same in both frameworks."""

import io
from functools import partial
from typing import Any

import numpy as np

from engine.config import RunConfig
from engine.datasets.catalogue import DATASETS
from engine.datasets.split import prepare
from engine.scripts.script import Part
from engine.scripts.sources import Taken, take

FROM_FILE = ("mnist", "fashion_mnist", "cifar10", "table")  # their functions download, check and guess
FILE = "tandem-data.npz"
PARTS = ("inputs", "targets", "validation_inputs", "validation_targets")


def data(config: RunConfig) -> Part:
    """What leaves PARTS, shaped as the network is given them, and `order_of`."""
    if config.dataset in FROM_FILE:
        taken, lines = Taken(), _from_file()
    else:
        taken, lines = _made(config)
    lines += ["", "", *ORDER]
    return Part("Data, the same in both frameworks", [taken.text, "", *lines], taken.imports | {"import numpy as np"})


def as_file(config: RunConfig) -> bytes:
    """PARTS of the config as FILE holds them. Raises DatasetError."""
    split, held = prepare(config), io.BytesIO()
    np.savez_compressed(held, allow_pickle=False, **{name: getattr(split, name) for name in PARTS})
    return held.getvalue()


ORDER = (
    "def order_of(epoch):",
    '    """The order of the training rows in an epoch, from 0: both frameworks see the same batches."""',
    "    generator = np.random.Generator(np.random.Philox(key=SEED, counter=[0, 0, 0, epoch]))",
    "    return generator.permutation(len(inputs))",
)


def _from_file() -> list[str]:
    return [
        '# "Data as .npz" on the page makes this file: split and scaled as the run has it.',
        f'with np.load("{FILE}") as data:',
        f"    {', '.join(PARTS)} = (data[name] for name in {PARTS})",
    ]


def _made(config: RunConfig) -> tuple[Taken, list[str]]:
    dataset = DATASETS[config.dataset]
    make, named = _function(dataset.make, dict(config.dataset_options))
    scaling = dataset.scaling(config.dataset_options)
    wanted = [(make.__module__, make.__name__)]
    classes = config.network_entry.given(dataset.form(config.dataset_options)).kind != "characters" and (
        dataset.form(config.dataset_options).task == "classification"
    )
    if classes:
        wanted += [("engine.datasets.split", "_training_counts"), ("engine.datasets.split", "_rank_in_class")]
    if scaling.columns or scaling.targets:
        wanted.append(("engine.datasets.scaling", "standardise"))
    arguments = "".join(f", {name}={value!r}" for name, value in named.items())
    lines = [
        f"rows, goals = {make.__name__}(SEED{arguments})",
        "",
        f"# Split: {config.train_fraction:.0%} for training"
        + (", in both parts the classes in the shares of the whole." if classes else ", by chance."),
        "order = np.random.default_rng([SEED, 3]).permutation(len(rows))",
        f"training = max(1, round({config.train_fraction!r} * len(rows)))",
        "trains = np.arange(len(order)) < training",
    ]
    if classes:
        lines += [
            "counts = _training_counts(np.bincount(goals), training)",
            "if counts is not None:",
            "    trains = _rank_in_class(goals[order]) < counts[goals[order]]",
        ]
    lines.append("first, rest = order[trains], order[~trains]")
    if scaling.columns:
        lines.append(f"standardise(rows, {_columns(scaling.columns)}, first)  # by the training rows alone")
    if scaling.targets:
        lines.append("standardise(goals, range(1), first)")
    return take(wanted), lines + _shaped(config)


def _columns(columns: tuple[int, ...]) -> str:
    return f"range({len(columns)})" if columns == tuple(range(len(columns))) else repr(columns)


def _shaped(config: RunConfig) -> list[str]:
    """Rows as the network is given them."""
    shape, dataset = config.form.shape, DATASETS[config.dataset].form(config.dataset_options)
    lines = []
    if shape != dataset.shape:
        lines.append(f"rows = rows.reshape(-1, {', '.join(map(str, shape))})")
    goals = "rows" if config.network_entry.reconstructs else "goals"
    note = "  # what comes out is to be what goes in" if goals == "rows" else ""
    lines += [
        "",
        f"inputs, targets = rows[first], {goals}[first]{note}",
        f"validation_inputs, validation_targets = rows[rest], {goals}[rest]",
    ]
    return lines


def _function(make: Any, named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    if isinstance(make, partial):
        return make.func, {**make.keywords, **named}
    return make, named

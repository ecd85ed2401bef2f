"""Each network's options, and its recipes: hyperparameters that give a good curve, by dataset, the default first."""

from typing import Any

from engine.datasets.dataset import Option, Options
from engine.networks.network import Recipe

# Each network's options

WIDTH = Option(128, 1, 4096, "Units of each hidden layer.")
STATE = Option(32, 1, 1024, "Units of the recurrent layer.")
DROPOUT = Option(0.0, 0.0, 0.9, "Share of the units that each step leaves out.")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "silu")
MLP_OPTIONS = {
    "depth": Option(1, 1, 16, "Number of hidden layers."),
    "width": WIDTH,
    "activation": Option("relu", choices=ACTIVATIONS, kind="choice", help="What each hidden unit does with its sum."),
    "dropout": DROPOUT,
}
TRANSFORMER_OPTIONS = {
    "width": Option(64, 4, 1024, "Length of the vector that stands for a character; a multiple of the heads."),
    "depth": Option(2, 1, 16, "Number of blocks."),
    "heads": Option(4, 1, 16, "Number of attention heads."),
    "dropout": DROPOUT,
}


def heads_conflict(options: Options) -> str:
    """One sentence where the heads cannot share the width out among them; empty where they can."""
    width, heads = options["width"], options["heads"]
    return f"a width of {width} was given; allowed is a multiple of the {heads} heads." if width % heads else ""


# Each network's recipes

POINTS = ("moons", "circles", "spirals", "xor", "gaussians")
CLASSES = ("breast_cancer", "wine", "iris")
PHOTOS = ("mnist", "fashion_mnist", "cifar10")


def _for_all(
    names: tuple[str, ...], epochs: int, batch_size: int, optimizer: str, learning_rate: float, **options: Any
) -> dict[str, Recipe]:
    return dict.fromkeys(names, Recipe(epochs, batch_size, optimizer, learning_rate, options))


LOGISTIC = {
    **_for_all(("digits",), 40, 32, "sgd", 0.5),
    **_for_all(CLASSES, 40, 16, "adam", 0.01),
    **_for_all(("diabetes",), 40, 16, "adam", 0.01),
    **_for_all(POINTS, 40, 32, "sgd", 0.5),
    **_for_all(PHOTOS, 3, 64, "adam", 0.001),
    **_for_all(("table",), 30, 32, "adam", 0.01),
}
MLP = {
    **_for_all(("digits",), 40, 32, "adam", 0.001),
    **_for_all(("moons", "circles", "xor", "gaussians"), 40, 32, "adam", 0.01, depth=2, width=16),
    **_for_all(("spirals",), 100, 32, "adam", 0.01, depth=2, width=32, activation="tanh"),
    **_for_all(CLASSES, 40, 16, "adam", 0.003, width=32),
    **_for_all(("diabetes",), 40, 16, "adam", 0.003, width=32),
    **_for_all(("teacher",), 40, 32, "adam", 0.003, width=32),
    **_for_all(PHOTOS, 3, 64, "adam", 0.001),
    **_for_all(("table",), 30, 32, "adam", 0.003, width=64),
}
SIMPLE_NET = {
    "normal": Recipe(epochs=1, batch_size=1, optimizer="sgd", learning_rate=0.01),
    "teacher": Recipe(epochs=100, batch_size=32, optimizer="sgd", learning_rate=0.01),
}
PLAIN_MLP = {
    **_for_all(("digits",), 40, 32, "sgd", 0.5),
    **_for_all(POINTS, 40, 32, "adam", 0.01, width=32),
    **_for_all(CLASSES, 40, 16, "adam", 0.003, width=32),
    **_for_all(("diabetes",), 40, 16, "adam", 0.003, width=32),
    **_for_all(("teacher",), 40, 32, "adam", 0.003, width=32),
    **_for_all(("table",), 30, 32, "adam", 0.003, width=64),
}
LENET = {"digits": Recipe(20, 32, "adam", 0.003), **_for_all(PHOTOS, 2, 64, "adam", 0.001)}
RESNET = {"digits": Recipe(15, 32, "adam", 0.001), **_for_all(PHOTOS, 1, 64, "adam", 0.001)}
AUTOENCODER = {"digits": Recipe(30, 32, "adam", 0.005), **_for_all(PHOTOS, 2, 64, "adam", 0.002)}
LSTM = {"sine": Recipe(30, 32, "adam", 0.01), "adding": Recipe(30, 32, "adam", 0.01)}
GRU = {"sine": Recipe(20, 32, "adam", 0.01), "adding": Recipe(12, 32, "adam", 0.01)}
TRANSFORMER = {"characters": Recipe(6, 32, "adamw", 0.002)}

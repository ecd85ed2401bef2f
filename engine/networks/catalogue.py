"""The reference networks: what each is, its weights in canonical layout, and the recipe for each dataset that fits.

A network is two short files, `<name>_torch.py` and `<name>_tensorflow.py`, and one entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Literal

from engine.datasets.dataset import Form, Option, Options
from engine.networks.shapes import Weights, conv, embedding, linear, norm, recurrent, transposed_conv


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters that give a good curve within ten seconds on a small machine."""

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    network_options: Mapping[str, Any] = field(default_factory=dict)


def _no_conflict(options: Options) -> str:
    return ""


@dataclass(frozen=True)
class Network:
    """`weights(form, **options)` names each trainable weight as PyTorch does; `recipes` by dataset, default first.

    `takes` is the kind of inputs that its twins are built for: one that takes vectors is given images flattened. One
    that reconstructs has its inputs as targets.
    """

    name: str
    title: str
    source: str
    takes: Literal["vector", "image", "sequence", "characters"]
    weights: Callable[..., Weights]
    recipes: Mapping[str, Recipe]
    options: Mapping[str, Option] = field(default_factory=dict)
    reconstructs: bool = False
    task: Literal["classification", "regression"] | None = None  # None where it learns both
    recurrent: bool = False  # loops over time, which PyTorch's compiler takes into no call of many steps
    contains: tuple[str, ...] = ()  # parts that the frameworks treat differently, such as batch_norm
    conflict: Callable[[Options], str] = _no_conflict  # one sentence where two options do not go together

    def given(self, form: Form) -> Form:
        """A dataset's form as this network is given it."""
        if self.takes == "vector" and form.kind == "image":
            form = replace(form, kind="vector", shape=(prod(form.shape),))
        if self.reconstructs:
            form = replace(form, task="regression", outputs=form.shape[0])
        return form

    def parts(self, options: Options) -> set[str]:
        """Those of its parts that the frameworks treat differently; `contains`, and what the options bring."""
        brought = {"gelu": options.get("activation") == "gelu", "dropout": bool(options.get("dropout"))}
        return {*self.contains, *(part for part, there in brought.items() if there)}

    def complete(self, options: Options) -> dict[str, Any]:
        """All options, with the defaults of those that are not given."""
        return {name: option.default for name, option in self.options.items()} | dict(options)


def parameters(weights: Weights) -> int:
    """Number of trainable parameters."""
    return sum(prod(weight.shape) for weight in weights.values())


# Each network's weights


def _logistic(form: Form) -> Weights:
    return linear("output", form.shape[0], form.outputs)


def _simple_net(form: Form) -> Weights:
    return linear("hidden", form.shape[0], 3) | linear("output", 3, form.outputs)


def _mlp(form: Form, depth: int, width: int, activation: str, dropout: float) -> Weights:
    found = linear("hidden1", form.shape[0], width)
    for number in range(2, depth + 1):
        found |= linear(f"hidden{number}", width, width)
    return found | linear("output", width, form.outputs)


def _plain_mlp(form: Form, width: int) -> Weights:
    found = linear("hidden", form.shape[0], width) | linear("output", width, form.outputs)
    return {name.replace(".", "_"): weight for name, weight in found.items()}


def _lenet(form: Form) -> Weights:
    channels, height, _ = form.shape
    kernel, side = (3, 2) if height == 8 else (5, 5)
    found = conv("conv1", channels, 6, kernel) | conv("conv2", 6, 16, kernel)
    found |= linear("fc1", 16 * side * side, 120, flattens=(16, side, side))
    return found | linear("fc2", 120, 84) | linear("output", 84, form.outputs)


def _resnet(form: Form, blocks: int) -> Weights:
    found = conv("conv1", form.shape[0], 16, 3, bias=False) | norm("norm1", 16)
    for stage, (inputs, outputs) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
        for number in range(1, blocks + 1):
            found |= _block(f"stage{stage}.block{number}", inputs if number == 1 else outputs, outputs)
    return found | linear("output", 64, form.outputs)


def _block(name: str, inputs: int, outputs: int) -> Weights:
    found = conv(f"{name}.conv1", inputs, outputs, 3, bias=False) | norm(f"{name}.norm1", outputs)
    found |= conv(f"{name}.conv2", outputs, outputs, 3, bias=False) | norm(f"{name}.norm2", outputs)
    if inputs != outputs:
        found |= conv(f"{name}.shortcut", inputs, outputs, 1, bias=False) | norm(f"{name}.shortcut_norm", outputs)
    return found


def _autoencoder(form: Form, code: int) -> Weights:
    channels = form.shape[0]
    found = conv("conv1", channels, 16, 4) | conv("conv2", 16, code, 4)
    return found | transposed_conv("deconv1", code, 16, 4) | transposed_conv("deconv2", 16, channels, 4)


def _lstm(form: Form, width: int) -> Weights:
    return recurrent("lstm", form.shape[1], width, gates=4, biases=1) | linear("output", width, form.outputs)


def _gru(form: Form, width: int) -> Weights:
    return recurrent("gru", form.shape[1], width, gates=3, biases=2) | linear("output", width, form.outputs)


def _transformer(form: Form, width: int, depth: int, heads: int, dropout: float) -> Weights:
    found = embedding("embedding.token", form.outputs, width) | embedding("embedding.position", form.shape[0], width)
    for number in range(1, depth + 1):
        name = f"block{number}"
        found |= norm(f"{name}.attention_norm", width)
        for part in ("query", "key", "value", "projection"):
            found |= linear(f"{name}.attention.{part}", width, width, bias=part != "key")
        found |= norm(f"{name}.mlp_norm", width)
        found |= linear(f"{name}.expand", width, 4 * width) | linear(f"{name}.contract", 4 * width, width)
    return found | norm("norm", width) | linear("output", width, form.outputs)


def _heads_conflict(options: Options) -> str:
    width, heads = options["width"], options["heads"]
    return f"a width of {width} was given; allowed is a multiple of the {heads} heads." if width % heads else ""


# Each network's options

WIDTH = Option(128, 1, 4096, "Units of each hidden layer.")
STATE = Option(32, 1, 1024, "Units of the recurrent layer.")
DROPOUT = Option(0.0, 0.0, 0.9, "Share of the units that each step leaves out.")
ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "silu")
MLP = {
    "depth": Option(1, 1, 16, "Number of hidden layers."),
    "width": WIDTH,
    "activation": Option("relu", choices=ACTIVATIONS, kind="choice", help="What each hidden unit does with its sum."),
    "dropout": DROPOUT,
}
TRANSFORMER = {
    "width": Option(64, 4, 1024, "Length of the vector that stands for a character; a multiple of the heads."),
    "depth": Option(2, 1, 16, "Number of blocks."),
    "heads": Option(4, 1, 16, "Number of attention heads."),
    "dropout": DROPOUT,
}

# Each network's recipes

POINTS = ("moons", "circles", "spirals", "xor", "gaussians")
CLASSES = ("breast_cancer", "wine", "iris")
PHOTOS = ("mnist", "fashion_mnist", "cifar10")


def _for_all(
    names: tuple[str, ...], epochs: int, batch_size: int, optimizer: str, learning_rate: float, **options: Any
) -> dict[str, Recipe]:
    return dict.fromkeys(names, Recipe(epochs, batch_size, optimizer, learning_rate, options))


LINEAR = {
    **_for_all(("digits",), 40, 32, "sgd", 0.5),
    **_for_all(CLASSES, 40, 16, "adam", 0.01),
    **_for_all(("diabetes",), 40, 16, "adam", 0.01),
    **_for_all(POINTS, 40, 32, "sgd", 0.5),
    **_for_all(PHOTOS, 3, 64, "adam", 0.001),
    **_for_all(("table",), 30, 32, "adam", 0.01),
}
PERCEPTRON = {
    **_for_all(("digits",), 40, 32, "adam", 0.001),
    **_for_all(("moons", "circles", "xor", "gaussians"), 40, 32, "adam", 0.01, depth=2, width=16),
    **_for_all(("spirals",), 100, 32, "adam", 0.01, depth=2, width=32, activation="tanh"),
    **_for_all(CLASSES, 40, 16, "adam", 0.003, width=32),
    **_for_all(("diabetes",), 40, 16, "adam", 0.003, width=32),
    **_for_all(("teacher",), 40, 32, "adam", 0.003, width=32),
    **_for_all(PHOTOS, 3, 64, "adam", 0.001),
    **_for_all(("table",), 30, 32, "adam", 0.003, width=64),
}
PLAIN = {
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

NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            "mlp",
            "Multilayer perceptron",
            "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.",
            "vector",
            _mlp,
            PERCEPTRON,
            MLP,
        ),
        Network(
            "simple_net",
            "Simple network, 6→3→1",
            "The network of every tutorial's introduction: two linear layers with a ReLU between them.",
            "vector",
            _simple_net,
            {
                "normal": Recipe(epochs=1, batch_size=1, optimizer="sgd", learning_rate=0.01),
                "teacher": Recipe(epochs=100, batch_size=32, optimizer="sgd", learning_rate=0.01),
            },
        ),
        Network(
            "plain_mlp",
            "Perceptron without layers",
            "The perceptron of Rumelhart, Hinton and Williams, 1986, in raw tensors: no layers, no optimizer class.",
            "vector",
            _plain_mlp,
            PLAIN,
            {"width": WIDTH},
        ),
        Network(
            "logistic",
            "Linear model",
            "Cox, The regression analysis of binary sequences, 1958; with values as targets it is linear regression.",
            "vector",
            _logistic,
            LINEAR,
        ),
        Network(
            "lenet",
            "LeNet-5",
            "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.",
            "image",
            _lenet,
            LENET,
        ),
        Network(
            "resnet",
            "Residual network",
            "He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2015.",
            "image",
            _resnet,
            RESNET,
            {"blocks": Option(1, 1, 9, "Residual blocks in each of the three stages.")},
            contains=("batch_norm", "strided_padding"),
        ),
        Network(
            "autoencoder",
            "Convolutional autoencoder",
            "Masci, Meier, Cireşan and Schmidhuber, Stacked convolutional auto-encoders, 2011.",
            "image",
            _autoencoder,
            AUTOENCODER,
            {"code": Option(4, 1, 64, "Channels of the narrow middle.")},
            reconstructs=True,
        ),
        Network(
            "lstm",
            "LSTM",
            "Hochreiter and Schmidhuber, Long short-term memory, 1997.",
            "sequence",
            _lstm,
            LSTM,
            {"width": STATE},
            recurrent=True,
            contains=("lstm",),
        ),
        Network(
            "gru",
            "GRU",
            "Cho and others, Learning phrase representations using RNN encoder-decoder, 2014.",
            "sequence",
            _gru,
            GRU,
            {"width": STATE},
            recurrent=True,
        ),
        Network(
            "transformer",
            "Character transformer",
            "Vaswani and others, Attention is all you need, 2017; Radford and others, 2018, for the causal form.",
            "characters",
            _transformer,
            {"characters": Recipe(6, 32, "adamw", 0.002)},
            TRANSFORMER,
            contains=("layer_norm", "gelu", "embedding"),
            conflict=_heads_conflict,
        ),
    )
}

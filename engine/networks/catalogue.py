"""The reference networks: what each is, its weights in canonical layout, and the recipe for each dataset that fits.

A network is two short files, `<name>_torch.py` and `<name>_tensorflow.py`, and one entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

from engine.datasets.catalogue import Dataset


@dataclass(frozen=True)
class Weight:
    """A weight's canonical shape, PyTorch's (outputs, inputs), and the fan-in that scales its initial values."""

    shape: tuple[int, ...]
    fan_in: int


@dataclass(frozen=True)
class Recipe:
    """Hyperparameters that give a good curve within ten seconds on a small machine."""

    epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float


@dataclass(frozen=True)
class Network:
    """`weights(inputs, outputs)` names each trainable weight `layer.weight`; `recipes` by dataset, default first."""

    name: str
    title: str
    source: str
    weights: Callable[[int, int], dict[str, Weight]]
    recipes: Mapping[str, Recipe]


def linear(name: str, inputs: int, outputs: int) -> dict[str, Weight]:
    """Weight and bias of one fully connected layer."""
    return {f"{name}.weight": Weight((outputs, inputs), inputs), f"{name}.bias": Weight((outputs,), inputs)}


def parameters(network: Network, dataset: Dataset) -> int:
    """Number of trainable parameters of `network` on `dataset`."""
    return sum(prod(weight.shape) for weight in network.weights(dataset.inputs, dataset.outputs).values())


NETWORKS: dict[str, Network] = {
    network.name: network
    for network in (
        Network(
            "mlp",
            "Perceptron, 64→128→10",
            "Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.",
            lambda inputs, outputs: linear("hidden", inputs, 128) | linear("output", 128, outputs),
            {"digits": Recipe(epochs=40, batch_size=32, optimizer="adam", learning_rate=0.001)},
        ),
        Network(
            "simple_net",
            "Simple network, 6→3→1",
            "The network of every tutorial's introduction: two linear layers with a ReLU between them.",
            lambda inputs, outputs: linear("hidden", inputs, 3) | linear("output", 3, outputs),
            {
                "normal": Recipe(epochs=1, batch_size=1, optimizer="sgd", learning_rate=0.01),
                "teacher": Recipe(epochs=100, batch_size=32, optimizer="sgd", learning_rate=0.01),
            },
        ),
    )
}

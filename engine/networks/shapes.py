"""The weights of common layers: their shapes in canonical layout, which is PyTorch's, and how they begin."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Weight:
    """A trainable weight: its shape, and its initial values in the matched policy, which are PyTorch's own.

    `begin` is "uniform" in ±1/√fan_in, "normal" (standard), "ones" or "zeros". A matrix whose inputs are a flattened
    image says in `flattens` that image's (channels, height, width): frameworks flatten in different orders.
    """

    shape: tuple[int, ...]
    fan_in: int = 1
    begin: Literal["uniform", "normal", "ones", "zeros"] = "uniform"
    flattens: tuple[int, int, int] | None = None


Weights = dict[str, Weight]


def linear(
    name: str, inputs: int, outputs: int, bias: bool = True, flattens: tuple[int, int, int] | None = None
) -> Weights:
    """A fully connected layer: weight (outputs, inputs) and bias (outputs,)."""
    found = {f"{name}.weight": Weight((outputs, inputs), inputs, flattens=flattens)}
    return found | ({f"{name}.bias": Weight((outputs,), inputs)} if bias else {})


def conv(name: str, inputs: int, outputs: int, size: int, bias: bool = True) -> Weights:
    """A convolution with a square kernel: weight (outputs, inputs, size, size)."""
    fan_in = inputs * size * size
    found = {f"{name}.weight": Weight((outputs, inputs, size, size), fan_in)}
    return found | ({f"{name}.bias": Weight((outputs,), fan_in)} if bias else {})


def transposed_conv(name: str, inputs: int, outputs: int, size: int) -> Weights:
    """A transposed convolution: weight (inputs, outputs, size, size); PyTorch takes its outputs for the fan-in."""
    fan_in = outputs * size * size
    return {
        f"{name}.weight": Weight((inputs, outputs, size, size), fan_in),
        f"{name}.bias": Weight((outputs,), fan_in),
    }


def norm(name: str, channels: int) -> Weights:
    """Batch norm or layer norm: a scale that begins at one, a shift that begins at zero."""
    return {
        f"{name}.weight": Weight((channels,), begin="ones"),
        f"{name}.bias": Weight((channels,), begin="zeros"),
    }


def embedding(name: str, tokens: int, width: int) -> Weights:
    """A table of one vector for each token."""
    return {f"{name}.weight": Weight((tokens, width), begin="normal")}


def recurrent(name: str, inputs: int, width: int, gates: int, biases: int) -> Weights:
    """One recurrent layer: the gates' matrices for inputs and for the state, and one bias or two of them."""
    rows = gates * width
    found = {
        f"{name}.weight_ih_l0": Weight((rows, inputs), width),
        f"{name}.weight_hh_l0": Weight((rows, width), width),
        f"{name}.bias_ih_l0": Weight((rows,), width),
    }
    return found | ({f"{name}.bias_hh_l0": Weight((rows,), width)} if biases == 2 else {})

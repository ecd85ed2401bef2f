"""What no step can be faster than, counted on layers that are told by hand, at rates that a script measured."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.bench import floor
from engine.config import RunConfig

BATCH = 32


class Session:
    """Layers by their weights, what they give, and what they are."""

    def __init__(self, layers: dict[str, tuple[tuple[int, ...], tuple[int, ...], str]]):
        self._layers = layers
        self.parameters = sum(int(np.prod(weight)) for weight, _, _ in layers.values())

    def weights(self) -> dict[str, np.ndarray]:
        return {f"{name}.weight": np.zeros(weight) for name, (weight, _, _) in self._layers.items()}

    def layers(self, batch: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        return {name: np.zeros(given) for name, (_, given, _) in self._layers.items()}, {}

    def kinds(self) -> dict[str, str]:
        return {name: kind for name, (_, _, kind) in self._layers.items()}


class Limits:
    """A machine that multiplies at 1 GFLOPS and copies at 1 GB/s, where every call costs a microsecond more."""

    def __init__(self) -> None:
        self.copied: list[int] = []

    def product_seconds(self, copies: int, rows: int, inner: int, columns: int, *_: str) -> tuple[float, float]:
        return copies * 2 * rows * inner * columns / 1e9, 1.0

    def copy_seconds(self, numbers: int, *_: str) -> tuple[float, float]:
        self.copied.append(numbers)
        return 2 * 4 * numbers / 1e9 + 1e-6, 1.0


def measured(session: Session, **fields: Any) -> dict[str, Any]:
    config = RunConfig.build({"frameworks": ["torch"], "batch_size": BATCH, **fields})
    return floor.measured(Limits(), config, session)  # type: ignore[arg-type]


def test_nobody_computes_the_gradient_of_data() -> None:
    mlp = Session({"hidden1": ((128, 64), (BATCH, 128), "Linear"), "output": ((10, 128), (BATCH, 10), "Linear")})
    assert measured(mlp)["flops_per_step"] == 2 * BATCH * (2 * 64 * 128 + 3 * 128 * 10)


@pytest.mark.parametrize("code", [4, 16])
@pytest.mark.parametrize("kind", ["ConvTranspose2d", "Conv2DTranspose"])
def test_a_transposed_convolution_is_left_out_whatever_its_shape(code: int, kind: str) -> None:
    layers = {
        "conv1": ((16, 1, 4, 4), (BATCH, 16, 4, 4), "Conv2d"),
        "conv2": ((code, 16, 4, 4), (BATCH, code, 2, 2), "Conv2d"),
        "deconv1": ((code, 16, 4, 4), (BATCH, 16, 4, 4), kind),
        "deconv2": ((16, 1, 4, 4), (BATCH, 1, 8, 8), kind),
    }
    expected = 2 * BATCH * (2 * 16 * 16 * 16 + 3 * 4 * code * 16 * 16)
    assert measured(Session(layers), network="autoencoder")["flops_per_step"] == expected


def test_what_an_embedding_feeds_has_a_gradient() -> None:
    layers = {
        "embedding.token": ((64, 64), (BATCH, 8, 64), "Embedding"),
        "output": ((30, 64), (BATCH, 8, 30), "Linear"),
    }
    assert measured(Session(layers), network="transformer")["flops_per_step"] == 2 * 3 * BATCH * 8 * 64 * 30


def test_of_a_network_of_ones_own_nobody_knows_what_feeds_which_layer() -> None:
    config = SimpleNamespace(own_network=object())
    assert floor._times(config, [(1, 2, 3)] * 3) == [2, 2, 2]  # type: ignore[arg-type]


def test_as_much_is_copied_as_there_are_weights_and_calling_is_not_counted() -> None:
    limits, wide = Limits(), Session({"hidden1": ((400, 64), (BATCH, 400), "Linear")})
    config = RunConfig.build({"frameworks": ["torch"], "batch_size": BATCH})
    found = floor.measured(limits, config, wide)  # type: ignore[arg-type]
    assert limits.copied == [1, 25_600]
    assert found["copy_bytes_per_second"] == pytest.approx(1e9, rel=1e-3)
    assert found["matmul_flops"] == pytest.approx(1e9)
    assert found["copy_seconds"][1] == found["matmul_seconds"][1] == 1.0  # the medians are kept too

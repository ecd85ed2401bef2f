"""What a step cannot be faster than: its arithmetic and its traffic with memory, at rates measured on this machine."""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from engine.config import RunConfig
from engine.session import Session

PRODUCT_FLOPS = 5e7  # of the products in one call, so that calling costs nothing
MOST_COPIES = 256
# An array that is copied has as many numbers as the network has weights, for it makes a difference in which cache they
# lie: those of a small network never leave the fastest one. Of fewer numbers than these the clock cannot tell the time.
LEAST_NUMBERS = 2**13
LEAST_SHARE = 0.1  # of a call that is taken for copying, whatever calling it costs
# How often a step touches each weight, or a number that belongs to it: it is read forward and backward, its gradient
# is written and read, and the optimizer reads and writes it and each of its own numbers.
TOUCHES = {"sgd": 6, "momentum": 8, "nesterov": 8, "rmsprop": 8, "adam": 10, "adamw": 10}
Product = tuple[int, int, int]  # rows, inner size and columns


def measured(limits: ModuleType, config: RunConfig, session: Session) -> dict[str, Any]:
    """Floating-point operations and bytes a second, and how many of each a training step needs at the least.

    `limits` is engine.frameworks.limits_torch or its sibling; `session` is in its first epoch.
    """
    products = list(_products(session, config.batch_size))
    device, dtype = getattr(config.device, config.frameworks[0]), config.variable_dtype
    rows, inner, columns = max(products, key=np.prod, default=(256, 256, 256))
    flops = 2 * rows * inner * columns
    copies = int(min(MOST_COPIES, max(1, PRODUCT_FLOPS // flops)))
    multiplying = limits.product_seconds(copies, rows, inner, columns, config.compute_dtype, device)
    numbers, size = max(session.parameters, LEAST_NUMBERS), np.dtype(dtype).itemsize
    calling, copying = (limits.copy_seconds(count, dtype, device) for count in (1, numbers))
    seconds = max(copying[0] - calling[0], LEAST_SHARE * copying[0])
    return {
        "matmul_flops": copies * flops / multiplying[0],
        "matmul_seconds": multiplying,
        "copy_bytes_per_second": 2 * numbers * size / seconds,
        "copy_seconds": copying,
        "call_seconds": calling,
        "flops_per_step": sum(
            times * 2 * int(np.prod(product)) for times, product in zip(_times(config, products), products, strict=True)
        ),
        "bytes_per_step": TOUCHES[config.optimizer] * session.parameters * size,
    }


def _times(config: RunConfig, products: list[Product]) -> list[int]:
    """How many products a step has for each: forward, for the weights' gradient, and for that of what the layer is fed.

    Of data nobody wants a gradient: the first layer has two, unless an embedding is before it. Which layers of a
    network of one's own are fed by the data is not known, so all have two.
    """
    if config.own_network:
        return [2] * len(products)
    fed_by_data = 0 if config.form.kind == "characters" else 1
    return [2 if place < fed_by_data else 3 for place in range(len(products))]


def _products(session: Session, batch_size: int) -> Iterator[Product]:
    """The matrix product of each layer's forward pass, in the order of the weights; an image or a text is several rows.

    Left out, so that the limit is never too low: a transposed convolution, an embedding, attention's own products, and
    all but one step of a recurrent layer.
    """
    weights: Mapping[str, np.ndarray] = session.weights()
    outputs, kinds = session.layers(0)[0], session.kinds()
    for name, weight in weights.items():
        layer = name.rpartition(".")[0]
        given = outputs.get(layer)
        if weight.ndim == 2 and ("_ih_" in name or "_hh_" in name):
            yield batch_size, weight.shape[1], weight.shape[0]
        elif given is None or weight.ndim not in (2, 4) or _left_out(kinds.get(layer, "")):
            continue
        elif weight.ndim == 2 and given.shape[-1] == weight.shape[0]:
            yield given.size // weight.shape[0], weight.shape[1], weight.shape[0]
        elif weight.ndim == 4 and given.ndim == 4 and given.shape[1] == weight.shape[0]:
            yield given.size // weight.shape[0], int(np.prod(weight.shape[1:])), weight.shape[0]


def _left_out(kind: str) -> bool:
    return "Transpose" in kind or "Embedding" in kind

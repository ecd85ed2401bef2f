"""What a step cannot be faster than: its arithmetic and its traffic with memory, at rates measured on this machine."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from engine.config import RunConfig
from engine.session import Session

PRODUCT_FLOPS = 5e7  # of the products in one call, so that calling costs nothing
MOST_COPIES = 256
LEAST_NUMBERS = 2**18  # in an array that is copied, for the same reason
# How often a step touches each weight, or a number that belongs to it: it is read forward and backward, its gradient
# is written and read, and the optimizer reads and writes it and each of its own numbers.
TOUCHES = {"sgd": 6, "momentum": 8, "nesterov": 8, "rmsprop": 8, "adam": 10, "adamw": 10}


def measured(limits: ModuleType, config: RunConfig, session: Session) -> dict[str, Any]:
    """Floating-point operations and bytes a second, and how many of each a training step needs at the least.

    `limits` is engine.frameworks.limits_torch or its sibling; `session` is in its first epoch.
    """
    products = list(_products(session.weights(), session.layers(0)[0], config.batch_size))
    device, dtype = getattr(config.device, config.frameworks[0]), config.variable_dtype
    rows, inner, columns = max(products, key=np.prod, default=(256, 256, 256))
    flops = 2 * rows * inner * columns
    copies = int(min(MOST_COPIES, max(1, PRODUCT_FLOPS // flops)))
    numbers = max(session.parameters, LEAST_NUMBERS)
    size = np.dtype(dtype).itemsize
    return {
        "matmul_flops": copies
        * flops
        / limits.product_seconds(copies, rows, inner, columns, config.compute_dtype, device),
        "copy_bytes_per_second": 2 * numbers * size / limits.copy_seconds(numbers, dtype, device),
        "flops_per_step": 3 * sum(2 * int(np.prod(product)) for product in products),  # the backward pass has two
        "bytes_per_step": TOUCHES[config.optimizer] * session.parameters * size,
    }


def _products(weights: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray], batch_size: int):
    """Rows, inner size and columns of the matrix product of each layer's forward pass, one image or text a row or more.

    Left out, so that the limit is never too low: a transposed convolution, an embedding, attention's own products, and
    all but one step of a recurrent layer.
    """
    for name, weight in weights.items():
        layer = name.rpartition(".")[0]
        given = outputs.get(layer)
        if weight.ndim == 2 and ("_ih_" in name or "_hh_" in name):
            yield batch_size, weight.shape[1], weight.shape[0]
        elif given is None or weight.ndim not in (2, 4):
            continue
        elif weight.ndim == 2 and given.shape[-1] == weight.shape[0]:
            yield given.size // weight.shape[0], weight.shape[1], weight.shape[0]
        elif weight.ndim == 4 and given.ndim == 4 and given.shape[1] == weight.shape[0]:
            yield given.size // weight.shape[0], int(np.prod(weight.shape[1:])), weight.shape[0]

"""The bare loop in PyTorch that a person would write by hand, recording nothing.

`python -m benchmarks.bare_torch CONFIG`. Of ours it shares the network, the optimizer's arithmetic, the data and the
order of batches; loop and validation are its own. It reads the losses of an epoch, and validates, when it ends. Nobody
writes many steps in one compiled call by hand, so there it calls ours, an epoch at a time.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order
from engine.frameworks.layers_torch import built
from engine.frameworks.optimizer_torch import Optimizer
from engine.frameworks.train_torch import COMPILING
from engine.frameworks.weights_torch import trainable
from engine.twins import network_twin

Epoch = Callable[[torch.Tensor], torch.Tensor]  # trains on the batches of these rows, and gives their losses


def steps_per_second(config: RunConfig) -> float:
    """Steps per second of all epochs but the first, which warms up and compiles."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    split = prepare(config)
    classify = split.form.task == "classification"
    inputs, targets = _tensor(split.inputs), _tensor(split.targets)
    validation_inputs, validation_targets = _tensor(split.validation_inputs), _tensor(split.validation_targets)
    network = built(config, split.form, network_twin(config, "torch").build)
    train = _many_at_once if config.steps_per_call.torch == "many" else _one_by_one
    train_epoch = train(config, network, inputs, targets, classify)
    steps, begun = 0, 0.0
    for epoch in range(config.epochs):
        losses = train_epoch(torch.from_numpy(epoch_order(config.seed, epoch, len(inputs)))).numpy()
        network.eval()
        with torch.no_grad():
            outputs = network(validation_inputs)
            _loss(outputs, validation_targets, classify).item()
            if classify:
                (outputs.argmax(-1) == validation_targets).float().mean().item()
        network.train()
        if epoch:
            steps += len(losses)
        else:
            begun = time.perf_counter()
    return steps / (time.perf_counter() - begun)


def _one_by_one(config: RunConfig, network, inputs, targets, classify: bool) -> Epoch:
    """A step after the other."""
    named = trainable(network)
    optimizer, variables = Optimizer(config, named), list(named.values())

    def batch_loss(x, y):
        return _loss(network(x), y, classify)

    # With the options of ours: without the layouts that PyTorch 2.13 loses gradients in.
    forward = torch.compile(batch_loss, options=COMPILING) if config.execution.torch == "compile" else batch_loss

    def train(order: torch.Tensor) -> torch.Tensor:
        losses = []
        for rows in order.split(config.batch_size):
            loss = forward(inputs[rows], targets[rows])
            optimizer.apply(torch.autograd.grad(loss, variables), config.learning_rate)
            losses.append(loss.detach())
        return torch.stack(losses)

    return train


def _many_at_once(config: RunConfig, network, inputs, targets, classify: bool) -> Epoch:
    """The whole batches of an epoch in one compiled call, and a smaller last one in another."""
    from engine.frameworks.many_steps_only_torch import ManySteps  # whose import alone loads the compiler

    named = trainable(network)
    optimizer = Optimizer(config, named)
    together = ManySteps(config, network, named, inputs, targets, classify)

    def train(order: torch.Tensor) -> torch.Tensor:
        count = -(-len(order) // config.batch_size)
        return together(order, [config.learning_rate] * count, optimizer.slots)

    return train


def _loss(outputs: torch.Tensor, wanted: torch.Tensor, classify: bool) -> torch.Tensor:
    if not classify:
        return functional.mse_loss(outputs, wanted)
    return functional.cross_entropy(outputs.flatten(0, -2), wanted.flatten())


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64 if values.dtype.kind == "i" else torch.float32)


if __name__ == "__main__":
    print(json.dumps({"steps_per_second": steps_per_second(RunConfig.from_json(sys.argv[1]))}))

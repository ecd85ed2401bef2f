"""The bare loop in PyTorch that a person would write by hand, recording nothing.

`python -m benchmarks.bare_torch CONFIG`. Of ours it shares the network, the optimizer's arithmetic, the data and the
order of batches; loop and validation are its own. It reads the losses of an epoch, and validates, when it ends.
"""

import json
import sys
import time

import numpy as np
import torch
from torch.nn import functional

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order
from engine.frameworks.layers_torch import built
from engine.frameworks.optimizer_torch import Optimizer
from engine.frameworks.weights_torch import trainable
from engine.twins import network_twin


def steps_per_second(config: RunConfig) -> float:
    """Steps per second of all epochs but the first, which warms up."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    split = prepare(config)
    classify = split.form.task == "classification"
    inputs, targets = _tensor(split.inputs), _tensor(split.targets)
    validation_inputs, validation_targets = _tensor(split.validation_inputs), _tensor(split.validation_targets)
    network = built(config, split.form, network_twin(config, "torch").build)

    def loss_of(outputs, wanted):
        if not classify:
            return functional.mse_loss(outputs, wanted)
        return functional.cross_entropy(outputs.flatten(0, -2), wanted.flatten())

    named = trainable(network)
    optimizer, variables = Optimizer(config, named), list(named.values())
    steps, begun = 0, 0.0
    for epoch in range(config.epochs):
        losses = []
        for rows in torch.from_numpy(epoch_order(config.seed, epoch, len(inputs))).split(config.batch_size):
            loss = loss_of(network(inputs[rows]), targets[rows])
            optimizer.apply(torch.autograd.grad(loss, variables), config.learning_rate)
            losses.append(loss.detach())
        torch.stack(losses).numpy()
        network.eval()
        with torch.no_grad():
            outputs = network(validation_inputs)
            loss_of(outputs, validation_targets).item()
            if classify:
                (outputs.argmax(-1) == validation_targets).float().mean().item()
        network.train()
        if epoch:
            steps += len(losses)
        else:
            begun = time.perf_counter()
    return steps / (time.perf_counter() - begun)


def _tensor(values: np.ndarray) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64 if values.dtype.kind == "i" else torch.float32)


if __name__ == "__main__":
    print(json.dumps({"steps_per_second": steps_per_second(RunConfig.from_json(sys.argv[1]))}))

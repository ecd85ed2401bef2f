"""The bare loop in PyTorch that a person would write by hand, recording nothing.

`python -m benchmarks.bare_torch CONFIG`. Of ours it shares the network, the optimizer's arithmetic, the data and the
order of batches; loop and validation are its own. It reads the losses of an epoch, and validates, when it ends.
"""

import json
import sys
import time

import torch
from torch.nn import functional

from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.fairness.batches import epoch_order
from engine.frameworks.optimizer_torch import Optimizer
from engine.networks import mlp_torch, simple_net_torch

NETWORKS = {"mlp": mlp_torch, "simple_net": simple_net_torch}


def steps_per_second(config: RunConfig) -> float:
    """Steps per second of all epochs but the first, which warms up."""
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    split = prepare(config)
    classify = split.form.task == "classification"
    loss_of = functional.cross_entropy if classify else functional.mse_loss
    inputs, targets = _tensors(split.inputs, split.targets, classify)
    validation_inputs, validation_targets = _tensors(split.validation_inputs, split.validation_targets, classify)
    network = NETWORKS[config.network].build(inputs.shape[1], split.form.outputs)
    optimizer = Optimizer(config, dict(network.named_parameters()))
    variables = list(network.parameters())
    steps, begun = 0, 0.0
    for epoch in range(config.epochs):
        losses = []
        for rows in torch.from_numpy(epoch_order(config.seed, epoch, len(inputs))).split(config.batch_size):
            loss = loss_of(network(inputs[rows]), targets[rows])
            optimizer.apply(torch.autograd.grad(loss, variables), config.learning_rate)
            losses.append(loss.detach())
        torch.stack(losses).numpy()
        with torch.no_grad():
            outputs = network(validation_inputs)
            loss_of(outputs, validation_targets).item()
            if classify:
                (outputs.argmax(1) == validation_targets).float().mean().item()
        if epoch:
            steps += len(losses)
        else:
            begun = time.perf_counter()
    return steps / (time.perf_counter() - begun)


def _tensors(inputs, targets, classify: bool) -> tuple[torch.Tensor, torch.Tensor]:
    kind = torch.int64 if classify else torch.float32
    return torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets, dtype=kind)


if __name__ == "__main__":
    print(json.dumps({"steps_per_second": steps_per_second(RunConfig.from_json(sys.argv[1]))}))

"""Phrases about saving and loading, in PyTorch."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn


def save_and_load_weights():
    before, after = nn.Linear(3, 2), nn.Linear(3, 2)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.pt"
        torch.save(before.state_dict(), path)
        after.load_state_dict(torch.load(path, weights_only=True))
    return torch.equal(before.weight, after.weight)


def save_a_whole_network():
    network = nn.Sequential(nn.Linear(3, 2), nn.Tanh()).eval()
    inputs = (torch.ones(4, 3),)
    sizes = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(network, inputs, dynamic_shapes=sizes)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "network.pt2"
        torch.export.save(exported, path)
        loaded = torch.export.load(path).module()
    batches = [torch.ones(size, 3) for size in (1, 9)]
    return [torch.equal(network(batch), loaded(batch)) for batch in batches]


def go_on_from_a_checkpoint():
    def session():
        weight = nn.Parameter(torch.tensor([4.0]))
        return weight, torch.optim.SGD([weight], lr=0.1, momentum=0.9)

    def step(weight, optimizer):
        optimizer.zero_grad()
        weight.pow(2).sum().backward()
        optimizer.step()

    weight, optimizer = session()
    step(weight, optimizer)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        state = {"weight": weight.data, "optimizer": optimizer.state_dict()}
        torch.save(state, path)
        kept = torch.load(path, weights_only=True)
    later, its_optimizer = session()
    later.data.copy_(kept["weight"])
    its_optimizer.load_state_dict(kept["optimizer"])
    step(later, its_optimizer)
    return later.item()


def weights_as_arrays():
    layer = nn.Linear(3, 2)
    arrays = {name: value.numpy() for name, value in layer.state_dict().items()}
    return [list(array.shape) for array in arrays.values()]

"""Phrases about devices, precision and seeds, in PyTorch."""

import torch
from torch import nn


def set_a_device():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    x = torch.ones(2, device=device)
    return x.is_cuda


def move_a_network():
    network = nn.Linear(3, 2).to("cpu")
    return {weight.device.type for weight in network.parameters()} == {"cpu"}


def set_the_seed():
    torch.manual_seed(7)
    first = torch.rand(3)
    torch.manual_seed(7)
    return torch.equal(first, torch.rand(3))


def the_same_seed_in_both():
    torch.manual_seed(7)
    return torch.rand(3).numpy()


def mixed_precision():
    layer = nn.Linear(4, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = layer(torch.ones(1, 4))
    dtypes = {"weights": layer.weight.dtype, "outputs": outputs.dtype}
    return {name: f"{kind}".split(".")[1] for name, kind in dtypes.items()}


def scale_the_loss():
    network = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    loss = network(torch.ones(1, 4)).mean()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    return scaler.get_scale()


def use_float64():
    torch.set_default_dtype(torch.float64)
    layer, ones = nn.Linear(4, 2), torch.ones(2)
    torch.set_default_dtype(torch.float32)
    dtypes = {"weights": layer.weight.dtype, "ones": ones.dtype}
    return {name: f"{kind}".split(".")[1] for name, kind in dtypes.items()}

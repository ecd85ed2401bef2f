"""Phrases about layers and networks, in PyTorch."""

import torch
from torch import nn


def linear_layer():
    layer = nn.Linear(3, 2)
    outputs = layer(torch.zeros(5, 3))
    return {"weight": list(layer.weight.shape), "outputs": list(outputs.shape)}


def start_weights():
    layer = nn.Linear(3, 2)
    nn.init.constant_(layer.weight, 0.5)
    nn.init.zeros_(layer.bias)
    return layer(torch.ones(1, 3)).detach().numpy()


def layers_in_a_row():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return list(network(torch.zeros(2, 4)).shape)


def count_weights():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return sum(weight.numel() for weight in network.parameters())


def custom_layer():
    class Scale(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.factor = nn.Parameter(torch.full((size,), 2.0))

        def forward(self, inputs):
            return inputs * self.factor

    layer = Scale(3)
    return layer(torch.tensor([1.0, 2.0, 3.0])).detach().numpy()


def custom_network():
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(4, 4)

        def forward(self, inputs):
            return inputs + torch.relu(self.inner(inputs))

    network = Residual()
    outputs = network(torch.zeros(2, 4))
    return [list(outputs.shape), len(list(network.parameters()))]


def freeze_a_layer():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    network[0].requires_grad_(False)
    weights = network.parameters()
    return sum(weight.numel() for weight in weights if weight.requires_grad)


def convolution():
    layer = nn.Conv2d(3, 8, kernel_size=3, padding="same")
    images = torch.zeros(1, 3, 28, 28)
    return list(layer(images).shape)


def training_or_predicting():
    layer = nn.Dropout(0.5)
    inputs = torch.ones(1000)
    layer.train()
    dropped = (layer(inputs) == 0).any().item()
    layer.eval()
    unchanged = (layer(inputs) == 1).all().item()
    return {"training drops": dropped, "predicting drops": not unchanged}


def output_of_a_middle_layer():
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    seen = {}

    def keep(layer, inputs, outputs):
        seen["hidden"] = outputs

    network[1].register_forward_hook(keep)
    network(torch.zeros(2, 4))
    return list(seen["hidden"].shape)


def look_up_embeddings():
    table = nn.Embedding(10, 4)
    nn.init.ones_(table.weight)
    return table(torch.tensor([[1, 2, 9]])).detach().numpy()

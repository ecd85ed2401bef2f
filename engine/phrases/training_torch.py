"""Phrases about training, in PyTorch."""

import torch
from torch import nn


def loss_from_logits():
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 3.0, 0.0]])
    labels = torch.tensor([0, 1])
    return nn.functional.cross_entropy(logits, labels).item()


def one_training_step():
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    inputs, targets = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])

    loss = nn.functional.mse_loss(network(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return [loss.item(), network.weight.item(), network.bias.item()]


def train_for_epochs():
    network = nn.Linear(1, 1)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    inputs, targets = torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0], [5.0]])

    losses = []
    for _ in range(3):
        loss = nn.functional.mse_loss(network(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def schedule_the_learning_rate():
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    steps = torch.optim.lr_scheduler.StepLR
    schedule = steps(optimizer, step_size=2, gamma=0.5)
    rates = []
    for _ in range(5):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


def accumulate_gradients():
    weight = nn.Parameter(torch.tensor([0.0]))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for target in (1.0, 3.0):
        loss = (weight - target).pow(2).sum() / 2
        loss.backward()
    optimizer.step()
    return weight.item()


def measure_accuracy():
    logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    labels = torch.tensor([0, 1, 1])
    return (logits.argmax(dim=1) == labels).double().mean().item()


def decay_weights():
    weight = nn.Parameter(torch.tensor([1.0]))
    optimizer = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.5)
    weight.grad = torch.zeros(1)
    optimizer.step()
    return weight.item()


def compile_a_function():
    @torch.compile
    def scaled(x):
        return torch.relu(x) * 2

    return scaled(torch.tensor([-1.0, 3.0])).numpy()

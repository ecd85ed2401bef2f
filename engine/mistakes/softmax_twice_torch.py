"""A loss that takes logits is given probabilities, in PyTorch."""

import torch
from torch import nn

INPUTS, LABELS = torch.eye(3), torch.arange(3)


def planted(wrap):
    _train(wrap, _probabilities)  # planted


def found(wrap):
    sums = _probabilities(nn.Linear(3, 3)(INPUTS)).sum(dim=1)
    print("what the loss is given adds up to", [round(value, 3) for value in sums.tolist()])
    assert not torch.allclose(sums, torch.ones(3)), "these are probabilities and no logits"


def mended(wrap):
    _train(wrap, _logits)


def _logits(outputs):
    return outputs


def _probabilities(outputs):
    return outputs.softmax(dim=1)


def _train(wrap, output):
    layer = nn.Linear(3, 3)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(layer.parameters(), lr=10.0)

    @wrap
    def loss_of(inputs):
        return nn.functional.cross_entropy(output(layer(inputs)), LABELS)

    for _ in range(100):
        optimizer.zero_grad()
        loss_of(INPUTS).backward()
        optimizer.step()
    right = (layer(INPUTS).argmax(dim=1) == LABELS).double().mean()
    print(f"accuracy {right:.0%}, loss {loss_of(INPUTS).item():.3f}")

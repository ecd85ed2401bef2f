"""A perceptron with one hidden layer in PyTorch, the low-level way: no layers, no optimizer, only gradients."""

import torch
from torch import nn


class PlainMLP(nn.Module):
    """Inputs (batch, inputs) to logits (batch, outputs). It is a module only so that PyTorch lists its parameters."""

    def __init__(self, inputs: int, outputs: int, width: int):
        super().__init__()
        # Uniform in ±1/√(inputs of the layer): what nn.Linear does.
        self.hidden_weight = nn.Parameter((2 * torch.rand(width, inputs) - 1) / inputs**0.5)
        self.hidden_bias = nn.Parameter((2 * torch.rand(width) - 1) / inputs**0.5)
        self.output_weight = nn.Parameter((2 * torch.rand(outputs, width) - 1) / width**0.5)
        self.output_bias = nn.Parameter((2 * torch.rand(outputs) - 1) / width**0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(x @ self.hidden_weight.T + self.hidden_bias)
        return hidden @ self.output_weight.T + self.output_bias


def build(inputs: int, outputs: int, width: int = 128) -> nn.Module:
    """A new network with `width` hidden units and initial weights like those of PyTorch's own layers."""
    return PlainMLP(inputs, outputs, width)


def demonstrate() -> None:
    """One training step on a random batch of 32 images of 8×8 pixels: each weight moves against its gradient."""
    network = build(64, 10)
    rate = 0.1
    x, classes = torch.rand(32, 64), torch.randint(10, (32,))

    logits = network(x)
    loss = (torch.logsumexp(logits, 1) - logits[torch.arange(32), classes]).mean()
    weights: list[torch.Tensor] = list(network.parameters())
    gradients = torch.autograd.grad(loss, weights)
    with torch.no_grad():  # the update is no part of what is differentiated
        for weight, gradient in zip(weights, gradients, strict=True):
            weight -= rate * gradient

    print(f"logits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()

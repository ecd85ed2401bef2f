"""A small transformer in PyTorch that predicts the next token (Vaswani et al., 2017; Radford et al., 2018)."""

import torch
from torch import nn
from torch.nn import functional


class Embedding(nn.Module):
    """What a token is plus where it stands: tokens (batch, time) to (batch, time, width)."""

    def __init__(self, inputs: int, outputs: int, width: int, dropout: float, layers):
        super().__init__()
        self.token = layers.Embedding(outputs, width)
        self.position = layers.Embedding(inputs, width)
        self.dropout = layers.Dropout(dropout)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        return self.dropout(self.token(tokens) + self.position(positions))


class Attention(nn.Module):
    """Each token looks at itself and at those before it: (batch, time, width) to the same."""

    def __init__(self, width: int, heads: int, layers):
        super().__init__()
        self.heads = heads
        self.query = layers.Linear(width, width)
        # A bias of the key would add one number to all scores of a query, which softmax ignores: its gradient is
        # nothing but rounding noise, and Adam would make a random walk of it.
        self.key = layers.Linear(width, width, bias=False)
        self.value = layers.Linear(width, width)
        self.projection = layers.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.projection(mixed.transpose(1, 2).flatten(2))

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, time, width) to (batch, heads, time, width / heads)."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Block(nn.Module):
    """Attention, then a perceptron for each token, each added to what came in: (batch, time, width) to the same."""

    def __init__(self, width: int, heads: int, dropout: float, layers):
        super().__init__()
        self.attention_norm = layers.LayerNorm(width)
        self.attention = Attention(width, heads, layers)
        self.attention_dropout = layers.Dropout(dropout)
        self.mlp_norm = layers.LayerNorm(width)
        self.expand = layers.Linear(width, 4 * width)
        self.gelu = layers.GELU()
        self.contract = layers.Linear(4 * width, width)
        self.mlp_dropout = layers.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention_dropout(self.attention(self.attention_norm(x)))
        return x + self.mlp_dropout(self.contract(self.gelu(self.expand(self.mlp_norm(x)))))


def build(
    inputs: int, outputs: int, width: int = 64, depth: int = 2, heads: int = 4, dropout: float = 0.0, layers=nn
) -> nn.Module:
    """A new network with PyTorch's own initial weights. Tokens (batch, inputs) to logits (batch, inputs, outputs).

    `outputs` counts the tokens there are, `width` is a multiple of `heads`, and `dropout` is the share that each step
    leaves out of what is added up. `layers` is where the layers come from, so that one may hand in a dropout or GELU
    of one's own.
    """
    network = nn.Sequential()
    network.add_module("embedding", Embedding(inputs, outputs, width, dropout, layers))
    for number in range(1, depth + 1):
        network.add_module(f"block{number}", Block(width, heads, dropout, layers))
    network.add_module("norm", layers.LayerNorm(width))
    network.add_module("output", layers.Linear(width, outputs))
    return network


def demonstrate() -> None:
    """One training step on a random batch of 32 texts of 33 tokens out of 32: each is to be told from those before."""
    network = build(32, 32)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.001)
    text = torch.randint(32, (32, 33))
    tokens, following = text[:, :-1], text[:, 1:]

    logits = network(tokens)
    loss = functional.cross_entropy(logits.flatten(0, 1), following.flatten())
    loss.backward()
    optimizer.step()

    print(f"tokens {tuple(tokens.shape)}\nlogits {tuple(logits.shape)}\nloss   {loss.item():.4f}")


if __name__ == "__main__":
    demonstrate()

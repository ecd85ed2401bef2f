"""The character transformer as a function of its weights, in PyTorch."""

from collections.abc import Callable

import torch


def forward(
    weights: dict[str, torch.Tensor],
    tokens: torch.Tensor,
    depth: int,
    heads: int,
    epsilon: float,
    gelu: Callable,
    drop: Callable | None = None,
) -> torch.Tensor:
    """Tokens (batch, time) to logits (batch, time, tokens); `drop(x, number)` is its dropout."""
    drop = drop or _keep
    x = weights["embedding.token.weight"][tokens] + weights["embedding.position.weight"][: tokens.shape[1]]
    x = drop(x, 0)
    for number in range(1, depth + 1):
        name = f"block{number}"
        mixed = _attention(weights, f"{name}.attention", _norm(weights, f"{name}.attention_norm", x, epsilon), heads)
        x = x + drop(mixed, 2 * number - 1)
        wide = gelu(_linear(weights, f"{name}.expand", _norm(weights, f"{name}.mlp_norm", x, epsilon)))
        x = x + drop(_linear(weights, f"{name}.contract", wide), 2 * number)
    return _linear(weights, "output", _norm(weights, "norm", x, epsilon))


def _keep(x: torch.Tensor, number: int) -> torch.Tensor:
    return x


def _attention(weights: dict[str, torch.Tensor], name: str, x: torch.Tensor, heads: int) -> torch.Tensor:
    """Each token looks at itself and at those before it: (batch, time, width) to the same."""
    query = _split(_linear(weights, f"{name}.query", x), heads)
    key = _split(x @ weights[f"{name}.key.weight"].T, heads)  # softmax would ignore its bias
    value = _split(_linear(weights, f"{name}.value", x), heads)
    scores = query @ key.transpose(2, 3) * query.shape[3] ** -0.5
    before = torch.ones(scores.shape[2:], dtype=torch.bool, device=x.device).tril()
    scores = torch.where(before, scores, float("-inf"))
    mixed = torch.softmax(scores, 3) @ value
    return _linear(weights, f"{name}.projection", mixed.transpose(1, 2).flatten(2))


def _split(x: torch.Tensor, heads: int) -> torch.Tensor:
    """(batch, time, width) to (batch, heads, time, width / heads)."""
    batch, time, width = x.shape
    return x.reshape(batch, time, heads, width // heads).transpose(1, 2)


def _norm(weights: dict[str, torch.Tensor], name: str, x: torch.Tensor, epsilon: float) -> torch.Tensor:
    """Each token with a mean of 0 and a variance of 1, then scaled and shifted."""
    mean, variance = x.mean(2, keepdim=True), x.var(2, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + epsilon) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def _linear(weights: dict[str, torch.Tensor], name: str, x: torch.Tensor) -> torch.Tensor:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

"""The LSTM as a function of its weights, in PyTorch: a loop over time."""

import torch


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Inputs (batch, time, features) to outputs (batch, outputs)."""
    of_input, of_state = weights["lstm.weight_ih_l0"], weights["lstm.weight_hh_l0"]
    bias = weights["lstm.bias_ih_l0"]
    if "lstm.bias_hh_l0" in weights:  # PyTorch's own layer adds a second one
        bias = bias + weights["lstm.bias_hh_l0"]
    state = cell = torch.zeros(x.shape[0], of_state.shape[1], dtype=x.dtype, device=x.device)
    for now in x.unbind(1):
        gates = now @ of_input.T + state @ of_state.T + bias
        enters, stays, new, leaves = gates.chunk(4, 1)
        cell = torch.sigmoid(stays) * cell + torch.sigmoid(enters) * torch.tanh(new)
        state = torch.sigmoid(leaves) * torch.tanh(cell)
    return state @ weights["output.weight"].T + weights["output.bias"]

"""The GRU as a function of its weights, in PyTorch: a loop over time."""

import torch


def forward(weights: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Inputs (batch, time, features) to outputs (batch, outputs)."""
    of_input, of_state = weights["gru.weight_ih_l0"], weights["gru.weight_hh_l0"]
    state = torch.zeros(x.shape[0], of_state.shape[1], dtype=x.dtype, device=x.device)
    for now in x.unbind(1):
        reset, update, new = (now @ of_input.T + weights["gru.bias_ih_l0"]).chunk(3, 1)
        old_reset, old_update, old = (state @ of_state.T + weights["gru.bias_hh_l0"]).chunk(3, 1)
        reset, update = torch.sigmoid(reset + old_reset), torch.sigmoid(update + old_update)
        state = update * state + (1 - update) * torch.tanh(new + reset * old)
    return state @ weights["output.weight"].T + weights["output.bias"]

"""The type that a network's arithmetic has in PyTorch, as it is and not as it was asked for."""

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks


def compute_dtype(network: nn.Module, x: torch.Tensor) -> str:
    """The narrowest type of numbers that evaluating the network on x gives, or keeps for the gradient of a product.

    Such as `float32` or `bfloat16`: after a product in bfloat16, the sum with a bias may be float32 again.
    """
    found: set[torch.dtype] = set()

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        found.update({tensor.dtype} if tensor.is_floating_point() else ())
        return tensor

    training = network.training
    network.eval()
    with torch.enable_grad(), saved_tensors_hooks(keep, keep):
        keep(network(x))
    network.train(training)
    return str(min(found, key=lambda dtype: torch.finfo(dtype).bits)).removeprefix("torch.")

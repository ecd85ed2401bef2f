"""What PyTorch itself says of a network that trains: a certificate's evidence, and what is disclosed beside it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.fairness.evidence import digest, named

if TYPE_CHECKING:
    from engine.frameworks.team_only_torch import Team


def own_evidence(
    variables: Sequence[torch.Tensor], data: Mapping[str, torch.Tensor], execution: str, team: "Team | None" = None
) -> dict[str, Any]:
    """The fields of events.Evidence that PyTorch knows by itself: of the weights, of the data and of this process.

    `data` are the examples by name, as they lie with PyTorch; `team` is who shares the batches, if anybody does.
    """
    return {
        "dtype": named(str(variable.dtype).removeprefix("torch.") for variable in variables),
        "device": named(str(variable.device) for variable in variables),
        "threads": {"in one operation": torch.get_num_threads()},
        "tf32": {"matmul": torch.backends.cuda.matmul.allow_tf32, "cudnn": torch.backends.cudnn.allow_tf32},
        "digests": {
            f"data/{name}": digest(part.cpu().numpy() for part in tensor.split(4096)) for name, tensor in data.items()
        },
        "disclosed": {
            "version": f"PyTorch {torch.__version__}",
            "execution": execution,
            "layout": "channels first",
            **({"workers": _told(team, sum(variable.numel() for variable in variables))} if team else {}),
        },
    }


def summary(network: nn.Module) -> str:
    """The network as PyTorch writes it."""
    return str(network)


def _told(team: "Team", parameters: int) -> str:
    taken = team.exchange_seconds(parameters)
    return f"{team.size}, by DistributedDataParallel over gloo; exchanging the gradients takes {taken * 1e3:.2g} ms"

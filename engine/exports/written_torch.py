"""A finished run's network in PyTorch, with the run's own weights, and written to the formats that PyTorch knows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.config import RunConfig
from engine.datasets.dataset import Form
from engine.fairness.weights import shapes
from engine.frameworks.layers_torch import built
from engine.frameworks.weights_torch import own, running, trainable

VERSION = f"PyTorch {torch.__version__}"


def restored(
    config: RunConfig,
    form: Form,
    build: Callable[..., nn.Module],
    layers: tuple[str, ...],
    arrays: Mapping[str, np.ndarray],
) -> nn.Module:
    """The network in evaluation, on the CPU in float32, with a checkpoint's arrays. `layers` are the matched ones."""
    torch.set_num_threads(config.threads)
    network = built(config, form, build, layers)
    weights, known = {key.removeprefix("weights/"): value for key, value in arrays.items()}, shapes(config)
    with torch.no_grad():
        for name, variable in trainable(network).items():
            variable.copy_(torch.from_numpy(own(name, weights, known)))
        for name, buffer in running(network).items():
            if f"running/{name}" in arrays:
                buffer.copy_(torch.from_numpy(arrays[f"running/{name}"]))
    return network.eval()


def own_layout(values: np.ndarray) -> np.ndarray:
    """Inputs as this framework is given them: PyTorch has channels first, as the data has."""
    return values


def answering(network: nn.Module) -> Callable[[np.ndarray], np.ndarray]:
    """The framework's own answer, eager."""

    def answer(inputs: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(inputs)).numpy()

    return answer


def write(name: str, network: nn.Module, inputs: np.ndarray, path: Path, single: bool) -> None:
    """Write the network to `path` as onnx, pt2 or aoti, or as a graph for a converter; `inputs` is an example batch.

    For any batch size, or for 1 alone where it is `single`, as LiteRT's converter wants it.
    """
    example = (torch.from_numpy(inputs),)
    batch = ({0: torch.export.Dim("batch", min=1, max=4096)},)
    if name == "onnx":
        torch.onnx.export(network, example, path, dynamo=True, dynamic_shapes=batch, external_data=False, verbose=False)
        return
    exported = torch.export.export(network, example, dynamic_shapes=None if single else batch)
    if name == "aoti":
        torch._inductor.aoti_compile_and_package(exported, package_path=str(path))
    else:
        torch.export.save(exported, path)

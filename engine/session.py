"""What a session offers in either framework: all that loop, witnesses, views and benchmarks know of it."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.defaults import matches
from engine.fairness.weights import initial_weights


class Session(Protocol):
    """A network being trained, with its optimizer and its data, on one device.

    Weights and gradients have canonical names and layouts, which are PyTorch's; images have channels first. Steps and
    batches of an epoch count from 0.
    """

    device_name: str  # what a GPU's maker calls it; of others the kind
    network_text: str  # the network as its framework writes it
    parameters: int  # trainable numbers

    def begin_epoch(self, order: np.ndarray, learning_rates: np.ndarray) -> None:
        """Take the epoch's row order (examples,), int64, and learning rates (steps,), float64."""

    def run(self, first: int, count: int) -> np.ndarray:
        """Train on `count` batches of this epoch from the `first` on; returns their losses (count,), synchronised.

        A loss is the mean of its batch, before the step.
        """

    def gather(self, first: int, count: int) -> None:
        """Take what `run` would train on, and no more: how long that takes is the input pipeline's time.

        TensorFlow takes nothing of a smaller last batch.
        """

    def predict(self, inputs: np.ndarray) -> np.ndarray:
        """The network's outputs (examples, …) in evaluation for inputs (examples, …), some at a time.

        The inputs of the last call are kept on the device: validation asks for the same array after every epoch.
        """

    def answering(self, inputs: np.ndarray) -> Callable[[], np.ndarray]:
        """What gives the network's outputs (examples, …) for inputs (examples, …), for calls that are timed.

        The inputs lie on the device, the network stays in evaluation and runs by the config's execution; a call ends
        with the outputs in NumPy, in the framework's own layout.
        """

    def gradients(self, batch: int) -> dict[str, np.ndarray]:
        """The gradient of this epoch's batch number `batch` at the present weights, by name; the session stays."""

    def layers(self, batch: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What each layer gives for this epoch's batch number `batch` in training, in the order of the pass, and the
        gradient; the session stays.
        """

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the present weights, by name."""

    def slots(self) -> dict[str, dict[str, np.ndarray]]:
        """A copy of what the optimizer remembers of each weight: as `weights`, by torch.optim's names of it."""

    def state(self) -> dict[str, np.ndarray]:
        """A copy of everything that the next step depends on, by part and name.

        Such as `weights/…`, by canonical names, and `optimizer/…`, `running/…`, `loss_scale/…` and `random/…`, by the
        framework's own.
        """

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""

    def loss_scale(self) -> tuple[float, int] | None:
        """What the loss is multiplied by now, and how many steps were skipped; None where it is not scaled."""

    def close(self) -> None:
        """End other processes of the session, where there are any."""

    def observed(self, validation_inputs: np.ndarray) -> dict[str, Any]:
        """What the framework itself says of this session in its first epoch: most fields of events.Evidence.

        `validation_inputs` (examples, …) are told of as they lie with the framework.
        """

    def in_epoch(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows (examples,) and the learning rates (steps,) of this epoch as they lie with the framework."""

    def device_memory(self) -> int | None:
        """Peak bytes allocated on the GPU; None on other devices."""


def new_session(config: RunConfig, split: Split, twin: ModuleType, network: ModuleType) -> Session:
    """A session before its first epoch, with the weights that the config asks for.

    `twin` is engine.frameworks.train_torch or its sibling, `network` the network's twin of the same framework.
    """
    twin.configure(config)
    weights = initial_weights(config) if matches(config, "initial_weights") else None
    return twin.Session(config, split, network.build, weights)

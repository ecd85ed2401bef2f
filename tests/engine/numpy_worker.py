"""The real worker with a linear model in NumPy in place of both frameworks, for tests that need no framework.

Environment: STAND_IN_IMPORT, STAND_IN_COMPILE and STAND_IN_STEP are seconds that each of these takes;
STAND_IN_FILE_LIMIT is how many bytes a file may have, as if the disk were full then.
"""

import os
import resource
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from engine import worker
from engine.fairness.evidence import digest
from engine.networks.catalogue import NETWORKS

MOMENTUM = 0.9  # so that a checkpoint without the optimizer's state would show


class Session:
    """Linear regression, as the twins' sessions: the same methods, in NumPy's float64."""

    device_name = "cpu"
    network_text = "linear"

    def __init__(self, config, split, build, weights):
        self._inputs, self._batch_size = split.inputs, config.batch_size
        self._targets = split.targets if split.targets.ndim == 2 else np.eye(split.form.outputs)[split.targets]
        self._weights = np.zeros((split.inputs.shape[1], split.form.outputs))
        self._velocity = np.zeros_like(self._weights)
        self._compiled = False
        self.parameters = self._weights.size

    def begin_epoch(self, order, learning_rates):
        self._order, self._rates = order, learning_rates

    def run(self, first, count):
        if not self._compiled:
            print("compiling")  # into worker.log
            _take("STAND_IN_COMPILE")
            self._compiled = True
        return np.array([self._step(batch) for batch in range(first, first + count)])

    def _step(self, batch):
        _take("STAND_IN_STEP")
        loss, gradient = self._loss(batch)
        self._velocity = MOMENTUM * self._velocity + gradient
        self._weights = self._weights - self._rates[batch] * self._velocity
        return loss

    def _loss(self, batch):
        rows = self._order[batch * self._batch_size : (batch + 1) * self._batch_size]
        with np.errstate(over="ignore", invalid="ignore"):
            error = self._inputs[rows] @ self._weights - self._targets[rows]
            return np.mean(error**2), 2 * self._inputs[rows].T @ error / error.size

    def predict(self, inputs):
        return inputs @ self._weights

    def gradients(self, batch):
        return {"linear.weight": self._loss(batch)[1]}

    def weights(self):
        return {"linear.weight": self._weights.copy()}

    def slots(self):
        return {"momentum_buffer": {"linear.weight": self._velocity.copy()}}

    def state(self):
        return {"weights/linear.weight": self._weights.copy(), "optimizer/velocity": self._velocity.copy()}

    def restore(self, state):
        self._weights, self._velocity = state["weights/linear.weight"], state["optimizer/velocity"]

    def loss_scale(self):
        return None

    def close(self):
        pass

    def observed(self, validation_inputs):
        return {
            "dtype": "float64",
            "device": "cpu",
            "threads": {"in one operation": 1},
            "tf32": {},
            "batch_size": self._batch_size,
            "rows": tuple(self._order[: 3 * self._batch_size].tolist()),
            "learning_rates": tuple(self._rates[:3].tolist()),
            "digests": {"data/inputs": digest([self._inputs])},
            "disclosed": {"version": "0", "execution": "eager", "layout": "channels first"},
        }

    def in_epoch(self):
        return self._order, self._rates

    def device_memory(self):
        return None


def _take(what: str) -> None:
    time.sleep(float(os.environ.get(what, 0)))


def stand_in(framework: str) -> None:
    """Put the model where the worker looks for the framework's twin and the networks'."""
    twin = ModuleType(f"engine.frameworks.train_{framework}")
    twin.__dict__.update(VERSION="0", Session=Session, configure=lambda config: None, forget=lambda: None)
    sys.modules[twin.__name__] = twin
    for name in NETWORKS:
        network = ModuleType(f"engine.networks.{name}_{framework}")
        network.__dict__["build"] = None
        sys.modules[network.__name__] = network


def executable(folder: Path) -> str:
    """A program that may stand for sys.executable when workers are started."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} -m tests.engine.numpy_worker "$@"\n')
    path.chmod(0o755)
    return str(path)


if __name__ == "__main__":
    if limit := int(os.environ.get("STAND_IN_FILE_LIMIT", 0)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    _take("STAND_IN_IMPORT")
    stand_in(sys.argv[sys.argv.index("--framework") + 1])
    sys.exit(worker.main())

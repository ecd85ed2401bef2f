"""A process that begins the certificate's cases in one framework, tampered with or not: FRAMEWORK FOLDER CASE…

Each case leaves FOLDER/CASE/FRAMEWORK/ as a worker would, up to the evidence of its first steps.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine import events, session, training
from engine.config import RunConfig
from engine.datasets.split import Split, prepare
from engine.fairness import evidence
from engine.fairness.batches import epoch_order, learning_rates
from engine.fairness.evidence import Witnessed
from engine.fairness.weights import initial_weights
from engine.logs import Log
from engine.training import train

MLP = {"network": "mlp", "seed": 7, "epochs": 1}
# What honest workers are asked for.
ASKED: dict[str, dict] = {
    "mlp": MLP,
    "mlp_float64": MLP
    | {"precision": "float64", "network_options": {"depth": 2, "activation": "gelu", "dropout": 0.2}},
    "lenet": {"network": "lenet", "optimizer": "momentum", "gradient_clip_norm": 0.1, "learning_rate": 0.01},
    "gru": {
        "network": "gru",
        "dataset": "adding",
        "optimizer": "rmsprop",
        "weight_decay": 0.01,
        "precision": "float64",
    },
    "transformer": {
        "network": "transformer",
        "dataset_options": {"length": 16},
        "network_options": {"width": 16, "depth": 1, "dropout": 0.1},
        "optimizer": "adamw",
        "warmup_steps": 5,
    },
    "logistic": {"network": "logistic", "optimizer": "nesterov", "learning_rate": 0.01, "weight_decay": 0.1},
    "simple_net": {"network": "simple_net", "optimizer": "sgd"},  # one example, one step, nothing to validate
    "defaults": MLP | {"policy": "defaults"},
    "resnet": {"network": "resnet", "epochs": 1},
    "epochs": MLP | {"epochs": 2, "schedule": "step", "schedule_epochs": 1},
    "late": MLP | {"epochs": 4, "optimizer": "adamw", "schedule": "cosine"},
}
# What a tampered worker does instead of MLP.
OTHER_FIELDS = {
    "seed": {"seed": 8},
    "learning_rate": {"learning_rate": 0.00101},
    "dtype": {"precision": "float64"},
    "threads": {"threads": 2},
    "batch_size": {"batch_size": 31},
    "momentum": {"beta_1": 0.8},
    "decay": {"weight_decay": 0.01},
}
# The optimizer that it goes on with after the tenth step, and by how much that one takes larger steps.
LATER_OPTIMIZERS: dict[str, tuple[dict, float]] = {
    "late_rate": ({}, 2.0),
    "late_decay": ({"weight_decay": 0.0}, 1.0),
    "late_betas": ({"beta_2": 0.99}, 1.0),
    "late_equation": ({"optimizer": "adam", "weight_decay": 0.01}, 1.0),
}
PATCHED = ("weights", "order", "data", "hidden_rate")
# What it does instead of another one: see BASES.
BASES = {"reduction": "lenet", "statistics": "resnet", "later_order": "epochs", "later_rate": "epochs"}
BASES |= dict.fromkeys((*LATER_OPTIMIZERS, "late_weights", "late_weights_in_a_step", "late_loss"), "late")
HONEST, TAMPERED = tuple(ASKED), (*OTHER_FIELDS, *PATCHED, *BASES)


def asked(case: str) -> RunConfig:
    """What the person asked for."""
    return RunConfig.build(ASKED.get(BASES.get(case, case), MLP))


def tampered(case: str, config: RunConfig, split: Split, twin: ModuleType, patch: pytest.MonkeyPatch) -> Split:
    """Change what only code, and no field, decides."""
    if case == "weights":
        patch.setattr(session, "initial_weights", lambda _: initial_weights(config.model_copy(update={"seed": 8})))
    if case == "order":
        patch.setattr(training, "epoch_order", lambda seed, *others: epoch_order(seed + 1, *others))
    if case == "hidden_rate":
        apply = twin.Optimizer.apply
        patch.setattr(twin.Optimizer, "apply", lambda self, gradients, rate: apply(self, gradients, rate * 1.01))
    if case == "reduction":  # a sum in place of a mean
        loss = twin.Session._loss
        patch.setattr(twin.Session, "_loss", lambda self, x, y: loss(self, x, y) * config.batch_size)
    if case == "statistics":
        running = twin.running
        patch.setattr(twin, "running", lambda network: slower(running, network))
    if case == "later_order":
        patch.setattr(training, "epoch_order", lambda seed, epoch, examples: epoch_order(seed, 0, examples))
    if case == "later_rate":
        constant = config.model_copy(update={"schedule": "constant"})
        patch.setattr(training, "learning_rates", lambda _, *steps: learning_rates(constant, *steps))
    if case in LATER_OPTIMIZERS:
        fields, factor = LATER_OPTIMIZERS[case]
        other = partial(other_optimizer, twin, config.model_copy(update=fields), factor)
        patch.setattr(twin.Session, "run", after_ten_steps(twin, other))
    if case == "late_loss":
        patch.setattr(twin.Session, "run", after_ten_steps(twin, larger_loss))
    if case == "late_weights":
        patch.setattr(twin.Session, "begin_epoch", in_second_epoch(twin.Session.begin_epoch, lambda *_: True))
    if case == "late_weights_in_a_step":
        patch.setattr(twin.Session, "run", in_second_epoch(twin.Session.run, lambda first, _: first == 0))
    if case == "data":
        inputs = split.inputs.copy()
        inputs[0, 0] += 0.5
        return replace(split, inputs=inputs)
    return split


def after_ten_steps(twin: ModuleType, change: Callable[[Any], None]) -> Callable:
    """A session's `run` that changes the session once, when it has done ten steps, and traces anew what was traced."""
    run = twin.Session.run

    def changed(session, first: int, count: int):
        losses = run(session, first, count)
        session.done = getattr(session, "done", 0) + count
        if session.done - count < 10 <= session.done:
            change(session)
            if hasattr(twin, "traced"):
                session._run = twin.traced(session._steps if session._many else session._step)
                session._gradients = twin.traced(session._batch_gradients)
        return losses

    return changed


def other_optimizer(twin: ModuleType, config: RunConfig, factor: float, session) -> None:
    """Go on with an optimizer of this config, which remembers what the one before did and takes larger steps."""
    kept, session._optimizer = session._optimizer, twin.Optimizer(config, session._variables)
    session._optimizer.restore(kept.state())
    apply = session._optimizer.apply
    session._optimizer.apply = lambda gradients, rate: apply(gradients, rate * factor)


def larger_loss(session) -> None:
    """Go on with one and a half of the loss."""
    loss = session._loss
    session._loss = session._batch_loss = lambda x, y: loss(x, y) * 1.5


def larger_weights(session) -> None:
    """Add 0.3 to every weight."""
    session._set_weights({name: value + np.float32(0.3) for name, value in session.weights().items()})


def in_second_epoch(method: Callable, begins: Callable[..., bool]) -> Callable:
    """A session's method that adds to all weights after its second call of those with which an epoch begins."""

    def changed(session, *given):
        found = method(session, *given)
        session.begun = getattr(session, "begun", 0) + begins(*given)
        if begins(*given) and session.begun == 2:
            larger_weights(session)
        return found

    return changed


def slower(running: Callable, network: Any) -> Any:
    """Batch norm's statistics follow a tenth as fast, as Keras' own do."""
    modules = network.modules() if hasattr(network, "modules") else network._flatten_layers()
    for module in modules:
        if "BatchNorm" in type(module).__name__:
            module.momentum = 0.01 if hasattr(network, "modules") else 0.99
    return running(network)


def record(framework: str, folder: Path, case: str) -> None:
    """Begin one case, and end it when it has told its evidence of two epochs, unless it is tampered with late."""
    config = RunConfig.build(asked(case).model_dump() | OTHER_FIELDS.get(case, {}))
    last = min(config.epochs, 2) - 1
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    network = importlib.import_module(f"engine.networks.{config.network}_{framework}")
    side = folder / case / framework
    side.mkdir(parents=True)
    twin.forget()
    with pytest.MonkeyPatch.context() as patch, Log(side / "events.jsonl") as log:
        split = tampered(case, config, prepare(config), twin, patch)
        for told in train(config, split, twin, network):
            if isinstance(told, Witnessed):
                log.append(evidence.save(side, told))
            if isinstance(told, events.Event):
                log.append(told)
            if isinstance(told, events.EpochSeen) and told.epoch == last and BASES.get(case, case) != "late":
                return


if __name__ == "__main__":
    for case in sys.argv[3:]:
        record(sys.argv[1], Path(sys.argv[2]), case)

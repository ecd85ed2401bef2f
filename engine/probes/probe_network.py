"""The process that builds a person's own network in one framework: `python -m engine.probes.probe_network torch`.

Standard input holds a config as JSON. The last line of standard output is one JSON object: the shapes of the weights
and what the network makes of a few inputs, or one sentence that says why it cannot be used.
"""

import functools
import importlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.config import RunConfig
from engine.datasets.split import Split
from engine.fairness.weights import initial_weights
from engine.networks.own import source_of
from engine.session import Session
from engine.twins import network_twin

EXAMPLES = 4


class _Refused(Exception):
    """What is wrong with the network, as one sentence."""


def main(framework: str) -> None:
    """Answer one request. What the network's code prints goes to standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    config = RunConfig.from_json(sys.stdin.read())
    try:
        found = probe(config, framework)
    except _Refused as refused:
        found = {"refusal": str(refused)}
    os.write(answer, f"\n{json.dumps(found)}\n".encode())


def probe(config: RunConfig, framework: str) -> dict[str, Any]:
    """Build the network, give it the matched policy's weights, let it predict and train one step."""
    assert config.own_network
    path, _ = source_of(config.network, config.own_network.model_dump(), framework)
    train = importlib.import_module(f"engine.frameworks.train_{framework}")
    train.configure(config)
    done = "cannot be imported"
    try:
        network = network_twin(config, framework)
        done = "build fails"
        split = _made_up(config)
        session: Session = train.Session(config, split, _with_weights(network.build, path.name, framework), None)
        shapes = {name: list(value.shape) for name, value in session.weights().items()}
        train.forget()
        record = config.own_network.model_copy(update={"weights": shapes})
        known = config.model_copy(update={"own_network": record})  # of which also flattened inputs are known
        session = train.Session(known, split, network.build, initial_weights(known))
        done = "the network does not take its inputs"
        outputs = session.predict(split.inputs)
        expected = (*split.targets.shape, split.form.outputs)[: split.targets.ndim + (split.form.task != "regression")]
        if outputs.shape != expected:
            told = f"{path.name}: its outputs have the shape {outputs.shape[1:]} for one example, where {expected[1:]}"
            raise _Refused(f"{told} is needed")
        done = "the network cannot be trained"
        session.begin_epoch(np.arange(EXAMPLES), np.full(EXAMPLES, 1e-3))
        session.run(0, 1)
    except _Refused:
        raise
    except (Exception, SystemExit) as error:  # whatever their code does is told to the person who wrote it
        traceback.print_exc()
        raise _Refused(f"{path.name}{_line(error, str(path))}: {done}: {_told(error)}") from None
    return {"weights": shapes, "outputs": outputs.astype(float).ravel().tolist()}


def _with_weights(build: Callable, file: str, framework: str) -> Callable:
    """`build`, refused where the network gets its weights only later."""
    trainable = importlib.import_module(f"engine.frameworks.weights_{framework}").trainable

    @functools.wraps(build)
    def checked(*arguments: Any, **options: Any) -> Any:
        network = build(*arguments, **options)
        if not trainable(network):
            raise _Refused(
                f"{file}: the network has no weights when build returns it. Give its layers their inputs there, "
                "so that they make their weights at once"
            )
        return network

    return checked


def _made_up(config: RunConfig) -> Split:
    """A few random examples of the form that the network is given."""
    form, generator = config.form, np.random.default_rng(0)
    shape, texts = (EXAMPLES, *form.shape), form.kind == "characters"
    inputs: np.ndarray = generator.integers(0, form.outputs, shape) if texts else generator.standard_normal(shape)
    targets: np.ndarray = generator.integers(0, form.outputs, shape if texts else EXAMPLES)
    if form.task == "regression":
        targets = generator.standard_normal((EXAMPLES, form.outputs))
    return Split(form, inputs, targets, inputs[:0], targets[:0], False)


def _line(error: BaseException, path: str) -> str:
    """The last line of their file on the way to the error."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return f", line {lines[-1]}" if lines else ""


def _told(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"


if __name__ == "__main__":
    main(sys.argv[1])

"""A person's own network, built once by each framework in a process of its own before anything is trained with it."""

import contextlib
import hashlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from engine import system
from engine.config import FRAMEWORKS, NAMES, ConfigError, Problem, RunConfig
from engine.datasets.download import data_folder
from engine.networks.own import refusal
from engine.workers import settings, with_home

PROBE_SECONDS = 120.0
SAME = 1e-6  # relative, in float64; more is not rounding
SCHEMA = 1
PACKAGES = ("torch", "tensorflow", "keras")
_known: dict[str, "Probed"] = {}
_probing = threading.Lock()


@dataclass(frozen=True)
class Probed:
    """What both frameworks agree on: the weights' shapes; and how far their outputs lie apart with equal weights."""

    weights: dict[str, list[int]]
    apart: float

    def remark(self) -> str:
        """What a person should know of it, in one sentence; "" where both compute the same."""
        if self.apart <= SAME:
            return ""
        return (
            f"With equal weights, the outputs of both differ by up to {self.apart:.1g} relative, which is more than "
            "rounding: do both compute the same?"
        )


def probed(config: RunConfig) -> tuple[RunConfig, str]:
    """The config with the weights of its own network, and a remark or ""; a config of other networks as it is.

    Each framework builds the network in a process of its own, unless that was done before for the same files, options
    and form of data. Raises ConfigError where they cannot, or do not agree.
    """
    record = config.own_network
    if record is None:
        return config, ""
    if why := refusal(config.network, record.model_dump()):
        raise _refused(why)
    key = _key(config)
    with _probing:
        found = _known.get(key) or _read(key)
        if found is None:
            found = _agreed(config.network, _asked(config))
            _write(key, found)
        _known[key] = found
    kept = record.model_copy(update={"weights": found.weights})
    return config.model_copy(update={"own_network": kept}), found.remark()


def _refused(sentence: str) -> ConfigError:
    return ConfigError([Problem(field="network", sentence=f"network: {sentence.rstrip('.')}.")])


def _key(config: RunConfig) -> str:
    """What the result depends on."""
    record, form = config.own_network, asdict(config.form)
    assert record
    del form["examples"]
    content = record.model_dump(exclude={"folder", "weights"})
    versions = [_version(package) for package in PACKAGES]
    known = json.dumps([SCHEMA, config.network, content, form, config.network_options, versions], sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # under another name, as some builds are
        return ""


def _file(key: str) -> Path:
    return data_folder() / "networks" / f"{key}.json"


def _read(key: str) -> Probed | None:
    try:
        return Probed(**json.loads(_file(key).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None  # then it is asked again


def _write(key: str, found: Probed) -> None:
    try:
        _file(key).parent.mkdir(parents=True, exist_ok=True)
        system.write_whole(_file(key), json.dumps(asdict(found)))
    except OSError:
        return  # a folder that cannot be written costs some seconds the next time


def _asked(config: RunConfig) -> dict[str, dict[str, Any]]:
    """What each framework's process answers."""
    record = config.own_network
    assert record
    fields = {
        "network": config.network,
        "network_options": config.network_options,
        "own_network": record.model_dump() | {"weights": {}},
        "dataset": config.dataset,
        "dataset_options": config.dataset_options,
        "precision": "float64",
    }
    request = RunConfig.build(fields).to_json().encode()
    processes = {framework: _start(framework, request) for framework in FRAMEWORKS}
    deadline = time.monotonic() + PROBE_SECONDS
    try:
        return {framework: _answer(config.network, *started, deadline) for framework, started in processes.items()}
    finally:
        for process, _ in processes.values():
            system.kill(process.pid)
            process.wait()


def _start(framework: str, request: bytes) -> tuple[subprocess.Popen[bytes], str]:
    command = [sys.executable, "-m", "engine.probes.probe_network", framework]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = system.start(command, with_home(settings(1, "cpu")), **pipes)
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):  # it has ended, and its answer is missing
        process.stdin.write(request)
        process.stdin.close()
    process.stdin = None  # communicate would write to it
    return process, framework


def _answer(name: str, process: subprocess.Popen[bytes], framework: str, deadline: float) -> dict[str, Any]:
    file = f"{name}_{framework}.py"
    try:
        told, _ = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise _refused(f"{file} was not built within {PROBE_SECONDS:.0f} seconds") from None
    try:
        found = json.loads(told.splitlines()[-1])
    except (ValueError, IndexError):
        raise _refused(f"{file} ended its process with exit code {process.returncode}") from None
    if "refusal" in found:
        raise _refused(found["refusal"])
    return found


def _agreed(name: str, answers: dict[str, dict[str, Any]]) -> Probed:
    """What both answers have in common. Raises ConfigError where they contradict each other."""
    torch, tensorflow = (answers[framework]["weights"] for framework in FRAMEWORKS)
    counts = [sum(int(np.prod(shape)) for shape in shapes.values()) for shapes in (torch, tensorflow)]
    if counts[0] != counts[1]:
        told = " and ".join(f"{count:,} in {NAMES[side]}" for side, count in zip(FRAMEWORKS, counts, strict=True))
        raise _refused(f"{name} has {told}: both need as many parameters")
    if torch.keys() != tensorflow.keys():
        apart = [", ".join(sorted(one.keys() - other.keys())[:3]) for one, other in _both_ways(torch, tensorflow)]
        raise _refused(
            f"{name} calls its weights {apart[0]} in PyTorch and {apart[1]} in TensorFlow: give its layers the same "
            "names in both"
        )
    if wrong := next((key for key in torch if torch[key] != tensorflow[key]), None):
        told = f"{torch[wrong]} in PyTorch and {tensorflow[wrong]} in TensorFlow"
        raise _refused(f"{name} gives {wrong} the shape {told}, written in PyTorch's layout")
    return Probed(torch, _apart(*(np.array(answers[framework]["outputs"]) for framework in FRAMEWORKS)))


def _both_ways(one: dict, other: dict) -> tuple[tuple[dict, dict], tuple[dict, dict]]:
    return (one, other), (other, one)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference, relative to the largest output; infinite where an output is not finite."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("inf")
    scale = max(float(np.abs(one).max()), 1e-12)
    return float(np.abs(one - other).max()) / scale

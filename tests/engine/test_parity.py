"""Matched runs of both frameworks, each in its own process, lose the same at every step."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.fairness.parity import compare
from tests.engine.record_losses import EXTRAS, NETWORKS, OPTIMIZERS

ROOT = Path(__file__).parents[2]
LIMITS = {10: 1e-13, 100: 1e-12, 1000: 1e-11}
FLOAT32_LIMIT = 1e-6  # over the first 10 steps; later one ReLU that flips may part the curves


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Every case's losses by framework, from two processes side by side."""
    folder = tmp_path_factory.mktemp("losses")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "tests.engine.record_losses"]
    processes = {
        framework: subprocess.Popen([*command, framework, folder / f"{framework}.npz"], cwd=ROOT, env=environment)
        for framework in ("torch", "tensorflow")
    }
    assert [process.wait(timeout=600) for process in processes.values()] == [0, 0]
    return {framework: np.load(folder / f"{framework}.npz") for framework in processes}


def difference(recorded, case, steps):
    torch, tensorflow = (recorded[framework][case][:steps] for framework in ("torch", "tensorflow"))
    assert len(torch) == len(tensorflow) == steps
    return compare(torch, tensorflow).max_rel_loss_difference


@pytest.mark.parametrize("steps", LIMITS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_float64_losses_agree(recorded, network, optimizer, steps):
    assert difference(recorded, f"{network}/{optimizer}/float64", steps) <= LIMITS[steps]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_float32_losses_agree_at_first(recorded, network, optimizer):
    assert difference(recorded, f"{network}/{optimizer}/float32", 10) <= FLOAT32_LIMIT


@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("network", NETWORKS)
def test_schedules_clipping_and_decay_agree(recorded, network, extra):
    assert difference(recorded, f"{network}/{extra}/float64", 100) <= LIMITS[100]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_cases_train(recorded, network):
    """Agreement would be worthless if nothing moved."""
    for optimizer in OPTIMIZERS:
        losses = recorded["torch"][f"{network}/{optimizer}/float64"]
        assert losses[-50:].mean() < 0.5 * losses[:10].mean()


def test_a_difference_is_seen():
    torch, tensorflow = np.array([2.0, 1.0, 1e-9]), np.array([2.0, 1.1, 2e-9])
    found = compare(torch, tensorflow)
    assert found.steps_compared == 3
    assert found.max_abs_loss_difference == pytest.approx(0.1)
    assert found.max_rel_loss_difference == pytest.approx(0.1)


def test_small_losses_are_held_against_the_first():
    found = compare(np.array([1.0, 1e-9]), np.array([1.0, 2e-9]))
    assert found.max_rel_loss_difference == pytest.approx(1e-9 / 1e-3)


def test_only_common_finite_steps_are_compared():
    assert compare(np.array([1.0, np.nan, 1.0]), np.array([1.0, 1.0, 5.0])).steps_compared == 1
    assert compare(np.array([np.nan]), np.array([1.0])) is None

"""Several workers of one side train what one would: the same tests for either framework, each case in its process."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.config import RunConfig
from engine.workers import settings, with_home

ROOT = Path(__file__).parents[2]


def trained(framework: str, steps: int, tmp_path: Path, **fields) -> tuple[np.ndarray, dict[str, str]]:
    """The losses of so many steps, and what is disclosed: frameworks take their workers when a process begins."""
    config = RunConfig.build({"seed": 3, "frameworks": [framework], "epochs": 50} | fields)
    path = tmp_path / f"{config.workers}.npz"
    command = [sys.executable, "-m", "tests.engine.record_workers", framework, str(steps), str(path)]
    environment = with_home(settings(1, "cpu", config.workers))
    done = subprocess.run(command, input=config.to_json(), env=environment, text=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(path) as found:
        return found["losses"], json.loads(str(found["disclosed"]))


class WorkersSuite:
    """`framework` is the twin's."""

    framework: str

    def test_two_workers_of_16_follow_one_of_32_in_float64(self, tmp_path):
        config = {"network": "mlp", "batch_size": 32, "precision": "float64"}
        (one, alone), (two, told) = (trained(self.framework, 100, tmp_path, workers=n, **config) for n in (1, 2))
        assert two == pytest.approx(one, rel=1e-12)
        assert len(set(one.tolist())) == 100
        assert "workers" not in alone
        assert told["workers"].startswith("2, by ")

    def test_and_in_float32(self, tmp_path):
        config = {"network": "lenet", "batch_size": 32}
        one, two = (trained(self.framework, 10, tmp_path, workers=n, **config)[0] for n in (1, 2))
        assert two == pytest.approx(one, rel=1e-6)

    def test_parts_that_are_not_equal_count_by_their_size(self, tmp_path):
        """The last batch of 45 examples has 9, in parts of 3, 2, 2 and 2."""
        config = {"network": "mlp", "dataset": "moons", "dataset_options": {"examples": 56}, "batch_size": 12}
        config |= {"precision": "float64", "policy": "defaults", "optimizer": "momentum"}
        one, four = (trained(self.framework, 12, tmp_path, workers=n, **config)[0] for n in (1, 4))
        assert four == pytest.approx(one, rel=1e-12)

    def test_a_worker_without_a_row_of_the_last_batch_adds_nothing(self, tmp_path):
        """The last batch of 45 examples has 1, for two workers."""
        config = {"network": "mlp", "dataset": "moons", "dataset_options": {"examples": 56}, "batch_size": 4}
        config |= {"precision": "float64", "policy": "defaults", "optimizer": "momentum"}
        one, two = (trained(self.framework, 24, tmp_path, workers=n, **config)[0] for n in (1, 2))
        assert two == pytest.approx(one, rel=1e-12)

    @pytest.mark.parametrize("kind", ["bfloat16", "float16"])
    def test_in_mixed_precision_each_computes_in_the_shorter_type(self, kind, tmp_path):
        fields = {"network": "mlp", "batch_size": 32}
        exact = trained(self.framework, 10, tmp_path, workers=2, **fields)[0]
        one, two = (
            trained(self.framework, 10, tmp_path, workers=n, precision=f"mixed_{kind}", **fields)[0] for n in (1, 2)
        )
        apart, from_exact = (float(np.abs(two / other - 1).max()) for other in (one, exact))
        assert 1e-6 < from_exact < 0.05
        assert apart < from_exact

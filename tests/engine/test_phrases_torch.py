"""The phrase book in PyTorch."""

import subprocess
import sys

import pytest
import torch
from torch import nn

pytest.register_assert_rewrite("tests.engine.phrase_suite")
from tests.engine.phrase_suite import PhraseSuite  # noqa: E402


class TestTorch(PhraseSuite):
    framework = "torch"

    def test_a_pt2_file_needs_no_class_of_one_s_own(self, tmp_path):
        class Own(nn.Linear):
            pass

        path = tmp_path / "network.pt2"
        torch.export.save(torch.export.export(Own(3, 2), (torch.ones(4, 3),)), path)
        code = "import sys, torch; print(torch.export.load(sys.argv[1]).module()(torch.ones(4, 3)).shape)"
        said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        assert said.stdout.strip() == "torch.Size([4, 2])"

"""Recording of operators by PyTorch's profiler."""

import pytest
from torch._inductor import config as inductor

pytest.register_assert_rewrite("tests.engine.profile_suite")
from tests.engine.profile_suite import ProfileSuite  # noqa: E402


class TestTorch(ProfileSuite):
    framework = "torch"
    executions = ("eager",)

    @pytest.fixture(autouse=True)
    def _kernels_as_before(self):
        before = inductor.cpp.enable_kernel_profile
        yield
        inductor.cpp.enable_kernel_profile = before

    def test_bookkeeping_around_operators_is_no_operator(self):
        found = self.recorded(network="mlp", dataset="iris")
        assert all(one.name.startswith("aten::") for one in found.operators)

    def test_compiled_kernels_say_what_they_hold(self):
        found = self.recorded(network="mlp", dataset="iris", execution={"torch": "compile"})
        fused = [one for one in found.operators if "fused_" in one.name and not one.optimizer]
        assert any(one.family == "activation" for one in fused)
        assert not [one for one in found.operators if "Compiled" in one.name]

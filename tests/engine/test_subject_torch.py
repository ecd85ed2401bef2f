"""A benchmark's subject in PyTorch."""

import pytest

pytest.register_assert_rewrite("tests.engine.subject_suite")
from tests.engine.subject_suite import SubjectSuite  # noqa: E402


class TestTorch(SubjectSuite):
    framework = "torch"

    def test_several_workers_train_to_a_quality_again_and_again(self, twin):
        """Each training has helpers of its own, and a process trains one network with helpers at a time."""
        subject = self.subject(twin, "time_to_quality", epochs=1, workers=2)
        subject.opened()
        assert [subject.measure(1, round_, 0)["steps"] for round_ in range(2)] == [45, 45]
        subject._session.close()

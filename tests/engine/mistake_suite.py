"""What the planted mistakes do, in either framework: the same tests run on each in a process of its own."""

import importlib
import re
from collections.abc import Callable
from typing import ClassVar

import pytest

from engine.mistakes.catalogue import BY_NAME
from engine.mistakes.run import attempted

# Nothing is raised: what is printed reveals it.
NUMBERS = {
    "leaked_graph": r"memory grew by \d+ MB",
    "missing_zero_grad": r"loss after 10 steps: 5\.5",
    "nan_from_log": r"loss: nan gradient: \[-1\.0, nan\]",
    "exploding_gradients": r"norm of the gradient: inf",
    "learning_rate_too_large": r"step 20: loss nan",
    "silent_broadcast": r"loss 6\.000, weight 0\.000",
}
MENDED = {
    "shape_mismatch": r"\[2, 3\]",
    "wrong_dtype": r"sum: 24\.0",
    "wrong_device": r"outputs on (cpu|CPU:0) and of shape \[2, 3\]",
    "leaked_graph": r"memory grew by -?\d+ MB",
    "missing_zero_grad": r"loss after 10 steps: 6\.5e-05",
    "softmax_twice": r"accuracy 100%, loss 0\.002",
    "forgotten_mode": r"\[(100\.0, 100\.0, 100\.0|0\.[45]\d?(, 0\.[45]\d?){2})\]",
    "nan_from_log": r"loss: -?0\.0 gradient: \[-1\.0, -?0\.0\]",
    "in_place_change": r"gradient: \[0\.0, 2\.718\d+, 2\.718\d+\]",
    "off_by_one_labels": r"loss: 1\.0986",
    "exploding_gradients": r"norm of the gradient: 400\.0",
    "learning_rate_too_large": r"step 20: loss 0\.00163",
    "silent_broadcast": r"loss 0\.000, weight 3\.000",
}


class Nothing(Exception):
    """That a stage went through."""


class MistakeSuite:
    framework = ""
    apart: tuple[str, ...] = ()  # cannot be made in a process that has computed before
    raises: ClassVar[dict[str, tuple[str, str]]] = {}  # the error of each mistake that raises one, eager and compiled
    prints: ClassVar[dict[str, tuple[str, str]]] = {}  # what the others print, eager and compiled, beside NUMBERS
    finds: ClassVar[dict[str, str]] = {}  # the error or warning that finds each, eager

    @pytest.fixture
    def stage(self, capfd):
        """A function that runs one stage and gives the error's kind, and all that was printed."""

        def run(name: str, stage: str, execution: str) -> tuple[str, str]:
            if name in self.apart:
                told = attempted(self.framework, name, stage, execution)
                return told["kind"], told["printed"]
            twin = importlib.import_module(f"engine.mistakes.{name}_{self.framework}")
            executions = importlib.import_module(f"engine.mistakes.executions_{self.framework}")
            kind = self.kind_of(getattr(twin, stage), getattr(executions, execution))
            captured = capfd.readouterr()
            return kind, captured.out + captured.err

        return run

    def kind_of(self, stage: Callable, wrap: Callable) -> str:
        """The name of what it raises, empty for nothing."""

        def made() -> None:
            stage(wrap)
            raise Nothing

        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one it is, is what the tests ask
            made()
        return "" if raised.type is Nothing else raised.type.__name__

    @pytest.mark.parametrize("name", BY_NAME)
    def test_the_planted_mistake(self, stage, name):
        self.check_planted(stage, name, "eager", 0)

    @pytest.mark.parametrize("name", BY_NAME)
    def test_the_planted_mistake_compiled(self, stage, name):
        self.check_planted(stage, name, "compiled", 1)

    def check_planted(self, stage, name, execution, which):
        kind, printed = stage(name, "planted", execution)
        assert kind == self.raises.get(name, ("", ""))[which], printed
        if not kind:
            pattern = self.prints[name][which] if name in self.prints else NUMBERS[name]
            assert re.search(pattern, printed), printed

    @pytest.mark.parametrize("name", BY_NAME)
    def test_what_finds_it(self, stage, name):
        if name == "silent_broadcast" and self.framework == "torch":
            with pytest.warns(UserWarning, match="target size"):
                assert stage(name, "found", "eager")[0] == ""
            return
        kind, printed = stage(name, "found", "eager")
        assert kind == self.finds[name], printed

    @pytest.mark.parametrize("name", BY_NAME)
    def test_the_mended_one(self, stage, name):
        kind, printed = stage(name, "mended", "eager")
        assert kind == ""
        assert re.search(MENDED[name], printed), printed

    def test_the_leak_is_large_and_its_mend_is_not(self):
        """In processes of their own: this one has memory to spare that other tests gave back."""
        grown = {}
        for which in ("planted", "mended"):
            printed = attempted(self.framework, "leaked_graph", which, "eager")["printed"]
            (grown[which],) = map(int, re.findall(r"grew by (-?\d+) MB", printed))
        assert grown["planted"] > 100 > 50 > grown["mended"]

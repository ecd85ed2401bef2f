"""What is asked before a run starts: whether what it needs is there."""

import pytest

from engine.config import ConfigError, RunConfig
from engine.probes import ready

COMPILED = {"frameworks": ["torch"], "execution": {"torch": "compile"}}


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(
        ConfigError, match=r"^execution\.torch: compile needs a C\+\+ compiler, and there is no no-such"
    ):
        ready.check(RunConfig.build(COMPILED))
    ready.check(RunConfig.build({"frameworks": ["torch"]}))
    ready.check(RunConfig.build(COMPILED | {"frameworks": ["tensorflow"]}))


def test_with_a_compiler_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "python3")  # what it is is not asked
    ready.check(RunConfig.build(COMPILED))

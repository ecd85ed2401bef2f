"""One process per framework: which suite a test file belongs to, and what that suite may load."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SUITES = ("unit", "torch", "tensorflow", "browser")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def suite_of(path: Path) -> str:
    """The suite of a test file: by the end of its name, or by the folder browser/."""
    for framework in ("torch", "tensorflow"):
        if path.stem.endswith(f"_{framework}"):
            return framework
    return "browser" if "browser" in path.parts else "unit"


def chromium() -> str | None:
    """The path of an installed Chromium; TANDEM_CHROMIUM comes first."""
    found = (shutil.which(name) for name in (os.environ.get("TANDEM_CHROMIUM", ""), *BROWSERS))
    return next(filter(None, found), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suite", choices=SUITES, help="Collect this suite only. Files that you name need no --suite.")


def pytest_configure(config: pytest.Config) -> None:
    suites = {suite_of(path) for path in named_files(config)}
    if {"torch", "tensorflow"} <= suites:
        raise pytest.UsageError("PyTorch and TensorFlow never share a process: run their test files one after another.")


def named_files(config: pytest.Config) -> list[Path]:
    """The test files on the command line."""
    paths = (config.invocation_params.dir / argument.split("::")[0] for argument in config.args)
    return [path.resolve() for path in paths if path.suffix == ".py"]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out other suites before anything is imported: to collect one imports it, and its conftest."""
    suite = config.getoption("suite") or "unit"
    if collection_path.is_dir():
        wanted = suite == "browser" or suite_of(collection_path) == "unit"
        return None if wanted or any(collection_path in path.parents for path in named_files(config)) else True
    if not collection_path.name.startswith("test_") or collection_path in named_files(config):
        return None
    return True if suite_of(collection_path) != suite else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (suite := suite_of(item.path)) != "unit":
            item.add_marker(suite)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and chromium() is None:
        reason = "There is no Chromium here: install it, or name one in TANDEM_CHROMIUM."
        if os.environ.get("TANDEM_REQUIRE_BROWSER") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser that the tests drive."""
    path = chromium()
    assert path, "pytest_runtest_setup lets no browser test come here without a browser"
    return path


def _one_thread() -> None:
    """TensorFlow's threads are fixed by its first operation, whichever test computes first."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


@pytest.fixture(autouse=True)
def _as_the_framework_comes() -> None:
    """Every test starts in float32: a session that trained in float64 leaves that in the process."""
    if torch := sys.modules.get("torch"):
        torch.set_default_dtype(torch.float32)
    if keras := sys.modules.get("keras"):
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="session", autouse=True)
def _one_framework_a_process(request: pytest.FixtureRequest) -> Iterator[None]:
    expected = {suite_of(item.path) for item in request.session.items}
    if "tensorflow" in expected:
        _one_thread()
    yield
    loaded = {"torch", "tensorflow"} & sys.modules.keys()
    assert loaded <= expected, f"The tests of {', '.join(sorted(expected))} loaded {', '.join(sorted(loaded))}."

"""Networks of a person's own on the page: offered, refused with the reason, and probed when Train is pressed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.bench import benchmark
from engine.config import ConfigError, Problem, RunConfig
from engine.networks import own
from engine.probes import own_probe
from engine.runs import Store
from tests.engine.own_pairs import DECLARED, write
from tests.pages.conftest import address, button, named, only_config, opened, press

FOLDER = "Folder"


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(own.VARIABLE, "")
    yield
    own.use("")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "mine")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both frameworks are said to have built the network; that they really do is tested elsewhere."""

    def probed(config: RunConfig) -> tuple[RunConfig, str]:
        if config.own_network is None:
            return config, ""
        kept = config.own_network.model_copy(update={"weights": {"hidden.weight": [5, 64]}})
        return config.model_copy(update={"own_network": kept}), "They differ by *much*."

    monkeypatch.setattr(own_probe, "probed", probed)


def use(page: AppTest, folder: Path | str) -> AppTest:
    named(page.text_input, FOLDER).set_value(str(folder)).run()
    assert not page.exception
    return page


def warnings(page: AppTest) -> list[str]:
    return [caption.value for caption in page.caption if "local code" in caption.value]


def test_a_folder_adds_networks_and_warns(page: AppTest, store: Store, folder: Path, built: None) -> None:
    use(opened(page), folder)
    assert len(warnings(page)) == 1  # where the folder is named
    named(page.selectbox, "Network").select("two").run()
    assert len(warnings(page)) == 2  # and beside the network
    named(page.number_input, "Width").set_value(9).run()
    press(page, "Train")
    config = only_config(store)
    assert (config.network, config.network_options, config.epochs) == ("two", {"width": 9}, 2)
    assert config.own_network
    assert config.own_network.folder == str(folder)
    assert config.own_network.weights
    assert [warning.value for warning in page.warning] == [r"They differ by \*much\*."]
    link = address(page)
    assert link["network"] == "two"
    assert not [name for name in link if name.startswith("own_network")]
    assert page.title[0].value == "Two layers"


def test_what_is_refused_says_why(page: AppTest, folder: Path) -> None:
    write(folder, name="broken", torch="def build(:")
    use(opened(page), folder)
    (error,) = page.error
    assert error.value.startswith("broken is refused: broken_torch.py, line 1")
    assert "broken" not in named(page.selectbox, "Network").options
    use(page, folder / "nothing")
    assert "cannot be read" in page.error[0].value


def test_a_network_that_cannot_be_built_is_a_sentence_beside_it(
    page: AppTest, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def probed(config: RunConfig) -> tuple[RunConfig, str]:
        raise ConfigError([Problem(field="network", sentence="network: two_torch.py: build fails.")])

    monkeypatch.setattr(own_probe, "probed", probed)
    own.use(str(folder))
    press(opened(page, network="two"), "Train")
    assert [error.value for error in page.error] == [
        "Not ready to train. See Network in Network and data.",
        "network: two_torch.py: build fails.",
    ]
    assert store.runs() == []


def test_the_page_survives_a_network_that_is_gone(page: AppTest, folder: Path) -> None:
    own.use(str(folder))
    opened(page, network="two")
    (folder / "two.json").unlink()
    page.run()
    assert not page.exception
    assert named(page.selectbox, "Network").value == "mlp"
    assert not button(page, "Train").disabled


def test_a_link_to_a_network_that_nobody_offers(page: AppTest) -> None:
    opened(page, network="two")
    assert 'network: "two" was given; allowed is mlp' in page.warning[0].value


def test_a_title_is_no_markdown(page: AppTest, store: Store, folder: Path, built: None) -> None:
    write(folder, declared=DECLARED | {"title": "![x](//example.org)", "source": "![y](//example.org)"})
    own.use(str(folder))
    press(opened(page, network="two"), "Train")
    assert page.title[0].value.startswith("!\\[x\\](")
    assert not [text.value for text in page.markdown if "![" in text.value]


def test_run_again_of_another_version_is_refused(page: AppTest, store: Store, folder: Path, built: None) -> None:
    own.use(str(folder))
    press(opened(page, network="two"), "Train")
    write(folder, torch="# changed\n" + (folder / "two_torch.py").read_text())
    press(page, "Run again")
    assert any("is another version than the one" in error.value for error in page.error)
    assert len(store.runs()) == 1


# The Speed page


@pytest.fixture
def speed(page: AppTest, folder: Path) -> AppTest:
    own.use(str(folder))
    page.run()
    page.switch_page("../pages/speed.py")
    opened(page)
    return named(page.selectbox, "Network").select("two").run()


def test_the_speed_page_measures_what_both_frameworks_built(speed: AppTest, store: Store, built: None) -> None:
    assert len(warnings(speed)) == 1
    press(speed, "Measure")
    assert [warning.value for warning in speed.warning] == [r"They differ by \*much\*."]
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert [case.config.network for case in plan.cases] == ["two", "two"]
    assert all(case.config.own_network.weights for case in plan.cases if case.config.own_network)
    press(speed, "Measure again")
    assert len(benchmark.benchmarks(store)) == 2


def test_the_speed_page_says_what_was_not_built(speed: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(config: RunConfig) -> tuple[RunConfig, str]:
        raise ConfigError([Problem(field="network", sentence="network: two_torch.py does not build.")])

    monkeypatch.setattr(own_probe, "probed", refused)
    press(speed, "Measure")
    assert "two_torch.py does not build" in " ".join(error.value for error in speed.error)
    assert benchmark.benchmarks(store) == []


def test_a_benchmark_of_files_that_changed_is_not_measured_again(
    speed: AppTest, store: Store, built: None, folder: Path
) -> None:
    press(speed, "Measure")
    write(folder, torch="def build(inputs, outputs, width=5): ...")
    press(speed, "Measure again")
    assert "is another version than the one" in " ".join(error.value for error in speed.error)
    assert len(benchmark.benchmarks(store)) == 1


def test_a_network_that_its_folder_offers_no_more_is_left(speed: AppTest, folder: Path) -> None:
    (folder / "two.json").unlink()
    speed.run()
    assert not speed.exception
    assert "two" not in named(speed.selectbox, "Network").options

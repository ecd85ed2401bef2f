"""Networks of a person's own on the page: offered, refused with the reason, and probed when Train is pressed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine import own_probe
from engine.config import ConfigError, Problem, RunConfig
from engine.networks import own
from engine.runs import Store
from tests.engine.own_pairs import DECLARED, write
from tests.pages.test_train import address, button, named, only_config, opened, page, press, store

__all__ = ("page", "store")  # fixtures

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

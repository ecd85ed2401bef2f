"""The Deploy page without a browser: results made by hand, exports and a server that never start."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.exports import catalogue, mobile
from engine.exports.catalogue import of_side
from engine.exports.results import ExportError
from engine.runs import Store
from tests import export_stories as told
from tests import stories
from tests.pages.conftest import MAIN, RUN_SECONDS, address, opened
from ui import deploy_exports, deploy_serving


class Under:
    """Exports that never get anywhere."""

    trouble = ""

    def __init__(self, store: Store, run: str, wanted: list[tuple[str, str]]):
        self.run, (self.now, *self.waiting) = run, wanted
        self.step, self.ended = "writing", False

    def stop(self) -> None:
        self.ended, self.trouble = True, "The export was stopped."


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(deploy_exports, "Exports", Under)
    monkeypatch.setattr(mobile, "has", lambda module: True)
    deploy_exports._under_way.clear()
    deploy_serving._served.clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/deploy.py")
    return page


@pytest.fixture
def run(store: Store) -> str:
    return stories.finished_run(store, network="mlp", dataset="iris")


def texts(page: AppTest) -> str:
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.warning, page.info)
    return " ".join(element.value for kind in kinds for element in kind)


def button(page: AppTest, key: str):
    return next(button for button in page.button if button.key == key)


def test_without_a_finished_run_it_says_what_to_do(page: AppTest, store: Store) -> None:
    stories.new_run(store)
    assert "No run has finished yet" in texts(opened(page))


def test_every_format_of_both_sides_can_be_exported(page: AppTest, run: str) -> None:
    opened(page)
    assert address(page) == {"run": run}
    for side in ("torch", "tensorflow"):
        for form in of_side(side):
            assert not button(page, f"deploy-begin-{side}-{form.name}").disabled
    assert texts(page).count(":gray-badge[not exported]") == 12
    assert "Formats that are not exported here" in [one.label for one in page.expander]


def test_an_export_goes_on_and_is_stopped(page: AppTest, run: str) -> None:
    button(opened(page), "deploy-all-torch").click().run()
    assert "PyTorch to ONNX: writing, 5 more wait" in texts(page)
    assert texts(page).count(":blue-badge[exporting]") == 1
    assert texts(page).count(":gray-badge[waiting]") == 5
    assert button(page, "deploy-begin-tensorflow-onnx").disabled
    button(page, "deploy-stop").click().run()
    assert "The export was stopped." in texts(page)
    assert not button(page, "deploy-begin-tensorflow-onnx").disabled


def test_what_came_of_exports_is_shown(page: AppTest, store: Store, run: str) -> None:
    told.exported(store, run, "torch")
    told.exported(store, run, "tensorflow", difference=0.5, shift=0.5)
    told.exported(store, run, "tensorflow", "keras", message="NotImplementedError: no get_config")
    shown = texts(opened(page))
    assert shown.count(":green-badge[verified]") == 1
    assert shown.count(":orange-badge[differs]") == 1
    assert shown.count(":red-badge[failed]") == 1
    assert [code.value for code in page.code][:1] == ["NotImplementedError: no get_config"]
    assert page.dataframe[0].value["state"].tolist() == ["verified", "differs"]
    assert page.dataframe[0].value["difference, batch 32"].tolist() == ["0.0e+00", "5.0e-01"]
    assert "the largest difference of an output is 5.0e-01" in shown
    assert "own call of the same network stands there for comparison, and is eager" in shown
    assert "a Keras file is called inside of tf.function" in shown


def test_what_is_not_present_says_how_to_install_it(page: AppTest, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "find_spec", lambda module: None)
    shown = texts(opened(page))
    assert shown.count(":gray-badge[not present]") == 7
    assert "requirements-deploy.txt" in shown
    assert button(page, "deploy-begin-torch-onnx").disabled
    assert not button(page, "deploy-begin-torch-pt2").disabled


def test_without_their_environment_converters_are_not_present(
    page: AppTest, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mobile, "has", lambda module: False)
    shown = texts(opened(page))
    assert shown.count("requirements-mobile.txt") == shown.count(":gray-badge[not present]") == 2
    assert button(page, "deploy-begin-torch-executorch").disabled
    assert button(page, "deploy-begin-torch-litert").disabled
    assert not button(page, "deploy-begin-tensorflow-litert").disabled


def test_a_server_is_refused_with_a_sentence(
    page: AppTest, store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*asked: object) -> None:
        raise ExportError("There is no file of this format to serve; export it first.")

    told.exported(store, run, "torch")
    monkeypatch.setattr(deploy_serving, "Served", refuse)
    button(opened(page), "deploy-serve").click().run()
    assert "There is no file of this format to serve" in texts(page)


def test_a_run_that_is_not_there_is_a_sentence(page: AppTest, run: str) -> None:
    shown = texts(opened(page, run="20260101-000000-mlp-000000"))
    assert "There is no run" in shown


def test_a_folder_is_downloaded_as_a_zip_file(tmp_path: Path) -> None:
    import io
    import zipfile

    (tmp_path / "saved_model/variables").mkdir(parents=True)
    (tmp_path / "saved_model/variables/index").write_text("here")
    archive = zipfile.ZipFile(io.BytesIO(deploy_exports.content(tmp_path / "saved_model")))
    assert archive.namelist() == ["saved_model/variables/index"]

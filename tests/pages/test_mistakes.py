"""The debug lab's page without a browser: choosing, results made by hand, and attempts that never run."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.mistakes.catalogue import BY_NAME, MISTAKES
from engine.mistakes.results import Request
from engine.mistakes.sources import path, planted, source
from engine.runs import Store
from tests import mistake_stories as told
from tests.pages.conftest import MAIN, RUN_SECONDS, address
from tests.ui.examination_pages import Never
from ui import examinations

NAME = "in_place_change"


@pytest.fixture
def page(store: Store) -> AppTest:
    examinations._under_way.clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/mistakes.py")
    return page


def opened(page: AppTest, mistake: str = NAME) -> AppTest:
    page.query_params["mistake"] = mistake
    page.run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    kinds = (page.title, page.header, page.markdown, page.caption, page.warning, page.info)
    return " ".join(element.value for kind in kinds for element in kind)


def test_both_files_and_a_button_for_each_execution(page: AppTest) -> None:
    opened(page)
    assert page.header[0].value == "Change in place"
    assert [code.value for code in page.code] == [source(NAME, side).strip() for side in ("torch", "tensorflow")]
    assert f"the mistake is in line {planted(NAME, 'torch')[0]}" in texts(page)
    assert [button.label for button in page.button] == ["Make the mistake", "Make the mistake"]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_mistake_has_its_page(page: AppTest, name: str) -> None:
    opened(page, name)
    assert page.header[0].value == BY_NAME[name].title
    assert address(page) == {"mistake": name}


def test_another_one_is_chosen(page: AppTest) -> None:
    opened(page, "nonsense")
    assert page.header[0].value == MISTAKES[0].title
    page.get("button_group")[0].set_value("softmax_twice").run()
    assert page.header[0].value == "Softmax twice"
    assert address(page) == {"mistake": "softmax_twice"}


def test_what_was_printed_and_where_it_points(page: AppTest, store: Store) -> None:
    (line,) = planted(NAME, "tensorflow")
    files = {side: path(NAME, side).name for side in ("torch", "tensorflow")}
    told.write(
        store,
        Request(NAME, "eager"),
        torch=told.raised(files["torch"], planted(NAME, "torch")[0], 15, 16),
        tensorflow=told.raised(files["tensorflow"], line),
    )
    opened(page)
    assert "It raised RuntimeError. It points at line 16. It also names 15, 12, where the mistake is." in texts(page)
    assert f"It points at line {line}, where the mistake is." in texts(page)
    assert "Nothing was raised. It printed:" in texts(page)
    assert "`torch.autograd.detect_anomaly`" in texts(page)
    assert [code.value for code in page.code][2:] == [*["it [does] not fit"] * 4, *["loss: nan"] * 2]
    assert [button.label for button in page.button] == ["Make the mistake again", "Make the mistake"]
    page.toggle[0].set_value(True).run()
    assert any(code.value.startswith("Traceback (most recent call last)") for code in page.code)


def test_a_crash_is_told(page: AppTest, store: Store) -> None:
    told.write(store, Request(NAME, "compiled"), torch=told.CRASHED)
    opened(page)
    assert "The process ended with exit code -11." in texts(page)
    assert "Fatal Python error: Segmentation fault" in [code.value for code in page.code]


def test_a_damaged_result_leaves_the_button(page: AppTest, store: Store) -> None:
    told.write(store, Request(NAME, "eager"))
    (Request(NAME, "eager").folder(store) / "torch.json").write_bytes(b"half")
    opened(page)
    assert "is damaged" in page.warning[0].value
    assert [button.label for button in page.button] == ["Make the mistake", "Make the mistake"]


def test_only_one_is_made_at_a_time(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    opened(page).button[0].click().run()
    assert [button.label for button in page.button] == ["End", "Make the mistake"]
    page.button[1].click().run()
    assert "Another examination is under way" in page.warning[0].value
    page.button[0].click().run()
    assert "was stopped" in page.warning[0].value

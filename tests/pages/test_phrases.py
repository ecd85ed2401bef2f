"""The phrase book's page without a browser: search, topics, the address, and results made by hand."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.phrases.catalogue import PHRASES
from engine.phrases.results import Request
from engine.phrases.sources import source
from engine.runs import Store
from tests import phrase_stories
from tests.pages.conftest import MAIN, RUN_SECONDS, address, opened
from tests.ui.examination_pages import Never
from ui import examinations


@pytest.fixture
def page(store: Store) -> AppTest:
    examinations._under_way.clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/phrases.py")
    return page


def titles(page: AppTest) -> list[str]:
    return [title.value for title in page.subheader]


def test_all_phrases_in_both_frameworks_and_no_results_before_they_ran(page: AppTest) -> None:
    opened(page)
    assert titles(page) == [phrase.title for phrase in PHRASES]
    texts = [code.value for code in page.code]
    assert texts == [source(phrase, side).strip() for phrase in PHRASES for side in ("torch", "tensorflow")]
    assert [button.label for button in page.button] == ["Run all"]


def test_the_address_holds_words_and_topic(page: AppTest) -> None:
    opened(page, topic="saving", search="checkpoint")
    assert titles(page) == ["Go on from a checkpoint"]
    page.text_input[0].set_value("weights").run()
    assert "Save and load weights" in titles(page)
    assert address(page) == {"search": "weights", "topic": "saving"}


def test_a_topic_shows_its_phrases_alone(page: AppTest) -> None:
    opened(page)
    page.get("button_group")[0].set_value("gradients").run()
    assert titles(page) == [phrase.title for phrase in PHRASES if phrase.topic == "gradients"]
    assert address(page) == {"topic": "gradients"}


def test_an_address_that_asks_for_no_topic_shows_all(page: AppTest) -> None:
    opened(page, topic="nonsense")
    assert len(titles(page)) == len(PHRASES)


def test_nothing_found_is_a_sentence(page: AppTest) -> None:
    opened(page, search="no $uch [thing](x)", topic="layers")
    assert not titles(page)
    (sentence,) = (info.value for info in page.info)
    assert "No phrase in Layers has all of these words" in sentence
    assert "\\[thing\\]" in sentence


def test_what_was_returned_stands_below_the_code(page: AppTest, store: Store) -> None:
    phrase_stories.write(store)
    opened(page, search="variance")
    assert [code.value for code in page.code][1::2] == ["1.5", "2.5"]
    assert "1 of 60 phrases · PyTorch 9.9 · TensorFlow 9.9" in [caption.value for caption in page.caption]
    assert not page.warning
    assert [button.label for button in page.button] == ["Run all again"]


def test_a_difference_that_the_book_does_not_know_is_said(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    phrase_stories.write(store)
    monkeypatch.setattr("engine.phrases.results.same", lambda one, other: False)
    opened(page, search="freeze")
    assert page.warning[0].value == "Here the two returned different values."
    monkeypatch.setattr("engine.phrases.results.same", lambda one, other: True)
    page.text_input[0].set_value("variance").run()
    assert page.warning[0].value == "Here both returned the same."


def test_a_damaged_result_leaves_the_button(page: AppTest, store: Store) -> None:
    phrase_stories.write(store)
    (Request().folder(store) / "torch.json").write_bytes(b"half")
    opened(page, search="freeze")
    assert "is damaged" in page.warning[0].value
    assert [button.label for button in page.button] == ["Run all"]


def test_the_button_begins_and_ends_it(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    opened(page, search="freeze").button[0].click().run()
    assert not page.exception
    assert [button.label for button in page.button] == ["End"]
    assert page.get("progress")[0].proto.text == "Every phrase runs in PyTorch and TensorFlow"
    page.button[0].click().run()
    assert "was stopped" in page.warning[0].value

"""What a run may be called has one place; whatever a file says, what is shown of it is short and harmless."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events
from engine.__main__ import main
from engine.runs import Store
from engine.store import labels
from tests import stories
from tests.engine.strategies import patient

texts = st.text(st.characters() | st.sampled_from("\x1b\x07\n\r\t\u202e\u2066\u2068\u2069\u200f\u2028א"), max_size=100)


@pytest.mark.parametrize(
    ("name", "tags", "note", "words"),
    [
        ("a\n\x1b[31mb\x07", (), "", "The name may have no control characters; leave them out."),
        ("a\u2028b", (), "", "The name may have no control characters; leave them out."),
        ("a\udc1bb", (), "", "The name may have no control characters; leave them out."),
        ("", ("good", "a\tb"), "", "The tags may have no control characters; leave them out."),
        ("", (), "a\x9bb", "The note may have no control characters; leave them out."),
    ],
)
def test_control_characters_are_refused(name: str, tags: tuple[str, ...], note: str, words: str) -> None:
    assert labels.refusal(name, tags, note) == words


def test_every_language_may_be_used() -> None:
    assert labels.refusal("א\u200f b 👩\u200d💻", ("größer", "小"), "Two\r\n\tlines.") == ""


@patient
@given(texts, st.lists(texts, max_size=30), texts.map(lambda text: text * 50))
def test_of_any_label_there_is_a_part_that_is_allowed(name: str, tags: list[str], note: str) -> None:
    part = labels.allowed(name, tags, note)
    assert labels.refusal(*part) == ""
    assert labels.allowed(*part) == part
    if not labels.refusal(name, tags, note):
        assert part == labels.tidy(name, tags, note)


@patient
@given(texts)
def test_what_is_shown_stays_on_its_line_and_ends_what_it_begins(text: str) -> None:
    told = labels.shown(text)
    assert not any(map(labels._controls, told))
    depth = 0
    for char in told:
        depth += (char in labels.ISOLATES) - (char == labels.END)
        assert depth >= 0
    assert depth == 0


def test_what_turns_a_line_around_is_isolated_and_the_rest_shown_as_it_is() -> None:
    assert labels.shown("plain, größer 👩\u200d💻") == "plain, größer 👩\u200d💻"
    assert labels.shown("a\u202eb") == "\u2068a\u202eb\u2069"
    assert labels.shown("\u2069א\u2067b") == "\u2068א\u2067b\u2069\u2069"
    assert labels.shown("a\n\x1b[31mb") == "a  [31mb"
    assert labels.shown("x" * 2_100) == "x" * 79 + "…"


def test_no_name_on_disk_reaches_the_terminal_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path / "runs")
    run = stories.finished_run(store)
    store.append(run, events.Labelled("a\x1b[31m\x07b", (), "", 1.0))
    assert main(["runs", "list", "--store", str(store.root)]) == 0
    told = capsys.readouterr().out
    assert "[31m" in told
    assert not {"\x1b", "\x07"} & {*told}

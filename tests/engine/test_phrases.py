"""The phrase book without a framework in this process: its catalogue, its sources, its search, and one whole run."""

import json
from pathlib import Path

import numpy as np
import pytest

from engine.config import FRAMEWORKS
from engine.phrases import results
from engine.phrases.catalogue import PHRASES, TOPICS
from engine.phrases.results import Request
from engine.phrases.returned import same, told
from engine.phrases.sources import found, source
from engine.runs import Store
from engine.tasks.task import TaskError
from tests import phrase_stories

BY_NAME = {phrase.name: phrase for phrase in PHRASES}


def names(words: str, topic: str = "") -> list[str]:
    return [phrase.name for phrase in found(words, topic)]


def test_there_are_enough_of_every_topic() -> None:
    assert len(BY_NAME) == len(PHRASES) >= 25
    assert all(len(found("", topic)) >= 4 for topic in TOPICS)
    assert list(dict.fromkeys(phrase.topic for phrase in PHRASES)) == list(TOPICS)


def test_sentences_end_and_titles_do_not() -> None:
    assert [phrase.name for phrase in PHRASES if not phrase.notice.endswith(".")] == []
    assert [phrase.name for phrase in PHRASES if phrase.differs and not phrase.differs.endswith(".")] == []
    assert [phrase.name for phrase in PHRASES if phrase.title.endswith(".")] == []


def test_a_source_has_the_imports_that_it_needs_and_no_others() -> None:
    text = source(BY_NAME["share_memory_with_numpy"], "torch")
    assert text.startswith("import numpy as np\nimport torch\n\n\ndef share_memory_with_numpy():\n    array = ")
    text = source(BY_NAME["save_and_load_weights"], "tensorflow")
    assert "from pathlib import Path\n" in text
    assert "import tensorflow" not in text


@pytest.mark.parametrize("side", FRAMEWORKS)
def test_sources_are_narrow_enough_to_stand_side_by_side(side: str) -> None:
    wide = [line for phrase in PHRASES for line in source(phrase, side).splitlines() if len(line) > 80]
    assert wide == []


def test_examples_made_in_python_are_a_stream_in_both() -> None:
    texts = {side: source(BY_NAME["examples_made_in_python"], side) for side in FRAMEWORKS}
    assert all("yield number**2" in text for text in texts.values())
    assert "__len__" not in texts["torch"]


@pytest.mark.parametrize(
    ("words", "topic", "expected"),
    [
        ("freeze", "", ["freeze_a_layer"]),
        ("AUTOCAST", "", ["mixed_precision"]),
        ("scatter_nd", "", ["change_one_element"]),
        ("softmax", "", ["loss_from_logits"]),
        ("one-hot", "", ["loss_from_logits"]),
        ("one_hot", "", ["loss_from_logits"]),
        ("cross-entropy", "training", ["loss_from_logits"]),
        ("NaN", "", ["choose_by_condition"]),
        ("seed random", "devices", ["set_the_seed", "the_same_seed_in_both"]),
        ("seed random", "layers", []),
        ("no such thing", "", []),
    ],
)
def test_search_reads_titles_notes_and_code(words: str, topic: str, expected: list[str]) -> None:
    assert names(words, topic) == expected


def test_a_topic_alone_gives_all_of_it() -> None:
    assert names("", "saving") == [phrase.name for phrase in PHRASES if phrase.topic == "saving"]
    assert names(" ") == list(BY_NAME)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1.0, 1.0 + 1e-8, True),
        (1.0, 1.001, False),
        (1, 1.0, False),
        (True, 1, False),
        ([1.0, [2.0]], [1.0, [2.0]], True),
        ([1.0], [1.0, 2.0], False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"a": 1.0}, {"b": 1.0}, False),
        (np.ones(2, np.float32), np.ones(2, np.float32), True),
        (np.ones(2, np.float32), np.ones(2), False),
        (np.ones((2, 1)), np.ones((1, 2)), False),
        (np.zeros(2), np.array([0.0, 0.1]), False),
    ],
)
def test_the_same_is_of_one_kind_and_near(one: object, other: object, expected: bool) -> None:
    assert same(told(one), told(other)) is expected


def test_a_result_of_other_sources_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    phrase_stories.write(store)
    assert results.read(store)
    monkeypatch.setattr(results, "digest", lambda text: "another")
    assert results.read(store) is None


def test_a_damaged_result_is_a_sentence(tmp_path: Path) -> None:
    store = Store(tmp_path)
    phrase_stories.write(store)
    path = Request().folder(store) / "torch.json"
    path.write_text(json.dumps({"version": "1", "phrases": {}}))
    with pytest.raises(TaskError, match="is damaged; run the phrases again"):
        results.read(store)


def test_both_frameworks_return_the_same_or_differ_as_the_book_says(tmp_path: Path) -> None:
    """Every phrase in both, each framework in a process of its own."""
    store = Store(tmp_path)
    Request().begin(store).wait()
    returned = results.read(store)
    assert returned
    differing = [phrase.name for phrase in PHRASES if not returned.same(phrase.name)]
    assert differing == [phrase.name for phrase in PHRASES if phrase.differs]
    assert {"request.json", "torch.json", "tensorflow.json"} == {
        path.name for path in Request().folder(store).iterdir()
    }

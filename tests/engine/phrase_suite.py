"""What every phrase must do, in either framework: the same tests run on each in a process of its own."""

import importlib
import json
import warnings

import pytest

from engine.phrases.catalogue import PHRASES
from engine.phrases.returned import same, told
from engine.phrases.sources import source


class PhraseSuite:
    framework = ""

    @pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.name)
    def test_the_text_that_is_shown_runs_on_its_own_and_as_the_phrase_does(self, phrase):
        shown = {"__name__": "shown"}
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            exec(compile(source(phrase, self.framework), "shown.py", "exec"), shown)
            copied = told(shown[phrase.name]())
        assert [str(one.message) for one in warned if one.filename == "shown.py"] == []
        twin = importlib.import_module(f"engine.phrases.{phrase.topic}_{self.framework}")
        own = told(getattr(twin, phrase.name)())
        assert json.loads(json.dumps(own)) == own  # plain enough for JSON
        assert same(copied, own) or phrase.name == "shuffle"  # its order also hangs on what was drawn before

    def test_a_whole_network_takes_other_batches_than_the_one_it_was_saved_with(self):
        """Of one row and of nine."""
        saving = importlib.import_module(f"engine.phrases.saving_{self.framework}")
        assert saving.save_a_whole_network() == [True, True]

    def test_float64_is_that_of_new_tensors_where_the_book_says_so(self):
        devices = importlib.import_module(f"engine.phrases.devices_{self.framework}")
        tensors = {"torch": "float64", "tensorflow": "float32"}[self.framework]
        assert devices.use_float64() == {"weights": "float64", "ones": tensors}

    def test_the_book_holds_every_phrase_of_the_twins_in_their_order(self):
        for topic in dict.fromkeys(phrase.topic for phrase in PHRASES):
            twin = importlib.import_module(f"engine.phrases.{topic}_{self.framework}")
            own = [name for name, value in vars(twin).items() if getattr(value, "__module__", "") == twin.__name__]
            assert own == [phrase.name for phrase in PHRASES if phrase.topic == topic]

"""The Sweeps page without a browser: its form, its states, its answer and its ways on; nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control
from engine.control import Command
from engine.runs import Store
from engine.store import trash
from engine.sweeps import sweep_store
from engine.sweeps.driver import Driver
from tests import sweep_stories as told
from tests.pages.conftest import MAIN, RUN_SECONDS, Launcher, address, button, named, opened, press
from ui import server

GRID = {"texts": {"learning_rate": "0.005,0.01,0.02"}, "sampler": "grid", "trials": None, "seeds": 4}


class Sweeps:
    """Drives nothing."""

    trouble = ""

    def __init__(self, launcher: Launcher, at_once: int):
        pass

    def open(self) -> None:
        pass


@pytest.fixture
def page(store: Store, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(server, "Sweeps", Sweeps)
    server.sweeps.cache_clear()
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/sweeps.py")
    yield page
    server.sweeps.cache_clear()


def texts(page: AppTest) -> str:
    kinds = (page.title, page.markdown, page.caption, page.warning, page.info, page.error)
    return " ".join(element.value for kind in kinds for element in kind)


def only_plan(store: Store):
    (name,) = sweep_store.sweeps(store)
    return sweep_store.load(store, name)


def under_way(store: Store, **more: object) -> str:
    """A sweep with one trial that is queued."""
    name = sweep_store.create(store, told.plan(**more))
    driver = Driver(told.Launcher(store, at_once=False), name)
    driver.advance()
    driver.close()
    return name


# The form


def test_the_start_says_what_will_be_tried_and_what_for(page: AppTest) -> None:
    opened(page)
    assert page.title[0].value == "Sweeps"
    line = "30 trials over learning rate from 0.0001 to 0.1, by ratio. TPE, then the best of each side with 5 more"
    assert any(caption.value.startswith(line) for caption in page.sidebar.caption)
    assert "One study looks for the lowest mean of both sides' validation loss" in texts(page)


def test_start_writes_the_plan_and_shows_it(page: AppTest, store: Store) -> None:
    press(opened(page), "Start sweep")
    plan = only_plan(store)
    assert (plan.config.network, plan.config.dataset, plan.config.policy) == ("mlp", "digits", "defaults")
    assert [each.field for each in plan.ranges] == ["learning_rate"]
    assert (plan.sampler, plan.trials, plan.seeds, plan.prune) == ("tpe", 30, 5, False)
    assert address(page)["sweep"] == sweep_store.sweeps(store)[0]
    assert page.title[0].value == "mlp on digits"
    assert any("0 of 30 trials" in bar.proto.text for bar in page.get("progress"))


def test_fields_that_vary_have_their_values_below(page: AppTest, store: Store) -> None:
    opened(page)
    page.multiselect[0].set_value(["learning_rate", "batch_size", "network_options.width"]).run()
    named(page.text_input, "Batch size").set_value("8, 128").run()
    press(page, "Start sweep")
    found = {each.field: each for each in only_plan(store).ranges}
    assert found["batch_size"].values == (8, 128)
    assert found["network_options.width"].values == (64, 128, 256)


def test_a_grid_gets_steps(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.segmented_control, "How trials are chosen").set_value("grid").run()
    press(page, "Start sweep")
    assert (only_plan(store).trials, len(only_plan(store).ranges[0].values)) == (7, 7)


def test_what_was_typed_stays_when_trials_are_chosen_in_another_way(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.text_input, "Learning rate").set_value("0.001, 0.01").run()
    for way in ("grid", "random", "grid"):
        named(page.segmented_control, "How trials are chosen").set_value(way).run()
        assert named(page.text_input, "Learning rate").value == "0.001, 0.01"
    press(page, "Start sweep")
    assert only_plan(store).ranges[0].values == (0.001, 0.01)


def test_what_varies_and_what_was_typed_for_it_stay_with_another_network(page: AppTest, store: Store) -> None:
    opened(page)
    page.multiselect[0].set_value(["learning_rate", "batch_size", "network_options.width"]).run()
    named(page.text_input, "Learning rate").set_value("0.001, 0.01").run()
    named(page.text_input, "Width").set_value("8, 16").run()
    named(page.selectbox, "Network").set_value("lenet").run()  # has no width
    assert not page.exception
    assert page.multiselect[0].value == ["learning_rate", "batch_size"]
    press(page, "Start sweep")
    assert [each.field for each in only_plan(store).ranges] == ["learning_rate", "batch_size"]
    assert only_plan(store).ranges[0].values == (0.001, 0.01)


def test_another_network_keeps_the_dataset_if_it_can_and_brings_its_recipe(page: AppTest, store: Store) -> None:
    opened(page)
    assert named(page.number_input, "Epochs").value == 40
    named(page.selectbox, "Network").set_value("lenet").run()
    assert named(page.selectbox, "Dataset").value == "digits"
    assert named(page.number_input, "Epochs").value == 20
    named(page.selectbox, "Network").set_value("mlp").run()
    named(page.selectbox, "Dataset").set_value("moons").run()
    named(page.selectbox, "Network").set_value("plain_mlp").run()
    assert named(page.selectbox, "Dataset").value == "moons"
    named(page.selectbox, "Network").set_value("lenet").run()
    assert not page.exception
    press(page, "Start sweep")
    assert (only_plan(store).config.network, only_plan(store).config.dataset) == ("lenet", "digits")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("log:1:0.1", "lower end comes first"),
        ("log:0:1", "0 was given"),
        ("0.1", "at least one field with several values"),
        ("0.1,fast", "fast"),
        ("", "at least one field"),
    ],
)
def test_a_bad_range_is_a_sentence_and_nothing_starts(page: AppTest, store: Store, text: str, sentence: str) -> None:
    opened(page)
    named(page.text_input, "Learning rate").set_value(text).run()
    assert not page.exception
    assert any(sentence in error.value for error in page.sidebar.error)
    assert button(page, "Start sweep").disabled
    assert sweep_store.sweeps(store) == []


def test_nothing_that_varies_is_a_sentence(page: AppTest) -> None:
    opened(page)
    page.multiselect[0].set_value([]).run()
    assert not page.exception
    assert any("at least one field with several values" in error.value for error in page.sidebar.error)


# A sweep under way


def test_pause_resume_and_stop_are_asked_of_the_driver(page: AppTest, store: Store) -> None:
    name = under_way(store)
    folder = sweep_store.folder(store, name)
    opened(page, sweep=name)
    assert any("0 of 6 trials · now learning rate" in bar.proto.text for bar in page.get("progress"))
    press(page, "Pause")
    assert control.read(folder) == Command(paused=True)
    assert any("Paused" in bar.proto.text for bar in page.get("progress"))
    press(page, "Resume")
    assert control.read(folder) == control.FREE
    press(page, "Stop")
    assert control.read(folder) == control.STOP
    assert button(page, "Stopping…").disabled


def test_the_start_shows_the_way_to_a_sweep_that_goes_on(page: AppTest, store: Store) -> None:
    told.finished(store)
    assert not any(one.label == "Show it" for one in opened(page).button)
    name = under_way(store)
    press(opened(page), "Show it")
    assert address(page)["sweep"] == name


def test_who_looks_on_cannot_steer(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    opened(page, sweep=under_way(store))
    assert "This dashboard looks on: process 7 on elsewhere trains for this store." in texts(page)
    assert all(button(page, label).disabled for label in ("Pause", "Stop", "Start it again"))


def test_what_stands_in_the_way_is_told(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sweeps, "trouble", "The sweep x waits: the disk is [full](evil).")
    opened(page, sweep=under_way(store))
    assert any(r"the disk is \[full\](evil)" in warning.value for warning in page.warning)


# A sweep that has ended


def test_the_answer_and_the_best_of_each_side(page: AppTest, store: Store) -> None:
    name = told.finished(store, **GRID)
    opened(page, sweep=name)
    said = texts(page)
    assert "Does the best learning rate differ between the frameworks?" in said
    assert "Yes: PyTorch's is 0.01, TensorFlow's 0.02." in said
    assert "4 seeds that the search had not seen" in said
    links = [link.proto for link in page.get("page_link")]
    assert len(links) == 2
    assert all(link.label.startswith("Open trial ") for link in links)
    runs = set(store.runs())
    assert all(any(run in link.query_string for run in runs) for link in links)


def test_without_seeds_it_says_that_it_cannot_tell(page: AppTest, store: Store) -> None:
    opened(page, sweep=told.finished(store))
    assert "One seed cannot tell whether a difference is more than luck." in texts(page)


def test_it_can_be_started_again_or_forgotten(page: AppTest, store: Store) -> None:
    name = told.finished(store, **GRID)
    runs = store.runs()
    press(opened(page, sweep=name), "Start it again")
    assert len(sweep_store.sweeps(store)) == 2
    assert address(page)["sweep"] != name
    opened(page, sweep=name)
    press(page, "Forget it")
    assert name not in sweep_store.sweeps(store)
    assert store.runs() == runs
    assert page.title[0].value == "Sweeps"


@pytest.mark.parametrize("name", ["nothing", "../../etc/passwd", "20200101-000000-mlp-abcdef", "[x](javascript:1)"])
def test_an_unknown_sweep_is_a_sentence_with_a_way_back(page: AppTest, name: str) -> None:
    opened(page, sweep=name)
    assert "There is no sweep" in texts(page)
    press(page, "Back to the start")
    assert "sweep" not in address(page)


def test_a_damaged_sweep_is_a_sentence(page: AppTest, store: Store) -> None:
    name = told.finished(store)
    (sweep_store.folder(store, name) / "plan.json").write_text("{")
    opened(page, sweep=name)
    assert "cannot be read, because its plan is damaged" in texts(page)
    opened(page, sweep="")
    assert page.title[0].value == "Sweeps"


def test_runs_that_are_gone_leave_the_rest_to_be_read(page: AppTest, store: Store) -> None:
    name = told.finished(store, **GRID)
    for run in store.runs():
        trash.delete(store, run, 0.0)
    opened(page, sweep=name)
    assert "too few repeats" in texts(page)

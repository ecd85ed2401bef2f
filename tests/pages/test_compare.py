"""The Compare page without a browser: its runs, its link, its remarks; nothing is trained."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from engine import events
from engine.runs import Store
from tests import stories
from tests.pages.conftest import MAIN, RUN_SECONDS, address, named, opened, running


@pytest.fixture
def page(store: Store) -> AppTest:
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/compare.py")
    return page


def texts(page: AppTest) -> str:
    kinds = (page.title, page.markdown, page.caption, page.warning, page.info, page.error, page.subheader)
    return " ".join(element.value for kind in kinds for element in kind)


def drawn(page: AppTest) -> list[dict]:
    """The traces of the chart that have a name."""
    (chart,) = page.get("plotly_chart")
    return [trace for trace in json.loads(chart.proto.spec)["data"] if trace.get("name")]


def names(page: AppTest) -> list[str]:
    return [trace["name"].replace("<br>", " ") for trace in drawn(page)]


def over_seeds(store: Store, rates: tuple[float, ...] = (0.1,), seeds: int = 3) -> str:
    runs = [
        stories.finished_run(store, shift=seed / 10, seed=seed, learning_rate=rate)
        for rate in rates
        for seed in range(seeds)
    ]
    return ",".join(runs)


def test_the_start_says_what_to_do(page: AppTest, store: Store) -> None:
    assert "There is no run yet" in texts(opened(page))
    stories.finished_run(store)
    assert "Choose runs in the sidebar" in texts(opened(page))
    assert not page.get("plotly_chart")


def test_chosen_runs_are_drawn_and_named_in_the_address(page: AppTest, store: Store) -> None:
    first, second = stories.finished_run(store, seed=1), stories.finished_run(store, seed=2)
    named(opened(page).multiselect, "Runs").select(first).select(second).run()
    assert not page.exception
    assert address(page) == {"runs": f"{first},{second}"}
    assert names(page) == [f"{side}, seed {seed}" for seed in (1, 2) for side in ("PyTorch", "TensorFlow")]
    assert [trace["line"]["dash"] for trace in drawn(page)] == ["solid", "dash"] * 2
    assert "1 field differs" in texts(page)


def test_the_picker_begins_with_a_name_or_what_differs(page: AppTest, store: Store) -> None:
    first, second, third = (stories.finished_run(store, seed=1, learning_rate=rate) for rate in (0.1, 0.1, 1e5))
    store.append(first, events.Labelled("Baseline", (), "", 1.0))
    picker = named(opened(page).multiselect, "Runs")
    words = {run: next(option for option in picker.options if run[-6:] in option) for run in (first, second, third)}
    assert words[first].startswith("Baseline · mlp · digits · learning_rate 0.1 · seed 1 · ")
    assert words[second].startswith("learning_rate 0.1 · mlp · digits · seed 1 · ")
    assert words[third].startswith("learning_rate 100000.0 · mlp · ")


def test_a_run_that_is_named_meanwhile_stays_chosen(page: AppTest, store: Store) -> None:
    first, second = stories.finished_run(store, seed=1), stories.finished_run(store, seed=2)
    named(opened(page).multiselect, "Runs").select(first).run()
    store.append(first, events.Labelled("Baseline", (), "", 1.0))
    stories.finished_run(store, seed=3)
    named(page.run().multiselect, "Runs").select(second).run()
    assert not page.exception
    assert address(page) == {"runs": f"{first},{second}"}


def test_a_link_draws_what_it_names_and_every_control_is_in_it(page: AppTest, store: Store) -> None:
    runs = over_seeds(store)
    asked = {"runs": runs, "sides": "torch", "x": "examples", "y": "validation_loss", "logx": "true",
             "logy": "true", "smoothing": "0.37", "bands": "true", "group": "seed"}  # fmt: skip
    opened(page, **asked)
    assert address(page) == asked
    assert named(page.select_slider, "Smoothing").value == 0.37
    assert [name.split(":")[0] for name in names(page)] == [f"PyTorch, seed {seed}" for seed in range(3)]
    named(page.toggle, "Logarithmic x").set_value(False).run()
    named(page.selectbox, "Over").set_value("epoch").run()
    assert address(page) == {name: text for name, text in asked.items() if name != "logx"} | {"x": "epoch"}


def test_a_change_stays_where_the_browser_has_not_heard_of_the_one_before(page: AppTest, store: Store) -> None:
    link = {"runs": over_seeds(store)}
    opened(page, **link)
    named(page.toggle, "Logarithmic x").set_value(True).run()
    page.query_params.clear()
    page.query_params.update(link)  # pressed before the new address arrived
    named(page.toggle, "Logarithmic y").set_value(True).run()
    assert address(page) == link | {"logx": "true", "logy": "true"}
    assert named(page.toggle, "Logarithmic x").value
    page.query_params.clear()
    page.query_params.update(link)  # the back button
    page.run()
    assert address(page) == link
    assert not named(page.toggle, "Logarithmic x").value


def test_a_link_that_asks_for_the_impossible_says_so_and_the_rest_is_drawn(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store)
    opened(page, runs=f"{run},../etc", x="moons", smoothing="2")
    (warning,) = page.warning
    assert all(word in warning.value for word in ("../etc", "moons", "examples", "at most 0.9999"))
    assert len(names(page)) == 2


def test_bands_say_n_and_the_interval_and_group_by_what_a_person_chooses(page: AppTest, store: Store) -> None:
    opened(page, runs=over_seeds(store, (0.1, 0.01)), bands="true", sides="tensorflow")
    assert [name.split(", 0.")[0] for name in names(page)] == [
        f"TensorFlow, learning_rate {rate}: n = 3" for rate in ("0.1", "0.01")
    ]
    assert all("(95\N{NO-BREAK SPACE}%)" in name for name in names(page))
    named(page.multiselect, "One band for each").set_value([]).run()
    assert not page.exception
    assert address(page)["group"] == "none"
    assert names(page)[0].startswith("TensorFlow: n = 6")
    assert "also differ in learning" in texts(page)


def test_a_run_that_was_deleted_meanwhile_is_a_sentence(page: AppTest, store: Store) -> None:
    gone, left = stories.finished_run(store), stories.finished_run(store)
    opened(page, runs=f"{gone},{left}")
    shutil.rmtree(store.folder(gone))
    opened(page)
    assert "It is left out here" in texts(page)
    assert len(names(page)) == 2
    shutil.rmtree(store.folder(left))
    assert not page.run().exception
    assert not page.get("plotly_chart")


def test_one_side_a_diverged_side_and_a_queued_run_are_each_a_sentence(page: AppTest, store: Store) -> None:
    alone = stories.finished_run(store, frameworks=["torch"], seed=1)
    waits = stories.new_run(store, seed=2)
    broke = stories.new_run(store, seed=3)
    for side in ("torch", "tensorflow"):
        stories.launch(store, broke, side)
        told = [stories.started(side), events.Steps(0, (2.0, None), 1.0), events.Diverged(1, 101.0)]
        stories.tell(store, broke, side, told)
    told = texts(opened(page, runs=f"{alone},{waits},{broke}"))
    page_text = told + " ".join(element.value for box in page.expander for element in box.markdown)
    assert "seed 1: was not trained with TensorFlow" in page_text
    assert "seed 2: has no PyTorch step (queued)" in page_text
    assert "PyTorch of seed 3 diverged. The loss was not finite at step 1." in page_text


def test_a_run_that_trains_is_drawn_as_far_as_it_is_and_grows(page: AppTest, store: Store) -> None:
    run = running(store)
    opened(page, runs=run)
    assert "Still training" in texts(page)
    before = len(str(drawn(page)[0]["x"]))
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, stories.finished_side(side)[4:])
    page.run()
    assert len(str(drawn(page)[0]["x"])) > before
    assert "Still training" not in texts(page)

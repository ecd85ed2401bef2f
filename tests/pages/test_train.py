"""The Train page without a browser: its form, its links, its runs; nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine import control, events
from engine.config import ConfigError, RunConfig, refused
from engine.fairness.certificate import Certificate, Control
from engine.fairness.controls import CONTROLS
from engine.measure.device import Device
from engine.runs import Store, StoreError
from tests import stories
from tests.pages.conftest import MAIN, Launcher, address, button, named, only_config, opened, press, running
from ui import certificate_view


def number(page: AppTest, label: str):
    return next(widget for widget in page.number_input if widget.label == label)


def enabled(page: AppTest) -> set[str]:
    return {label for label in ("Pause", "Step", "Resume", "Stop", "Run again") if not button(page, label).disabled}


# The form


def test_the_page_says_what_to_do_first(page: AppTest) -> None:
    opened(page)
    assert any("Press Train" in text.value for text in page.markdown)
    assert texts_of_progress(page) == ["Not started"] * 2
    assert address(page) == {}


def test_the_cards_of_the_start_are_those_of_the_chosen_sides(page: AppTest) -> None:
    opened(page, frameworks="torch")
    assert texts_of_progress(page) == ["Not started"]


@pytest.mark.parametrize("key", ["train.train", "train.start"])
def test_train_takes_the_recipe_and_names_the_run_in_the_url(page: AppTest, store: Store, key: str) -> None:
    opened(page).button(key).click().run()
    assert not page.exception
    assert only_config(store) == RunConfig.build({})
    assert address(page) == {"run": store.runs()[0]}


@pytest.mark.parametrize(
    ("preset", "fields"),
    [("One step, as in every tutorial", {"network": "simple_net"}), ("Handwritten digits", {"network": "mlp"})],
)
def test_a_preset_is_a_network_s_default_run(page: AppTest, store: Store, preset: str, fields: dict) -> None:
    opened(page, network="simple_net", dataset="teacher", seed="9")
    press(press(page, preset), "Train")
    assert only_config(store) == RunConfig.build(fields)


def test_another_network_brings_its_recipe_and_keeps_the_rest(page: AppTest, store: Store) -> None:
    opened(page, seed="9")
    named(page.selectbox, "Network").select("simple_net").run()
    named(page.selectbox, "Dataset").select("teacher").run()
    press(page, "Train")
    assert only_config(store) == RunConfig.build({"network": "simple_net", "dataset": "teacher", "seed": 9})
    assert address(page) == {"network": "simple_net", "dataset": "teacher", "seed": "9", "run": store.runs()[0]}


def test_only_what_the_optimizer_takes_is_shown(page: AppTest) -> None:
    own = {"Momentum", "Beta 1", "Beta 2", "Rho", "Epsilon"}
    opened(page)
    assert own & {widget.label for widget in page.number_input} == {"Beta 1", "Beta 2", "Epsilon"}
    named(page.selectbox, "Optimizer").select("momentum").run()
    assert own & {widget.label for widget in page.number_input} == {"Momentum"}
    named(page.selectbox, "Optimizer").select("rmsprop").run()
    assert own & {widget.label for widget in page.number_input} == {"Rho", "Epsilon"}


def test_a_schedule_s_fields_come_with_it(page: AppTest, store: Store) -> None:
    opened(page)
    assert "Factor" not in {widget.label for widget in page.number_input}
    named(page.selectbox, "Schedule").select("step").run()
    number(page, "Factor").set_value(0.5).run()
    press(page, "Train")
    assert only_config(store) == RunConfig.build({"schedule": "step", "schedule_factor": 0.5})


def test_every_field_has_help(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Schedule").select("step").run()
    widgets = [*page.sidebar.number_input, *page.sidebar.selectbox, *page.sidebar.toggle]
    assert len(widgets) > 20
    assert [widget.label for widget in widgets if not widget.help] == []


@pytest.mark.parametrize(
    ("label", "value", "sentence", "where"),
    [
        ("Learning rate", -1.0, "learning_rate: -1.0 was given; allowed is a number, more than 0", "Optimisation"),
        ("Epochs", 0, "epochs: 0 was given", "Optimisation"),
        ("Seed", 2**40, "seed: ", "Advanced"),
    ],
)
def test_a_bad_value_is_one_sentence_and_nothing_starts(
    page: AppTest, store: Store, label: str, value: float | None, sentence: str, where: str
) -> None:
    opened(page)
    number(page, label).set_value(value).run()
    told = [error.value for error in page.error if error.value.startswith(sentence)]
    assert len(told) == 1
    assert f"Not ready to train. See {label} in {where}." in [error.value for error in page.error]
    assert [train.disabled for train in page.button if train.label == "Train"] == [True, True]
    assert store.runs() == []
    number(page, label).set_value(1).run()
    assert not page.error
    assert not button(page, "Train").disabled


def test_no_framework_is_refused(page: AppTest) -> None:
    opened(page)
    named(page.segmented_control, "Frameworks").set_value([]).run()
    assert any(error.value.startswith("frameworks: ") for error in page.error)
    assert button(page, "Train").disabled


def test_a_device_that_is_not_there_starts_nothing(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(config: RunConfig) -> None:
        raise refused("device.torch", config.device.torch, "cpu on this machine")

    monkeypatch.setattr("engine.probes.devices.check", absent)
    press(opened(page, device__torch="cuda:3"), "Train")
    assert 'device.torch: "cuda:3" was given; allowed is cpu on this machine.' in [error.value for error in page.error]
    assert store.runs() == []


def test_a_machine_without_a_gpu_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.probes.devices.seen", lambda framework: [Device("cpu", "CPU", None)])
    press(opened(page), "Look for GPUs")
    told = [caption.value for caption in page.caption if "GPU" in caption.value]
    assert told == ["PyTorch sees no GPU.", "TensorFlow sees no GPU."]


def test_frameworks_that_cannot_be_asked_are_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(framework: str) -> None:
        raise ConfigError(refused(f"device.{framework}", "boom", "nothing").problems)

    monkeypatch.setattr("engine.probes.devices.seen", broken)
    press(opened(page), "Look for GPUs")
    assert len(page.error) == 2


# The link


def test_a_link_reproduces_the_form(page: AppTest, store: Store) -> None:
    opened(page, epochs="3", optimizer="nesterov", momentum="0.5", device="cpu", execution__tensorflow="xla", x="epoch",
           log="true", smoothing="0.5")  # fmt: skip
    assert not page.warning
    assert named(page.toggle, "Log scale").value is True
    assert named(page.segmented_control, "Horizontal axis").value == "epoch"
    press(page, "Train")
    wanted = {"epochs": 3, "optimizer": "nesterov", "momentum": 0.5, "execution": {"tensorflow": "xla"}}
    assert only_config(store) == RunConfig.build(wanted)


def test_what_a_person_changes_is_a_link(page: AppTest, store: Store) -> None:
    opened(page)
    number(page, "Seed").set_value(7)
    named(page.selectbox, "PyTorch execution").select("compile")
    named(page.toggle, "Log scale").set_value(True).run()
    link = address(page)
    assert link == {"seed": "7", "execution.torch": "compile", "log": "true"}
    again = opened(AppTest.from_file(str(MAIN), default_timeout=20), **link)
    press(again, "Train")
    assert only_config(store) == RunConfig.build({"seed": 7, "execution": {"torch": "compile"}})


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", "-1"), ("nothing", "1"), ("network", "../x"), ("x", "weeks"), ("log", "2"), ("smoothing", "1"),
     ("epochs", "<b>")],
)  # fmt: skip
def test_a_bad_link_is_one_sentence_and_the_usual_form(page: AppTest, store: Store, name: str, value: str) -> None:
    opened(page, **{name: value, "seed": "7"})
    assert len(page.warning) == 1
    assert f"{name}: " in page.warning[0].value
    press(page, "Train")
    assert only_config(store) == RunConfig.build({"seed": 7})
    assert not page.warning


def test_a_link_puts_no_picture_on_the_page(page: AppTest) -> None:
    opened(page, epochs="![x](https://example.org/x.png)", run="![x](//example.org/x.png)")
    assert len(page.warning) == 2
    for warning in page.warning:
        assert r"!\[x\](" in warning.value


def test_the_back_button_brings_the_form_back(page: AppTest) -> None:
    opened(page)
    number(page, "Seed").set_value(7).run()
    page.query_params.clear()
    page.run()
    assert number(page, "Seed").value == 0
    assert address(page) == {}


def test_another_page_loses_nothing(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store))
    number(page, "Seed").set_value(7).run()
    page.query_params.clear()
    page.switch_page("../pages/logs.py").run()
    page.query_params.clear()
    page.switch_page("../pages/train.py").run()
    assert number(page, "Seed").value == 7
    assert address(page) == {"seed": "7", "run": store.runs()[0]}


# A run


@pytest.mark.parametrize("run", ["../../etc/passwd", "..", "nothing", "20200101-000000-mlp-abcdef", "x" * 5000])
def test_an_unknown_run_is_one_sentence_and_a_way_back(page: AppTest, run: str) -> None:
    opened(page, run=run)
    assert len(page.warning) == 1
    assert "There is no run" in page.warning[0].value
    press(page, "Back to the start")
    assert any("Press Train" in text.value for text in page.markdown)
    assert address(page) == {}


def test_a_queued_run_says_how_many_come_first(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    (store.root / run).rename(store.root / "20200101-000000-mlp-000000")
    opened(page, run=stories.new_run(store))
    assert enabled(page) == {"Pause", "Stop", "Run again"}
    assert texts_of_progress(page) == ["Queued behind 1 run"] * 2


def test_warming_up_has_words_per_side(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    stories.launch(store, run, "torch")
    stories.launch(store, run, "tensorflow")
    stories.tell(store, run, "torch", [stories.started()])
    opened(page, run=run)
    assert texts_of_progress(page) == ["Building and compiling…", "Loading TensorFlow…"]


def texts_of_progress(page: AppTest) -> list[str]:
    return [element.proto.text for element in page.get("progress")]


def test_a_running_run_can_be_paused_stepped_resumed_and_stopped(page: AppTest, store: Store) -> None:
    run = running(store)
    opened(page, run=run)
    assert enabled(page) == {"Pause", "Stop", "Run again"}
    assert texts_of_progress(page)[0].startswith("3 of 6 steps")
    press(page, "Pause")
    assert control.read(store.folder(run)).paused
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Paused(3, 101.0)])
    page.run()
    assert enabled(page) == {"Step", "Resume", "Stop", "Run again"}
    press(page, "Step")
    assert control.read(store.folder(run)).step_target == 4
    press(page, "Resume")
    assert control.read(store.folder(run)) == control.FREE


def test_a_stopped_run_can_be_resumed(page: AppTest, store: Store) -> None:
    run = running(store)
    press(opened(page, run=run), "Stop")
    assert enabled(page) == {"Run again"}
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Stopped(3, 101.0)])
    page.run()
    assert enabled(page) == {"Resume", "Run again"}
    press(page, "Resume")
    assert {status.word for status in store.status(run).values()} == {"queued"}
    assert enabled(page) == {"Pause", "Stop", "Run again"}


def test_run_again_trains_the_same_config(page: AppTest, store: Store) -> None:
    run = stories.finished_run(store, seed=5)
    press(opened(page, run=run), "Run again")
    assert len(store.runs()) == 2
    (other,) = set(store.runs()) - {run}
    assert store.config(other) == store.config(run)
    assert address(page) == {"run": other}


def test_a_finished_run_has_a_result(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store, shift=1e-7))
    assert any("The losses agree to 2e-7 relative over 6 steps." in text.value for text in page.markdown)
    assert page.table[0].value.loc["Validation accuracy", "TensorFlow"] == "97.2 %"
    assert page.table[1].value.loc["Training loss, largest", "Difference"] == "1e-7"
    assert len(page.table) == 2
    assert any("no measure of either alone" in caption.value for caption in page.caption)
    assert enabled(page) == {"Run again"}


def test_what_is_not_open_is_not_drawn(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store))
    assert not page.code
    page.session_state["configuration"] = True
    page.run()
    assert "python -m engine train" in page.code[0].value
    assert '"network": "mlp"' in page.code[1].value


def test_to_stop_is_no_warning_and_two_troubles_are_one(page: AppTest, store: Store) -> None:
    run = running(store)
    stories.tell(store, run, "torch", [events.Stopped(3, 101.0)])
    stories.tell(store, run, "tensorflow", [events.Stopped(3, 101.0)])
    opened(page, run=run)
    assert not page.warning
    assert any("PyTorch was stopped after 3 of 6 steps." in text.value for text in page.markdown)
    run = running(store)
    for side in ("torch", "tensorflow"):
        stories.tell(store, run, side, [events.Failed("It broke.", 101.0)])
    opened(page, run=run)
    assert len(page.warning) == 1
    assert "PyTorch failed" in page.warning[0].value
    assert "TensorFlow failed" in page.warning[0].value


def test_the_train_button_of_the_empty_page_does_what_the_form_s_does(page: AppTest, store: Store) -> None:
    opened(page)
    page.button("train.start").click().run()
    assert not page.exception
    assert only_config(store) == RunConfig.build({})


def test_a_finished_run_has_a_certificate_whose_controls_are_behind_it(page: AppTest, store: Store) -> None:
    opened(page, run=stories.finished_run(store, concurrency="in_turn"))
    told = [text.value for text in page.markdown if "recorded no evidence of a first step" in text.value]
    assert ["**Curves**: not checked" in told[0], "**Speed**: not checked" in told[1]] == [True, True]
    assert any(expander.label == f"{len(CONTROLS)} controls: {len(CONTROLS)} not checked" for expander in page.expander)
    assert len(page.table) == 2  # the result and the difference; the controls are not drawn before somebody opens them


def test_a_failed_control_changes_the_words_of_the_result(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = Control("Threads", ("curves", "speed"), "fail", "PyTorch computes with 2 threads where 1 should be")
    run = stories.finished_run(store, shift=1e-7, concurrency="in_turn")
    monkeypatch.setattr(certificate_view, "certificate", lambda *_: Certificate(run, (failed,), {}))
    opened(page, run=run)
    texts = [text.value for text in (*page.markdown, *page.caption)]
    words = "not comparable, because PyTorch computes with 2 threads where 1 should be"
    for sentence in (f"the curves are {words}.", f"The speeds are {words}.", f"**Curves**: {words}."):
        assert any(sentence in text for text in texts), sentence
    assert not any("agree" in text for text in texts)
    assert "Steps per second (not comparable)" in page.table[0].value.index


def test_a_diverged_side_is_named(page: AppTest, store: Store) -> None:
    run = stories.new_run(store, frameworks=["torch"])
    stories.launch(store, run, "torch")
    stories.tell(store, run, "torch", [stories.started(), events.Steps(0, (None,), 0.1), events.Diverged(0, 1.0)])
    opened(page, run=run)
    assert "PyTorch diverged. The loss was not finite at step 0." in page.warning[0].value


# Recent runs


def offered(page: AppTest) -> list[str]:
    return page.menu_button("recent").options


def test_without_a_run_none_is_offered(page: AppTest) -> None:
    opened(page)
    assert page.menu_button("recent").proto.disabled


def test_the_last_ten_runs_are_offered_newest_first(page: AppTest, store: Store) -> None:
    made = [stories.new_run(store) for _ in range(12)]
    for number, run in enumerate(made):
        (store.root / run).rename(store.root / f"20200520-1841{number:02d}-mlp-00000{number % 10}")
    opened(page)
    assert offered(page)[0] == "mlp · digits · Queued · 20 May 2020, 18:41:11"
    assert len(offered(page)) == 10


@pytest.mark.parametrize("live", [False, True])
def test_a_recent_run_is_opened(page: AppTest, store: Store, live: bool) -> None:
    finished = stories.finished_run(store, seed=5)
    opened(page, **({"run": running(store)} if live else {}))
    page.menu_button("recent").click(finished).run()
    assert not page.exception
    assert address(page) == {"run": finished}
    assert any(f"run {finished}" in text.value for text in page.markdown)


def test_runs_in_equal_words_are_told_apart(page: AppTest, store: Store) -> None:
    for letters in ("aaaaaa", "bbbbbb"):
        (store.root / stories.new_run(store)).rename(store.root / f"20200520-184100-mlp-{letters}")
    opened(page)
    words = "mlp · digits · Queued · 20 May 2020, 18:41:00"
    assert offered(page) == [words, f"{words} · aaaaaa"]


def test_a_damaged_run_is_offered_and_says_why(page: AppTest, store: Store) -> None:
    run = stories.new_run(store)
    (store.root / run / "config.json").write_text("{")
    opened(page)
    assert offered(page) == [f"{run} · Cannot be read"]
    page.menu_button("recent").click(run).run()
    assert "cannot be read" in page.warning[0].value


# Trouble


def test_a_second_dashboard_looks_on(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    opened(page, run=running(store))
    assert "process 7 on elsewhere" in page.info[0].value
    assert enabled(page) == set()
    assert button(page, "Train").disabled


def test_the_launcher_s_trouble_is_shown(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "trouble", "The disk is full.")
    opened(page)
    assert [warning.value for warning in page.warning] == ["The disk is full."]
    opened(page, run=running(store))
    assert [warning.value for warning in page.warning] == ["The disk is full."]


@pytest.mark.parametrize("label", ["Train", "Run again"])
def test_a_store_that_cannot_be_written_is_a_sentence(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    opened(page, run=stories.finished_run(store))
    monkeypatch.setattr(Launcher, "refusal", "The run could not be written.")
    press(page, label)
    assert [error.value for error in page.error] == ["The run could not be written."]


def test_a_store_that_cannot_be_used_is_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Launcher) -> None:
        raise StoreError("The store cannot be used.")

    monkeypatch.setattr(Launcher, "open", fail)
    opened(page)
    assert [error.value for error in page.error] == ["The store cannot be used."]


def test_a_run_that_cannot_be_read_can_be_stopped(page: AppTest, store: Store) -> None:
    run = running(store)
    (store.folder(run) / "config.json").write_text("{")
    opened(page, run=run)
    assert "config.json is damaged" in page.warning[0].value
    press(page, "Stop")
    assert control.read(store.folder(run)).stop


@pytest.mark.parametrize("label", ["Its code", "Its graphs", "Deploy it"])
def test_a_finished_run_leads_to_pages_about_it(page: AppTest, store: Store, label: str) -> None:
    run = stories.finished_run(store)
    links = {link.proto.label: link.proto.query_string for link in opened(page, run=run).get("page_link")}
    assert links[label] == f"run={run}"

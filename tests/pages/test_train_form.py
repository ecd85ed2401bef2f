"""The Train page without a browser: its form and its links; nothing is trained."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.config import ConfigError, RunConfig, refused
from engine.measure.device import Device
from engine.runs import Store
from tests import stories
from tests.pages.conftest import (
    MAIN,
    RUN_SECONDS,
    address,
    button,
    named,
    only_config,
    opened,
    press,
    texts_of_progress,
)


def number(page: AppTest, label: str):
    return next(widget for widget in page.number_input if widget.label == label)


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


def test_only_the_fields_of_a_recipe_begin_anew_with_it(page: AppTest) -> None:
    """In any other a person may be typing while the page is drawn again."""

    def fields() -> dict[str, str]:
        return {widget.label: widget.id for widget in [*page.number_input, *page.slider, *page.selectbox]}

    opened(page)
    before = fields()
    named(page.selectbox, "Network").select("plain_mlp").run()
    after = fields()
    anew = {label for label in before.keys() & after.keys() if after[label] != before[label]}
    assert anew == {"Dataset", "Epochs", "Batch size", "Optimizer", "Learning rate", "Width"}


def test_what_was_typed_comes_back_with_its_field(page: AppTest) -> None:
    opened(page, optimizer="momentum")
    number(page, "Momentum").set_value(0.75).run()
    named(page.selectbox, "Optimizer").select("adam").run()
    named(page.selectbox, "Optimizer").select("momentum").run()
    assert number(page, "Momentum").value == 0.75
    assert address(page) == {"optimizer": "momentum", "momentum": "0.75"}
    press(page, "Handwritten digits")
    named(page.selectbox, "Optimizer").select("momentum").run()
    assert number(page, "Momentum").value is None


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


def test_the_train_button_of_the_empty_page_does_what_the_form_s_does(page: AppTest, store: Store) -> None:
    opened(page)
    page.button("train.start").click().run()
    assert not page.exception
    assert only_config(store) == RunConfig.build({})


# The link


@pytest.mark.parametrize("came_from", ["a link", "another page"])
def test_what_is_pressed_before_the_page_is_all_drawn_counts(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, came_from: str
) -> None:
    if came_from == "another page":
        number(opened(page, seed="5"), "Seed").set_value(7).run()
        page.query_params.clear()
        page.switch_page("../pages/logs.py").run()
        page.query_params.clear()
        page.switch_page("../pages/train.py")
    with monkeypatch.context() as patch:
        patch.setattr("ui.address.save", lambda config: None)  # the press ends the run before it comes so far
        page.run()
    press(page, "One step, as in every tutorial")
    assert address(page) == {"network": "simple_net", "dataset": "normal"}


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
    again = opened(AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS), **link)
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

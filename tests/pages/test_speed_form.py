"""The Speed page's form without a browser: what it offers, the plan that it makes, and the profile."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.bench import benchmark
from engine.config import ConfigError, Problem, RunConfig
from engine.measure.device import Device
from engine.operators.request import Request
from engine.probes import devices
from engine.runs import Store, StoreError
from tests import benchmark_stories as told
from tests import profile_stories
from tests.pages.conftest import MAIN, RUN_SECONDS, Launcher, address, button, named, opened, press
from tests.pages.test_speed import OWN, PLAN, begun, texts
from tests.ui.examination_pages import Never
from ui import examinations, server


@pytest.fixture
def page(store: Store) -> AppTest:
    page = AppTest.from_file(str(MAIN), default_timeout=RUN_SECONDS)
    page.run()  # a test begins on the first page
    page.switch_page("../pages/speed.py")
    return page


def test_the_start_says_what_will_be_measured_and_how_long_it_takes(page: AppTest) -> None:
    opened(page)
    line = "A training step of mlp at batch 32: PyTorch eager and TensorFlow graph. 8 rounds, about"
    assert any(caption.value.startswith(line) for caption in page.sidebar.caption)
    assert page.title[0].value == "Speed"


def test_measure_queues_the_plan_and_shows_it(page: AppTest, store: Store) -> None:
    press(opened(page), "Measure")
    (name,) = benchmark.benchmarks(store)
    assert benchmark.load(store, name) == PLAN
    assert address(page)["benchmark"] == name
    assert any("Queued, next in line" in bar.proto.text for bar in page.get("progress"))


@pytest.mark.parametrize(
    ("question", "cases", "line"),
    [
        ("ladder", 8, "8 ways of running it"),
        ("scaling", 10, "over batch size 16, 32, 64, 128, 256"),
        ("latencies", 10, "PyTorch eager and TensorFlow graph, over batch size 1, 8, 64, 256, 1,024"),
        ("precisions", 6, "PyTorch eager and TensorFlow graph in float32, float64 and mixed_bfloat16. "),
    ],
)
def test_each_question_is_a_plan(page: AppTest, store: Store, question: str, cases: int, line: str) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value(question).run()
    assert any(line in caption.value for caption in page.sidebar.caption)
    press(page, "Measure")
    assert len(benchmark.load(store, benchmark.benchmarks(store)[0]).cases) == cases


def test_time_to_a_quality_asks_which(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.selectbox, "What is measured").set_value("time_to_quality").run()
    named(page.number_input, "At least").set_value(0.9).run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert (plan.quantity, plan.quality.metric, plan.quality.target) == ("time_to_quality", "validation_accuracy", 0.9)
    assert {case.config.epochs for case in plan.cases} == {OWN.epochs}


def test_a_network_that_gives_values_trains_to_a_loss_within_so_many_epochs(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.selectbox, "Dataset").set_value("diabetes").run()
    named(page.selectbox, "What is measured").set_value("time_to_quality").run()
    assert named(page.selectbox, "Quality").options == ["Validation loss"]
    named(page.number_input, "At most").set_value(0.7).run()
    named(page.number_input, "At most so many epochs").set_value(7).run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert (plan.quality.metric, plan.quality.target) == ("validation_loss", 0.7)
    assert {case.config.epochs for case in plan.cases} == {7}


def test_what_leaves_nothing_to_validate_cannot_be_trained_to_a_quality(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Network").set_value("simple_net").run()  # on one example
    assert named(page.selectbox, "What is measured").options == ["Training step", "Inference", "Whole epochs"]


def test_usual_values_are_those_that_fit_the_data(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    assert named(page.text_input, "Batch size").value == "16, 32, 64, 128, 256"
    named(page.selectbox, "Dataset").set_value("iris").run()
    assert named(page.text_input, "Batch size").value == "16, 32, 64"
    assert not button(page, "Measure").disabled


def test_values_that_were_typed_stay_where_others_would_be_usual(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    named(page.selectbox, "Dataset").set_value("moons").run()
    named(page.text_input, "Batch size").set_value("4, 8, 12").run()
    named(page.number_input, "Examples").set_value(100).run()
    assert named(page.text_input, "Batch size").value == "4, 8, 12"
    named(page.text_input, "Batch size").set_value("16, 32, 64, 128, 256").run()  # as it came
    named(page.number_input, "Examples").set_value(101).run()
    assert named(page.text_input, "Batch size").value == "16, 32, 64"
    named(page.selectbox, "Dataset").set_value("digits").run()
    assert named(page.text_input, "Batch size").value == "16, 32, 64, 128, 256"


def test_a_dataset_that_another_network_can_learn_stays(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Dataset").set_value("moons").run()
    named(page.selectbox, "Network").set_value("logistic").run()
    assert named(page.selectbox, "Dataset").value == "moons"
    named(page.selectbox, "Network").set_value("lenet").run()
    assert not page.exception
    assert named(page.selectbox, "Dataset").value == "digits"


@pytest.mark.parametrize(("cores", "values", "few"), [(2, "1, 2", True), (8, "1, 2, 4, 8", False)])
def test_threads_go_as_far_as_the_cores(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, cores: int, values: str, few: bool
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    named(page.selectbox, "Over").set_value("threads").run()
    assert named(page.text_input, "Threads").value == values
    assert ("This machine has 2 cores. A slope needs three values or more." in texts(page)) == few


def test_devices_are_those_that_were_found(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("devices").run()
    assert any("allowed is two or more devices" in error.value for error in page.sidebar.error)
    assert button(page, "Measure").disabled
    assert [one.label for one in page.selectbox if one.label.endswith("device")] == []  # asked for once
    gpu = Device("cuda:0", "NVIDIA H200", None)
    monkeypatch.setattr(devices, "seen", lambda framework: (Device("cpu", "CPU", None), gpu))
    monkeypatch.setattr(devices, "check", lambda config: None)
    press(page, "Look for GPUs")
    assert named(page.multiselect, "Devices").value == ["cpu", "cuda:0"]
    press(page, "Measure")
    cases = benchmark.load(store, benchmark.benchmarks(store)[0]).cases
    assert [getattr(case.config.device, case.framework) for case in cases] == ["cpu", "cpu", "cuda:0", "cuda:0"]


def test_a_device_that_one_framework_has_alone_is_offered_where_it_is_measured_alone(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(page)
    found = {"torch": "mps", "tensorflow": "cpu"}
    monkeypatch.setattr(devices, "seen", lambda side: (Device("cpu", "CPU", None), Device(found[side], "A GPU", None)))
    named(page.selectbox, "Question").set_value("devices").run()
    button(page, "Look for GPUs").click().run()
    assert named(page.multiselect, "Devices").value == ["cpu"]
    named(page.get("button_group"), "Frameworks").set_value(["torch"]).run()
    assert named(page.multiselect, "Devices").value == ["cpu", "mps"]
    assert not page.sidebar.error


def test_an_axis_that_a_network_has_not_is_not_offered(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    assert "Width" in named(page.selectbox, "Over").options
    named(page.selectbox, "Network").set_value("logistic").run()
    assert not page.exception
    assert named(page.selectbox, "Over").options == ["Batch size", "Threads", "Workers"]


def test_the_ladder_says_what_quick_leaves_out(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("ladder").run()
    assert "Each execution of PyTorch and TensorFlow, and what people write first. Quick leaves out" in texts(page)
    named(page.get("button_group"), "How thoroughly").set_value("thorough").run()
    assert "Quick leaves out" not in texts(page)
    named(page.get("button_group"), "How thoroughly").set_value("quick").run()
    named(page.get("button_group"), "Frameworks").set_value(["tensorflow"]).run()
    assert "Each execution of TensorFlow, and what people write first." in texts(page)
    assert "Quick leaves out" not in texts(page)


@pytest.mark.parametrize(("side", "cases"), [("torch", 2), ("tensorflow", 6)])
def test_a_ladder_of_one_framework(page: AppTest, store: Store, side: str, cases: int) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("ladder").run()
    named(page.get("button_group"), "Frameworks").set_value([side]).run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert [case.framework for case in plan.cases] == [side] * cases
    told.tell(store, address(page)["benchmark"], [*told.lines(plan, [2e-4, 4e-4, 6e-4, 5e-4, 3e-4, 7e-4][:cases], 5),
                                                  told.ended()])  # fmt: skip
    page.run()
    assert not page.exception
    assert "times" in next(element.value for element in page.markdown if element.value.startswith("####"))


def test_one_framework_alone_and_its_workers(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.get("button_group"), "Frameworks").set_value(["torch"]).run()
    assert not [one for one in page.selectbox if one.label.startswith("TensorFlow")]
    named(page.number_input, "Workers per side").set_value(2).run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert [(case.framework, case.config.workers) for case in plan.cases] == [("torch", 2)]
    told.tell(store, address(page)["benchmark"], [*told.lines(plan, [2e-4], 5), told.ended()])
    page.run()
    assert not page.exception
    assert "Nothing was measured" not in texts(page)
    assert "PyTorch eager: 5,000 steps per second" in texts(page)


def test_no_framework_is_told_below_its_choice(page: AppTest) -> None:
    opened(page)
    named(page.get("button_group"), "Frameworks").set_value([]).run()
    assert not page.exception
    assert "Not ready to measure. See Frameworks." in texts(page)
    assert button(page, "Measure").disabled


def test_options_of_the_dataset_are_asked(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.selectbox, "Dataset").set_value("moons").run()
    named(page.number_input, "Examples").set_value(300).run()
    named(page.number_input, "Noise").set_value(2.0).run()
    assert "Not ready to measure. See Noise." in texts(page)
    named(page.number_input, "Noise").set_value(0.5).run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert plan.cases[0].config.dataset_options == {"examples": 300, "noise": 0.5}


def test_a_table_of_one_s_own_is_measured_by_its_path(page: AppTest, store: Store, tmp_path: Path) -> None:
    table = tmp_path / "flowers.csv"
    rows = [f"{number % 7},{number % 5},{number % 2}" for number in range(40)]
    table.write_text("\n".join(["length,width,kind", *rows]))
    opened(page)
    named(page.selectbox, "Dataset").set_value("table").run()
    assert not page.exception
    assert "No table is chosen" in texts(page)
    named(page.text_input, "Your table").set_value(str(tmp_path / "none.csv")).run()
    assert not page.exception
    assert "There is no file" in texts(page)
    named(page.text_input, "Your table").set_value(str(table)).run()
    named(page.selectbox, "Target").set_value("kind").run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert plan.cases[0].config.dataset_options["target"] == "kind"
    assert plan.cases[0].config.dataset_options["features"] == ["length", "width"]


def test_a_benchmark_is_asked_of_the_launcher_which_is_thereby_woken(page: AppTest) -> None:
    press(opened(page), "Measure")
    assert server.launcher().asked == [PLAN]
    assert isinstance(server.launcher(), Launcher)


def test_thorough_measures_compiled_torch_too(page: AppTest, store: Store) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("ladder").run()
    named(page.get("button_group"), "How thoroughly").set_value("thorough").run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert plan.preset == "thorough"
    assert "compile" in [case.config.execution.torch for case in plan.cases if case.framework == "torch"]


@pytest.mark.parametrize("text", ["", "16", "many", "16, -3", "16; 32", "1e3, 5"])
def test_bad_values_are_one_sentence_and_nothing_starts(page: AppTest, text: str) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    named(page.text_input, "Batch size").set_value(text).run()
    assert not page.exception
    assert any("two or more whole numbers" in error.value for error in page.error)
    assert button(page, "Measure").disabled


def test_a_value_out_of_bounds_is_told_below_the_values(page: AppTest) -> None:
    opened(page)
    named(page.selectbox, "Question").set_value("scaling").run()
    named(page.selectbox, "Over").set_value("threads").run()
    named(page.text_input, "Threads").set_value("1, 999").run()
    assert any("threads: 999 was given" in error.value for error in page.error)
    assert button(page, "Measure").disabled


def test_a_field_that_is_not_allowed_is_told(page: AppTest) -> None:
    opened(page)
    named(page.number_input, "Batch size").set_value(0).run()
    assert any("batch\\_size: 0" in error.value or "batch_size: 0" in error.value for error in page.error)
    assert "Not ready to measure. See Batch size." in texts(page)


def test_a_page_that_looks_on_starts_nothing_and_can_stop(
    page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    name = begun(store)
    opened(page, benchmark=name)
    assert "This dashboard looks on" in texts(page)
    assert button(page, "Measure").disabled
    assert button(page, "Measure again").disabled
    press(page, "Stop")
    assert benchmark.asked_to_stop(store, name)


def test_a_gpu_is_offered_once_somebody_asked(page: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"torch": [Device("cuda:0", "A GPU", None)], "tensorflow": []}
    monkeypatch.setattr("engine.probes.devices.seen", seen.__getitem__)
    monkeypatch.setattr("ui.speed_form.ready.check", lambda config: None)
    opened(page)
    assert named(page.selectbox, "PyTorch device").options == ["CPU"]
    press(page, "Look for GPUs")
    assert named(page.selectbox, "TensorFlow device").options == ["CPU"]
    assert [caption.value for caption in page.caption if "GPU" in caption.value] == ["TensorFlow sees no GPU."]
    named(page.selectbox, "PyTorch device").set_value("cuda:0").run()
    press(page, "Measure")
    plan = benchmark.load(store, benchmark.benchmarks(store)[0])
    assert [case.config.device.torch for case in plan.cases] == ["cuda:0", "cuda:0"]
    assert "cuda:0" in texts(page)


def test_a_device_that_is_not_there_is_told(page: AppTest, monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    def missing(config: RunConfig) -> None:
        raise ConfigError([Problem(field="device.torch", sentence="device.torch: there is no cuda:0.")])

    monkeypatch.setattr("ui.speed_form.ready.check", missing)
    press(opened(page), "Measure")
    assert "there is no cuda:0" in texts(page)
    assert "Not ready to measure. See PyTorch device." in texts(page)
    assert benchmark.benchmarks(store) == []


# Where the time goes


@pytest.fixture
def profiled(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page with that question, of which no profile is under way."""
    examinations._under_way.clear()
    monkeypatch.setattr(Request, "begin", lambda request, store: Never(request))
    opened(page)
    named(page.selectbox, "Question").set_value("operators").run()
    assert not page.exception
    return page


def test_where_the_time_goes_is_a_profile_of_the_form_s_config(profiled: AppTest, store: Store) -> None:
    page = profiled
    assert page.title[0].value == "Where the time goes"
    assert "50 steps of mlp at batch 32, each profiled alone: PyTorch eager and TensorFlow graph." in texts(page)
    assert not page.get("plotly_chart")
    named(page.selectbox, "TensorFlow execution").set_value("xla").run()
    named(page.number_input, "Steps").set_value(20).run()
    press(page, "Profile")
    (task,) = examinations._under_way.values()
    assert task.request == Request.build(
        RunConfig.build({"policy": "defaults", "execution": {"tensorflow": "xla"}}), 20
    )
    assert button(page, "End")
    assert benchmark.benchmarks(store) == []


def test_the_button_of_the_main_part_begins_it_too(profiled: AppTest) -> None:
    profiled.button(key="operators-begin").click().run()
    assert not profiled.exception
    assert len(examinations._under_way) == 1


def test_a_profile_is_one_chart_with_both_traces(page: AppTest, store: Store) -> None:
    examinations._under_way.clear()
    profile_stories.write(store, Request.build(OWN, 50))
    opened(page)
    named(page.selectbox, "Question").set_value("operators").run()
    assert not page.exception
    assert "PyTorch spends 40 % of a step in convolution" in texts(page)
    assert len(page.get("plotly_chart")) == 1
    labels = [widget.label for widget in page.get("download_button")]
    assert labels == ["PyTorch trace", "TensorFlow trace", "TensorFlow xplane"]
    named(page.selectbox, "Precision").set_value("float64").run()
    assert not page.get("plotly_chart")  # of this config there is none


def test_only_on_the_processor_and_only_so_many_steps_are_profiled(
    profiled: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = profiled
    named(page.number_input, "Steps").set_value(501).run()
    assert "Not ready to measure. See Steps." in texts(page)
    named(page.number_input, "Steps").set_value(50).run()
    monkeypatch.setattr("engine.probes.devices.seen", lambda side: [Device("cuda:0", "A GPU", None)])
    press(page, "Look for GPUs")
    named(page.selectbox, "PyTorch device").set_value("cuda:0").run()
    assert "recorded on the processor alone" in texts(page)
    assert "Not ready to measure. See PyTorch device." in texts(page)


def test_no_profile_begins_while_a_run_trains(profiled: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(request: Request, store: Store) -> None:
        raise StoreError("The run 7 trains, and beside it nothing can be measured.")

    monkeypatch.setattr(Request, "begin", busy)
    press(profiled, "Profile")
    assert "trains, and beside it nothing can be measured" in texts(profiled)


def test_a_page_that_looks_on_can_profile(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launcher, "leads", False)
    opened(page)
    assert button(page, "Measure").disabled
    named(page.selectbox, "Question").set_value("operators").run()
    assert not button(page, "Profile").disabled

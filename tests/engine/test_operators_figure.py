"""What is said and drawn of a profile, from profiles told by hand."""

import pytest

from engine.charts import operators
from engine.config import RunConfig
from engine.operators.request import Request
from engine.operators.results import read_profile
from engine.runs import Store
from tests import profile_stories
from tests.profile_stories import SIDES, operator


@pytest.fixture
def read(tmp_path):
    def made(sides=None, execution=None, **fields):
        request = Request.build(RunConfig.build({"network": "lenet", "execution": execution or {}}), 10)
        return read_profile(profile_stories.write(Store(tmp_path), request, sides, **fields))

    return made


def test_each_family_has_its_time_per_step_and_the_rest_is_outside(read):
    side = read().sides["torch"]
    assert side.seconds == 0.010
    told = [0.004, 0.002, 0, 0, 0.0005, 0.00025, 0.00325]
    assert operators.rows(side) == pytest.approx(dict(zip(operators.ROWS, told, strict=True)))
    assert sum(operators.rows(side).values()) == pytest.approx(side.seconds)


def test_the_figure_has_a_bar_for_each_framework_and_row(read):
    drawn = operators.figure(read())
    assert [trace.name for trace in drawn.data] == ["PyTorch, eager", "TensorFlow, graph"]
    assert list(drawn.data[0].y) == ["Convolution", "Matrix product", "Pooling", "Activation", "Optimizer", "Other",
                                     "Outside operators"]  # fmt: skip
    assert list(drawn.data[1].x) == pytest.approx([3, 1, 0, 0, 0.5, 0, 5.5])
    assert drawn.layout.xaxis.title.text == "ms per step, under the profiler"
    assert [trace.marker.color for trace in drawn.data] == ["#D55E00", "#0072B2"]
    assert len({trace.marker.pattern.shape for trace in drawn.data}) == 2  # not by colour alone


def test_small_steps_are_drawn_in_microseconds(read):
    sides = {side: [operator("aten::mm", 0.01)] for side in SIDES}
    drawn = operators.figure(read(sides, profiled=[2e-5], bare=[1e-5]))
    assert list(drawn.data[0].x)[1] == pytest.approx(10)
    assert drawn.layout.xaxis.title.text.startswith("µs")


def test_the_words(read):
    found = read()
    assert operators.headline(found) == (
        "PyTorch spends 40 % of a step in convolution; TensorFlow spends 55 % of a step outside operators."
    )
    assert operators.cost(found) == (
        "Profiling slows the steps, and the chart shows the slowed ones: "
        "PyTorch from 8 ms to 10 ms a step, 25 % more; TensorFlow from 8 ms to 10 ms a step, 25 % more."
    )
    mixed, *others = operators.doubts(found)
    assert mixed.startswith("TensorFlow spends 3 ms a step in operators that hold several families, the longest of ")
    assert "convolution and activation" in mixed
    assert not others


def test_no_slowdown_is_claimed_where_there_is_none(read):
    said = operators.cost(read(profiled=[0.0101], bare=[0.010]))
    assert "PyTorch takes 10.1 ms a step with it and 10 ms without;" in said


def test_a_slowdown_below_nothing_is_a_disturbance(read):
    said = operators.cost(read(profiled=[0.007], bare=[0.010]))
    assert "PyTorch takes 7 ms a step with it and 10 ms without, so something else disturbed it meanwhile" in said


def test_compilers_are_told(read):
    said = operators.doubts(read(execution={"torch": "compile", "tensorflow": "xla"}))
    assert sum("fuses operators" in sentence for sentence in said) == 2


def test_more_than_the_step_leaves_nothing_outside(read):
    found = read({side: [operator("aten::mm", 15.0)] for side in SIDES}, threads=2)
    assert found.sides["torch"].outside == 0
    assert any("add up to more than the step, because 2 threads or more" in one for one in operators.doubts(found))


def test_every_operator_is_in_the_table(read):
    table = operators.table(read().sides["torch"])
    assert list(table["Family"]) == ["Convolution", "Matrix product", "Optimizer", "Other"]
    assert table.loc["aten::convolution_backward", "Calls per step"] == 2
    assert table.loc["aten::mm", "µs per step"] == 2000
    assert next(iter(table["Share"])) == "40.0 %"


def test_the_json_has_every_number(read):
    told = operators.as_json(read())["sides"]["torch"]
    assert told["other"] == {"aten::a_new_one": pytest.approx(0.00025)}
    assert told["seconds_per_step_without_profiler"] == 0.008
    assert sum(one["seconds_per_step"] for one in told["operators"]) == pytest.approx(0.00675)


def test_a_profile_without_any_operator_can_be_drawn(read):
    found = read({side: [] for side in SIDES})
    assert operators.headline(found).count("100 % of a step outside operators") == 2
    assert len(operators.table(found.sides["torch"])) == 0
    operators.figure(found)

"""What the Compare page shows: the address, the groups, the curves, their means and intervals, and the files."""

import csv
import io
import json
import re

import numpy as np
import pytest
from scipy import stats

from engine import events
from engine.charts import comparison as curves
from engine.charts import comparison_files as files
from engine.charts.series import Side
from engine.comparison import METRICS, X_AXES, Asked, differing, from_address, grouped
from engine.config import RunConfig
from tests import stories

CONFIGS = {
    "a": RunConfig.build({"seed": 0}),
    "b": RunConfig.build({"seed": 1}),
    "c": RunConfig.build({"seed": 0, "learning_rate": 0.1}),
}
LABELS = {"a": "first", "b": "second", "c": "third"}


def side(losses, name: str = "torch", seconds: float = 0.1) -> Side:
    """A side that has done so many steps, three an epoch."""
    found = Side()
    found.add(stories.started(name))
    for step, loss in enumerate(losses):
        found.add(events.Steps(step, (loss,), seconds))
    found.add(stories.epoch(1, losses[2], 0.5))
    return found


def sides(**losses) -> dict[str, dict[str, Side]]:
    return {run: {"torch": side(values), "tensorflow": side(values, "tensorflow")} for run, values in losses.items()}


SIDES = sides(a=[3.0, 2.0, 1.0], b=[5.0, 4.0, 3.0], c=[1.0, 1.0, 0.5, 0.25])


def drawn(asked: Asked, found: dict[str, dict[str, Side]] = SIDES) -> list[curves.Line]:
    return curves.lines(asked, {run: CONFIGS[run] for run in found}, found, LABELS)


# The address


def test_an_address_says_what_was_asked_and_nothing_usual():
    asked = Asked(("a", "b"), ("tensorflow",), "validation_loss", "epoch", "y", 0.5, ("learning_rate",))
    assert from_address(asked.to_address()) == (asked, [])
    assert Asked().to_address() == {}
    assert from_address({}) == (Asked(), [])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("metric", "x", METRICS[0]),
        ("x", "hours", X_AXES[-1]),
        ("log", "z", "both"),
        ("smoothing", "1", "at most 0.99"),
        ("smoothing", "nan", "at most 0.99"),
        ("smoothing", "much", "at most 0.99"),
        ("sides", "jax", "tensorflow"),
        ("sides", "", "tensorflow"),
        ("groups", "seed", "other than seed"),
        ("groups", "nothing", "config fields"),
        ("runs", ",".join(map(str, range(51))), "at most 50 runs"),
        ("other", "1", "smoothing"),
    ],
)
def test_what_an_address_cannot_ask_is_one_sentence(name, text, words):
    asked, (sentence,) = from_address({name: text, "runs": "a"} if name != "runs" else {name: text})
    assert sentence.startswith(f"{name}: ")
    assert words in sentence
    assert asked == (Asked(("a",)) if name != "runs" else Asked())


# Configs


def test_only_what_differs_is_told():
    assert differing(CONFIGS) == {
        "learning_rate": {"a": "0.001", "b": "0.001", "c": "0.1"},
        "seed": {"a": "0", "b": "1", "c": "0"},
    }
    assert differing({"a": CONFIGS["a"]}) == {}
    other = differing({"a": CONFIGS["a"], "d": RunConfig.build({"network": "lstm"})})
    assert other["network_options.depth"] == {"a": "1", "d": ""}


def test_runs_alike_in_the_fields_are_one_group():
    assert list(grouped(CONFIGS, ["learning_rate"]).values()) == [["a", "b"], ["c"]]
    assert list(grouped(CONFIGS, ["learning_rate", "seed"]).values()) == [["a"], ["b"], ["c"]]
    assert list(grouped(CONFIGS, []).values()) == [["a"], ["b"], ["c"]]


# Curves


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ("step", [1, 2, 3, 4]),
        ("epoch", [1 / 3, 2 / 3, 1, 4 / 3]),
        ("seconds", [0.1, 0.2, 0.3, 0.4]),
        ("examples", [32, 64, 90, 122]),  # 90 examples in batches of 32: the third has 26
    ],
)
def test_places_on_each_axis(x, expected):
    found, values = curves.points(SIDES["c"]["torch"], "train_loss", x, 32)
    assert found == pytest.approx(expected)
    assert values.tolist() == [1.0, 1.0, 0.5, 0.25]


def test_smoothing_is_the_weighted_mean_of_what_was_before():
    values = np.array([4.0, 2.0, np.nan, 8.0, 6.0])
    found = curves.smoothed(values, 0.5)
    kept = [4.0, 2.0, 8.0, 6.0]
    expected = [
        np.average(kept[: place + 1], weights=[0.5 ** (place - before) for before in range(place + 1)])
        for place in range(4)
    ]
    assert found[[0, 1, 3, 4]] == pytest.approx(expected)
    assert np.isnan(found[2])
    assert curves.smoothed(values, 0.0) is values


def test_a_band_is_the_mean_and_student_s_interval():
    asked = Asked(groups=("learning_rate",), sides=("torch",))
    band, alone = drawn(asked)
    assert band.mean.tolist() == [4.0, 3.0, 2.0]
    low, high = stats.t.interval(0.95, 1, loc=4.0, scale=stats.sem([3.0, 5.0]))
    assert band.mean[0] - band.half[0] == pytest.approx(low)
    assert band.mean[0] + band.half[0] == pytest.approx(high)
    assert band.legend.startswith("learning_rate 0.001 · PyTorch · n = 2, 2 [")
    assert alone.half is None
    assert alone.legend == "learning_rate 0.1 · PyTorch · 0.25"


def test_curves_of_other_places_meet_where_all_have_values():
    found = sides(a=[4.0, 3.0, 2.0, 1.0], b=[4.0, 3.0, 2.0])
    for name in ("torch", "tensorflow"):
        found["b"][name] = side([4.0, 3.0, 2.0], name, seconds=0.2)
    (line,) = drawn(Asked(groups=("learning_rate",), sides=("torch",), x="seconds"), found)
    assert (line.x[0], line.x[-1]) == pytest.approx((0.2, 0.4))
    assert line.mean[0] == pytest.approx((3.0 + 4.0) / 2)
    assert line.mean[-1] == pytest.approx((1.0 + 3.0) / 2)


def test_each_run_by_itself_has_its_own_line_and_its_raw_curve():
    found = drawn(Asked(smoothing=0.5))
    assert [(line.label, line.side) for line in found[:2]] == [("first", "torch"), ("first", "tensorflow")]
    assert len(found) == 6
    assert found[0].raw.tolist() == [3.0, 2.0, 1.0]
    assert found[0].mean.tolist() != [3.0, 2.0, 1.0]


def test_a_curve_that_no_run_has_gives_no_line():
    assert drawn(Asked(metric="validation_r2")) == []


def test_the_figure_keeps_the_colours_of_the_frameworks():
    asked = Asked(log="both", groups=("learning_rate",), metric="validation_accuracy", x="epoch")
    figure = curves.figure(asked, drawn(asked))
    named = [trace for trace in figure.data if trace.name]
    assert {(trace.line.color.rsplit(",", 1)[0], trace.line.dash) for trace in named} == {
        ("rgba(213,94,0", "solid"),
        ("rgba(0,114,178", "dash"),
    }
    assert named[0].y[0] == 50.0
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_a_long_curve_is_thinned_out_for_the_figure_alone():
    long = Side()
    long.add(stories.started(epochs=40_000))
    values = np.random.default_rng(0).normal(size=100_000)
    long.add(events.Steps(0, tuple(values.tolist()), 1.0))
    found = {"a": {"torch": long}}
    (line,) = drawn(Asked(sides=("torch",)), found)
    assert len(line.mean) == 100_000
    trace = curves.figure(Asked(), [line]).data[0]
    assert len(trace.x) <= 2001
    assert max(trace.y) == values.max()
    assert files.as_csv(Asked(sides=("torch",)), {"a": CONFIGS["a"]}, found, LABELS).count("\n") == 100_001


# Files


def test_csv_has_every_raw_value_on_every_axis():
    asked = Asked(smoothing=0.9, x="epoch", sides=("tensorflow",))
    rows = list(csv.DictReader(io.StringIO(files.as_csv(asked, CONFIGS, SIDES, LABELS))))
    assert [float(row["value"]) for row in rows if row["run"] == "c"] == [1.0, 1.0, 0.5, 0.25]
    assert {row["framework"] for row in rows} == {"tensorflow"}
    last = rows[-1]
    assert (last["name"], last["step"], float(last["seconds"]), last["examples"]) == ("third", "4", 0.4, "122")


def test_the_page_needs_nothing_from_elsewhere_and_holds_what_it_shows():
    asked = Asked(groups=("learning_rate",))
    labels = LABELS | {"a": "</script><b>x"}
    lines = curves.lines(asked, CONFIGS, SIDES, labels)
    page = files.as_page(asked, CONFIGS, lines, labels, files.ends(asked, lines))
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert "</script><b>x" not in page
    raw = json.loads(re.search(r'id="benchmark">(.*?)</script>', page, re.DOTALL)[1])
    assert raw["lines"][0]["mean"] == [4.0, 3.0, 2.0]
    assert raw["configs"]["c"]["learning_rate"] == 0.1
    assert "Every timed block" not in page


def test_the_table_of_ends_has_n_and_the_interval():
    asked = Asked(groups=("learning_rate",), sides=("torch",))
    table = files.ends(asked, drawn(asked))
    assert list(table["n"]) == ["2", "1"]
    assert table.iloc[0]["Value"] == "2"
    assert table.iloc[1]["Interval"] == "–"

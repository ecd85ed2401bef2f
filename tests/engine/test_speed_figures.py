"""Figures, tables and the page of a benchmark: what stands in them is what was measured."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from engine.bench import benchmark, published, questions
from engine.bench.pairs import MARGIN
from engine.bench.plan import Plan
from engine.bench.results import results
from engine.charts import speed_figures, speed_report, speed_series, speed_tables
from engine.charts.speed_axes import logarithmic
from engine.config import RunConfig
from engine.runs import Store
from tests import benchmark_stories as stories

OWN = RunConfig.build({"policy": "defaults"})
LADDER = (2e-4, 4e-4, 6e-4, 5e-4, 24e-4, 45e-5, 5e-5, 15e-4)


def measured(tmp_path: Path, plan: Plan, seconds: tuple[float, ...]) -> published.Measured:
    store = Store(tmp_path)
    return published.of_store(store, stories.finished(store, plan, seconds))


def parts(found: published.Measured) -> dict[str, speed_series.Part]:
    return {part.title: part for part in speed_series.parts(found.plan, found.found)}


def test_the_ladder_is_ordered_and_marks_what_people_write_first(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.ladder(OWN), LADDER)
    figure = parts(found)["Ladder"].figure
    rates = {trace.y[0]: trace.x[0] for trace in figure.data}
    assert list(rates.values()) == sorted(rates.values())
    assert rates["TensorFlow XLA, many steps per call"] == pytest.approx(1 / 5e-5, rel=0.01)
    hollow = {trace.y[0] for trace in figure.data if trace.marker.symbol == "circle-open"}
    assert hollow == {"PyTorch, a DataLoader loop", "Keras fit"}


def test_a_spread_stays_inside_and_labels_of_three_lines_have_room() -> None:
    rates = [speed_figures.Rate(name, "torch", 100.0, 40.0) for name in ("one", "two")]
    figure = speed_figures.ladder(rates, {}, "Steps per second")
    assert figure.layout.xaxis.range[1] > 140
    long = speed_figures.Rate("PyTorch eager, float32 : TensorFlow graph, mixed_bfloat16", "torch", 100.0, 1.0)
    assert speed_figures.ladder([rates[0], long], {}, "").layout.height > figure.layout.height


def test_precisions_are_speeds_and_no_ladder(tmp_path: Path) -> None:
    found = measured(tmp_path, questions.plan("precisions", OWN), (3e-4, 1e-4, 4e-4, 15e-5, 9e-4, 2e-4))
    assert set(parts(found)) == {"Speeds", "Ratios", "Every block"}
    speeds, ratios = parts(found)["Speeds"], parts(found)["Ratios"]
    assert len(speeds.figure.data) == 6
    assert speeds.alt.startswith("Steps per second, fastest first: TensorFlow graph, float32 10,000, ")
    assert speeds.paragraphs == ["Median and its spread (MAD)."]
    named = [trace.y[0] for trace in ratios.figure.data]
    assert len(named) == 7
    assert "PyTorch eager, float32 : TensorFlow graph, float64" not in named


def test_the_limits_of_the_machine_stand_in_the_ladder() -> None:
    rates = [speed_figures.Rate("one", "torch", 100.0, 1.0), speed_figures.Rate("two", "tensorflow", 50.0, 1.0)]
    figure = speed_figures.ladder(rates, {"Arithmetic limit": 10_000.0}, "Steps per second")
    assert figure.layout.shapes[0].x0 == 10_000.0
    assert figure.layout.annotations[0].x == pytest.approx(4.0)  # the exponent: the axis is logarithmic
    assert figure.layout.annotations[0].text == "Arithmetic limit 10,000"


def test_ratios_carry_their_intervals(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.comparison(OWN), (2e-4, 4e-4))
    assert set(parts(found)) == {"Ratios", "Every block"}
    (trace,) = parts(found)["Ratios"].figure.data
    (pair,) = found.found.pairs
    assert trace.x[0] == pair.ratio
    assert trace.x[0] + trace.error_x.array[0] == pytest.approx(pair.high)
    assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(pair.low)
    assert "n = 5" in speed_tables.pair_table(found.plan, found.found).iloc[0, 0]


def test_every_block_is_drawn(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.comparison(OWN), (2e-4, 4e-4))
    points = [trace for trace in parts(found)["Every block"].figure.data if trace.mode == "markers"]
    assert [len(trace.x) for trace in points] == [10, 10]
    assert np.median(points[1].y) == pytest.approx(0.4, rel=0.01)  # ms


def test_the_stripe_is_the_rule_of_the_verdicts(tmp_path: Path) -> None:
    part = parts(measured(tmp_path, benchmark.comparison(OWN), (2e-4, 4e-4)))["Ratios"]
    (stripe,) = [shape for shape in part.figure.layout.shapes if shape.x0 != shape.x1]
    assert (stripe.x0, stripe.x1) == (1 / (1 + MARGIN), 1 + MARGIN)
    assert "(within 3 %)" in part.paragraphs[0]


def test_the_chosen_pair_of_a_ladder_comes_first_and_says_what_its_interval_is(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.ladder(OWN), LADDER)
    name = "PyTorch eager : TensorFlow XLA, many steps per call"
    assert f"{name}: These are the fastest ways of PyTorch and TensorFlow" in parts(found)["Ratios"].paragraphs[1]
    assert "all 5 such pairs together" in speed_tables.pair_caption(found.plan, found.found)
    table = speed_tables.pair_table(found.plan, found.found)
    assert table.index[0] == name
    assert "for 5 pairs together" in table.iloc[0, 0]
    assert "together" not in table.iloc[1, 0]
    assert name in speed_report.page(found)


def test_latencies_are_percentiles_over_batch_size(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.latencies(OWN, [1, 8]), (1e-4, 2e-4, 2e-4, 3e-4))
    lines = {trace.name: trace for trace in parts(found)["Latency"].figure.data}
    assert {f"PyTorch eager, p{at}" for at in (50, 95, 99)} < set(lines)
    assert list(lines["PyTorch eager, p50"].x) == [1, 8]
    assert all(
        low < high for low, high in zip(lines["PyTorch eager, p50"].y, lines["PyTorch eager, p99"].y, strict=True)
    )


def test_a_power_law_is_found_again() -> None:
    x = np.array([16.0, 32, 64, 128])
    factor, slope, error = speed_series.power_law(x, 5000 * x**-0.5)
    assert (factor, slope) == (pytest.approx(5000), pytest.approx(-0.5))
    assert error < 1e-9
    assert speed_series.power_law([16, 32], [2, 1]) is None


def test_scaling_tells_its_slopes_with_their_errors(tmp_path: Path) -> None:
    plan = benchmark.scaling(OWN, "width", [32, 64, 128])
    found = measured(tmp_path, plan, (1e-4, 2e-4, 2e-4, 2e-4, 4e-4, 2e-4))
    part = parts(found)["Scaling"]
    assert "PyTorch eager: slope −1" in part.paragraphs[0]
    assert "±" in part.paragraphs[0]
    assert any("slope −1.00" in (trace.name or "") for trace in part.figure.data)


def test_a_percentile_of_too_few_calls_is_a_gap_and_a_dash(tmp_path: Path) -> None:
    plan = benchmark.latencies(OWN, [1, 8])
    told = stories.lines(plan, (1e-4, 2e-4, 2e-4, 3e-4))
    for line in told:
        if line["type"] == "block" and line["case"] == 2:
            line["each"] = line["each"][:20]
    found = results(plan, told)
    (part,) = [part for part in speed_series.parts(plan, found) if part.title == "Latency"]
    lines = {trace.name: trace for trace in part.figure.data}
    assert np.isnan(lines["PyTorch eager, p99"].y).tolist() == [False, True]
    assert not np.isnan(lines["PyTorch eager, p95"].y).any()
    row = speed_tables.case_table(plan, found).loc["PyTorch eager, batch 8"]
    assert (row["p99"], row["Calls timed"]) == ("–", "200")
    assert "p99 from 500" in speed_tables.case_caption(plan, found)


def test_a_slope_leaves_out_what_was_lost_midway(tmp_path: Path) -> None:
    plan = benchmark.scaling(OWN, "width", [32, 64, 128, 256])
    seconds = (1e-4, 2e-4, 2e-4, 2e-4, 4e-4, 2e-4, 9e-4, 2e-4)
    lost = {"type": "lost", "round": 3, "case": 6, "sentence": "It was ended by signal 9.", "time": 0.0}
    found = results(plan, [*stories.lines(plan, seconds), lost])
    (part,) = [part for part in speed_series.parts(plan, found) if part.title == "Scaling"]
    assert "PyTorch eager: slope −1 ±" in part.paragraphs[0]


def test_memory_and_first_epochs_stand_in_the_table(tmp_path: Path) -> None:
    plan = benchmark.comparison(OWN)
    told = stories.lines(plan, (2e-4, 4e-4))
    told[-2] |= {"peak_bytes": 307_000_000, "device_peak_bytes": 512_000_000}
    table = speed_tables.case_table(plan, results(plan, told))
    table = table.map(lambda text: text.replace("\N{NO-BREAK SPACE}", " "))
    assert sorted(table["Peak memory"]) == ["310 MB, 110 MB over the import"] * 2
    assert sorted(table["Peak memory, GPU"]) == ["512 MB", "–"]
    assert "First epoch" not in table
    ladder = benchmark.ladder(OWN)
    table = speed_tables.case_table(ladder, results(ladder, stories.lines(ladder, LADDER)))
    assert table.loc["Keras fit", "First epoch"] == "22\N{NO-BREAK SPACE}s"
    assert table.loc["Keras fit", "First step"] == "–"
    assert table.loc["PyTorch eager", "First epoch"] == "–"
    caption = speed_tables.case_caption(ladder, results(ladder, stories.lines(ladder, LADDER)))
    assert "not the same work" in caption
    assert "first case in a process also pays what the framework does once" in caption


def test_examples_per_second_stand_beside_batch_sizes(tmp_path: Path) -> None:
    plan = benchmark.scaling(OWN, "batch_size", [16, 32])
    table = speed_tables.case_table(plan, measured(tmp_path, plan, (1e-4, 2e-4, 2e-4, 2e-4)).found)
    assert table.loc["PyTorch eager, batch 16", "Examples per second"] == "160,000"
    assert "p50" not in table  # nothing was measured of it


def test_a_small_and_a_large_axis_have_plain_numbers() -> None:
    for low, high in ((0.9, 1.1), (0.02, 900.0), (1.0, 1.0), (3e-7, 4e5)):
        axis = speed_figures.go.layout.XAxis()
        logarithmic(axis, low, high)
        assert 2 <= len(axis.tickvals) <= 16, (low, high)
        assert axis.range[0] < axis.range[1]
        assert not any("e" in text for text in axis.ticktext) or high / low > 1e9


def test_blocks_as_csv_keep_every_digit(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.comparison(OWN), (1 / 3e4, 4e-4))
    lines = speed_tables.blocks_csv(found.plan, found.found).splitlines()
    assert lines[0] == "case,round,position,seconds"
    assert len(lines) == 1 + 20
    values = {float(line.rpartition(",")[2]) for line in lines[1:]}
    assert values == {block.seconds for case in found.found.cases for block in case.blocks}


# The page


def test_the_page_carries_everything_and_loads_nothing(tmp_path: Path) -> None:
    found = measured(tmp_path, benchmark.comparison(OWN), (2e-4, 4e-4))
    page = speed_report.page(found)
    assert "PyTorch eager is 2.00 times [1.97, 2.03; n = 5] as fast as TensorFlow graph" in page
    assert "A processor" in page
    assert "on its machine" in page  # whoever reads it sits elsewhere
    head = page[: page.index("<body>")]
    assert "default-src 'none'" in head
    assert not re.search(r"<(link|script|img|iframe)[^>]*\s(src|href)=", page.replace(speed_report_plotly(), ""))
    raw = re.search(r'<script type="application/json" id="benchmark">(.*?)</script>', page, re.S)
    assert raw
    assert json.loads(raw[1]) == json.loads(found.to_json())


def speed_report_plotly() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


def test_a_title_cannot_be_a_script(tmp_path: Path) -> None:
    title = "</script><script>alert(1)</script>"
    plan = benchmark.comparison(OWN).model_copy(update={"title": title})
    page = speed_report.page(measured(tmp_path, plan, (2e-4, 4e-4)))
    assert "<script>alert" not in page.replace(speed_report_plotly(), "")


def test_a_partial_page_says_so(tmp_path: Path) -> None:
    store, plan = Store(tmp_path), benchmark.comparison(OWN)
    name = benchmark.create(store, plan)
    stories.tell(store, name, [*stories.lines(plan, (2e-4, 4e-4), rounds=3), stories.ended("stopped")])
    assert "Partial: it was stopped after 3 rounds." in speed_report.page(published.of_store(store, name))

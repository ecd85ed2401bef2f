"""Comparisons drawn: curves, smoothing, bands, remarks, and the files that are made of them."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import events
from engine.charts import (
    comparison,
    comparison_bands,
    comparison_figure,
    comparison_labels,
    comparison_report,
    comparison_tables,
)
from engine.charts.comparison import gather
from engine.charts.comparison_curves import Line, band, smoothed
from engine.charts.comparison_figure import averaged, axis_words, chosen, edges, figure
from engine.config import RunConfig
from engine.experiments.comparison import X_AXES, Comparison
from engine.fairness.intervals import half_widths
from engine.runs import Store
from tests import stories

LOSSES = [2.0, 1.5, 1.25, 1.0, 0.75, 0.5]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def seeds(store: Store, count: int = 3, **fields: object) -> tuple[str, ...]:
    return tuple(stories.finished_run(store, shift=seed / 10, seed=seed, **fields) for seed in range(count))


def told(*values: float, x: tuple[float, ...] | None = None, word: str = "finished") -> Line:
    steps = np.arange(len(values))
    return Line("run", "torch", np.array(x if x else steps, dtype=float), np.array(values), steps, word)


# Curves


@pytest.mark.parametrize(
    ("x", "loss", "validation"),
    [
        ("step", [0, 1, 2, 3, 4, 5], [3, 6]),
        ("epoch", [0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3], [1, 2]),
        ("seconds", [1.0, 1.05, 1.1, 1.1 + 0.01 / 3, 1.1 + 0.02 / 3, 1.11], [1.1, 1.11]),
        ("examples", [32, 64, 90, 122, 154, 180], [90, 180]),
    ],
)
def test_points_stand_where_they_belong_on_every_axis(
    store: Store, x: str, loss: list[float], validation: list[float]
) -> None:
    run = stories.finished_run(store, frameworks=["torch"], batch_size=32)
    for metric, expected in (("train_loss", loss), ("validation_loss", validation)):
        (line,) = gather(store, Comparison((run,), x=x, y=metric)).lines
        assert line.x == pytest.approx(expected)


def test_smoothing_is_the_debiased_average_by_hand() -> None:
    values, decay = np.array([4.0, 2.0, np.nan, 1.0]), 0.5
    by_hand = [4.0, (2 + 0.5 * 4) / 1.5, np.nan, (1 + 0.25 * 2 + 0.125 * 4) / 1.375]
    np.testing.assert_allclose(smoothed(values, decay), by_hand)
    assert smoothed(values, 0.0) is values
    np.testing.assert_allclose(smoothed(np.full(9, 3.0), 0.99), 3.0)


def test_a_band_is_the_mean_and_its_students_interval_as_far_as_all_reach() -> None:
    found = band([told(1, 2, 3), told(3, 4, 5), told(5, 9)], 0.0)
    assert found
    table = np.array([[1, 2], [3, 4], [5, 9]], dtype=float)
    np.testing.assert_allclose(found.mean, [3, 5])
    np.testing.assert_allclose(found.half, half_widths(table))
    assert (found.n, found.meets) == (3, False)
    alone = band([told(1, 2)], 0.0)
    assert alone
    assert (alone.half, alone.n) == (None, 1)
    assert band([], 0.0) is None


def test_lines_with_other_positions_meet_on_a_grid() -> None:
    found = band([told(0, 10, x=(0, 10)), told(0, 10, x=(0, 20))], 0.0)
    assert found
    assert found.meets
    assert (found.x[0], found.x[-1]) == (0, 10)
    assert found.mean[-1] == pytest.approx(7.5)
    assert band([told(1, 2, x=(0, 1)), told(1, 2, x=(5, 6))], 0.0) is None


# Thinning


@pytest.mark.parametrize("log", [False, True])
def test_what_is_drawn_of_a_million_points_is_small_and_keeps_the_extremes(log: bool) -> None:
    values = np.random.default_rng(0).normal(size=1_000_000)
    values[123_456], values[654_321], values[777_777] = 99.0, -99.0, np.nan
    places = chosen(values, edges(len(values), 1000, log))
    assert len(places) <= 2001
    assert {123_456, 654_321, 999_999} <= set(places.tolist())
    assert (places[0] == 0 and places[1] == 1) == log  # the first steps stay whole where the axis stretches them


def test_the_mean_of_a_bucket_leaves_out_what_is_not_finite() -> None:
    values = np.array([1.0, 3.0, np.nan, 5.0, np.nan, np.nan])
    np.testing.assert_allclose(averaged(values, np.array([0, 2, 4, 6])), [2.0, 5.0, np.nan])


def test_few_points_are_all_drawn(store: Store) -> None:
    found = gather(store, Comparison(seeds(store, 1)))
    assert figure(found).data[0].y.tolist() == LOSSES
    assert len(figure(found).data) == 2


def test_many_points_are_means_over_faint_extremes_and_the_record_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison_figure, "MOST", 2)
    monkeypatch.setattr(comparison_figure, "FEWEST", 1)
    found = gather(store, Comparison(seeds(store, 1), sides=("torch",)))
    faint, strong = figure(found).data
    assert faint.showlegend is False
    assert len(strong.y) == 2
    assert strong.y.tolist() == pytest.approx([np.mean(LOSSES[:4]), np.mean(LOSSES[4:])])
    assert "more points than can be drawn" in axis_words(found)
    assert comparison_tables.raw_table(found)["value"].tolist() == LOSSES


# The figure


def test_sides_keep_their_dash_and_runs_have_shades_and_symbols(store: Store) -> None:
    drawn = figure(gather(store, Comparison(seeds(store))))
    assert [trace.line.dash for trace in drawn.data] == ["solid", "dash"] * 3
    for place in (0, 1):
        mine = drawn.data[place::2]
        assert len({trace.line.color for trace in mine}) == 3
        assert len({trace.marker.symbol for trace in mine}) == 3
    one = figure(gather(store, Comparison(seeds(store, 1)))).data
    assert [trace.line.color for trace in one] == ["#D55E00", "#0072B2"]


def test_smoothing_lies_above_the_faint_raw_curve(store: Store) -> None:
    found = gather(store, Comparison(seeds(store, 1), sides=("torch",), smoothing=0.5))
    raw, strong = figure(found).data
    assert raw.y.tolist() == LOSSES
    assert raw.opacity < strong.opacity
    np.testing.assert_allclose(strong.y, smoothed(np.array(LOSSES), 0.5))
    assert "decay 0.5" in axis_words(found)


def test_a_legend_of_a_band_has_n_and_the_interval(store: Store) -> None:
    found = gather(store, Comparison(seeds(store), sides=("tensorflow",), bands=True))
    (named,) = [trace for trace in figure(found).data if trace.name]
    half = half_widths(np.array([[0.5], [0.6], [0.7]]))[0]
    words = f"TensorFlow: n = 3, 0.6 [{0.6 - half:.4g}, {0.6 + half:.4g}] (95\N{NO-BREAK SPACE}%)"
    assert named.name.replace("<br>", " ") == words
    (filled,) = [trace for trace in figure(found).data if trace.fill]
    assert filled.y[5] == pytest.approx(0.6 + half)
    assert filled.y[6] == pytest.approx(0.6 - half)


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show(store: Store) -> None:
    found = gather(store, Comparison(seeds(store, 1), log_x=True, log_y=True))
    drawn = figure(found)
    assert (drawn.layout.xaxis.type, drawn.layout.yaxis.type) == ("log", "log")
    assert np.isnan(drawn.data[0].y[0])
    assert "Step 0 cannot stand" in axis_words(found)


def test_accuracies_are_per_cent(store: Store) -> None:
    drawn = figure(gather(store, Comparison(seeds(store, 1), y="validation_accuracy")))
    assert drawn.data[0].y.tolist() == pytest.approx([50, 97.2])
    assert drawn.layout.yaxis.title.text.endswith("%")


# Remarks


def test_a_side_that_broke_is_no_sample_of_a_band(store: Store) -> None:
    runs = seeds(store, 2)
    broke = stories.new_run(store, seed=9)
    stories.launch(store, broke, "torch")
    stories.tell(store, broke, "torch", [stories.started(), events.Steps(0, (2.0, None), 1.0), events.Diverged(1, 1.0)])
    found = gather(store, Comparison((*runs, broke), sides=("torch",), bands=True))
    assert found.bands[0].band.n == 2
    assert any("is left out of its band" in remark for remark in found.remarks)
    assert any("diverged" in remark for remark in found.remarks)


def test_repeated_and_mixed_groups_are_said(store: Store) -> None:
    runs = (*seeds(store, 2), stories.finished_run(store, seed=0), stories.finished_run(store, seed=3, batch_size=8))
    found = gather(store, Comparison(runs, bands=True, group=()))
    assert found.bands[0].band.n == 3
    assert any("also differ in batch_size" in remark for remark in found.remarks)
    assert any("1 run repeated a config and seed" in remark for remark in found.remarks)


def stopped(store: Store, word: events.Event | None = None, **fields: object) -> str:
    """A run whose PyTorch side ended after one of six steps."""
    run = stories.new_run(store, frameworks=["torch"], **fields)
    stories.launch(store, run, "torch")
    stories.tell(
        store, run, "torch", [stories.started(), events.Steps(0, (9.0,), 1.0), word or events.Stopped(1, 101.0)]
    )
    return run


def test_a_run_that_did_not_finish_neither_cuts_a_band_nor_goes_unsaid(store: Store) -> None:
    runs = tuple(stories.finished_run(store, frameworks=["torch"], seed=seed) for seed in range(3))
    found = gather(store, Comparison((*runs, stopped(store, seed=9)), bands=True))
    (made,) = found.bands
    assert (made.band.n, len(made.band.mean)) == (3, 6)
    assert "PyTorch of seed 9 was stopped and is left out of its band." in found.remarks
    assert ", at " not in comparison_bands.band_words(made, found.asked)


def test_of_repeats_a_finished_one_counts_before_a_newer_one_that_was_stopped(store: Store) -> None:
    first, last = stopped(store, seed=1), stopped(store, seed=1)
    done = stories.finished_run(store, frameworks=["torch"], seed=1)
    renamed = "20990101-000000-mlp-ffffff"  # the newest of all
    (store.root / last).rename(store.root / renamed)
    found = gather(store, Comparison((first, done, renamed), bands=True))
    assert [each.run for each in found.bands[0].lines] == [done]
    assert any("2 runs repeated a config and seed" in remark for remark in found.remarks)
    assert any("(ffffff) was stopped and is left out" in remark for remark in found.remarks)


def test_where_no_run_has_finished_the_band_says_so_and_where_it_ends(store: Store) -> None:
    runs = (stopped(store, seed=1), stopped(store, events.Paused(1, 101.0), seed=2))
    found = gather(store, Comparison(runs, bands=True))
    (made,) = found.bands
    assert made.band.n == 2
    assert comparison_bands.band_words(made, found.asked).startswith("PyTorch: n = 2, at step 0: 9")
    for who in ("seed 1 was stopped", "seed 2 has not finished"):
        why = "counts as far as it is: no run of its band has finished"
        assert f"PyTorch of {who} and {why}." in found.remarks


def test_a_band_that_ends_before_its_longest_run_says_with_which_and_where(store: Store) -> None:
    long = stories.finished_run(store, frameworks=["torch"])
    short = stories.new_run(store, frameworks=["torch"], epochs=1)
    stories.launch(store, short, "torch")
    told = [stories.started(epochs=1), events.Steps(0, (2.0, 1.5, 1.0), 1.0), events.Finished(3, "completed", 102.0)]
    stories.tell(store, short, "torch", told)
    found = gather(store, Comparison((long, short), bands=True, group=()))
    assert "PyTorch: the band ends at step 2 with epochs 1; the longest run goes on to step 5." in found.remarks
    assert comparison_bands.band_words(found.bands[0], found.asked).startswith("PyTorch: n = 2, at step 2: 1.125 [")
    places = {"epoch": "epoch 0.6667", "seconds": "1 s", "examples": "90 examples"}
    for x, place in places.items():
        found = gather(store, Comparison((long, short), x=x, bands=True, group=()))
        assert f"n = 2, at {place}: " in comparison_bands.band_words(found.bands[0], found.asked)


def test_runs_that_share_no_place_on_an_axis_are_a_sentence(store: Store) -> None:
    runs = [stories.new_run(store, frameworks=["torch"], seed=seed) for seed in (1, 2)]
    for run, seconds in zip(runs, (1.0, 9.0), strict=True):
        stories.launch(store, run, "torch")
        told = [stories.started(), events.Steps(0, (2.0,), seconds), events.Finished(1, "completed", 102.0)]
        stories.tell(store, run, "torch", told)
    found = gather(store, Comparison(tuple(runs), x="seconds", bands=True))
    assert found.bands == ()
    assert "PyTorch: no band, because its runs have no place on this axis in common." in found.remarks


def test_runs_of_one_side_each_are_no_repeats_of_each_other(store: Store) -> None:
    runs = tuple(
        stories.finished_run(store, frameworks=[side], seed=seed) for seed in (1, 2) for side in ("torch", "tensorflow")
    )
    found = gather(store, Comparison(runs, bands=True))
    assert [(each.side, each.band.n) for each in found.bands] == [("torch", 2), ("tensorflow", 2)]
    assert not any("repeated" in remark for remark in found.remarks)
    again = stories.finished_run(store, frameworks=["torch"], seed=1)
    found = gather(store, Comparison((*runs, again), bands=True))
    (remark,) = [remark for remark in found.remarks if "repeated" in remark]
    assert remark == "PyTorch: 1 run repeated a config and seed; the newest counts, a finished one first."


def test_a_damaged_run_is_a_remark_and_the_others_are_drawn(store: Store) -> None:
    good, bad = seeds(store, 2)
    store.log(bad, "torch").write_text("no event\n", encoding="utf-8")
    found = gather(store, Comparison((good, bad)))
    assert {line.run for line in found.lines} == {good}
    assert any("damaged" in remark for remark in found.remarks)


def labels(*each: dict) -> list[str]:
    made = {f"20260101-000000-mlp-{place:06x}": RunConfig.build(asked) for place, asked in enumerate(each)}
    return list(comparison_labels.labels_of(made, {}).values())


def test_labels_are_fields_that_tell_runs_apart_those_of_most_values_first() -> None:
    assert labels({}, {"network": "lenet"}, {"learning_rate": 3.0}) == [
        "learning_rate 0.001, mlp, epochs 40",
        "learning_rate 0.003, lenet, epochs 20",
        "learning_rate 3.0, mlp, epochs 40",
    ]
    assert labels({}, {"network_options": {"width": 16}}) == ["width 128", "width 16"]
    assert labels({}, {}) == ["mlp, digits (000000)", "mlp, digits (000001)"]
    assert labels() == []


def test_fields_of_as_many_values_stand_in_the_order_of_a_config() -> None:
    rates = [{"learning_rate": rate, "seed": seed} for rate in (0.1, 0.2) for seed in (0, 1)]
    assert labels(*rates)[0] == "learning_rate 0.1, seed 0"
    assert labels(*rates, {"learning_rate": 0.1, "seed": 2})[0] == "seed 0, learning_rate 0.1"


def test_a_run_is_seen_to_have_what_no_other_has() -> None:
    usual = [{"seed": seed} for seed in range(4)]
    assert labels(*usual, {"seed": 4, "learning_rate": 1e5})[-1] == "seed 4, learning_rate 100000.0"
    mixed = [{"epochs": epochs, "batch_size": size, "optimizer": name} for epochs, size, name in (
        (1, 8, "adam"), (2, 8, "sgd"), (3, 16, "sgd"), (1, 16, "adam"), (2, 32, "adam"), (3, 32, "sgd"))]  # fmt: skip
    found = labels(*mixed, *usual, {"epochs": 1, "batch_size": 8, "learning_rate": 1e5})
    assert found[-1].startswith("learning_rate 100000.0, ")
    assert not any("100000" in label for label in found[:-1])
    assert all(label.count(", ") == 2 for label in found)


# Files


def test_the_csv_has_every_raw_value_whatever_is_drawn(store: Store) -> None:
    runs = seeds(store, 2)
    found = gather(store, Comparison(runs, x="seconds", smoothing=0.9, bands=True))
    table = pd.read_csv(io.StringIO(comparison_tables.raw_csv(found)))
    assert len(table) == comparison_tables.rows(found) == 24
    mine = table[(table["run"] == runs[1]) & (table["side"] == "tensorflow")]
    assert mine["value"].tolist() == pytest.approx([loss + 0.1 for loss in LOSSES])
    assert mine["step"].tolist() == list(range(6))
    assert mine["seed"].unique().tolist() == [1]
    assert "seconds" in table


def test_the_page_holds_the_raw_values_and_no_address(store: Store) -> None:
    found = gather(store, Comparison(seeds(store, 2), smoothing=0.9))
    text = comparison_report.page(found)
    raw = json.loads(text.split('id="benchmark">')[1].split("</script>")[0])
    assert raw["curves"][0]["values"] == LOSSES
    assert list(raw["configs"]) == list(found.configs)
    assert "<script src" not in text
    assert "<link" not in text


def test_a_page_of_too_many_points_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison_report, "MOST_PAGE_ROWS", 3)
    text = comparison_report.page(gather(store, Comparison(seeds(store, 1))))
    assert "12 points are too many for a page" in text
    assert json.loads(text.split('id="benchmark">')[1].split("</script>")[0])["curves"] == []


def test_foreign_text_stays_text(store: Store) -> None:
    found = gather(store, Comparison(seeds(store, 2)))
    labels = dict.fromkeys(found.labels, "<b>loud</b>")
    name = figure(replace(found, labels=labels)).data[0].name
    assert "&lt;b&gt;" in name


def test_every_axis_of_a_link_has_a_title() -> None:
    assert tuple(comparison_figure.TITLES) == X_AXES


def test_a_run_is_called_what_a_person_calls_it(store: Store) -> None:
    first, second = stories.finished_run(store), stories.finished_run(store, seed=3)
    store.append(first, events.Labelled("baseline", (), "", 1.0))
    assert comparison.gather(store, Comparison((first, second))).labels == {first: "baseline", second: "seed 3"}
    table = comparison_tables.raw_table(comparison.gather(store, Comparison((first, second), sides=("torch",))))
    assert table.columns.tolist()[:3] == ["run", "name", "side"]
    assert dict(zip(table["run"], table["name"], strict=True)) == {first: "baseline", second: ""}

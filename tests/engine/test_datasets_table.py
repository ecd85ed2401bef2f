"""A person's own table: how it is encoded, what is said, and one sentence for whatever is wrong."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.datasets.catalogue import DatasetError
from engine.datasets.split import load
from engine.datasets.table import inspect
from tests.engine.table_stories import PLAIN, TABLE, column, made, refused, rows, written


@pytest.fixture
def write(tmp_path):
    return partial(written, tmp_path)


def test_a_plain_table(write):
    options, report = inspect(write(PLAIN))
    assert options | {"path": "", "sha256": ""} == {
        "path": "",
        "sha256": "",
        "target": "kind",
        "task": "classification",
        "features": ["size", "colour", "good"],
        "kinds": ["number", "category", "boolean"],
        "widths": [1, 3, 1],
        "classes": ["a", "b"],
        "examples": 4,
    }
    assert (report.rows, report.dropped) == (4, 0)
    assert [column.name for column in report.columns] == ["size", "colour", "good", "kind"]
    assert (column(report, "size").missing, column(report, "colour").distinct) == (1, 3)
    assert report.notes == ("Fields are separated by commas.", "The target is “kind”, the last column that can be one.")
    inputs, targets = made(options)
    expected = [[1.5, 0, 0, 1, 1], [2.5, 1, 0, 0, 0], [np.nan, 0, 0, 1, 1], [4.5, 0, 1, 0, 0]]  # blue, green, red
    assert np.array_equal(inputs, expected, equal_nan=True)
    assert (targets.tolist(), targets.dtype) == ([0, 1, 0, 1], np.int64)


def test_the_options_are_all_that_form_labels_and_scaling_need(write):
    path = write(PLAIN)
    options = json.loads(json.dumps(inspect(path)[0]))
    Path(path).unlink()
    form = TABLE.form(options)
    assert (form.kind, form.shape, form.task, form.outputs, form.examples) == ("vector", (5,), "classification", 2, 4)
    assert TABLE.labels(options) == ("a", "b")
    assert TABLE.features(options) == ("size", "colour", "good")
    assert TABLE.scaling(options).columns == (0,)
    assert not TABLE.scaling(options).targets
    assert set(options) == set(TABLE.options)
    assert all(TABLE.options[name].accepts(value) for name, value in options.items())


def test_what_was_inspected_can_be_inspected_again(write):
    options, _ = inspect(write(PLAIN), target="size", features=["good", "colour"])
    again, _ = inspect(options["path"], options["target"], options["features"], options["task"])
    assert again == options
    assert options["features"] == ["colour", "good"]  # in the file's order
    assert options["task"] == "regression"


def test_a_table_is_loaded_whole(write):
    text = "a,b,y\n" + "".join(f"{place},{'uvw'[place % 3]},{place / 7}\n" for place in range(100))
    options, _ = inspect(write(text), target="y", features=["a", "b"])
    split = load("table", options, 1, 0.8)
    assert split.inputs.shape == (80, 4)
    assert split.inputs[:, 0].mean() == pytest.approx(0, abs=1e-12)
    assert split.inputs[:, 0].std() == pytest.approx(1)
    assert set(split.inputs[:, 1:].ravel()) == {0, 1}
    assert split.targets.std() == pytest.approx(1)
    first = split.targets[0, 0] * split.target_deviation + split.target_mean
    assert first * 7 == pytest.approx(round(first * 7))


def test_nothing_but_path_hash_and_names_is_stored(write):
    options, _ = inspect(write("town,secret,y\nParis,17.25,a\nRome,23.75,b\nParis,5.125,a\n"))
    stored = json.dumps({**options, "path": ""})
    assert not [word for word in ("Paris", "Rome", "17.25", "23.75", "5.125") if word in stored]


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        (["yes", "no", "yes"], "classification", ["no", "yes"]),
        (["true", "false", "true"], "classification", ["False", "True"]),
        (["3", "1", "10"], "classification", ["1", "3", "10"]),
        (["3.0", "1.0", "-2.0"], "classification", ["-2", "1", "3"]),
        (["3", "1.5", "1"], "regression", []),
        ([str(place) for place in range(20)], "classification", [str(place) for place in range(20)]),
        ([str(place) for place in range(21)], "regression", []),
    ],
    ids=["texts", "truth values", "whole numbers", "whole floats", "fractions", "20 numbers", "21 numbers"],
)
def test_the_task_is_told_by_the_target(write, target, task, classes):
    options, report = inspect(write(rows(len(target), lambda place: f"{place**2},{target[place]}")))
    assert (options["task"], options["classes"]) == (task, classes)
    assert task in column(report, "y").treatment


def test_the_task_can_be_chosen(write):
    path = write(rows(30, lambda place: f"{place**2},{place % 3 + 0.5}"))
    assert inspect(path)[0]["task"] == "regression"
    options, _ = inspect(path, task="classification")
    assert options["classes"] == ["0.5", "1.5", "2.5"]
    assert made(options)[1].tolist() == [place % 3 for place in range(30)]
    whole = write(rows(30, lambda place: f"{place**2},{place % 3}"))
    assert made(inspect(whole, task="regression")[0])[1].tolist() == [[place % 3] for place in range(30)]


def test_rows_without_a_target_are_dropped_and_counted(write):
    options, report = inspect(write("x,y\n1,a\n2,\n3,b\n4,NA\n5,a\n"))
    assert (report.rows, report.dropped, options["examples"]) == (5, 2, 3)
    assert "2 rows without a target are left out." in report.notes
    assert made(options)[0].ravel().tolist() == [1, 3, 5]


def test_infinite_numbers_count_as_missing(write):
    options, report = inspect(write("x,y\n1,0.5\ninf,1.5\n-inf,inf\nNaN,2.5\n1e999,3.5\n7,4.5\n"))
    assert report.dropped == 1
    assert column(report, "x").missing == 3
    assert "3 missing or infinite values become the median of the training rows" in column(report, "x").treatment
    assert np.array_equal(made(options)[0].ravel(), [1, np.nan, np.nan, np.nan, 7], equal_nan=True)
    split = load("table", options, 0, 0.8)
    assert np.isfinite(split.inputs).all()
    assert np.isfinite(split.validation_inputs).all()


def test_a_missing_category_is_one_of_its_own(write):
    options, report = inspect(write("x,y\nb,1.5\n,2.5\na,3.5\nNA,4.5\n"))
    assert options["widths"] == [3]
    assert column(report, "x").treatment == "One input for each of 3 categories, of which missing, in 2 rows, is one."
    assert made(options)[0].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 1]]


def test_truth_values_with_gaps_are_categories(write):
    options, _ = inspect(write("x,y\ntrue,1.5\n,2.5\nfalse,3.5\n"))
    assert (options["kinds"], options["widths"]) == (["category"], [3])
    assert made(options)[0].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


UNUSABLE = {
    "empty": ("", "it holds no value"),
    "constant number": ("5", "it has the same value in every row"),
    "constant text": ("same", "it has the same value in every row"),
    "constant truth value": ("true", "it has the same value in every row"),
    "ISO dates": ("2024-02-{0:02d}", "it holds dates"),
    "dates with times": ("2024-02-{0:02d} 10:30:00", "it holds dates"),
    "dates with slashes": ("{0}/2/2024", "it holds dates"),
    "too many texts": ("text {0}", "it holds 51 different texts, and at most 50 become inputs"),
}


@pytest.mark.parametrize(("text", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_column_that_cannot_be_learned_from_is_left_out_or_refused(write, text, why):
    count = 51 if "{0}" in text and "different" in why else 20
    body = "".join(f"{place % 7},{text.format(place + 1)},{place % 2}\n" for place in range(count))
    path = write("x,bad,y\n" + body)
    options, report = inspect(path)
    assert options["features"] == ["x"]
    assert column(report, "bad").width == 0
    assert column(report, "bad").treatment.startswith(f"Left out: {why}")
    assert made(options)[0].shape == (count, 1)
    assert refused(path, features=["x", "bad"]).startswith(f"“bad” cannot be learned from, for {why}")


def test_fifty_texts_are_still_categories(write):
    options, _ = inspect(write(rows(100, lambda place: f"text {place % 50},{place / 3}")))
    assert options["widths"] == [50]
    gaps = write(rows(102, lambda place: f"{f'text {place % 51}' if place % 51 else ''},{place / 3}"))
    assert "holds 50 different texts and gaps, and at most 50" in refused(gaps, target="y")


def test_no_usable_column_is_refused(write):
    assert refused(write(rows(9, lambda place: f"5,{place}.5"))) == (
        "No column is left to learn from: “x” cannot be learned from, for it has the same value in every row."
    )


def test_decimal_commas_are_texts_and_said_so(write):
    path = write("x;z;y\n" + "".join(f"{place},5;{place * place};{place},25\n" for place in range(9)))
    options, report = inspect(path, target="z")
    assert column(report, "x").kind == "category"
    assert "numbers with decimal commas are read as texts" in column(report, "x").treatment
    assert options["widths"] == [9, 9]
    assert "holds texts with decimal commas: regression needs numbers" in refused(path, target="y", task="regression")


def test_a_text_among_numbers_is_shown(write):
    _, report = inspect(write(rows(30, lambda place: f"{'?' if place == 4 else place * place},{place}.5")))
    assert "it holds numbers and texts such as “?”, so leave a missing value empty" in column(report, "x").treatment


def test_a_column_that_counts_the_rows_is_pointed_out(write):
    _, report = inspect(write("id,x,y\n" + "".join(f"{place + 5},{place**2},{place}.5\n" for place in range(20))))
    assert "it counts the rows" in column(report, "id").treatment
    assert "it counts the rows" not in column(report, "x").treatment


TOKENS = [
    *'",;|\n\r\t ?',
    ",",
    ",",
    "\n",
    '""',
    "a",
    "1",
    "2.5",
    "inf",
    "nan",
    "true",
    "2024-01-01",
    "1,5",
    "é",
    "\u2028",
    "1e999",
]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.lists(st.sampled_from(TOKENS), max_size=30).map("".join), head=st.sampled_from(["", "x,y\n", "x;y;z\n"]))
def test_whatever_is_in_a_file_it_is_learned_from_or_refused(write, text, head):
    path = write(head + text)
    try:
        options, report = inspect(path)
    except DatasetError:
        return
    assert report.rows - report.dropped == options["examples"]
    split = load("table", options, 0, 0.8)
    for part in (split.inputs, split.targets, split.validation_inputs, split.validation_targets):
        assert np.isfinite(part).all()


def test_a_target_that_cannot_be_one_is_refused(write):
    path = write("x,when,y\n" + "".join(f"{place},2024-01-0{place + 1},{place % 2}\n" for place in range(9)))
    assert refused(path, target="when") == "The target “when” holds dates: choose a column of numbers or of classes."
    assert refused(path, target="z") == "There is no column “z” in the table."
    assert refused(path, features=["z"], target="y") == "There is no column “z” in the table."
    assert "and not the target “y”" in refused(path, features=["x", "y"], target="y")
    assert "Choose at least one column" in refused(path, features=[], target="y")
    assert "“clustering” is no task" in refused(path, task="clustering")


def test_ten_thousand_classes_are_too_many(write):
    texts = write(rows(10_000, lambda place: f"{place % 9},text {place}"))
    sentence = "has 10,000 different values, and classification takes at most 100: choose another target."
    assert refused(texts, target="y").endswith(sentence)
    numbers = write(rows(10_000, lambda place: f"{place % 9},{place}"), "numbers.csv")
    assert inspect(numbers)[0]["task"] == "regression"
    assert refused(numbers, target="y", task="classification").endswith("at most 100: choose regression.")
    assert "holds texts: regression needs numbers" in refused(texts, target="y", task="regression")


def test_a_target_of_essays_is_refused(write):
    path = write(rows(4, lambda place: f"{place},{'ab'[place % 2] * 300}"))
    assert "holds texts of more than 200 characters" in refused(path, target="y")


def test_the_last_column_that_can_be_a_target_is_taken(write):
    text = "a,b,when,same\n" + "".join(f"{place},{'uv'[place % 2]},2024-01-0{place + 1},1\n" for place in range(9))
    options, report = inspect(write(text))
    assert (options["target"], options["features"]) == ("b", ["a"])
    assert "The target is “b”, the last column that can be one." in report.notes


def test_rare_and_common_classes_are_pointed_out(write):
    _, report = inspect(write(rows(30, lambda place: f"{place**2},{'rare' if place == 3 else 'common'}")))
    assert "The class “rare” has one example, so that the split cannot keep the shares of the classes." in report.notes
    assert "The class “common” is 96% of the rows: whoever always says that is right as often." in report.notes


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a\nb", "=cmd|' /C calc'!A0", "\u202egnp.exe", "__class__", "%s{0}"]
)
def test_names_of_columns_are_only_text(write, name):
    quoted = name.replace('"', '""')
    options, _ = inspect(write(f'"{quoted}",y\n1,a\n2,b\n'))
    assert options["features"] == [name]
    assert made(options)[0].ravel().tolist() == [1, 2]
    sentence = refused(options["path"], target=name, features=[name])
    assert sentence.isprintable()
    assert len(refused(options["path"], target="n" * 5000)) < 120


def test_a_file_that_is_gone_or_changed_is_one_sentence(write):
    path = write(PLAIN)
    options, _ = inspect(path)
    write(PLAIN + "5.5,red,true,a\n")
    with pytest.raises(DatasetError, match=r"table\.csv has changed since it was chosen: choose it again\.$"):
        made(options)
    Path(path).unlink()
    with pytest.raises(DatasetError, match=r"^There is no file .*table\.csv\.$"):
        made(options)
    assert refused(path).startswith("There is no file ")


@pytest.mark.parametrize(
    "change", [{"widths": [1, 2, 1]}, {"classes": ["b", "a"]}, {"examples": 3}, {"kinds": ["number"] * 3}]
)
def test_options_that_do_not_fit_the_file_are_refused(write, change):
    options, _ = inspect(write(PLAIN))
    with pytest.raises(DatasetError, match="does not fit it: choose it again"):
        made(options | change)


@pytest.mark.parametrize(
    "change", [{"widths": [1, 3]}, {"widths": [1, 3, 0]}, {"classes": ["a"]}, {"task": "regression"}, {"features": []}]
)
def test_options_that_do_not_fit_together_have_no_form(write, change):
    options, _ = inspect(write(PLAIN))
    with pytest.raises(DatasetError, match="does not fit together: choose it again"):
        TABLE.form(options | change)


def test_without_a_file_there_is_no_form():
    with pytest.raises(DatasetError, match=r"^No table is chosen: choose a CSV or Parquet file first\.$"):
        TABLE.form({name: option.default for name, option in TABLE.options.items()})


def test_what_becomes_of_a_table_is_limited_too(write):
    header = ",".join(f"c{place}" for place in range(50)) + ",y\n"
    body = "".join(",".join([f"w{row % 45}"] * 50) + f",{row}.5\n" for row in range(90))
    assert "90 rows become 2,250 inputs each, and at most 2,000 and 100,000,000 in all" in refused(write(header + body))


def test_a_table_stays_where_it_is(write, monkeypatch, tmp_path):
    """Neither inspecting nor making writes beside it or opens a connection."""
    path = write(PLAIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", lambda *arguments: pytest.fail("a connection was opened"))
    made(inspect(path)[0])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"table.csv": PLAIN}

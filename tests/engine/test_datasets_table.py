"""A person's own table: what is read, how it is encoded, what is said, and one sentence for whatever is wrong."""

import importlib.util
import json
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.datasets import table_file
from engine.datasets.catalogue import DATASETS, DatasetError
from engine.datasets.split import load
from engine.datasets.table import inspect

TABLE = DATASETS["table"]
PLAIN = "size,colour,good,kind\n1.5,red,true,a\n2.5,blue,false,b\n,red,true,a\n4.5,green,false,b\n"


@pytest.fixture
def write(tmp_path):
    """Writes a table and returns its path."""

    def writer(content: str | bytes | pd.DataFrame, name: str = "table.csv") -> str:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return writer


def rows(count: int, row) -> str:
    """A table of columns x and y: `row(i)` gives each row's text."""
    return "x,y\n" + "".join(f"{row(place)}\n" for place in range(count))


def column(report, name: str):
    return next(column for column in report.columns if column.name == name)


def made(options) -> tuple[np.ndarray, np.ndarray]:
    return TABLE.make(0, **json.loads(json.dumps(options)))


def refused(path: str, **choice) -> str:
    """The sentence with which a table is refused: one line, one sentence."""
    with pytest.raises(DatasetError) as caught:
        inspect(path, **choice)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", ").", "?"))
    return sentence


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


@pytest.mark.parametrize(
    ("separator", "word"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_separators_and_quotes(write, separator, word):
    rest = separator.join(['"with ""quotes"" and {0} and\na new line"', "2.5", "b"]).replace("{0}", separator)
    text = separator.join(['"the, name"', "number", "y"]) + "\n" + separator.join(["plain", "1.5", "a"]) + "\n" + rest
    options, report = inspect(write(text))
    assert report.notes[0] == f"Fields are separated by {word}."
    assert options["features"] == ["the, name", "number"]
    assert (column(report, "the, name").distinct, report.rows) == (2, 2)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_endings_and_empty_lines(write, ending):
    options, report = inspect(write(ending.join(["", "x,y", "", "1,a", "2,b", "", ""])))
    assert report.rows == 2
    assert made(options)[0].ravel().tolist() == [1, 2]


def test_a_byte_order_mark_is_no_part_of_a_name(write):
    options, _ = inspect(write(b"\xef\xbb\xbf" + "größe,y\n1,ä\n2,ö\n".encode()))
    assert (options["features"], options["classes"]) == (["größe"], ["ä", "ö"])
    assert made(options)[1].tolist() == [0, 1]


REFUSED = {
    "empty": (b"", "table.csv is empty"),
    "only white space": (b" \n\n", "table.csv is empty"),
    "header only": (b"x,y\n", "has names of columns, but no rows"),
    "one column": (b"x\n1\n2\n", "has one column"),
    "single row": (b"x,y\n1,2\n", "“y” has a value in 1 of 1 rows: at least two are needed"),
    "no target at all": (b"x,y\n1,\n,\n", "“y” has a value in 0 of 2 rows"),
    "one class": (b"x,y\n1,a\n2,a\n", "“y” has the same value in every row: there is nothing to learn"),
    "long row": (b"x,y\n1,a\n2,b,3\n4,a\n", "Line 3 of table.csv has 3 fields, the first has 2"),
    "short row": (b"x,y\n1,a\n2\n4,a\n", "Line 3 of table.csv has one field, the first has 2"),
    "duplicated name": (b"x,x,y\n1,2,a\n3,4,b\n", "Two columns of table.csv are called “x”"),
    "long name": (b"x" * 300 + b",y\n1,a\n2,b\n", "a name may have 200 characters"),
    "Latin-1": ("x,y\n1,é\n2,b\n".encode("latin-1"), "is not in UTF-8 (line 2)"),
    "UTF-16": ("x,y\n1,a\n2,b\n".encode("utf-16"), "is not text"),
    "binary": (bytes(range(256)) * 9, "is not text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not text"),
    "unclosed quote": (b'x,y\n1,"a\n2,b\n3,a\n', "is no readable CSV (EOF inside string starting at row"),
    "giant field": (b'x,y\n1,"' + b"a" * 200_000 + b'"\n2,b\n', "is no readable CSV (field larger than"),
    "giant first line": (b"x" * 1_100_000 + b",y\n1,a\n", "The first line of table.csv has more than"),
    "too many columns": (b",".join(b"c%d" % place for place in range(2001)) + b"\n", "has 2,001 columns"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_broken_file_is_refused(write, content, sentence):
    assert sentence in refused(write(content), target="y" if content.startswith(b"x,y") else None)


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


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_a_column_without_a_name_gets_one(write):
    assert inspect(write(",x,y\n0,1.5,a\n1,2.5,b\n"))[0]["features"] == ["column 1", "x"]


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


@pytest.mark.parametrize("path", ["", ".", "/dev/zero", "nowhere/at all.csv", "\0", "x" * 5000])
def test_what_is_no_file_is_refused(path):
    assert refused(path).startswith(("There is no file ", "/"))


def test_limits_of_size(write, monkeypatch):
    path = write(PLAIN)
    monkeypatch.setattr(table_file, "SIZE_LIMIT", 50)
    assert refused(path) == f"table.csv has {len(PLAIN)} bytes, and at most 50 are read: take fewer rows."
    monkeypatch.undo()
    monkeypatch.setattr(table_file, "CELL_LIMIT", 15)
    assert refused(path) == "table.csv has 4 rows of 4 columns, and at most 15 cells are read: take fewer rows."


def test_what_becomes_of_a_table_is_limited_too(write):
    header = ",".join(f"c{place}" for place in range(50)) + ",y\n"
    body = "".join(",".join([f"w{row % 45}"] * 50) + f",{row}.5\n" for row in range(90))
    assert "90 rows become 2,250 inputs each, and at most 2,000 and 100,000,000 in all" in refused(write(header + body))


def test_a_large_table_is_read_in_seconds(write):
    """200,000 rows; a million were measured once."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(generator.standard_normal((200_000, 5)), columns=list("abcde"))
    frame["y"] = generator.integers(0, 3, 200_000)
    path = write(frame.to_csv(index=False))
    begun = time.perf_counter()
    options, _ = inspect(path)
    inputs, targets = made(options)
    assert time.perf_counter() - begun < 30
    assert inputs.tolist()[-1] == frame.iloc[-1, :5].tolist()
    assert targets.tolist() == frame["y"].tolist()


def test_parquet_and_csv_give_the_same_rows(write):
    text = "x,city,ok,y\n" + "".join(
        f"{place / 7!r},{'ab'[place % 2]},{place % 3 == 0},{place}.5\n" for place in range(20)
    )
    first, _ = inspect(write(text))
    frame = pd.read_csv(first["path"])
    second, report = inspect(write(frame, "table.parquet"))
    assert report.notes[0] == "The file is Parquet."
    assert second | {"path": "", "sha256": ""} == first | {"path": "", "sha256": ""}
    assert [part.tobytes() for part in made(first)] == [part.tobytes() for part in made(second)]


def test_the_types_of_parquet(write):
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3, 4], dtype="Int64"),
            "single": np.array([0.5, np.inf, 1.5, 2.5], dtype=np.float32),
            "truth": pd.array([True, None, False, True], dtype="boolean"),
            "dictionary": pd.Categorical(["u", "v", None, "u"]),
            "numbers": pd.Categorical([10, 20, 10, 20]),
            "money": [Decimal("1.25"), None, Decimal("2.5"), Decimal("3")],
            "day": [date(2024, 1, place) for place in (1, 2, 3, 4)],
            "moment": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"], utc=True),
            "span": pd.to_timedelta([1, 2, 3, 4], unit="s"),
            "list": [[1], [2, 3], [], [4]],
            "bytes": [b"a", b"b", b"c", b"d"],
            "y": ["p", "q", "p", "q"],
        }
    )
    options, report = inspect(write(frame, "table.parquet"))
    kinds = {column.name: column.kind for column in report.columns}
    assert kinds == {
        **dict.fromkeys(("whole", "single", "numbers", "money"), "number"),
        **dict.fromkeys(("truth", "dictionary", "y"), "category"),
        **dict.fromkeys(("day", "moment"), "date"),
        **dict.fromkeys(("span", "list", "bytes"), "other"),
    }
    assert options["features"] == ["whole", "single", "truth", "dictionary", "numbers", "money"]
    assert options["widths"] == [1, 1, 3, 3, 1, 1]
    inputs, _ = made(options)
    assert inputs[0].tolist() == [1, 0.5, 0, 1, 0, 1, 0, 0, 10, 1.25]
    assert np.isnan(inputs[1, [0, 1, 9]]).all()


def test_a_broken_parquet_file_is_refused(write):
    assert "table.parquet is no readable Parquet file" in refused(write(b"PAR1 and no more", "table.parquet"))
    assert "is not text" in refused(write(b"PAR1\0\0\0", "table.csv"))
    empty = pd.DataFrame({"x": [1.0], "y": ["a"]}).iloc[:0]
    assert "has names of columns, but no rows" in refused(write(empty, "table.parquet"))


def test_blank_lines_before_a_line_without_end_are_one_sentence(write):
    assert "it names no columns" in refused(write(b"\n\n" + b"a" * 1_200_000, "table.csv"))


def test_an_error_without_the_systems_words_says_its_own(write, monkeypatch):
    def broken(path):
        raise OSError("The footer is damaged.")

    monkeypatch.setattr(table_file, "_parquet", broken)
    path = write(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), "table.parquet")
    assert "cannot be read (The footer is damaged)." in refused(path)


def test_parquet_without_pyarrow_is_one_sentence(write, monkeypatch):
    path = write(pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}), "table.parquet")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refused(path) == "table.parquet needs the package pyarrow to be read: install it, or save the table as CSV."


def test_a_table_stays_where_it_is(write, monkeypatch, tmp_path):
    """Neither inspecting nor making writes beside it or opens a connection."""
    path = write(PLAIN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path))
    monkeypatch.setattr("socket.socket.connect", lambda *arguments: pytest.fail("a connection was opened"))
    made(inspect(path)[0])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"table.csv": PLAIN}

"""The file of a person's own table: CSV and Parquet, what is read of them, and one sentence for whatever is wrong."""

import importlib.util
import time
from datetime import date
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import pytest

from engine.datasets import table_file
from engine.datasets.table import inspect
from tests.engine.table_stories import PLAIN, column, made, refused, written


@pytest.fixture
def write(tmp_path):
    return partial(written, tmp_path)


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


def test_a_column_without_a_name_gets_one(write):
    assert inspect(write(",x,y\n0,1.5,a\n1,2.5,b\n"))[0]["features"] == ["column 1", "x"]


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

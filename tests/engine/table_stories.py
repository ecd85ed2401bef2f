"""Tables written by hand, and the sentence with which one of them is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.datasets.catalogue import DATASETS, DatasetError
from engine.datasets.table import inspect

TABLE = DATASETS["table"]
PLAIN = "size,colour,good,kind\n1.5,red,true,a\n2.5,blue,false,b\n,red,true,a\n4.5,green,false,b\n"


def written(folder: Path, content: str | bytes | pd.DataFrame, name: str = "table.csv") -> str:
    """Writes a table and returns its path."""
    path = folder / name
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


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

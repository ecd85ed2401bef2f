"""The route of the boundaries: what it tells, when nothing is new, and what it says of a file that cannot be read."""

import base64
import json
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from starlette.requests import Request
from starlette.responses import Response

from engine.runs import Store
from engine.store import view_files
from engine.views import View
from tests import stories
from ui.views_route import routes


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def ask(store: Store, origin: str = "http://127.0.0.1", **params: object) -> Response:
    headers = [(b"host", b"127.0.0.1"), (b"origin", origin.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": urlencode(params).encode()}
    return routes(store)[0].endpoint(Request(scope))


def learn(store: Store, run: str, side: str, step: int, chance: float) -> None:
    grid = np.zeros((4, 4, 2), np.float32)
    grid[0, :, 0] = chance
    arrays = {"grid": grid, "extent": np.array([-1.0, 1, -2, 2]), "points": np.ones((1, 2)), "classes": np.array([1])}
    view_files.save(store.log(run, side).parent, View(step, arrays))


def test_both_sides_and_their_difference(store: Store) -> None:
    run = stories.new_run(store, network="mlp", dataset="moons")
    assert ask(store, run=run).status_code == 204
    learn(store, run, "torch", 5, 0.5)
    assert json.loads(ask(store, run=run).body)["difference"] is None
    learn(store, run, "torch", 10, 1.0)
    learn(store, run, "tensorflow", 10, 0.75)
    told = json.loads(ask(store, run=run).body)
    assert (told["tag"], told["size"], told["extent"]) == ("torch:10,tensorflow:10", 4, [-1, 1, -2, 2])
    assert told["labels"] == ["upper moon", "lower moon"]
    assert base64.b64decode(told["sides"]["tensorflow"]["grid"])[0] == round(0.75 * 255)
    assert told["difference"]["largest"] == 0.25
    assert base64.b64decode(told["difference"]["values"]) == b"\xff" * 4 + b"\x00" * 12
    assert ask(store, run=run, known=told["tag"]).status_code == 204
    assert json.loads(ask(store, run=run, step=4).body)["sides"]["torch"]["step"] == 5
    assert ask(store, run=run, step="9" * 5000).status_code == 200  # Python makes no number of so many digits


def test_what_cannot_be_read_is_a_sentence(store: Store) -> None:
    run = stories.new_run(store, network="mlp", dataset="moons")
    learn(store, run, "torch", 5, 0.5)
    (store.log(run, "torch").parent / "views/000000000005.npz").write_bytes(b"PK")
    answer = ask(store, run=run)
    assert (answer.status_code, answer.body) == (409, b"The view of step 5 cannot be read: its file is damaged.")
    assert ask(store, run="../x").status_code == 404


def test_other_pages_are_turned_away(store: Store) -> None:
    run = stories.new_run(store, network="mlp", dataset="moons")
    assert ask(store, "http://elsewhere.example", run=run).status_code == 403

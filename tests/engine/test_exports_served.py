"""A real server of a real ONNX file on this machine: it answers, refuses, is measured, and ends with its starter."""

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.requests import Request

from engine import system
from engine.bench import benchmark
from engine.config import RunConfig
from engine.exports import load, server, serving
from engine.exports.results import ExportError
from engine.exports.serving import Served
from engine.runs import Store
from tests import benchmark_stories, stories
from tests import export_stories as told
from tests.engine.real_runs import until


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("store"))
    run = stories.finished_run(store, network="mlp", dataset="iris")
    told.exported(store, run, "torch")
    told.exported(store, run, "torch", "pt2")
    return store


@pytest.fixture(scope="module")
def served(store: Store) -> Iterator[Served]:
    found = Served(store, store.runs()[0], "torch", "onnx")
    until(lambda: found.address or found.ended)
    assert not found.trouble
    yield found
    found.stop()


def asked(served: Served, body: str, host: str = "127.0.0.1") -> tuple[int, dict | str]:
    connection = http.client.HTTPConnection("127.0.0.1", int(served.address.rpartition(":")[2]), timeout=20)
    connection.request("POST", "/predict", body, {"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    return answer.status, json.loads(text) if text.startswith("{") else text


def test_it_answers_what_the_network_computes(served: Served) -> None:
    status, answer = asked(served, json.dumps({"inputs": told.INPUTS[:5].tolist()}))
    assert status == 200
    assert isinstance(answer, dict)
    assert np.allclose(answer["outputs"], told.INPUTS[:5] @ told.WEIGHT, atol=1e-5)


@pytest.mark.parametrize(
    "body", ["[1]", "{", '{"inputs": "a"}', '{"inputs": [[1, 2]]}', '{"inputs": []}', '{"inputs": [[1, 2, 3, null]]}']
)
def test_what_it_cannot_answer_is_refused(served: Served, body: str) -> None:
    status, answer = asked(served, body)
    assert status == 400
    assert isinstance(answer, dict)
    assert "error" in answer


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("[" * 100_000 + "]" * 100_000, "The body has to be JSON"),
        ("[" * 50 + "]" * 50, "rows of the shape (4,)"),
        ('[["1", "2", "3", "4"]]', "all of them numbers"),
        ("[[1, 2, 3, true]]", "all of them numbers"),
        ("[[1, 2, 3, NaN]]", "and finite"),
        ("[[1, 2, 3, 1e39]]", "and finite"),
        (f"[[1, 2, 3, 1{'0' * 400}]]", "and finite"),
    ],
)
def test_what_is_no_number_is_refused_in_one_sentence(served: Served, rows: str, sentence: str) -> None:
    status, answer = asked(served, f'{{"inputs": {rows}}}')
    assert status == 400
    assert isinstance(answer, dict)
    assert sentence in answer["error"]


class TestTokens:
    """A file that is given tokens, five of which there are, and fails at a 3."""

    @staticmethod
    def answer(inputs: np.ndarray) -> np.ndarray:
        assert inputs.dtype == np.int64
        if (inputs == 3).any():
            raise RuntimeError("a runtime's own error")
        return np.eye(5)[inputs]

    def posted(self, rows: str) -> tuple[int, dict]:
        async def receive() -> dict:
            return {"type": "http.request", "body": rows.encode()}

        model = server.Model(self.answer, np.zeros((1, 2), np.int64))
        scope = {"type": "http", "headers": [(b"content-length", b"9")]}
        answer = asyncio.run(model.predict(Request(scope, receive)))
        return answer.status_code, json.loads(bytes(answer.body))

    @pytest.mark.parametrize("row", ["[0, 4]", "[0.0, 4.0]"])
    def test_tokens_are_answered(self, row: str) -> None:
        status, answer = self.posted(f'{{"inputs": [{row}]}}')
        assert status == 200
        assert answer["outputs"] == [[[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]]

    @pytest.mark.parametrize("row", ["[0, 5]", "[0, 9999]", "[0, -1]", "[0, 1.7]", "[0, 1e300]", "[0, NaN]"])
    def test_what_is_no_token_is_refused(self, row: str) -> None:
        status, answer = self.posted(f'{{"inputs": [{row}]}}')
        assert status == 400
        assert answer["error"].endswith("a token: a whole number from 0 to 4.")

    def test_what_the_file_itself_cannot_compute_is_refused(self) -> None:
        assert self.posted('{"inputs": [[0, 3]]}') == (
            400,
            {"error": "The file cannot compute the outputs for these inputs."},
        )


def test_it_answers_by_no_other_name(served: Served) -> None:
    assert asked(served, json.dumps({"inputs": told.INPUTS[:1].tolist()}), "elsewhere.example")[0] == 400


def test_the_curl_line_works(served: Served) -> None:
    said = subprocess.run(["bash", "-c", served.curl], capture_output=True, text=True, check=True, timeout=30).stdout
    assert np.allclose(json.loads(said)["outputs"], told.INPUTS[:1] @ told.WEIGHT, atol=1e-5)


def test_a_load_is_bounded_and_counts_every_request(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MOST_REQUESTS", 50)
    monkeypatch.setattr(load, "SECONDS", 20.0)
    file = Path(served._place) / "test.json"
    load.main(int(served.address.rpartition(":")[2]), file)
    found = json.loads(file.read_text())
    assert (found["answered"], found["failed"]) == (50, 0)
    assert 0 < found["p50"] <= found["p99"]
    assert found["per_second"] == pytest.approx(50 / found["seconds"])


def test_a_load_ends_when_its_time_is_over() -> None:
    asked = load.Asked(b"", until=time.monotonic() - 1, left=5)
    assert not asked.another()
    assert load.told(asked, 1.0)["p99"] == 0.0


def test_a_load_counts_what_nobody_answers() -> None:
    asked = load.Asked(b"", until=time.monotonic() + 20, left=3)
    load.ask(1, asked)  # a port on which nothing listens
    assert (asked.failed, asked.taken) == (3, [])


def test_only_what_was_exported_for_it_is_served(store: Store) -> None:
    run = store.runs()[0]
    for side, name in (("torch", "pt2"), ("tensorflow", "onnx")):
        with pytest.raises(ExportError, match="export it first"):
            Served(store, run, side, name)


def test_stopping_it_frees_the_port_and_leaves_no_files(store: Store) -> None:
    found = Served(store, store.runs()[0], "torch", "onnx")
    until(lambda: found.address or found.ended)
    address = int(found.address.rpartition(":")[2])
    found.stop()
    assert (found.ended, found.trouble) == (True, "")
    assert not found._place.exists()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", address, timeout=5).connect()


def test_it_ends_when_its_starter_is_gone(store: Store) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from engine.runs import Store\n"
        "from engine.exports.serving import Served\n"
        "store = Store(Path(sys.argv[1])); served = Served(store, store.runs()[0], 'torch', 'onnx')\n"
        "while not served.address: time.sleep(0.02)\n"
        "print(served._server.pid, flush=True); os._exit(0)"
    )
    command = [sys.executable, "-c", code, str(store.root)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    pid = int(said)
    until(lambda: system.started_at(pid) is None)


def test_it_ends_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        should_exit = False

    monkeypatch.setattr(server, "IDLE_SECONDS", 0.0)
    found, model = Server(), server.Model(lambda inputs: inputs, told.INPUTS[:1])
    server._watch(found, model, os.getppid())  # type: ignore[arg-type]
    assert found.should_exit


@pytest.fixture
def timed(store: Store) -> Iterator[Callable[[], str]]:
    """Has a benchmark begin in the store, which ends with the test."""
    names: list[str] = []

    def begin() -> str:
        names.append(benchmark.create(store, benchmark.comparison(RunConfig.build({}))))
        benchmark_stories.tell(store, names[0], [benchmark_stories.MACHINE])
        return names[0]

    yield begin
    for name in names:
        benchmark_stories.tell(store, name, [benchmark_stories.ended()])


def test_a_benchmark_ends_it_and_its_load(
    store: Store, timed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK_SECONDS", 0.1)
    found = Served(store, store.runs()[0], "torch", "onnx")
    until(lambda: found.address or found.ended)
    found.measure()
    name = timed()
    until(lambda: found.ended and not found.loading and not found._place.exists())
    assert found.trouble == (
        f"The benchmark {name} is measured, and its speed counts, so the server was ended; start it again later."
    )
    with pytest.raises(ExportError, match="so the server was ended"):
        found.measure()
    with pytest.raises(ExportError, match="serve the file when that has ended"):
        Served(store, store.runs()[0], "torch", "onnx")


def test_no_load_begins_while_a_benchmark_is_measured(
    store: Store, timed: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "LOOK_SECONDS", 60.0)
    found = Served(store, store.runs()[0], "torch", "onnx")
    timed()
    with pytest.raises(ExportError, match="is measured, and its speed counts; measure when that has ended"):
        found.measure()
    found.stop()
    assert found.trouble == ""

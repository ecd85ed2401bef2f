"""The command `pipelines`: each topic of the page, what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.bench import published
from engine.commands import bench
from engine.commands import precision as precision_command
from engine.config import RunConfig
from engine.pipelines import placement, precision, results, threads, turns
from engine.runs import Store
from tests import benchmark_stories, stories
from tests.pipeline_stories import lines, threaded


class Done:
    """A task that has ended already."""

    ended, folder = True, Path()

    def share(self) -> float:
        return 1.0

    def wait(self) -> None:
        pass

    def stop(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def asked(store: Store, *arguments: str) -> int:
    return main(["pipelines", "--store", str(store.root), *arguments])


def measured(monkeypatch: pytest.MonkeyPatch, kind: type, told) -> None:
    """Have a request's processes leave these lines; `told(request)` makes them."""

    def begin(request, store: Store) -> Done:
        folder = request.folder(store)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "request.json").write_text("{}")
        (folder / turns.FILE).write_text("".join(json.dumps(line) + "\n" for line in told(request)))
        return Done()

    monkeypatch.setattr(kind, "begin", begin)


def test_loaders_are_measured_as_asked(store: Store, monkeypatch, capsys) -> None:
    measured(monkeypatch, results.Request, lambda request: lines(request, lambda side, workers: 0.1))
    assert asked(store, "--workers", "3", "--transform", "light", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["transform"] == "light"
    assert [one["workers"] for one in told["pipelines"]] == [0, 0, 1, 1, 2, 2, 3, 3, "autotune"]
    assert asked(store, "--workers", "1") == 0
    assert "times as fast" in capsys.readouterr().out


def test_threads_are_measured(store: Store, monkeypatch, capsys) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    measured(monkeypatch, threads.Request, lambda request: threaded(request, lambda case: 0.01 / case.inside))
    assert asked(store, "--topic", "threads", "--json") == 0
    told = json.loads(capsys.readouterr().out)["cases"]
    assert [(one["side"], one["inside"], one["between"]) for one in told[:3]] == [
        *(("torch", 1, 1), ("tensorflow", 1, 1), ("torch", 2, 1)),
    ]
    assert told[0]["against_one_thread"] is None
    assert (told[2]["says"], round(told[2]["against_one_thread"]["ratio"], 6)) == ([2, 1], 2.0)
    assert asked(store, "--topic", "threads") == 0
    assert "2 threads inside of an operation: faster, 2.00" in capsys.readouterr().out


def test_with_one_core_there_are_no_threads_to_compare(store: Store, monkeypatch, capsys) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert asked(store, "--topic", "threads") == 2
    assert "this machine has one core" in capsys.readouterr().err


def test_tensors_are_placed_by_both_frameworks(store: Store, capsys) -> None:
    assert asked(store, "--topic", "devices", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["ways"]) == [way.name for way in placement.WAYS]
    assert told["ways"]["missing"]["torch"]["raised"]
    assert set(told["ways"]["automatic"]["tensorflow"]["devices"].values()) != set()


def test_devices_are_told_in_words(store: Store, monkeypatch, capsys) -> None:
    outcome = {
        "torch": placement.Outcome({}, "AssertionError: none"),
        "tensorflow": placement.Outcome({"x": "C:1"}, ""),
    }
    sides = {side: {way.name: one for way in placement.WAYS} for side, one in outcome.items()}
    monkeypatch.setattr(placement.Request, "begin", lambda request, store: Done())
    monkeypatch.setattr(placement, "read", lambda request, store: placement.Placement(sides, {}))
    assert asked(store, "--topic", "devices") == 0
    shown = capsys.readouterr().out
    assert shown.count("AssertionError: none") == shown.count("C:1") == len(placement.WAYS)


@pytest.fixture
def precise(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in which runs finish at once, those in bfloat16 with other losses, and a benchmark is measured."""

    def trained(store: Store, config: RunConfig) -> str:
        shift = 0.5 if config.precision == "mixed_bfloat16" else 0.0
        return stories.finished_run(store, shift, **config.model_dump())

    def benchmarked(store: Store, plan) -> tuple[published.Measured, bool]:
        name = benchmark_stories.finished(store, plan, (2e-4, 4e-4, 2e-4, 1e-4))
        return published.of_store(store, name), False

    monkeypatch.setattr(precision_command, "_trained", trained)
    monkeypatch.setattr(bench, "measured", benchmarked)
    return store


def test_precision_is_two_runs_and_a_benchmark(precise: Store, capsys) -> None:
    assert asked(precise, "--topic", "precision", "--network", "simple_net", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["runs"] == precision.runs(precise, "simple_net", precision.MIXED[0])
    assert told["benchmark"] == precision.measured(precise, "simple_net", precision.MIXED[0])
    assert told["loss_apart"]["torch"] == {"median": 0.0, "steps": 6}
    assert told["loss_apart"]["tensorflow"]["median"] > 0.1
    assert {side: one["word"] for side, one in told["speeds"].items()} == {"torch": "slower", "tensorflow": "faster"}
    assert asked(precise, "--topic", "precision") == 0
    assert "PyTorch: bfloat16 is slower" in capsys.readouterr().out
    assert asked(precise, "--topic", "precision", "--precision", "mixed_float16") == 0
    assert "PyTorch: float16 is slower" in capsys.readouterr().out


def test_after_a_run_that_fails_nothing_more_is_measured(precise: Store, monkeypatch, capsys) -> None:
    monkeypatch.setattr(precision_command, "_trained", lambda store, config: stories.new_run(store))
    assert asked(precise, "--topic", "precision") == 1
    assert "PyTorch is queued" in capsys.readouterr().err.replace("\n", " ")
    assert precision.measured(precise, "mlp", precision.MIXED[0]) == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--topic", "threads", "--workers", "2"], "nothing with --topic threads; it is of --topic loaders"),
        (["--network", "mlp"], "nothing with --topic loaders; it is of --topic precision"),
        (["--topic", "precision", "--network", "none"], "network:"),
        (["--workers", "99"], "workers:"),
        (["--rounds", "1"], "rounds:"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(store: Store, capsys, arguments, sentence) -> None:
    assert asked(store, *arguments) == 2
    assert sentence in capsys.readouterr().err.replace("\n", " ")
    assert not store.root.exists()

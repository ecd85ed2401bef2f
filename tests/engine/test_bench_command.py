"""The command `bench`: its plan, its answer, its files, and what it refuses."""

import argparse
import json
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.bench import benchmark
from engine.commands import bench
from engine.config import RunConfig
from engine.networks import own
from engine.probes import own_probe
from engine.runs import Store
from tests import benchmark_stories as stories
from tests.engine.own_pairs import write


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def finished(store: Store) -> str:
    return stories.finished(store, benchmark.comparison(RunConfig.build({"policy": "defaults"})), [0.002, 0.001])


def test_show_gives_the_answer_first_with_interval_and_n(store: Store, capsys: pytest.CaptureFixture) -> None:
    assert main(["bench", "show", finished(store), "--store", str(store.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "n = 5]" in found["answers"][0]
    assert found["pairs"][0]["word"] == "slower"


def test_a_file_goes_out_and_comes_in(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    name, file, root = finished(store), tmp_path / "one.json", ["--store", str(store.root)]
    assert main(["bench", "export", name, str(file), *root]) == 0
    assert main(["bench", "import", str(file), *root]) == 0
    kept = capsys.readouterr().out.strip()
    assert main(["bench", "list", *root, "--json"]) == 0
    assert [row["benchmark"] for row in json.loads(capsys.readouterr().out)] == [name, kept]
    assert main(["bench", "show", kept, *root, "--json"]) == 0


def planned(*typed: str) -> benchmark.Plan:
    parser = argparse.ArgumentParser()
    bench.add(parser.add_subparsers(), [], lambda chosen: {})
    return bench._plan({}, parser.parse_args(["bench", *typed]))


def test_ways_to_run_are_chosen_by_name() -> None:
    plan = planned("--case", "tensorflow.xla.many", "--case", "torch.compile.one", "--case", "tensorflow.xla.many")
    assert [benchmark.name_of(case) for case in plan.cases] == ["tensorflow.xla.many", "torch.compile.one"]
    assert plan.preset == "quick"  # which leaves compile out of its own accord
    assert len(planned("--case", "torch.usual").cases) == 1


def test_presets_run_in_the_defaults_policy_and_latencies_begin_at_one() -> None:
    assert {case.config.policy for case in planned().cases} == {"defaults"}
    assert [case.config.batch_size for case in planned("--question", "latencies").cases][::10] == [1, 1024]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--question", "scaling", "--values", "a,b"], "values:"),
        (["--quantity", "time_to_quality"], "quality:"),
        (["--case", "torch.xla"], "allowed is torch.eager, torch.compile.one, torch.compile.many, torch.usual, "),
        (["--case", "torch.eager", "--question", "scaling"], "case:"),
        (["--set", "batch_size=0"], "batch_size:"),
        (["--cluster", "tcp://127.0.0.1:1"], "a benchmark is of the machine"),
        (["show"], "bench:"),
        (["show", "no-such-thing"], "There is no benchmark"),
        (["import", "/no/such/file"], "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(store: Store, capsys: pytest.CaptureFixture, typed: list[str], said: str) -> None:
    assert main(["bench", *typed, "--store", str(store.root)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_network_of_one_s_own_is_built_by_both_before_it_is_measured(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv(own.VARIABLE, "")
    plans = []

    def probed(config: RunConfig) -> tuple[RunConfig, str]:
        width = config.network_options["width"]
        kept = config.own_network.model_copy(update={"weights": {"hidden.weight": [width, 64]}})
        return config.model_copy(update={"own_network": kept}), "They differ."

    monkeypatch.setattr(own_probe, "probed", probed)
    monkeypatch.setattr(bench, "measured", lambda store, plan: plans.append(plan))
    monkeypatch.setattr(bench, "_report", lambda measured, as_json: 0)
    typed = ["--networks", str(write(tmp_path / "mine")), "--network", "two", "--store", str(store.root)]
    try:
        assert main(["bench", *typed, "--question", "scaling", "--over", "width", "--values", "4,8"]) == 0
    finally:
        own.use("")
    shapes = [case.config.own_network.weights["hidden.weight"] for case in plans[0].cases]
    assert shapes == [[4, 64], [4, 64], [8, 64], [8, 64]]
    told = capsys.readouterr().err
    assert own.WARNING in told
    assert told.count("They differ.") == 1

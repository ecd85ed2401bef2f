"""The command `bench`: its plan, its answer, its files, and what it refuses."""

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import system
from engine.__main__ import main
from engine.bench import benchmark, published
from engine.bench.plan import Plan, Quality, name_of
from engine.bench.published import Measured
from engine.commands import bench, bench_report
from engine.config import RunConfig
from engine.networks import own
from engine.probes import own_probe
from engine.runs import Store
from tests import benchmark_stories as stories
from tests.engine.command_line import ROOT
from tests.engine.own_pairs import write
from tests.engine.real_runs import PATIENCE, until
from tests.engine.test_sweep_command import heed_interrupts

PLAN = benchmark.comparison(RunConfig.build({"policy": "defaults"}))
TORCH = ("--case", "torch.eager", "--case", "torch.usual", "--dataset", "iris", "--epochs", "1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def finished(store: Store) -> str:
    return stories.finished(store, PLAN, [0.002, 0.001])


def asked(store: Store, *typed: str) -> int:
    return main(["bench", *typed, "--store", str(store.root)])


def test_show_gives_the_answer_first_with_interval_and_n(store: Store, capsys: pytest.CaptureFixture) -> None:
    assert asked(store, "show", finished(store), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert "n = 5]" in found["answers"][0]
    assert found["pairs"][0]["word"] == "slower"


def test_a_file_goes_out_and_comes_in(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    name, file = finished(store), tmp_path / "one.json"
    assert asked(store, "export", name, str(file)) == 0
    assert asked(store, "import", str(file)) == 0
    kept = capsys.readouterr().out.strip()
    assert asked(store, "list", "--json") == 0
    assert [row["benchmark"] for row in json.loads(capsys.readouterr().out)] == [name, kept]
    assert asked(store, "show", kept, "--json") == 0


def test_an_export_is_what_its_ending_says(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    name = finished(store)
    for ending, begins in (("html", "<!doctype html>"), ("csv", "case,round,position,seconds"), ("json", "{\n")):
        file = tmp_path / f"one.{ending}"
        assert asked(store, "export", name, str(file)) == 0
        assert file.read_text(encoding="utf-8").startswith(begins)
    assert asked(store, "export", name, str(tmp_path / "one.pdf")) == 2
    assert "allowed is a name that ends with .json, .html or .csv" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "one.pdf").exists()


@pytest.fixture
def theirs(store: Store, tmp_path: Path) -> str:
    """A file that was measured on another machine, opened here."""
    other = Store(tmp_path / "theirs")
    told = published.of_store(other, stories.finished(other, PLAN, [0.003, 0.001])).to_json()
    return published.keep(store, told.encode())


def test_another_person_s_machine_is_not_this_one(
    store: Store, theirs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    assert asked(store, "show", theirs) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "on its machine" in told
    assert "Measured on story: " in told
    assert asked(store, "show", theirs, "--json") == 0
    assert "this machine" not in told + capsys.readouterr().out
    monkeypatch.setitem(stories.MACHINE, "host", system.HOST)
    assert asked(store, "show", finished(store)) == 0
    assert "on this machine" in " ".join(capsys.readouterr().out.split())


def test_two_stand_side_by_side_without_a_verdict_between_them(
    store: Store, theirs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setitem(stories.MACHINE, "host", system.HOST)
    name = finished(store)
    monkeypatch.setattr(bench_report.out, "_width", 200)
    assert asked(store, "show", name, "--beside", theirs) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "This machine: A processor" in told
    assert "Story: A processor" in told
    assert "0.50 [0.49, 0.51], n = 5, slower" in told
    assert "0.33 [0.33, 0.34], n = 5, slower" in told
    assert "No verdict is given from one benchmark to the other" in told
    assert asked(store, "show", name, "--beside", theirs, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["benchmark"] for one in found["benchmarks"]] == [name, theirs]
    assert found["names"] == ["this machine", "story"]
    assert found["beside"]["PyTorch eager : TensorFlow graph"]["story"].startswith("0.33 [")


def planned(*typed: str) -> Plan:
    parser = argparse.ArgumentParser()
    bench.add(parser.add_subparsers(), [], lambda chosen: {})
    return bench._plan({}, parser.parse_args(["bench", *typed]))


def test_ways_to_run_are_chosen_by_name() -> None:
    plan = planned("--case", "tensorflow.xla.many", "--case", "torch.compile.one", "--case", "tensorflow.xla.many")
    assert [name_of(case) for case in plan.cases] == ["tensorflow.xla.many", "torch.compile.one"]
    assert plan.preset == "quick"  # which leaves compile out of its own accord
    assert len(planned("--case", "torch.usual").cases) == 1


def test_presets_run_in_the_defaults_policy_and_latencies_begin_at_one() -> None:
    assert {case.config.policy for case in planned().cases} == {"defaults"}
    assert [case.config.batch_size for case in planned("--question", "latencies").cases][::8] == [1, 1024]


def test_the_metric_of_a_quality_can_be_chosen() -> None:
    quality = ("--quantity", "time_to_quality", "--target", "0.5")
    assert planned(*quality).quality == Quality(metric="validation_accuracy", target=0.5)
    assert planned(*quality, "--metric", "loss").quality == Quality(metric="validation_loss", target=0.5)


QUALITY = ["--quantity", "time_to_quality", "--target", "0.5"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--question", "scaling", "--values", "a,b"], "values:"),
        (["--question", "precisions", "--values", "float32,half"], "precision:"),
        (["--question", "devices", "--values", "cpu,cuda:7"], "device"),
        (["--quantity", "time_to_quality"], "quality:"),
        (["--case", "torch.xla"], "allowed is torch.eager, torch.compile.one, torch.compile.many, torch.usual, "),
        (["--case", "torch.eager", "--question", "scaling"], "case:"),
        (["--set", "batch_size=0"], "batch_size:"),
        (["--cluster", "tcp://127.0.0.1:1"], "a benchmark is of the machine"),
        (["show"], "bench:"),
        (["show", "no-such-thing"], "There is no benchmark"),
        (["import", "/no/such/file"], "cannot be read"),
        (["--question", "scaling", "--quantity", "epoch"], "it draws steps or calls per second"),
        (["--question", "scaling", *QUALITY], "it draws steps or calls per second"),
        (["--over", "width"], "over:"),
        (["--target", "0.5"], "target:"),
        ([*QUALITY, "--metric", "accuracy", "--dataset", "diabetes"], "mlp on diabetes gives values"),
        (["--metric", "loss"], "metric:"),
        (["run", "again"], "bench:"),
        (["stop"], "bench:"),
        (["stop", "file-0123456789abcdef"], "There is no benchmark"),
        (["delete", "file-0123456789abcdef"], "was not opened here"),
        (["delete", "20260101-000000-mlp-000000"], "There is no benchmark"),
    ],
)
def test_bad_input_is_one_sentence(store: Store, capsys: pytest.CaptureFixture, typed: list[str], said: str) -> None:
    assert asked(store, *typed) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "Traceback" not in told


def test_a_damaged_log_is_one_sentence(store: Store, capsys: pytest.CaptureFixture) -> None:
    name = finished(store)
    stories.tell(store, name, [{"type": "block", "round": 0, "case": 0}])
    assert asked(store, "show", name) == 2
    assert f"The benchmark {name} cannot be read." in " ".join(capsys.readouterr().err.split())


def test_one_that_ended_before_anything_was_timed_says_so(store: Store, capsys: pytest.CaptureFixture) -> None:
    store.root.mkdir()
    name = benchmark.create(store, PLAN)
    stories.tell(store, name, [stories.ended("stopped", "Stopped before it began.")])
    assert asked(store, "show", name) == 1
    assert capsys.readouterr().out.strip() == "Nothing was measured. Stopped before it began."


def test_what_waits_is_stopped_where_nobody_leads_and_then_deleted(store: Store, capsys: pytest.CaptureFixture) -> None:
    store.root.mkdir()
    name = benchmark.create(store, PLAN)
    assert asked(store, "delete", name) == 2
    assert "has not ended; stop it first" in " ".join(capsys.readouterr().err.split())
    assert asked(store, "stop", name, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"benchmark": name, "word": "stopped"}
    assert asked(store, "stop", name) == 2
    assert "has ended already: stopped" in " ".join(capsys.readouterr().err.split())
    assert asked(store, "delete", name) == 0
    assert benchmark.benchmarks(store) == []


def test_a_file_is_deleted_too(store: Store, theirs: str) -> None:
    assert asked(store, "delete", theirs) == 0
    assert published.kept(store) == []


# Measured in processes of their own


def test_it_is_measured_to_its_end(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(benchmark, "QUICKER", ((5, 0.01),))
    assert asked(store, *TORCH, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["word"] == "finished"
    assert found["pairs"][0]["n"] == 5
    assert "on this machine" in found["answers"][0]
    assert set(found["limits"]) == {"Arithmetic", "Memory"}  # also of a ladder of one framework
    assert [found["benchmark"]] == benchmark.benchmarks(store)


def test_interrupted_it_keeps_what_was_measured(store: Store) -> None:
    command = [sys.executable, "-m", "engine", "bench", *TORCH, "--preset", "quick", "--store", str(store.root)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    try:
        until(lambda: measured_rounds(store) >= 2 or process.poll() is not None, "the first round")
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    (name,) = benchmark.benchmarks(store)
    assert benchmark.last_word(store, name) == "stopped"
    found = told(store, name)
    assert found.found.partial
    assert found.found.rounds >= 1
    assert "Partial: it was stopped after" in out
    assert "what was measured stays" in said


def measured_rounds(store: Store) -> int:
    """How many rounds the only benchmark has begun."""
    for name in benchmark.benchmarks(store):
        return len({line["round"] for line in benchmark.lines(store, name) if line["type"] == "block"})
    return 0


def told(store: Store, name: str) -> Measured:
    return published.of_store(store, name)


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
    monkeypatch.setattr(bench, "measured", lambda store, plan: (plans.append(plan), False))
    monkeypatch.setattr(bench_report, "report", lambda measured, as_json: 0)
    typed = ["--networks", str(write(tmp_path / "mine")), "--network", "two"]
    try:
        assert asked(store, *typed, "--question", "scaling", "--over", "width", "--values", "4,8") == 0
    finally:
        own.use("")
    shapes = [case.config.own_network.weights["hidden.weight"] for case in plans[0].cases]
    assert shapes == [[4, 64], [4, 64], [8, 64], [8, 64]]
    told = capsys.readouterr().err
    assert own.WARNING in told
    assert told.count("They differ.") == 1

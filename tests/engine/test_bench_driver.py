"""The driver with subjects that answer from a script: order, lost cases, dead processes, stop, fresh processes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import system
from engine.bench import benchmark, driver, estimate
from engine.bench.driver import Driver
from engine.bench.plan import Plan, Quality, name_of
from engine.bench.process import CaseFailed, Stopped, Subject, SubjectDied
from engine.bench.results import results
from engine.config import RunConfig
from engine.runs import Store, StoreError
from tests import benchmark_stories as stories

SECONDS = {"torch": 0.001, "tensorflow": 0.0005}  # of a step
CONFIG = RunConfig.build({"policy": "defaults"})
Break = Callable[[str, dict[str, Any]], None]


class Scripted:
    """A subject whose steps take SECONDS; `trouble` may raise at any request."""

    def __init__(self, framework: str, number: int, trouble: Break):
        self.framework, self.number, self._trouble = framework, number, trouble
        self.pid, self.process_start, self.ended = 2**30 + number, 0.0, False
        self.asked: list[dict[str, Any]] = []
        self.hello = {"import_seconds": 1.0, "imported_bytes": 1, "version": "0"}

    def ask(self, **request: Any) -> dict[str, Any]:
        assert not self.ended
        self.asked.append(request)
        self._trouble(self.framework, request)
        if request["do"] == "open":
            told = {"first_seconds": 0.1, "build_seconds": 0.1, "peak_bytes": 1}
            return told | {"evidence": stories.evidence(RunConfig.build(request["config"]))}
        if request["do"] == "floor":
            return dict.fromkeys(("matmul_flops", "copy_bytes_per_second"), 1e9) | {
                "flops_per_step": 1e5,
                "bytes_per_step": 1e6,
            }
        return {"seconds": request["count"] * SECONDS[self.framework]}

    def end(self) -> None:
        self.ended = True


class Bench:
    """A store with one plan, and the driver that carries it out with scripted subjects."""

    def __init__(self, store: Store, plan: Plan, trouble: Break = lambda framework, request: None):
        self.store, self.plan = store, plan
        self.name = benchmark.create(store, plan)
        self.folder = benchmark.folder(store, self.name)
        self.subjects: list[Scripted] = []
        self._trouble = trouble

    def start(self, framework, environment, folder, number, stopped) -> Scripted:
        self.subjects.append(Scripted(framework, number, self._trouble))
        return self.subjects[-1]

    def run(self) -> list[dict[str, Any]]:
        Driver(self.folder, self.start).run()
        assert all(subject.ended for subject in self.subjects)
        return [dict(line) for line in benchmark.lines(self.store, self.name)]

    @property
    def found(self):
        """As if the seconds that its subjects tell of had passed."""
        passed, told = 0.0, []
        for line in benchmark.lines(self.store, self.name):
            passed += line["seconds"] if line["type"] == "block" else 0.0
            told.append({**line, "time": passed} if line["type"] == "block" else line)
        return results(self.plan, told)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["type"] == kind]


def cases_of(lines: list[dict[str, Any]], number: int) -> list[int]:
    return [line["case"] for line in of(lines, "block") if line["round"] == number]


def two() -> Plan:
    return benchmark.comparison(CONFIG)


def three() -> Plan:
    ladder = benchmark.ladder(CONFIG)
    wanted = ("torch.eager", "tensorflow.graph.many", "tensorflow.xla.many")
    return ladder.model_copy(update={"cases": tuple(c for c in ladder.cases if name_of(c) in wanted)})


def breaking(case: int, do: str, error: Exception, after: int = 0) -> Break:
    """Raise at a request of that kind for that case, from the `after`-th on."""
    seen: list[int] = []

    def trouble(framework: str, request: dict[str, Any]) -> None:
        if request["case"] == case and request["do"] == do:
            seen.append(case)
            if len(seen) > after:
                raise error

    return trouble


def test_rounds_go_there_and_back_and_the_numbers_come_out(store: Store) -> None:
    bench = Bench(store, two())
    lines = bench.run()
    assert [cases_of(lines, number) for number in range(2)] == [[0, 1, 1, 0], [1, 0, 0, 1]]
    assert lines[-1]["word"] == "finished"
    assert len(of(lines, "state")) == two().rounds
    assert len(of(lines, "process")) == 2
    (pair,) = bench.found.pairs
    assert pair.ratio == pytest.approx(0.5)
    assert bench.found.cases[0].median == pytest.approx(0.001)
    assert of(lines, "block")[0]["seconds"] == pytest.approx(0.5, rel=0.01)  # as long as the plan says


def test_all_cases_are_ready_before_the_first_is_timed(store: Store) -> None:
    kinds = [line["type"] for line in Bench(store, two()).run()]
    assert max(place for place, kind in enumerate(kinds) if kind == "warm_up") < kinds.index("block")


def test_thorough_begins_every_round_with_fresh_processes(store: Store) -> None:
    plan = benchmark.comparison(CONFIG, "thorough")
    bench = Bench(store, plan)
    lines = bench.run()
    assert len(of(lines, "process")) == 2 * plan.rounds
    by_round = [{line["process"] for line in of(lines, "block") if line["round"] == n} for n in range(plan.rounds)]
    assert all(len(processes) == 2 for processes in by_round)
    assert len(set.union(*by_round)) == 2 * plan.rounds


def test_a_case_that_is_refused_is_left_out_with_its_reason(store: Store) -> None:
    bench = Bench(store, three(), breaking(2, "open", CaseFailed("TensorFlow could not measure: too much.")))
    lines = bench.run()
    assert lines[-1]["word"] == "finished"
    assert lines[-1]["sentence"] == "1 of 3 cases could not be measured."
    assert {line["case"] for line in of(lines, "block")} == {0, 1}
    assert bench.found.cases[2].lost == "TensorFlow could not measure: too much."
    assert [pair.why for pair in bench.found.pairs if 2 in (pair.first, pair.second)] == [bench.found.cases[2].lost]
    assert bench.found.pairs[0].word
    assert estimate.progress(bench.plan, lines, 0.0)[0] == 1.0


def test_what_lived_in_a_dead_process_is_built_anew(store: Store) -> None:
    bench = Bench(store, three(), breaking(2, "block", SubjectDied("It was ended by signal 9."), after=3))
    lines = bench.run()
    assert lines[-1]["word"] == "finished"
    assert len(bench.subjects) == 3
    assert [line["case"] for line in of(lines, "case") if line["process"] == 2] == [1]
    assert bench.found.pairs[0].n == three().rounds


def test_with_nothing_left_to_compare_it_ends_and_keeps_what_it_has(store: Store) -> None:
    bench = Bench(store, two(), breaking(1, "block", SubjectDied("It was ended by signal 9."), after=8))
    lines = bench.run()
    assert (lines[-1]["word"], lines[-1]["sentence"]) == ("failed", "It was ended by signal 9.")
    assert of(lines, "block")
    assert bench.found.partial
    assert bench.found.pairs[0].word == ""


def test_a_stop_is_heeded_and_what_was_measured_stays(store: Store) -> None:
    bench = Bench(store, two(), breaking(1, "block", Stopped(), after=8))
    lines = bench.run()
    assert lines[-1]["word"] == "stopped"
    assert of(lines, "block")


def test_a_stop_between_two_blocks(store: Store) -> None:
    bench = Bench(store, two())
    benchmark.stop(store, bench.name)
    assert [line["type"] for line in bench.run()] == ["machine", "ended"]
    assert bench.found.word == "stopped"


def test_a_stop_that_cannot_be_written_is_a_sentence(store: Store) -> None:
    bench = Bench(store, two())
    (bench.folder / "stop").symlink_to("/nowhere/stop")
    with pytest.raises(StoreError, match="could not be asked to stop: No such file or directory"):
        benchmark.stop(store, bench.name)


def test_a_benchmark_has_one_driver(store: Store) -> None:
    bench = Bench(store, two())
    bench.run()
    with pytest.raises(FileExistsError):
        Driver(bench.folder, bench.start)


def test_types_and_threads_have_processes_of_their_own(store: Store) -> None:
    def process_count(**fields: Any) -> int:
        other = RunConfig.build({"policy": "defaults", **fields})
        cases = (*two().cases, *benchmark.comparison(other).cases)
        return len(of(Bench(store, two().model_copy(update={"cases": cases})).run(), "process"))

    assert process_count(batch_size=64) == 2
    assert process_count(precision="float64") == 4
    assert process_count(threads=2) == 4


def test_a_ladder_stands_on_its_floor(store: Store) -> None:
    bench = Bench(store, three())
    assert {line["framework"] for line in of(bench.run(), "floor")} == {"torch", "tensorflow"}
    assert bench.found.limits == {"Arithmetic": pytest.approx(1e4), "Memory": pytest.approx(1e3)}
    assert not of(Bench(store, two()).run(), "floor")


def test_a_process_that_dies_of_the_floor_is_left_behind(store: Store) -> None:
    bench = Bench(store, three(), breaking(0, "floor", SubjectDied("It was ended by signal 9.")))
    lines = bench.run()
    assert lines[-1]["word"] == "finished"
    assert bench.subjects[0].ended
    assert [line["process"] for line in of(lines, "case") if line["case"] == 0] == [0, 2]
    kinds = [line["type"] for line in lines]
    assert max(place for place, kind in enumerate(kinds) if kind == "warm_up") < kinds.index("block")
    assert {line["framework"] for line in of(lines, "floor")} == {"tensorflow"}
    assert bench.found.pairs[0].word


def test_two_ways_of_one_framework_stand_on_a_floor_too(store: Store) -> None:
    plan = benchmark.ladder(RunConfig.build({"policy": "defaults", "frameworks": ["torch"]}))
    assert len(plan.cases) == 2
    assert of(Bench(store, plan).run(), "floor")


def test_epochs_are_warmed_up_and_timed_in_blocks(store: Store) -> None:
    bench = Bench(store, benchmark.comparison(CONFIG, quantity="epoch"))
    lines = bench.run()
    assert len(of(lines, "warm_up")) == 2
    assert not of(lines, "outcome")
    blocks = of(lines, "block")
    assert len(blocks) == 32
    assert {line["count"] for line in blocks if line["case"] == 0} == {500}  # of a millisecond each
    assert bench.found.cases[0].median == pytest.approx(0.001)
    assert bench.found.cases[1].median == pytest.approx(0.0005)


def test_a_quality_has_outcomes_and_no_warm_up(store: Store) -> None:
    quality = Quality(metric="validation_accuracy", target=0.9)
    lines = Bench(store, benchmark.comparison(CONFIG, quantity="time_to_quality", quality=quality)).run()
    assert not of(lines, "warm_up")
    assert len(of(lines, "outcome")) == 32


def test_single_calls_are_kept_of_timed_blocks_alone(store: Store) -> None:
    bench = Bench(store, benchmark.latencies(CONFIG, [1, 8]))
    bench.run()
    asked = [(request["round"], request["keep"]) for one in bench.subjects for request in one.asked
             if request["do"] == "block"]  # fmt: skip
    assert {keep for _, keep in asked} == {0, 2000}
    assert sum(keep > 0 for _, keep in asked) == 2 * 8 * 4


def test_the_machine_tells_what_no_framework_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "gpus", lambda: {"0": "NVIDIA H200, driver 550.54"})
    told = driver.machine()
    assert told["gpus"] == {"0": "NVIDIA H200, driver 550.54"}
    assert told["versions"]["keras"].startswith("3.")
    monkeypatch.setattr(driver, "gpus", dict)
    assert "gpus" not in driver.machine()


def test_peak_memory_is_told_where_the_process_is_the_cases_own(store: Store) -> None:
    bench = Bench(store, three())
    bench.run()
    assert [case.peak_bytes for case in bench.found.cases] == [1, None, None]


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have every subject run this shell script."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_stop_is_heeded_while_a_subject_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 1000")
    with pytest.raises(Stopped):
        Subject("torch", {}, tmp_path, 0, lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    assert system.started_at(int((tmp_path / "pid").read_text())) is None


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 3", "The process of PyTorch ended with exit code 3; subjects.log may say why."),
        ("kill -9 $$", "The process of PyTorch was ended by signal 9, as it is where there is too little memory."),
        ("printf '{\"half'", "The process of PyTorch ended with exit code 0; subjects.log may say why."),
    ],
)
def test_a_subject_that_ends_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, sentence: str
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(SubjectDied) as died:
        Subject("torch", {}, tmp_path, 0, lambda: False)
    assert str(died.value) == sentence


def test_a_compiler_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = r"""printf '{"disabled": "%s", "folder": "%s"}\n' "$TORCHINDUCTOR_FORCE_DISABLE_CACHES" """
    stand_in(tmp_path, monkeypatch, told + '"$TORCHINDUCTOR_CACHE_DIR"; read line')
    subject = Subject("torch", {}, tmp_path, 3, lambda: False)
    assert subject.hello == {"disabled": "1", "folder": str(tmp_path / "compiled-3")}
    subject.end()


def test_a_refusal_leaves_the_subject_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [{"version": "0"}, {"error": "ValueError: no"}, {"seconds": 1.0}]
    script = "\n".join(f"echo '{json.dumps(answer)}'; read line" for answer in answers)
    stand_in(tmp_path, monkeypatch, script)
    subject = Subject("tensorflow", {}, tmp_path, 0, lambda: False)
    with pytest.raises(CaseFailed, match=r"^TensorFlow could not measure: ValueError: no\.$"):
        subject.ask(do="open", case=0)
    assert subject.ask(do="block", case=0) == {"seconds": 1.0}
    subject.end()
    assert system.started_at(subject.pid) is None

"""The measuring of a benchmark: the order, the warm-up, the queue, and one real benchmark from plan to verdict."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine import events, system
from engine.bench import benchmark, certificate
from engine.bench.plan import Plan, name_of
from engine.bench.queued import BenchQueue
from engine.bench.results import results
from engine.config import RunConfig
from engine.fairness.case import Case as FairCase
from engine.launcher import Launcher
from engine.measure.order import there_and_back
from engine.measure.warm_up import MOST_WINDOWS, count_for, warm_up
from engine.runs import Store
from tests import benchmark_stories as stories

PATIENCE = 300.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def launcher(store: Store) -> Iterator[Launcher]:
    one = Launcher(store, warm=False)
    one.open()
    yield one
    one.close()


def small(**fields) -> Plan:
    plan = benchmark.comparison(RunConfig.build({"policy": "defaults", **fields}))
    return plan.model_copy(update={"block_seconds": 0.02})


def until(said: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(store: Store, name: str) -> str:
    until(lambda: benchmark.last_word(store, name) not in benchmark.UNDER_WAY)
    return benchmark.last_word(store, name)


def test_a_drift_weighs_on_every_case_alike() -> None:
    rounds = [there_and_back([0, 1], number) for number in range(2)]
    assert rounds == [[0, 1, 1, 0], [1, 0, 0, 1]]
    for places in rounds:
        assert sum(i for i, case in enumerate(places) if case == 0) == sum(i for i, c in enumerate(places) if c == 1)


def test_warm_up_ends_when_two_windows_agree() -> None:
    speeds = iter([1.0, 0.5, 0.3, 0.2, 0.199, 0.1])
    windows, count, agreed = warm_up(lambda count: count * next(speeds), 10.0)
    assert windows == pytest.approx([0.5, 0.3, 0.2, 0.199])
    assert agreed
    assert count == 50


def test_warm_up_that_never_agrees_is_told() -> None:
    numbers = iter(range(1, 1000))
    windows, _, agreed = warm_up(lambda count: count * 0.001 * 2 ** (next(numbers) % 3), 0.1)
    assert len(windows) == MOST_WINDOWS
    assert not agreed


def test_a_block_is_whole_and_never_empty() -> None:
    assert count_for(0.5, 10.0) == 1
    assert count_for(0.5, 0.01, multiple=20) % 20 == 0


def test_a_comparison_is_measured_and_certified(store: Store, launcher: Launcher) -> None:
    plan = small()
    name = benchmark.create(store, plan)
    assert ended(store, name) == "finished"
    found = results(plan, benchmark.lines(store, name))
    assert [len(case.blocks) for case in found.cases] == [16, 16]
    assert all(case.peak_bytes and case.first_seconds for case in found.cases)
    assert found.certificate
    assert found.certificate.holds("speed")
    assert found.pairs[0].n == 8
    assert found.pairs[0].word
    assert {"torch", "tensorflow"} <= found.machine["versions"].keys()


def test_stop_keeps_what_was_measured(store: Store, launcher: Launcher) -> None:
    plan = small(frameworks=["torch"]).model_copy(update={"rounds": 1000})
    name = benchmark.create(store, plan)
    until(lambda: any(line["type"] == "block" for line in benchmark.lines(store, name)))
    benchmark.stop(store, name)
    assert ended(store, name) == "stopped"
    found = results(plan, benchmark.lines(store, name))
    assert found.partial
    assert found.cases[0].blocks


def test_a_killed_driver_is_told_and_the_next_one_starts(store: Store, launcher: Launcher) -> None:
    first = benchmark.create(store, small(frameworks=["torch"]).model_copy(update={"rounds": 1000}))
    until(lambda: any(line["type"] == "block" for line in benchmark.lines(store, first)))
    begun = json.loads((benchmark.folder(store, first) / "driver.json").read_text())
    os.kill(begun["pid"], signal.SIGKILL)
    assert ended(store, first) == "interrupted"
    subjects = [line for line in benchmark.lines(store, first) if line["type"] == "process"]
    assert subjects
    until(lambda: not any(system.is_alive(one["pid"], one["process_start"]) for one in subjects))
    second = benchmark.create(store, small(frameworks=["torch"]))
    assert ended(store, second) == "finished"


def test_a_killed_subject_is_told_and_what_was_measured_stays(store: Store, launcher: Launcher) -> None:
    plan = small(frameworks=["torch"]).model_copy(update={"rounds": 1000})
    name = benchmark.create(store, plan)
    until(lambda: any(line["type"] == "block" for line in benchmark.lines(store, name)))
    (subject,) = [line for line in benchmark.lines(store, name) if line["type"] == "process"]
    os.kill(subject["pid"], signal.SIGKILL)
    assert ended(store, name) == "failed"
    found = results(plan, benchmark.lines(store, name))
    assert "PyTorch was ended by signal 9" in found.sentence
    assert found.cases[0].blocks
    assert found.cases[0].lost == found.sentence


def test_a_queued_benchmark_is_stopped_while_another_is_measured(store: Store, launcher: Launcher) -> None:
    first = benchmark.create(store, small(frameworks=["torch"]).model_copy(update={"rounds": 1000}))
    until(lambda: any(line["type"] == "block" for line in benchmark.lines(store, first)))
    second = benchmark.create(store, small(frameworks=["torch"]))
    benchmark.stop(store, second)
    assert ended(store, second) == "stopped"
    assert benchmark.last_word(store, first) == "running"
    benchmark.stop(store, first)
    assert ended(store, first) == "stopped"


def test_a_run_that_an_earlier_process_launched_is_waited_for(store: Store) -> None:
    run = store.create(RunConfig.build({"epochs": 1, "frameworks": ["torch"]}))
    me = os.getpid()
    began = system.started_at(me) or 0.0
    store.append(run, events.Launched("torch", me, began, system.HOST, False, 0, time.time()))
    queue = BenchQueue(store)
    queue.mine.add(benchmark.create(store, small(frameworks=["torch"])))
    assert not queue.start_next([], adopt=False)
    store.append(run, events.Lost("torch", "It ended.", time.time()))
    assert queue.start_next([], adopt=False)
    until(lambda: not queue.busy())


def test_every_rung_of_the_ladder_is_measured(store: Store, launcher: Launcher) -> None:
    plan = benchmark.ladder(RunConfig.build({"policy": "defaults"})).model_copy(update={"block_seconds": 0.02})
    name = benchmark.create(store, plan)
    assert ended(store, name) == "finished"
    found = results(plan, benchmark.lines(store, name))
    assert [case.loop for case in plan.cases].count("usual") == 2
    assert all(len(case.blocks) == 16 for case in found.cases)
    assert found.limits.keys() == {"Arithmetic", "Memory"}
    names = [name_of(case) for case in plan.cases]
    held = {(names[pair.first], names[pair.second]) for pair in found.pairs}
    assert {("torch.eager", name) for name in names[1:]} < held
    assert {("tensorflow.graph.one", name) for name in names[names.index("tensorflow.graph.one") + 1 :]} < held
    assert found.headline == found.pairs[0]
    assert len(found.pairs) == len(held) == 13
    assert all(pair.word for pair in found.pairs)  # also of loops as people write them first, which are certified too


def test_a_case_that_breaks_says_so(store: Store, launcher: Launcher) -> None:
    plan = small(frameworks=["torch"], device={"torch": "cuda:7"})
    name = benchmark.create(store, plan)
    assert ended(store, name) == "failed"
    assert "PyTorch could not measure" in benchmark.lines(store, name)[-1]["sentence"]


def test_runs_made_before_come_first(store: Store) -> None:
    run = store.create(RunConfig.build({"epochs": 1}))
    name = benchmark.create(store, small(frameworks=["torch"]))
    os.utime(benchmark.folder(store, name) / "plan.json", (store.made(run) + 5, store.made(run) + 5))
    assert not BenchQueue(store).start_next([run])
    assert benchmark.last_word(store, name) == "queued"


def test_no_run_starts_while_a_benchmark_is_measured(store: Store, launcher: Launcher) -> None:
    name = benchmark.create(store, small(frameworks=["torch"]).model_copy(update={"rounds": 1000}))
    until(lambda: any(line["type"] == "block" for line in benchmark.lines(store, name)))
    run = launcher.submit(RunConfig.build({"epochs": 1, "frameworks": ["torch"]}))
    before = len(benchmark.lines(store, name))
    until(lambda: len(benchmark.lines(store, name)) > before + 20)
    assert store.status(run)["torch"].word == "queued"
    benchmark.stop(store, name)
    assert ended(store, name) == "stopped"
    until(lambda: store.status(run)["torch"].word == "finished")


def test_other_programs_widen_the_answer() -> None:
    plan = small()
    told = stories.lines(plan, [0.001, 0.00104])
    busy = [line | {"others_share": 0.9} if line["type"] == "state" else line for line in told]
    quiet, noisy = results(plan, told).pairs[0], results(plan, busy).pairs[0]
    assert (noisy.high or 0) / (noisy.low or 1) > (quiet.high or 1) / (quiet.low or 1)


def test_four_rounds_give_no_verdict() -> None:
    plan = small()
    pair = results(plan, stories.lines(plan, [0.001, 0.002], rounds=4)).pairs[0]
    assert pair.word == ""
    assert "5 whole rounds" in pair.why


@pytest.fixture(scope="module")
def ladder_lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, list[dict]]:
    """A ladder in TensorFlow, measured."""
    store = Store(tmp_path_factory.mktemp("ladder"))
    plan = benchmark.ladder(RunConfig.build({"policy": "defaults", "frameworks": ["tensorflow"]}))
    plan = plan.model_copy(update={"block_seconds": 0.02})
    name = benchmark.create(store, plan)
    launcher = Launcher(store, warm=False)
    launcher.open()
    assert ended(store, name) == "finished"
    launcher.close()
    return plan, [dict(line) for line in benchmark.lines(store, name)]


@pytest.mark.parametrize(
    ("case", "change", "why"),
    [
        (1, {"threads": {"in one operation": 7}}, "7 threads"),
        (3, {"dtype": "float64"}, "float64"),
        (2, {"batch_size": 64}, "64"),
        (2, {"disclosed": {"machine": "another", "processor": "p"}}, "two machines"),
    ],
)
def test_two_ways_of_one_framework_are_certified_too(ladder_lines, case: int, change: dict, why: str) -> None:
    plan, told = ladder_lines
    tampered = [
        {**line, "evidence": {**line["evidence"], **change}}
        if line["type"] == "case" and line["case"] == case
        else line
        for line in told
    ]
    honest, found = (results(plan, lines).pairs for lines in (told, tampered))
    assert len(honest) == len(found) == 5
    assert all(pair.word for pair in honest)
    for pair in found:
        assert (pair.word == "") == (case in (pair.first, pair.second))
        assert pair.word or why in pair.why


def test_two_cases_timed_at_once_are_no_comparison(ladder_lines) -> None:
    plan, told = ladder_lines
    at_once = [{**line, "time": 1000.0} if line["type"] == "block" else line for line in told]
    found = results(plan, at_once).pairs
    assert len(found) == 5
    assert all("at the same time" in pair.why for pair in found)


@pytest.mark.parametrize(("disclosed", "rows"), [({"training rows": "whole batches alone"}, 1408), ({}, 1438)])
@pytest.mark.parametrize("workers", [1, 2])
def test_data_are_judged_as_their_process_says_it_cut_them(disclosed: dict, rows: int, workers: int) -> None:
    config = RunConfig.build({"policy": "defaults", "frameworks": ["torch"], "workers": workers})
    seen: Any = {"torch": SimpleNamespace(disclosed=disclosed)}
    split = certificate._with_data(FairCase(config, seen, {}, {}, {})).split
    assert (len(split.inputs), len(split.targets)) == (rows, rows)  # of older benchmarks nothing was cut
    assert len(split.validation_inputs) == 359


def test_a_failed_control_takes_the_verdict_away(store: Store, launcher: Launcher) -> None:
    plan = small()
    name = benchmark.create(store, plan)
    assert ended(store, name) == "finished"
    told = benchmark.lines(store, name)
    tampered = [
        {**line, "evidence": {**line["evidence"], "threads": {"in one operation": 7}}}
        if line["type"] == "case" and line["case"] == 0
        else line
        for line in told
    ]
    pair = results(plan, tampered).pairs[0]
    assert pair.word == ""
    assert "7 threads" in pair.why

"""Profiles with real frameworks in their own processes: results, stopping, what has the machine, the command line."""

import json
from types import SimpleNamespace

import pytest

from engine import system
from engine.bench import benchmark
from engine.commands import operators
from engine.config import ConfigError, RunConfig
from engine.operators import record
from engine.operators.request import KEPT, Request, _busy
from engine.operators.results import read_profile
from engine.runs import Store
from engine.tasks import task
from engine.tasks.task import TaskError
from tests import profile_stories, stories
from tests.engine.command_line import engine, here
from tests.engine.real_runs import until

SMALL = {"network": "mlp", "dataset": "iris", "seed": 5, "network_options": {"width": 8}}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store with one result."""
    store = Store(tmp_path_factory.mktemp("store"))
    request().begin(store).wait()
    return store


def request(steps=6, **fields):
    return Request.build(RunConfig.build(SMALL | fields), steps)


def test_both_sides_are_recorded(store):
    found = read_profile(request().folder(store))
    assert found
    assert list(found.sides) == ["torch", "tensorflow"]
    for side in found.sides.values():
        assert (side.steps, side.threads) == (6, 1)
        assert side.families["matrix product"] > 0
        assert side.families["optimizer"] > 0
        assert side.families["convolution"] == 0
        assert side.outside > 0
        assert side.bare > 0
        assert {one.calls for one in side.operators if one.family == "matrix product"} <= {6, 12, 18, 24, 30}
    assert found.sides["torch"].execution == "eager"
    assert found.sides["tensorflow"].execution == "graph"


def test_only_the_result_is_kept(store):
    folder = request().folder(store)
    kept = {"request.json", "torch.json", "tensorflow.json", *KEPT["torch"], *KEPT["tensorflow"]}
    assert {path.name for path in folder.iterdir()} == kept
    assert list((store.root / "drafts").iterdir()) == []


def test_what_does_not_matter_finds_the_same_result(store):
    same = request(steps=99, frameworks=["torch"], concurrency="in_turn", histograms=False, epochs=7)
    assert same.folder(store) == request().folder(store)
    assert request(execution="eager").folder(store) != request().folder(store)
    assert request(batch_size=7).folder(store) != request().folder(store)


def test_the_sides_never_run_at_the_same_time(tmp_path, monkeypatch):
    spans = []
    really = system.start

    def start(*arguments, **streams):
        process = really(*arguments, **streams)
        assert all(other.poll() is not None for other in spans)
        spans.append(process)
        return process

    monkeypatch.setattr(system, "start", start)
    request(steps=1).begin(Store(tmp_path)).wait()
    assert len(spans) == 2


def test_stopping_ends_the_side_that_is_under_way(tmp_path):
    begun = request(steps=500).begin(Store(tmp_path))
    until(lambda: begun._processes, "the first side's process")
    (process,) = list(begun._processes.values())
    assert system.started_at(process.pid) is not None
    begun.stop()
    assert begun.ended
    assert system.started_at(process.pid) is None
    with pytest.raises(TaskError, match="was stopped"):
        begun.wait()
    assert not list(tmp_path.glob("profiles/*")) + list(tmp_path.glob("drafts/*"))


def test_a_profile_has_a_time_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "LIMIT_SECONDS", 0.2)
    with pytest.raises(TaskError, match="The profile took over 0 s"):
        request().begin(Store(tmp_path)).wait()


def test_a_side_that_fails_says_why(tmp_path, monkeypatch):
    asked = request()
    config = asked.config.model_copy(update={"network": "nothing"})
    monkeypatch.setattr(Request, "folder", lambda self, store: store.root / "profiles" / "x")
    with pytest.raises(TaskError, match=r"PyTorch could not be profiled: .*nothing"):
        Request(config, 1).begin(Store(tmp_path)).wait()


@pytest.mark.parametrize("concurrency", ["race", "in_turn"])
def test_a_run_has_the_machine_to_itself(tmp_path, monkeypatch, concurrency):
    store = Store(tmp_path)
    monkeypatch.setattr(task, "LOOK_SECONDS", 0.1)
    begun = request(steps=500).begin(store)
    run = stories.new_run(store, network="mlp", concurrency=concurrency)
    stories.launch(store, run, "torch")
    with pytest.raises(
        TaskError, match=f"The run {run} trains, and beside it nothing can be measured, so the profile was ended"
    ):
        begun.wait()
    with pytest.raises(TaskError, match="start the profile when that has ended"):
        request().begin(store)


def test_a_benchmark_has_the_machine_to_itself(tmp_path):
    store = Store(tmp_path)
    name = benchmark.create(store, benchmark.comparison(RunConfig.build(SMALL)))
    folder = benchmark.folder(store, name)
    assert _busy(store) == ""  # it waits: the launcher gives it the machine only when that is free
    pid = 1
    began = system.started_at(pid)
    (folder / "driver.json").write_text(json.dumps({"pid": pid, "process_start": began, "host": system.HOST}))
    with pytest.raises(TaskError, match=f"The benchmark {name} is measured, and beside it nothing"):
        request().begin(store)
    (folder / "driver.json").write_text(json.dumps({"pid": pid, "process_start": began + 100, "host": system.HOST}))
    assert _busy(store) == ""  # its driver is gone
    (folder / "driver.json").write_text("{")
    assert _busy(store) == ""


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("torch.json", b"half a", "is damaged"),
        ("torch.json", b"{}", "is damaged"),
        ("tensorflow.json", b"[]", "is damaged"),
        ("request.json", b"{", "is damaged"),
        ("request.json", b"[]", "is damaged"),
        ("request.json", b'{"schema": 99}', "of another version"),
        ("tensorflow.json", None, "lacks a file"),
        ("torch.trace.json.gz", None, "lacks a file"),
    ],
)
def test_a_damaged_result_is_one_sentence(tmp_path, file, content, said):
    folder = profile_stories.write(Store(tmp_path), request())
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    with pytest.raises(TaskError, match=said) as raised:
        read_profile(folder)
    assert str(raised.value).endswith("profile again.")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("told", [{"steps": 0}, {"bare": [0.0]}, {"bare": []}, {"profiled": ["x"]}, {"steps": "7"}])
def test_impossible_numbers_are_damage(tmp_path, told):
    folder = profile_stories.write(Store(tmp_path), request(), **told)
    with pytest.raises(TaskError, match="is damaged"):
        read_profile(folder)


def test_no_result_is_none(tmp_path):
    assert read_profile(tmp_path / "nothing") is None


@pytest.mark.parametrize(("steps", "fields"), [(0, {}), (501, {}), (5, {"device": "cuda:0"})])
def test_what_cannot_be_profiled_is_refused(steps, fields):
    with pytest.raises(ConfigError):
        request(steps, **fields)


def test_the_steps_go_over_whole_batches_of_one_epoch(monkeypatch):
    calls = []

    class Twin:
        configure = staticmethod(lambda config: None)

        class Session:
            def __init__(self, *given):
                pass

            def begin_epoch(self, order, rates):
                assert len(order) == 120

            def run(self, first, count):
                calls.append((first, count))

    config = RunConfig.build(SMALL | {"batch_size": 50, "frameworks": ["torch"]})
    monkeypatch.setattr(record, "network_twin", lambda config, framework: SimpleNamespace(build=None))
    record.steps_of(Twin, config, "torch")(5)
    assert calls == [(0, 2), (0, 2), (0, 1)]


FLAGS = ("--network", "mlp", "--dataset", "iris", "--set", "network_options.width=8", "--steps", 3)


def test_on_the_command_line(tmp_path):
    answer = engine("operators", *FLAGS, "--json", "--store", tmp_path)
    told = json.loads(answer.stdout)
    assert answer.returncode == 0
    assert set(told["sides"]) == {"torch", "tensorflow"}
    assert told["sides"]["torch"]["families"]["matrix product"] > 0


def test_a_profile_is_printed(tmp_path, capsys, monkeypatch):
    folder = profile_stories.write(Store(tmp_path), request())
    monkeypatch.setattr(operators, "carried_out", lambda request, store, doing: folder)
    shown = here(capsys, "operators", *FLAGS, "--store", tmp_path)
    assert "outside operators" in shown.stdout
    assert "Profiling slows the steps" in shown.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        (*FLAGS, "--set", "device=cuda:0"),
        ("20200101-000000-mlp-000000",),
        ("20200101-000000-mlp-000000", *FLAGS),
    ],
)
def test_what_cannot_be_profiled_is_refused_on_the_command_line(tmp_path, capsys, wrong):
    assert here(capsys, "operators", *wrong, "--store", tmp_path).returncode == 2

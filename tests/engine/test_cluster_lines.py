"""Events on their way home and what is said before anything starts: no cluster is needed here."""

import importlib.util
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import events
from engine.__main__ import main
from engine.cluster import lines, nodes, place, task
from engine.cluster.lines import Arrivals
from engine.launcher import Launcher
from engine.runs import Store
from engine.sweeps import sweep_store
from engine.sweeps.driver import Driver
from tests import sweep_stories
from tests.engine.real_runs import endless

TEXTS = st.lists(st.binary(max_size=12).map(lambda text: text.replace(b"\n", b"") + b"\n"), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30))
def test_whatever_is_lost_doubled_or_late_arrives_once_and_in_turn(tmp_path_factory, told, luck):
    """The node sends from `have` again where it is asked to; what is on its way is lost, kept back or sent twice."""
    path = tmp_path_factory.mktemp("lines") / "events.jsonl"
    path.write_bytes(b"".join(told))
    arrivals, came, late, sent = Arrivals(0), [], [], 0

    def take(offset, text):
        for line in arrivals.take(offset, text):
            came.append(line)
            arrivals.took(line)

    for fate, again in luck:
        text = lines.piece(path, sent)[:17]
        text = text[: text.rfind(b"\n") + 1]
        late.append((sent, text))
        if fate == 1:
            take(sent, text)
        elif fate == 2:
            take(sent, text)
            take(sent, text)
        elif fate == 3:
            take(*late.pop(0))
        sent = arrivals.have if again or arrivals.gap else sent + len(text)
        arrivals.gap = False
    for one in late:
        take(*one)
    take(arrivals.have, path.read_bytes()[arrivals.have :])
    assert came == told


def test_a_gap_is_noticed_and_filled():
    arrivals = Arrivals(4)
    assert arrivals.take(8, b"later\n") == []
    assert arrivals.gap
    assert arrivals.take(0, b"old\nnew\n") == [b"new\n"]
    assert not arrivals.gap
    arrivals.took(b"new\n")
    assert arrivals.take(0, b"old\nnew\n") == []
    assert arrivals.take(8, b"later\nha") == [b"later\n"]


def test_a_piece_ends_with_a_line_and_a_long_line_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"a\nbb\n" + b"c" * 100 + b"\nhalf")
    monkeypatch.setattr(lines, "PIECE", 6)
    assert lines.piece(path, 0) == b"a\nbb\n"
    assert lines.piece(path, 5) == b"c" * 100 + b"\n"
    assert lines.piece(path, 106) == b""


class Child:
    """A process that has done at its n-th look what `at` says of it: lines written, or an exit code."""

    def __init__(self, path, at):
        self._path, self._at, self._looks = path, at, 0

    def poll(self):
        self._looks += 1
        told = self._at.get(self._looks)
        if isinstance(told, bytes):
            with self._path.open("ab") as file:
                file.write(told)
            return None
        return told


def test_lines_of_progress_wait_and_all_others_take_them_along(tmp_path, monkeypatch):
    steps = [events.to_line(events.Steps(step, (1.0,), 0.1)).encode() for step in range(4)]
    paused = events.to_line(events.Paused(3, 1.0)).encode()
    path, sent = tmp_path / "events.jsonl", []
    path.touch()
    desk = task.Desk(tmp_path, tmp_path, have=0, heard=0.0)

    class Node:
        def log_event(self, topic, message):
            sent.append(message["text"])
            desk.have = message["offset"] + len(message["text"])

    monkeypatch.setattr(task, "get_worker", Node)
    monkeypatch.setattr(task, "_unwanted", lambda desk: False)
    monkeypatch.setattr(task, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(task, "PROGRESS_SECONDS", 1e6)
    child = Child(path, {2: steps[0], 4: steps[1], 6: steps[2] + paused, 8: steps[3], 10: 0, 11: 0})
    assert task._sent(child, "topic", desk) == 0
    assert sent == [steps[0], steps[1] + steps[2] + paused, steps[3]]
    assert b"".join(sent) == path.read_bytes()


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://", "http://a:1", "tcp://a b:1", "tcp://a:99999", "a:1"])
def test_what_is_no_address_is_said_so(address):
    with pytest.raises(place.ClusterError, match="is no address of a cluster; allowed is tcp://HOST:PORT"):
        place.check(address)


def test_without_dask_the_line_that_installs_it_is_said(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(place.ClusterError, match=r"pip install -r requirements-cluster\.txt"):
        nodes.ready("tcp://127.0.0.1:8786", endless())


def test_without_certificates_a_tls_address_is_refused(tmp_path, monkeypatch):
    monkeypatch.delenv(place.CERTIFICATES, raising=False)
    with pytest.raises(place.ClusterError, match="TANDEM_CLUSTER_TLS names the folder"):
        place.check("tls://127.0.0.1:1")
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv(place.CERTIFICATES, str(tmp_path))
    with pytest.raises(place.ClusterError, match=r"lacks cert\.pem and key\.pem"):
        place.check("tls://127.0.0.1:1")


@pytest.mark.parametrize("command", ["train", "seeds", "sweep"])
def test_a_cluster_that_is_not_there_is_one_sentence_and_no_run(command, tmp_path, capsys):
    options = ["--set", "learning_rate=0.1,0.2"] if command == "sweep" else []
    assert main([command, "--cluster", "tcp://127.0.0.1:9", "--store", str(tmp_path / "runs"), *options]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("No scheduler answers at tcp://127.0.0.1:9. ")
    assert "\n" not in said
    assert not Store(tmp_path / "runs").runs()


def test_a_benchmark_stays_here(tmp_path, capsys):
    assert main(["bench", "--cluster", "tcp://127.0.0.1:9", "--store", str(tmp_path / "runs")]) == 2
    assert "a benchmark is of the machine that it is begun on" in capsys.readouterr().err


def test_without_a_cluster_nothing_of_dask_is_imported():
    modules = "engine.launcher, engine.__main__, engine.cluster.nodes"
    code = f"import sys, {modules}; print({{'dask', 'distributed'}} & {{*sys.modules}})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_where_a_run_trains_is_no_part_of_its_config(tmp_path):
    store = Store(tmp_path)
    here, there = store.create(endless()), store.create(endless(), "tcp://127.0.0.1:8786")
    assert store.config(here) == store.config(there)
    assert (store.cluster(here), store.cluster(there)) == ("", "tcp://127.0.0.1:8786")


def test_runs_here_and_there_do_not_wait_for_each_other(tmp_path):
    store = Store(tmp_path)
    here, there = store.create(endless()), store.create(endless(), "tcp://127.0.0.1:8786")
    launcher = Launcher(store)
    assert launcher._may_join(there, "tcp://127.0.0.1:8786", [here])
    assert launcher._may_join(here, "", [there])
    assert not launcher._may_join(store.create(endless()), "", [here, there])


def test_all_trials_of_a_sweep_go_to_its_cluster(tmp_path):
    store = Store(tmp_path / "runs")
    launcher = sweep_stories.Launcher(store, at_once=False)
    name = sweep_store.create(store, sweep_stories.plan(), "tcp://127.0.0.1:8786", 2)
    driver = Driver(launcher, name)
    driver.advance()
    driver.close()
    assert [store.cluster(run) for run in launcher.submitted] == ["tcp://127.0.0.1:8786"] * 2


def test_what_was_noted_of_a_node_survives_nonsense(tmp_path):
    assert place.noted(tmp_path) == {}
    place.note(tmp_path, node="one")
    assert place.noted(tmp_path) == {"node": "one"}
    (tmp_path / place.RECORD).write_text("[1")
    assert place.noted(tmp_path) == {}

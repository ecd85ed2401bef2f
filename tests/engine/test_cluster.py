"""Runs on a cluster: a scheduler and nodes as real processes on this machine, some of which are killed."""

import time

import psutil
import pytest

from engine import events
from engine.cluster import nodes, place
from engine.config import RunConfig
from engine.datasets import own_table
from engine.launcher import Launcher
from engine.store import checkpoints, view_files
from tests.engine import certificates, cluster_processes
from tests.engine.cluster_processes import Cluster, children
from tests.engine.real_runs import endless, kill, losses, said, short, until, until_step, until_words

HEARD_SECONDS = 20  # a second on a quiet machine; a node that has not heard of it waits for half a minute


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One node for each framework."""
    opened = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        opened.torch = opened.node("one", tensorflow=0)
        opened.tensorflow = opened.node("two", torch=0)
        yield opened
    finally:
        opened.close()


@pytest.fixture
def launcher(real_launcher):
    """It is the nodes whose workers need no framework."""
    return real_launcher


def assert_exactly_once(store, run, side):
    """Every step is told once and in turn, but for those that a resumed side did again."""
    done = 0
    for event in store.read(run, side)[0]:
        if isinstance(event, events.Resumed):
            assert event.from_step <= done
            done = event.from_step
        elif isinstance(event, events.Steps):
            assert event.first_step == done
            done += len(event.losses)
    assert done == store.status(run)[side].step


def seconds_until(true):
    """How long it took."""
    begun = time.monotonic()
    until(true)
    return time.monotonic() - begun


def test_each_side_goes_to_a_node_and_all_of_it_comes_back(cluster, launcher, store):
    run = launcher.submit(short(epochs=30), cluster.address)
    until_words(store, run, "finished", "finished")
    assert store.cluster(run) == cluster.address
    for side, node in (("torch", "one"), ("tensorflow", "two")):
        folder = store.log(run, side).parent
        assert place.noted(folder)["node"] == node
        assert_exactly_once(store, run, side)
        assert checkpoints.latest(folder).step == 30 * 26
        viewed = [event.step for event in said(store, run, side, events.Viewed)]
        assert viewed[-1] == 30 * 26
        assert view_files.steps(folder)[-1] == 30 * 26
        assert set(view_files.steps(folder)) <= set(viewed)
        assert view_files.load(folder, 30 * 26)
        assert (folder / said(store, run, side, events.Evidence)[0].file).is_file()
        printed = folder / "worker.log"
        until(lambda printed=printed: "compiling" in printed.read_text())  # it comes behind the last word
        assert list(folder.glob("events.out.tfevents.*"))
    assert losses(store, run, "torch") == losses(store, run, "tensorflow")
    here = launcher.submit(short(epochs=1, frameworks=["torch"]))
    assert store.cluster(here) == ""
    launcher.stop(here)


def test_pause_step_resume_and_stop_reach_the_node(cluster, launcher, store):
    run = launcher.submit(endless(), cluster.address)
    for side in ("torch", "tensorflow"):
        until_step(store, run, side, 100)
    launcher.pause(run)
    paused = seconds_until(lambda: {status.word for status in store.status(run).values()} == {"paused"})
    at = max(status.step for status in store.status(run).values())
    launcher.step(run)
    until(lambda: {status.step for status in store.status(run).values()} == {at + 1})
    launcher.resume(run)
    for side in ("torch", "tensorflow"):
        until_step(store, run, side, at + 100)
    launcher.stop(run)
    stopped = seconds_until(lambda: {status.word for status in store.status(run).values()} == {"stopped"})
    assert max(paused, stopped) < 15  # half a second on a quiet machine; a stop that is not heard takes 20 s
    for side in ("torch", "tensorflow"):
        assert said(store, run, side, events.Stopped)
        assert_exactly_once(store, run, side)


def test_a_killed_worker_process_of_a_node_is_told_and_goes_on_where_it_was(cluster, launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]), cluster.address)
    until_step(store, run, "torch", 100)
    launcher.pause(run)
    until_words(store, run, "paused")
    launcher.resume(run)
    kept = store.status(run)["torch"].step
    until_step(store, run, "torch", kept + 50)
    children(cluster.torch)[0].kill()
    until_words(store, run, "interrupted")
    until(lambda: said(store, run, None, events.Lost))
    assert store.status(run)["torch"].detail == "Its process on the node one was ended by signal 9."
    before = losses(store, run, "torch")
    launcher.resume(run)
    until_step(store, run, "torch", len(before) + 50)
    launcher.stop(run)
    until_words(store, run, "stopped")
    assert said(store, run, "torch", events.Resumed)[0].from_step >= kept
    assert losses(store, run, "torch")[: len(before)] == before
    assert_exactly_once(store, run, "torch")


def test_the_run_goes_on_under_another_launcher(cluster, launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]), cluster.address)
    until_step(store, run, "torch", 50)
    launcher.close()
    step = store.status(run)["torch"].step
    until_step(store, run, "torch", step + 50)
    later = Launcher(store, warm=False)
    later.open()
    try:
        later.pause(run)
        until_words(store, run, "paused")
        later.stop(run)
        until_words(store, run, "stopped")
    finally:
        later.close()
    assert len(said(store, run, "torch", events.Started)) == 1
    assert_exactly_once(store, run, "torch")


def test_where_the_courier_is_killed_the_node_ends_the_worker(cluster, launcher, store):
    run = launcher.submit(endless(frameworks=["torch"]), cluster.address)
    until_step(store, run, "torch", 50)
    (child,) = children(cluster.torch)
    kill(store, run, "torch")
    until_words(store, run, "interrupted")
    assert seconds_until(lambda: not psutil.pid_exists(child.pid)) < HEARD_SECONDS
    assert losses(store, run, "torch")
    assert_exactly_once(store, run, "torch")


def test_data_that_a_node_lacks_are_refused_in_one_sentence(cluster, launcher, store, tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("a,b\n" + "".join(f"{row},{row * 2}.5\n" for row in range(40)))
    fields = own_table.completed({"dataset": str(table), "network": "mlp", "frameworks": ["torch"]}, store.root)
    table.unlink()
    run = launcher.submit(RunConfig.build(fields), cluster.address)
    until_words(store, run, "failed")
    detail = store.status(run)["torch"].detail
    assert detail.startswith("Nothing was begun, for the node one lacks the data, which are not sent there: ")
    assert str(table) in detail


def test_a_lost_node_ends_its_side_alone_which_then_goes_on_at_another(cluster, launcher, store):
    spare = cluster.node("three", torch=1, tensorflow=0)
    run = launcher.submit(endless(), cluster.address)
    for side in ("torch", "tensorflow"):
        until_step(store, run, side, 100)
    name = place.noted(store.log(run, "torch").parent)["node"]
    lost = {"one": cluster.torch, "three": spare}[name]
    (child,) = children(lost)
    cluster_processes.kill(lost)
    until(lambda: said(store, run, None, events.Lost))
    assert store.status(run)["torch"].detail == f"The node {name} that trained it was lost."
    until(lambda: not psutil.pid_exists(child.pid))
    assert store.status(run)["tensorflow"].word == "running"
    before = losses(store, run, "torch")
    launcher.resume(run)
    until_step(store, run, "torch", len(before) + 50)
    assert {name, place.noted(store.log(run, "torch").parent)["node"]} == {"one", "three"}
    launcher.stop(run)
    until_words(store, run, "stopped", "stopped")
    assert losses(store, run, "torch")[: len(before)] == before
    for side in ("torch", "tensorflow"):
        assert_exactly_once(store, run, side)


def test_with_tls_only_those_who_have_the_certificates_are_let_in(launcher, store, tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    certificates.write(ours)
    certificates.write(theirs)
    monkeypatch.setenv(place.CERTIFICATES, str(ours))
    own = Cluster(tmp_path, {place.CERTIFICATES: str(ours)}, "--tls")
    try:
        assert own.address.startswith("tls://127.0.0.1:")
        own.node("sealed", tensorflow=0)
        config = short(frameworks=["torch"])
        assert nodes.ready(own.address, config) == 1
        run = launcher.submit(config, own.address)
        until_words(store, run, "finished")
        assert place.noted(store.log(run, "torch").parent)["address"].startswith("tls://")
        monkeypatch.setenv(place.CERTIFICATES, str(theirs))
        monkeypatch.setattr("engine.cluster.nodes.PATIENCE_SECONDS", 3.0)
        with pytest.raises(place.ClusterError, match="No scheduler answers at tls://"):
            nodes.seen(own.address)
        with pytest.raises(place.ClusterError, match="No scheduler answers at tcp://"):
            nodes.seen(own.address.replace("tls", "tcp"))
    finally:
        own.close()


def test_before_anything_starts_it_is_said_what_the_cluster_lacks(cluster):
    (one,) = (node for node in nodes.seen(cluster.address) if node.name == "two")
    assert (one.slots, one.sides, one.free("tensorflow"), one.free("torch")) == ({"tensorflow": 1}, [], 1, 0)
    with pytest.raises(place.ClusterError, match="has no node that takes TensorFlow on a GPU"):
        nodes.ready(cluster.address, endless(device={"tensorflow": "cuda:0"}))


def test_a_scheduler_that_is_gone_ends_the_side_with_a_sentence(launcher, store, tmp_path):
    own = Cluster(tmp_path)
    try:
        node = own.node("alone", tensorflow=0)
        run = launcher.submit(endless(frameworks=["torch"]), own.address)
        until_step(store, run, "torch", 50)
        (child,) = children(node)
        cluster_processes.kill(own.scheduler)
        until(lambda: said(store, run, None, events.Lost))
        assert "cannot be reached any more" in store.status(run)["torch"].detail
        assert seconds_until(lambda: not psutil.pid_exists(child.pid)) < HEARD_SECONDS
        assert_exactly_once(store, run, "torch")
    finally:
        own.close()

"""Couriers come from one process, and each is a process of its own."""

import os
import subprocess
import sys

import pytest

from engine import system
from engine.cluster.couriers import Couriers
from engine.runs import StoreError
from engine.workers import with_home
from tests.engine.real_runs import PATIENCE, until

NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture
def couriers(tmp_path):
    opened = Couriers(tmp_path, lambda: with_home({}))
    until(opened.ready)
    yield opened
    opened.close()


def office(couriers):
    return couriers._office._process


def test_a_courier_waits_for_its_run_and_its_end_is_told(couriers):
    courier = couriers.take("torch", NOWHERE)
    assert system.started_at(courier.pid) is not None
    assert courier.poll() is None
    courier.stdin.close()  # no run comes
    assert courier.wait(PATIENCE) == 0
    assert system.started_at(courier.pid) is None


def test_the_end_of_one_is_not_that_of_another(couriers):
    one, other = couriers.take("torch", NOWHERE), couriers.take("tensorflow", NOWHERE)
    assert len({os.getpgid(pid) for pid in (one.pid, other.pid, office(couriers).pid)}) == 3
    system.kill(one.pid)
    assert one.wait(PATIENCE) == -9
    assert other.poll() is None
    other.stdin.close()
    assert other.wait(PATIENCE) == 0


def test_a_courier_outlives_its_office_and_the_next_comes_from_another(couriers):
    one = couriers.take("torch", NOWHERE)
    office(couriers).kill()
    office(couriers).wait()
    until(couriers.ready)
    other = couriers.take("torch", NOWHERE)
    assert system.started_at(one.pid) is not None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(20)  # nobody can tell how it will have ended
    for each in (one, other):
        each.stdin.close()
        until(lambda each=each: system.started_at(each.pid) is None)


def test_the_office_ends_with_the_process_that_opened_it(couriers):
    process = office(couriers)
    couriers._office._line.close()  # as the end of that process does
    assert process.wait(PATIENCE) == 0


def test_an_office_that_does_not_open_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    couriers = Couriers(tmp_path, lambda: with_home({}))
    with pytest.raises(StoreError, match="ended as soon as it was started"):
        until(couriers.ready)

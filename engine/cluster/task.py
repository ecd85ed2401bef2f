"""What a node does for one side: starts the same worker process in a folder of its own, and sends home what it writes.

`train_side` is the task itself. The other functions are called beside it while it runs, by the side's courier.
"""

import contextlib
import dataclasses
import hashlib
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from distributed import Status, get_worker

from engine import control, system
from engine.cluster.lines import can_wait, piece
from engine.config import RunConfig
from engine.control import Command
from engine.datasets.catalogue import DATASETS
from engine.logs import size_of
from engine.networks import own
from engine.workers import settings, with_home

LOOK_SECONDS = 0.02
PROGRESS_SECONDS = 0.2  # lines that can wait are sent no more often: each message costs the scheduler
WINDOW = 4 * 1024 * 1024  # bytes that may be on their way; more wait in the file
SILENCE_SECONDS = 30.0  # without a word from the courier for so long, nobody wants the result any more
PRINTED = 64 * 1024  # bytes of worker.log that go home, its last
AGAIN_SECONDS = 5.0  # what was sent so long ago and has not arrived is sent again


@dataclasses.dataclass
class Desk:
    """What the courier of one side has said so far."""

    store: Path
    side: Path
    have: int
    heard: float
    begun: bool = False
    again: bool = False


_desks: dict[str, Desk] = {}


def train_side(order: dict[str, Any]) -> dict[str, Any]:
    """Train one side to its end: `code` is the worker's exit code, or `refused` says why it was not begun.

    `order` has the run's id, side, config and token, the digest of its code, and the last line of its log so far.
    """
    config = RunConfig.from_json(order["config"])
    if why := _refusal(config, order):
        return {"refused": why}
    store = Path(get_worker().local_directory) / order["token"]
    folder = store / order["run"]
    side = folder / order["side"]
    side.mkdir(parents=True)
    (folder / "config.json").write_bytes(order["config"])
    (side / "events.jsonl").write_bytes(order["seed"])  # a log that is not empty says that it was begun before
    desk = _desks[order["token"]] = Desk(store, side, len(order["seed"]), time.monotonic())
    try:
        return _served(config, order, desk)
    finally:
        del _desks[order["token"]]
        shutil.rmtree(store, ignore_errors=True)


def _refusal(config: RunConfig, order: dict[str, Any]) -> str:
    """Why this node cannot train it; empty where it can."""
    here = f"the node {get_worker().name}"
    if order["code"] != code():
        return f"Nothing was begun: {here} has another version of Tandem's code; give both the same."
    if why := DATASETS[config.dataset].absent(config.dataset_options):
        return f"Nothing was begun, for {here} lacks the data, which are not sent there: {why}"
    record = config.own_network
    if record and (why := own.refusal(config.network, record.model_dump())):
        return f"Nothing was begun, for {here} lacks your network, which is not sent there: {why}"
    return ""


@cache
def code() -> str:
    """A digest of all of `engine/`, so that two machines can tell whether they have the same."""
    root, digest = Path(__file__).parent.parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _served(config: RunConfig, order: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Wait for the courier, start the worker, and send what it writes until all of it has arrived."""
    told = 0.0
    while not desk.begun:
        if _unwanted(desk):
            return {"code": None}
        if time.monotonic() - told > 1.0:
            get_worker().log_event(order["token"], {"node": get_worker().address, "name": str(get_worker().name)})
            told = time.monotonic()
        time.sleep(LOOK_SECONDS)
    child = _started(config, order, desk)
    try:
        code = _sent(child, order["token"], desk)
        return {"code": code, "log": _end_of(desk.side / "worker.log")}
    finally:
        if child.poll() is None:
            system.kill(child.pid)
            child.wait()


def _started(config: RunConfig, order: dict[str, Any], desk: Desk) -> subprocess.Popen[bytes]:
    fixed = settings(config.threads, getattr(config.device, order["side"]), config.workers)
    command = [sys.executable, "-m", "engine.worker", "--store", str(desk.store), "--framework", order["side"]]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = system.start([*command, "--tied"], with_home(fixed), **pipes)
    assert child.stdin
    with contextlib.suppress(BrokenPipeError):  # it has just died, which its exit code tells
        child.stdin.write(f"{order['run']}\n".encode())
        child.stdin.close()
    return child


def _sent(child: subprocess.Popen[bytes], token: str, desk: Desk) -> int | None:
    """Send every line; the worker's exit code once all have arrived, None where nobody wants them any more."""
    path, worker = desk.side / "events.jsonl", get_worker()
    sent, progress, before, due = desk.have, time.monotonic(), desk.have, 0.0
    while not _unwanted(desk):
        code = child.poll()  # before the file is read, so that what it wrote last is seen
        now = time.monotonic()
        if desk.have != before:
            before, progress = desk.have, now
        if desk.again or (sent > desk.have and now - progress > AGAIN_SECONDS):
            sent, desk.again, progress = desk.have, False, now
        text = piece(path, sent) if sent - desk.have < WINDOW and sent < size_of(path) else b""
        if text and (now >= due or code is not None or not can_wait(text)):
            worker.log_event(token, {"offset": sent, "text": text})
            sent, due = sent + len(text), now + PROGRESS_SECONDS
        elif not text and code is not None and desk.have >= sent:
            return code
        else:
            time.sleep(LOOK_SECONDS)
    return None


def _end_of(path: Path) -> bytes:
    """What the worker printed last; b"" where it was nothing."""
    try:
        return path.read_bytes()[-PRINTED:]
    except FileNotFoundError:
        return b""


def _unwanted(desk: Desk) -> bool:
    """Whether the task was cancelled, or its courier or the scheduler has gone."""
    worker = get_worker()
    if worker.status is not Status.running:
        return True
    state = worker.state.tasks.get(worker.get_current_task())
    return state is None or state.state == "cancelled" or time.monotonic() - desk.heard > SILENCE_SECONDS


# What the courier calls beside the task, in the node's event loop.


def hear(token: str, have: int, again: bool, command: dict[str, Any]) -> bool:
    """Take what a person asks of the run, and how many bytes of the log have arrived; False once the task is over."""
    desk = _desks.get(token)
    if desk is None:
        return False
    desk.have, desk.heard = have, time.monotonic()
    desk.again = desk.again or again
    wish, folder = Command(**command), desk.side.parent
    if control.read(folder) != wish:
        control.write(folder, wish)
    desk.begun = True
    return True


def give(token: str, name: str, offset: int, part: bytes) -> bool:
    """Write part of a file of the side, before the worker begins; False once the task is over."""
    desk = _desks.get(token)
    if desk is None:
        return False
    desk.heard = time.monotonic()
    with (desk.side / name).open("r+b" if offset else "wb") as file:
        file.seek(offset)
        file.write(part)
    return True


def part(token: str, name: str, offset: int, most: int) -> bytes | None:
    """At most so many bytes of a file of the side; None where it is not there any more, as with old checkpoints."""
    desk = _desks.get(token)
    if desk is None:
        return None
    desk.heard = time.monotonic()
    try:
        with (desk.side / name).open("rb") as file:
            file.seek(offset)
            return file.read(most)
    except FileNotFoundError:
        return None

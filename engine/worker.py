"""The process that trains one side of one run: `python -m engine.worker`, started by the launcher.

Standard input names the run to train; a worker whose input ends before that ends too. One started with --warm imports
its framework and rehearses while it waits.
"""

import argparse
import contextlib
import errno
import importlib
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from engine import control, events, system
from engine.board import Board
from engine.config import FRAMEWORKS, RunConfig
from engine.datasets.dataset import DatasetError
from engine.datasets.split import prepare
from engine.events import Event
from engine.fairness import evidence
from engine.fairness.evidence import Witnessed
from engine.logs import Log, LogError, size_of
from engine.networks.declaration import OwnNetworkError
from engine.runs import Store
from engine.store import checkpoints, view_files
from engine.training import CheckpointState, train
from engine.twins import network_twin
from engine.views import View

Happening = Event | CheckpointState | Witnessed | View
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main() -> int:
    """Train one side; 0 when it said its last word, 3 when the store would not take it."""
    parser = argparse.ArgumentParser(prog="python -m engine.worker", description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--framework", choices=FRAMEWORKS, required=True)
    parser.add_argument("--warm", action="store_true")
    parser.add_argument("--tied", action="store_true", help="end when the process that started this one does")
    arguments = parser.parse_args()
    if arguments.tied:
        system.end_with_parent()
    if arguments.warm:
        with contextlib.suppress(Exception):  # what breaks a rehearsal breaks the run too, and is recorded there
            _rehearse(arguments.framework)
        with contextlib.suppress(BrokenPipeError):  # taken before it was ready: nobody listens any more
            os.write(1, b"ready")
    run = sys.stdin.readline().strip()
    if not run:
        return 0
    _log_to(arguments.store / run / arguments.framework)
    begun = time.perf_counter()
    twin = importlib.import_module(f"engine.frameworks.train_{arguments.framework}")
    return _work(Store(arguments.store), run, arguments.framework, twin, time.perf_counter() - begun)


def _rehearse(framework: str) -> None:
    """Train one epoch for nobody: frameworks import much of themselves only at the first step."""
    twin = importlib.import_module(f"engine.frameworks.train_{framework}")
    if os.environ.get("CUDA_VISIBLE_DEVICES") != "":
        return  # an idle worker touches no GPU
    config = RunConfig.build({"epochs": 1, "threads": int(os.environ["OMP_NUM_THREADS"])})
    network = network_twin(config, framework)
    split = prepare(config)
    for _ in train(config, split, twin, network):
        pass
    twin.forget()


def _log_to(folder: Path) -> None:
    """Send whatever the framework prints to the side's worker.log."""
    with (folder / "worker.log").open("ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)


def _work(store: Store, run: str, framework: str, twin: ModuleType, import_seconds: float) -> int:
    config, path = store.config(run), store.log(run, framework)
    again = size_of(path) > 0
    with Log(path) as log:
        try:
            resume = checkpoints.latest(path.parent)
            network = network_twin(config, framework)
            split = prepare(config)
            happenings = train(
                config,
                split,
                twin,
                network,
                resume=resume,
                again=again,
                read_command=control.Reader(path.parent.parent),
                import_seconds=import_seconds,
            )
            _record(happenings, config, path.parent, log)
        except (Exception, SystemExit) as error:  # whatever breaks a side is its last word, in full in worker.log
            with contextlib.suppress(OSError):  # the disk may be full
                traceback.print_exc()
            return _say_why(error, log)
    return 0


def _say_why(error: BaseException, log: Log) -> int:
    """The side's last word, unless the disk is full: then the side was interrupted, as the exit code tells."""
    if isinstance(error, LogError) or getattr(error, "errno", None) in FULL:
        return 3
    try:
        log.append(events.Failed(_sentence(error), time.time()))
    except LogError:
        return 3
    return 0


def _record(happenings: Iterator[Happening], config: RunConfig, folder: Path, log: Log) -> None:
    """Append every event to the log and to TensorBoard's files; what holds arrays becomes a file first."""
    board = None
    for happening in happenings:
        event = _written(folder, happening)
        log.append(event)
        if isinstance(event, events.Started):
            board = Board(folder, config, event.total_steps, event.network)
        if board:
            board.write(event)
    if board:
        board.close()


def _written(folder: Path, happening: Happening) -> Event:
    """The event that names the file that was written for it; an event is one already."""
    match happening:
        case CheckpointState():
            return checkpoints.save(folder, happening)
        case Witnessed():
            return evidence.save(folder, happening)
        case View():
            return view_files.save(folder, happening)
    return happening


def _sentence(error: BaseException) -> str:
    if isinstance(error, DatasetError | OwnNetworkError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"A file could not be read or written: {error.strerror}."
    lines = str(error).strip().splitlines()
    told = lines[0].rstrip(".") if lines else "no message"
    return f"{type(error).__name__}: {told}. The side's worker.log says more."


if __name__ == "__main__":
    sys.exit(main())

"""The one store, launcher and TensorBoard server that all pages and browsers of this process share."""

import os
from functools import cache
from pathlib import Path

from engine.board_server import BoardServer
from engine.launcher import Launcher
from engine.runs import Store, StoreError
from engine.store.run_rows import RunRows
from engine.sweeps.queued import Sweeps


@cache
def store() -> Store:
    """The store in the folder that TANDEM_STORE names, `runs` if it names none."""
    return Store(Path(os.environ.get("TANDEM_STORE", "runs")).resolve())


@cache
def launcher() -> Launcher:
    """The launcher, opened when first asked for. Raises StoreError where the store cannot be used."""
    opened = Launcher(store(), runs_at_once=_at_once())
    opened.open()
    return opened


def _at_once() -> int:
    at_once = os.environ.get("TANDEM_RUNS_AT_ONCE", "1")
    if not at_once.isdecimal() or int(at_once) < 1:
        raise StoreError(f"TANDEM_RUNS_AT_ONCE is {at_once!r}; allowed is a whole number, at least 1.")
    return int(at_once)


@cache
def run_rows() -> RunRows:
    """The rows of all runs, for the list of them."""
    return RunRows(store())


@cache
def sweeps() -> Sweeps:
    """What drives the store's sweeps, opened when first asked for. Raises StoreError where the store is unusable."""
    opened = Sweeps(launcher(), _at_once())
    opened.open()
    return opened


@cache
def board_server() -> BoardServer:
    """The TensorBoard server; its process starts when its port is first asked for."""
    return BoardServer(store().root)


def shut_down() -> None:
    """End what this process started for itself: TensorBoard and idle workers. Workers that train go on."""
    if board_server.cache_info().currsize:
        board_server().close()
    if sweeps.cache_info().currsize:
        sweeps().close()
    if launcher.cache_info().currsize:
        launcher().close()

"""The process that couriers come from: `python -m engine.cluster.office`, started by the launcher.

It imports Dask once and forks a courier for each side, which so begins within milliseconds and shares that memory. Each
is a process of its own, in a session of its own: the end of one, or of this one, ends no other.

Standard input is a socket. A message asks for a courier and carries the pipe that is to be its standard input; the
courier answers "begun PID". When it ends, "ended PID CODE" is told. This process ends when the other end is closed.
"""

import argparse
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from select import select

MESSAGE = 4096  # bytes: an address is shorter


def main() -> None:
    """Serve until the launcher is gone."""
    parser = argparse.ArgumentParser(prog="python -m engine.cluster.office", description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    store = parser.parse_args().store
    line = socket.socket(fileno=os.dup(0))
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)  # with a handler, the wake-up is told of it
    with contextlib.suppress(ImportError):  # a courier says in a sentence what is not installed
        from engine.cluster import courier, task  # noqa: F401 (and Dask with them)
    gc.freeze()  # what is there now stays shared: no collection writes to it
    line.sendall(b"ready\n")
    while True:
        for ready in select([line, woken], [], [])[0]:
            if ready is woken:
                woken.recv(MESSAGE)
                _tell_ends(line)
            elif not _begun(line, store):
                return


def _begun(line: socket.socket, store: Path) -> bool:
    """Fork the courier that the next message asks for; False where nobody asks any more."""
    message, pipes, _, _ = socket.recv_fds(line, MESSAGE, 1)
    if not message:
        return False
    order = json.loads(message)
    try:
        child = os.fork()
    except OSError as error:
        line.sendall(f"refused {error.strerror}\n".encode())
        child = -1
    if child == 0:
        _be_courier(line, pipes[0], store, order)
    for pipe in pipes:
        os.close(pipe)
    return True


def _be_courier(line: socket.socket, pipe: int, store: Path, order: dict[str, str]) -> None:
    """What the new process does; it never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(pipe, 0)
        os.close(pipe)
        line.sendall(f"begun {os.getpid()}\n".encode())
        line.close()
        from engine.cluster import courier

        code = courier.carry(store, order["side"], order["cluster"])
    except BaseException:  # nothing may go on to what the office does
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tell_ends(line: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            with contextlib.suppress(OSError):  # the launcher has just gone
                line.sendall(f"ended {pid} {os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    main()

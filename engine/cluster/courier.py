"""The process that stands here for a side that trains elsewhere. engine.cluster.office makes it.

The launcher has it in the place of a worker and says the run's id on standard input. It gives the side to the cluster,
appends what comes back to the same files that a worker here would write, carries what a person asks to the node, and
ends when the side does. To the launcher, and to one that comes after it, it is the side's worker.
"""

import asyncio
import contextlib
import dataclasses
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from engine import control, events
from engine.board import Board
from engine.cluster import place
from engine.cluster.lines import Arrivals
from engine.event_lines import from_line
from engine.events import Event
from engine.logs import Log, LogError, whole_length
from engine.runs import Store
from engine.store import checkpoints, view_files
from engine.store.run_files import FILE

LOOK_SECONDS = 0.1  # at whether the cluster is still there; what it sends is taken at once
HEED_SECONDS = 0.02  # at what a person asks of the run
BEAT_SECONDS = 2.0  # the node hears at least so often that somebody waits here
CONNECT_SECONDS = 15.0
ANSWER_SECONDS = 20.0
CLOSE_SECONDS = 2.0
AGAIN_SECONDS = 0.5  # what is missing is asked for no more often
ACKNOWLEDGED = 512 * 1024  # so many bytes at most arrive without the node being told
PART = 4 * 1024 * 1024  # bytes of a file that are sent at once
FULL = 3  # the exit code of a worker whose store took no more
GONE = 4  # the side was lost, and cluster.json says why


def carry(root: Path, side: str, cluster: str) -> int:
    """Carry one side of the run that is told; 0 when it said its last word, FULL or GONE else."""
    run = sys.stdin.readline().strip()
    if not run:
        return 0
    store = Store(root)
    folder = store.folder(run) / side
    with (folder / "worker.log").open("ab", buffering=0) as printed:
        os.dup2(printed.fileno(), 2)
    place.note(folder)  # what it says is of an earlier node
    with Log(folder / "events.jsonl") as log:
        try:
            why = asyncio.run(Courier(store, run, side, log).carry(cluster))
        except LogError:
            return FULL
    if why:
        place.note(folder, **place.noted(folder) | {"why": why})
    return GONE if why else 0


class Courier:
    """One side of one run."""

    def __init__(self, store: Store, run: str, side: str, log: Log):
        self._run, self._side, self._log = run, side, log
        self._config, self._folder = store.config(run), store.folder(run) / side
        self._token = f"tandem-{run}-{side}-{secrets.token_hex(4)}"
        self._seed = _last_line(self._folder / "events.jsonl")
        self._arrivals = Arrivals(len(self._seed))
        self._told = self._arrivals.have  # what the node knows to have arrived
        self._over = False  # whether the side has said its last word
        self._board: Board | None = None
        self._node = ""
        self._came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def carry(self, address: str) -> str:
        """Have the cluster train the side; why it was lost, "" where it came to an end of its own."""
        from distributed import Client

        try:
            place.check(address)
            self._client = await Client(
                address, asynchronous=True, security=place.security(address), timeout=CONNECT_SECONDS
            )
        except place.ClusterError as error:
            return str(error)
        except (OSError, ValueError):
            return f"The cluster at {address} cannot be reached."
        try:
            return await self._carried(address)
        finally:
            if self._board:
                self._board.close()
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                await asyncio.wait_for(self._client.close(), CLOSE_SECONDS)

    async def _carried(self, address: str) -> str:
        from engine.cluster.task import code, train_side

        self._client.subscribe_topic(self._token, lambda event: self._came.put_nowait(event[1]))
        order = {
            "run": self._run,
            "side": self._side,
            "token": self._token,
            "config": self._config.to_json().encode(),
            "seed": self._seed,
            "code": code(),
        }
        uses = {self._side: 1} | ({} if getattr(self._config.device, self._side) == "cpu" else {"cuda": 1})
        future = self._client.submit(train_side, order, key=self._token, resources=uses, retries=0, pure=False)
        tending = asyncio.create_task(self._tend())
        try:
            while not future.done() or not self._came.empty():
                if self._client.status != "running":  # the scheduler forgets a task whose client it has lost
                    return self._unreachable(address)
                await self._take_next()
            result = await future
        except LogError:
            raise
        except Exception as error:  # whatever Dask raises, the side is lost, and this says why
            return self._lost(error, address)
        finally:
            tending.cancel()
        return self._ended(result)

    async def _take_next(self) -> None:
        try:
            message = await asyncio.wait_for(self._came.get(), LOOK_SECONDS)
        except TimeoutError:
            return
        if "node" in message:
            if not self._node:
                place.note(self._folder, node=message["name"], address=message["node"])
                await self._give_checkpoint(message["node"])
                self._node = message["node"]
            return
        for line in self._arrivals.take(message["offset"], message["text"]):
            await self._append(from_line(line))
            self._arrivals.took(line)

    async def _append(self, event: Event) -> None:
        """The file that an event names comes first, so that nobody looks for it in vain."""
        if isinstance(event, events.Checkpoint | events.Viewed | events.Evidence | events.StepSeen) and event.file:
            await self._fetch(event.file)
            if isinstance(event, events.Checkpoint):
                checkpoints.keep_only(self._folder, event.file)
            elif isinstance(event, events.Viewed):
                view_files.thin(self._folder, event.step)
        self._log.append(event)
        self._over = isinstance(event, events.LAST_WORDS)
        if isinstance(event, events.Started):
            self._board = Board(self._folder, self._config, event.total_steps, event.network)
        if self._board:
            self._board.write(event)

    async def _fetch(self, name: str) -> None:
        """Copy a file of the side from the node, whole or not at all; an older checkpoint is not there any more."""
        from engine.cluster.task import part

        if not FILE.fullmatch(f"{self._side}/{name}"):
            return
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(".cluster.draft")
        try:
            with draft.open("wb") as file:
                while True:
                    piece = await self._ask(part, name, file.tell(), PART)
                    if piece is None:
                        return
                    file.write(piece)
                    if len(piece) < PART:
                        break
            draft.replace(path)
        except OSError as error:
            raise LogError(f"The file {name} could not be written: {error.strerror}.") from None
        finally:
            draft.unlink(missing_ok=True)

    async def _give_checkpoint(self, node: str) -> None:
        """What the side goes on from, before its worker begins."""
        from engine.cluster.task import give

        for path in sorted(self._folder.glob(checkpoints.PATTERN))[-1:]:
            content = path.read_bytes()
            for offset in range(0, len(content), PART):
                await self._ask(give, path.name, offset, content[offset : offset + PART], node=node)

    async def _ask(self, function: Any, *arguments: Any, node: str = "") -> Any:
        """What `function` of engine.cluster.task says at the node; None where the node does not answer any more."""
        node = node or self._node
        asking = self._client.run(function, self._token, *arguments, workers=[node], on_error="return")
        try:
            answer = (await asyncio.wait_for(asking, ANSWER_SECONDS)).get(node)
        except (OSError, TimeoutError, ValueError):
            return None
        return None if isinstance(answer, BaseException) else answer

    async def _tend(self) -> None:
        """Carry what a person asks to the node, and how much has arrived here."""
        from engine.cluster.task import hear

        carried, beat, asked = None, 0.0, 0.0
        while True:
            command, have, now = control.read(self._folder.parent), self._arrivals.have, time.monotonic()
            due = now - beat > BEAT_SECONDS or have - self._told > ACKNOWLEDGED or (self._over and have > self._told)
            again = self._arrivals.gap and now - asked > AGAIN_SECONDS
            if self._node and (command != carried or due or again):
                if again:
                    self._arrivals.gap, asked = False, now
                if await self._ask(hear, have, again, dataclasses.asdict(command)):
                    carried, self._told = command, have
                beat = now
            await asyncio.sleep(HEED_SECONDS)

    def _lost(self, error: Exception, address: str) -> str:
        name = place.noted(self._folder).get("node", "")
        if type(error).__name__ == "KilledWorker" and name:
            return f"The node {name} that trained it was lost."
        if name or isinstance(error, asyncio.CancelledError) or "Cancelled" in type(error).__name__:
            return self._unreachable(address)
        return (
            f"The cluster could not carry it out: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        )

    def _unreachable(self, address: str) -> str:
        name = place.noted(self._folder).get("node", "")
        return f"The cluster at {address} cannot be reached any more" + (f"; the node {name} ends it." if name else ".")

    def _ended(self, result: dict[str, Any]) -> str:
        """Why the side was lost, if it was; a refusal is its last word."""
        if why := result.get("refused"):
            self._log.append(events.Failed(why, time.time()))
            return ""
        if text := result.get("log"):
            with contextlib.suppress(OSError), (self._folder / "worker.log").open("ab") as file:
                file.write(text)
        node, code = place.noted(self._folder).get("node", ""), result["code"]
        if code == 0:
            return ""
        if code is None:
            return f"The node {node} heard nothing from here for too long and ended it."
        if code == FULL:
            return f"The disk of the node {node} did not take what it recorded; is it full?"
        if code < 0:
            return f"Its process on the node {node} was ended by signal {-code}."
        return f"Its process on the node {node} ended with exit code {code}; worker.log in its folder may say why."


def _last_line(path: Path) -> bytes:
    """The last whole line of a log; empty where there is none."""
    with path.open("rb") as file:
        text = file.read(whole_length(path))
    return text[text.rfind(b"\n", 0, -1) + 1 :] if text else b""

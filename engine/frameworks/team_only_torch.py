"""Data-parallel training in PyTorch: a leading process and helpers of it, each with a part of every batch.

DistributedDataParallel averages the gradients over gloo. TensorFlow needs no processes for that: one holds a copy of
the network for each worker (see train_tensorflow.py).
"""

import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from engine.config import RunConfig
from engine.session import Session

MEMBER = "TANDEM_MEMBER"  # of a helper's environment: which one it is, and the folder where all meet
EPOCH, RUN, STATE, EXCHANGE = range(1, 5)  # what the leading process tells the others to do
PATIENCE = datetime.timedelta(days=30)  # a paused run keeps the others waiting
EXCHANGES = 20


class Team:
    """One member of it: the first starts the others, which end when it does, for their input ends then.

    `parameters` are the network's, `state` is all else that a step changes, in one order in all processes.
    """

    def __init__(
        self,
        config: RunConfig,
        network: nn.Module,
        parameters: Sequence[torch.Tensor],
        state: Sequence[torch.Tensor],
    ):
        if distributed.is_initialized():
            raise ValueError("PyTorch's workers train one network in a process, and there is one already.")
        self.size, self._parameters, self._state = config.workers, parameters, state
        self._helpers: list[subprocess.Popen[bytes]] = []
        rank, _, folder = os.environ.get(MEMBER, "0 ").partition(" ")
        self._rank = int(rank)
        if self._leads:
            self._folder = tempfile.TemporaryDirectory(prefix="tandem-team-")
            folder = self._folder.name
            (Path(folder) / "config.json").write_text(config.to_json(), encoding="utf-8")
            self._helpers = [_started(folder, rank) for rank in range(1, self.size)]
        torch.manual_seed(config.seed + self._rank)  # each drops other units
        self._meet(Path(folder))
        # Which gives all the leading process's weights.
        self.network: DistributedDataParallel = self._do(DistributedDataParallel, network)

    @property
    def _leads(self) -> bool:
        return self._rank == 0

    def share_epoch(self, order: torch.Tensor, rates: np.ndarray) -> list[float]:
        """Give all the leading process's order of rows (examples,) and rates (steps,), which are returned.

        Raises ValueError where the weights are not the same numbers in all processes.
        """
        self._tell(EPOCH, len(order), len(rates))
        shared = torch.from_numpy(np.array(rates))
        self._share([order, shared])
        self._check()
        return shared.tolist()

    def begin_run(self, first: int, count: int) -> None:
        """Have the others train on the same batches."""
        self._tell(RUN, first, count)

    def part(self, batch: torch.Tensor) -> torch.Tensor:
        """This process's rows of a batch: as many as the others', or one more where it does not divide."""
        return batch.tensor_split(self.size)[self._rank]

    def gradients(self, loss: torch.Tensor) -> list[torch.Tensor]:
        """The sum over all processes of the gradients of their losses."""
        try:
            (loss * self.size).backward()  # DistributedDataParallel takes the mean
        except RuntimeError as error:
            raise self._explained(error) from error
        found = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        for parameter in self._parameters:
            parameter.grad = None
        return found

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes."""
        self._do(distributed.all_reduce, values)
        return values

    def share_state(self) -> None:
        """Give the others the weights of the leading process, and all else that a step changes."""
        self._tell(STATE)
        self._share([*(parameter.detach() for parameter in self._parameters), *self._state])

    def exchange_seconds(self, count: int) -> float:
        """Seconds of summing so many numbers over all processes, the median of several times."""
        self._tell(EXCHANGE)
        numbers, taken = torch.zeros(count), []
        for _ in range(EXCHANGES):
            self._do(distributed.barrier)
            begun = time.perf_counter()
            self._do(distributed.all_reduce, numbers)
            taken.append(time.perf_counter() - begun)
        return float(np.median(taken))

    def follow(self, session: Session) -> None:
        """As a helper, do with its session what the leading process does, until this process is ended."""
        while True:
            told = torch.zeros(3, dtype=torch.int64)
            distributed.broadcast(told, 0)
            what, first, second = told.tolist()
            if what == EPOCH:
                session.begin_epoch(np.zeros(first, np.int64), np.zeros(second))
            elif what == RUN:
                session.run(first, second)
            elif what == STATE:
                self.share_state()
            elif what == EXCHANGE:
                self.exchange_seconds(session.parameters)

    def close(self) -> None:
        """End the helpers."""
        for helper in self._helpers:
            assert helper.stdin
            helper.stdin.close()
            helper.wait()
        distributed.destroy_process_group()

    def _meet(self, folder: Path) -> None:
        """Wait until all are ready, and join them: who joins waits for ever for one that never comes."""
        if self._leads:
            while len(list(folder.glob("ready-*"))) < self.size - 1:
                if any(helper.poll() is not None for helper in self._helpers):
                    raise self._explained(RuntimeError("A worker ended."))
                time.sleep(0.02)
        else:
            (folder / f"ready-{self._rank}").touch()
        meeting = f"file://{folder}/meeting"
        self._do(distributed.init_process_group, "gloo", meeting, PATIENCE, self.size, self._rank)

    def _tell(self, what: int, first: int = 0, second: int = 0) -> None:
        if self._leads:
            self._do(distributed.broadcast, torch.tensor([what, first, second]), 0)

    def _share(self, tensors: Sequence[torch.Tensor]) -> None:
        for tensor in tensors:
            self._do(distributed.broadcast, tensor, 0)

    def _check(self) -> None:
        with torch.no_grad():
            least = torch.stack([parameter.double().sum() for parameter in self._parameters])
        most = least.clone()
        self._do(distributed.all_reduce, least, distributed.ReduceOp.MIN)
        self._do(distributed.all_reduce, most, distributed.ReduceOp.MAX)
        if not torch.equal(least, most) and not least.isnan().any():
            raise ValueError(f"The {self.size} workers of PyTorch have weights that differ.")

    def _do(self, operation: Callable, *arguments: Any) -> Any:
        try:
            return operation(*arguments)
        except RuntimeError as error:
            raise self._explained(error) from error

    def _explained(self, error: RuntimeError) -> Exception:
        """One sentence where it was a helper's end."""
        ended = [helper.returncode for helper in self._helpers if _has_ended(helper)]
        if not ended:
            return error
        first = min(ended)  # a signal's number is negative; the others end because that one did
        how = f"was ended by signal {-first}" if first < 0 else f"ended with exit code {first}"
        return ValueError(f"One of the {self.size} workers of PyTorch {how}.")


def _started(folder: str, rank: int) -> subprocess.Popen[bytes]:
    """A helper in the process group of this process, so that it is killed with it."""
    environment = os.environ | {MEMBER: f"{rank} {folder}"}
    return subprocess.Popen([sys.executable, "-m", "engine.team_worker"], env=environment, stdin=subprocess.PIPE)


def _has_ended(helper: subprocess.Popen[bytes]) -> bool:
    try:
        helper.wait(1.0)  # the connection may break a moment before
    except subprocess.TimeoutExpired:
        return False
    return True

"""PyTorch's own profiler around some steps: operators with their self times, and its trace."""

import gzip
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch._inductor import config as inductor
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function

from engine.frameworks.optimizer_torch import Optimizer
from engine.operators.families import Call, Recording, summed

VERSION = torch.__version__
_UPDATE = "optimizer update"
# What PyTorch does around operators: the backward pass's bookkeeping, and Python that enters compiled code.
_AROUND = re.compile(
    r"autograd::|[A-Za-z]\w*Backward\d*$|CompiledFunction|## Call|Torch-Compiled|TorchDynamo|AOTDispatcher|Pregraph"
    rf"|ProfilerStep|{_UPDATE}|detach$"
)
# The kernels of torch.compile: graph_1_cpp_fused_relu_threshold_backward_2.
_FUSED = re.compile(r"(?:graph_\d+_)?(?:cpp|triton)_(?:\w*?)fused_(\w+?)_?\d*$")


def prepare() -> None:
    """Have compiled kernels and the optimizer name themselves, in this process; before a session is built."""
    inductor.cpp.enable_kernel_profile = True
    apply = Optimizer.apply

    def named(self, *arguments):
        with record_function(_UPDATE):
            return apply(self, *arguments)

    Optimizer.apply = named  # type: ignore[method-assign]


def begin(work: Callable[[], object]) -> None:
    """Do the first `work` of the process, which compiles where the execution does."""
    work()


def record(work: Callable[[], object]) -> Recording:
    """Do `work`, which is synchronised at its end, under the profiler. Self times are of the CPU."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        trace = gzip.compress(path.read_bytes(), mtime=0)
    return Recording(seconds, summed(_calls(profiler)), {"torch.trace.json.gz": trace})


def _calls(profiler: profile) -> Iterator[Call]:
    for event in profiler.events() or ():
        if not _AROUND.match(event.name):
            yield Call(event.name, _parts(event.name), _in_update(event), event.self_cpu_time_total / 1e6)


def _parts(name: str) -> tuple[str, ...]:
    """What a fused kernel says that it holds, in one text; of other operators their name."""
    found = _FUSED.match(name)
    return (found[1],) if found else (name,)


def _in_update(event: FunctionEvent) -> bool:
    above = event.cpu_parent
    while above and above.name != _UPDATE:
        above = above.cpu_parent
    return above is not None

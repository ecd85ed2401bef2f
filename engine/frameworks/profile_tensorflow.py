"""TensorFlow's own profiler around some steps: operators with their self times, and its trace."""

import gzip
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
from tensorflow.compiler.xla.service.hlo_pb2 import HloInstructionProto, HloProto
from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XEvent, XPlane, XSpace

from engine.frameworks.optimizer_tensorflow import Optimizer
from engine.operators.families import Call, Recording, summed

VERSION = tf.__version__
_UPDATE = "optimizer_update"
_EAGER = "EagerLocalExecute: "
_KERNEL = re.compile(r"KernelAndDevice\w*::Run$")
_NODE = re.compile(r"(?P<path>[^: ]+):(?P<type>[A-Z_]\w*)$")  # conv1/Conv2D:_MklNativeFusedConv2D
# Whole functions, and what only decides which operator is next: what they hold has events of its own.
_AROUND = re.compile(r"__(inference|forward|backward)|(Stateless|Stateful)?(Partitioned)?(While|If|Case|Call)$")
_CONTROL = {"while", "conditional", "call"}  # of XLA
_PROGRAM = "program_id"  # which of XLA's modules an event is of: a process may have several, with equal names in them
_SILENT = {"parameter", "constant", "bitcast", "broadcast", "get-tuple-element", "tuple"}


def prepare() -> None:
    """Have the optimizer name itself, in this process; before a session is built."""
    apply = Optimizer.apply

    def named(self, *arguments):
        # The scope names operators in graphs, the event those of eager execution.
        with tf.profiler.experimental.Trace(_UPDATE), tf.name_scope(_UPDATE):
            return apply(self, *arguments)

    Optimizer.apply = named  # type: ignore[method-assign]


def begin(work: Callable[[], object]) -> None:
    """Do the first `work` of the process, which traces or compiles where the execution does.

    A graph that has called a small operator some hundred times without the profiler takes it to be cheap, and the
    profiler leaves out what is cheap. Under the profiler it keeps no such count.
    """
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        work()
        tf.profiler.experimental.stop()


def record(work: Callable[[], object]) -> Recording:
    """Do `work`, which is synchronised at its end, under the profiler. Self times are of the CPU."""
    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        begun = time.perf_counter()
        work()
        seconds = time.perf_counter() - begun
        tf.profiler.experimental.stop()
        content = next(Path(folder).rglob("*.xplane.pb")).read_bytes()
    space = XSpace.FromString(content)
    traces = {"tensorflow.trace.json.gz": _chrome(space), "tensorflow.xplane.pb": content}
    return Recording(seconds, summed(_calls(space)), traces)


# Of an instruction, by its module's number and its name: name, parts and whether it is of the optimizer; None for what
# only decides which is next.
_Origins = dict[tuple[int | None, str], tuple[str, tuple[str, ...], bool] | None]


@dataclass
class _Open:
    """An event that others may lie in: of which operator its time is, if of any, and what its own children have."""

    event: XEvent
    name: str
    call: tuple[str, tuple[str, ...], bool] | None
    update: bool
    inner: int = 0  # picoseconds


def _calls(space: XSpace) -> Iterator[Call]:
    origins = _origins(space)
    for plane in space.planes:
        for line in plane.lines if plane.name == "/host:CPU" else ():
            yield from _calls_of(plane, line.events, origins)


def _calls_of(plane: XPlane, events, origins: _Origins) -> Iterator[Call]:
    """The operators of one thread: what lies in an event is nested in it, and takes from its self time."""
    stack: list[_Open] = []
    for event in sorted(events, key=lambda event: (event.offset_ps, -event.duration_ps)):
        while stack and event.offset_ps >= stack[-1].event.offset_ps + stack[-1].event.duration_ps:
            yield from _closed(stack)
        name = plane.event_metadata[event.metadata_id].name
        update = name == _UPDATE or bool(stack and stack[-1].update)
        instruction = (_program(plane, event), name)
        call = origins[instruction] if instruction in origins else _operator(name, stack, update)
        stack.append(_Open(event, name, call, update))
    while stack:
        yield from _closed(stack)


def _closed(stack: list[_Open]) -> Iterator[Call]:
    """The innermost event ends. What is no operator itself gives its time to the operator that it lies in."""
    done = stack.pop()
    if done.call:
        yield Call(*done.call, (done.event.duration_ps - done.inner) / 1e12)
    if stack:
        stack[-1].inner += done.event.duration_ps if done.call else done.inner


def _program(plane: XPlane, event: XEvent) -> int | None:
    """The number of XLA's module that an event is of; None of what is none of XLA's instructions."""
    named = (stat for stat in event.stats if plane.stat_metadata[stat.metadata_id].name == _PROGRAM)
    return next((stat.int64_value for stat in named), None)


def _operator(name: str, stack: list[_Open], update: bool) -> tuple[str, tuple[str, ...], bool] | None:
    """Name, parts and whether it is of the optimizer, where an event is an operator and no instruction of XLA."""
    if found := _NODE.match(name):
        if _AROUND.match(found["type"]):
            return None
        return found["type"], _node_parts(found["path"], found["type"]), update or f"/{_UPDATE}" in f"/{found['path']}"
    if _KERNEL.match(name):
        called = next((above.name for above in reversed(stack) if above.name.startswith(_EAGER)), "")
        kind = called.removeprefix(_EAGER)
        return (kind, (kind,), update) if kind and not _AROUND.match(kind) else None
    return None


def _node_parts(path: str, kind: str) -> tuple[str, ...]:
    """A fused kernel of oneDNN has the name of the last node that went into it: relu1/Relu, a Conv2D before it."""
    return (kind, path.rpartition("/")[2]) if "Fused" in kind else (kind,)


def _origins(space: XSpace) -> _Origins:
    """What XLA says of each of its instructions: from which operations of TensorFlow it was made."""
    found: _Origins = {}
    for plane in space.planes:
        for metadata in plane.event_metadata.values() if plane.name == "/host:metadata" else ():
            for stat in metadata.stats:
                module = HloProto.FromString(stat.bytes_value).hlo_module
                within = {computation.id: computation.instructions for computation in module.computations}
                for instructions in within.values():
                    users = _users(instructions)
                    found |= {(module.id, one.name): _origin(one, within, users) for one in instructions}
    return found


def _users(instructions) -> dict[int, HloInstructionProto]:
    """The first instruction that takes each one's result, by the number of that one."""
    return {number: one for one in reversed(instructions) for number in one.operand_ids}


def _origin(instruction, within, users) -> tuple[str, tuple[str, ...], bool] | None:
    """Name, parts, and whether it is of the optimizer; None for what only decides which instruction is next."""
    if instruction.opcode in _CONTROL:
        return None
    known = instruction
    while not (parts := _made_of(known, within)) and known.id in users:
        known = users[known.id]  # one that XLA made itself belongs to what takes its result
    name = re.sub(r"\.\d+$", "", instruction.name)
    return name, parts or (instruction.opcode,), f"/{_UPDATE}/" in f"/{known.metadata.op_name}"


def _made_of(instruction, within) -> tuple[str, ...]:
    """The operations of TensorFlow that an instruction holds, that of its result first."""
    inner = [one for key in instruction.called_computation_ids for one in within[key]]
    fused = [one for one in inner if one.opcode not in _SILENT] if instruction.opcode == "fusion" else []
    return tuple(dict.fromkeys(one.metadata.op_type for one in (instruction, *fused) if one.metadata.op_type))


def _chrome(space: XSpace) -> bytes:
    """The events of the CPU as a Chrome trace, in gzip, which Perfetto and chrome://tracing open."""
    events: list[dict] = []
    for plane in space.planes:
        for number, line in enumerate(plane.lines if plane.name == "/host:CPU" else ()):
            named = {"name": line.display_name or line.name or f"thread {line.id}"}
            events.append({"ph": "M", "pid": 1, "tid": number, "name": "thread_name", "args": named})
            start = line.timestamp_ns / 1e3
            for event in line.events:
                times = {"ts": start + event.offset_ps / 1e6, "dur": event.duration_ps / 1e6}
                name = plane.event_metadata[event.metadata_id].name
                events.append({"ph": "X", "pid": 1, "tid": number, "name": name, **times})
    return gzip.compress(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}).encode(), mtime=0)

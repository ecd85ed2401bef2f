"""Writes one side's events as TensorBoard event files, with TensorBoard's own writer and without TensorFlow."""

import math
import sys
import time
from array import array
from pathlib import Path
from types import ModuleType

from engine import events
from engine.config import RunConfig
from engine.events import Event

# TensorBoard imports TensorFlow wherever it is installed, unless a module of this name is there.
sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))

from google.protobuf.message import Message  # noqa: E402
from tensorboard.compat.proto.event_pb2 import Event as Record  # noqa: E402
from tensorboard.compat.proto.event_pb2 import SessionLog  # noqa: E402
from tensorboard.compat.proto.summary_pb2 import Summary  # noqa: E402
from tensorboard.compat.proto.tensor_pb2 import TensorProto  # noqa: E402
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # noqa: E402
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_STRING  # noqa: E402
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata  # noqa: E402
from tensorboard.plugins.hparams import metadata as hparams  # noqa: E402
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS  # noqa: E402
from tensorboard.plugins.hparams.plugin_data_pb2 import (  # noqa: E402
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboard.plugins.text.metadata import create_summary_metadata as text_metadata  # noqa: E402
from tensorboard.summary.writer.event_file_writer import EventFileWriter  # noqa: E402

POINTS = 1_000  # about so many a tag
FLUSH_SECONDS = 1
QUEUE = 1_000  # records that may wait for the writer's thread before training has to

OPTIONS = ("network_options", "dataset_options")
Payload = float | dict[str, float] | events.Histograms


class Board:
    """The one writer of the TensorBoard files in a side's folder, which is named after its framework.

    A point lies at the number of steps done: the loss of step 0 at 1, validation after 100 steps at 100. Of each tag
    every so many steps one point is written, and at the end or in a pause the latest. Raises OSError from any of its
    methods where the disk does not take it.
    """

    def __init__(self, folder: Path, config: RunConfig, total_steps: int, network_text: str):
        self._stride = max(1, math.ceil(total_steps / POINTS))
        self._intervals: dict[str, int] = {}
        self._waiting: dict[str, tuple[int, float, Payload]] = {}
        self._timed_steps, self._timed_seconds = 0, 0.0
        self._writer = EventFileWriter(str(folder), max_queue_size=QUEUE, flush_secs=FLUSH_SECONDS)
        start = SessionStartInfo(start_time_secs=time.time())
        for name, value in _hyperparameters(config, folder.name).items():
            _fill(start.hparams[name], value)
        self._add(0, [_hparams_value(hparams.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=start))])
        self._add(0, [_text_value("network", network_text)])

    def write(self, event: Event) -> None:
        """Write what TensorBoard shows of one event; events it has no place for are passed over."""
        match event:
            case events.Steps():
                self._write_steps(event)
            case events.Epoch() if event.metrics:
                # Of one step, so one record: TensorBoard's checksums are pure Python, which a small step would feel.
                self._offer("epoch", event.step, {_tag(name): _number(value) for name, value in event.metrics.items()})
            case events.Gradient():
                self._offer("gradient/norm", event.step, _number(event.norm))
            case events.LossScaled():
                self._offer("gradient/loss_scale", event.step, event.scale)
            case events.Resources():
                self._offer("memory/resident_bytes", event.step, float(event.memory))
                if event.device_memory is not None:
                    self._offer("memory/device_bytes", event.step, float(event.device_memory))
            case events.Histograms():
                self._offer("histograms", event.step, event)
            case events.Resumed():
                self._go_back(event.from_step)
            case events.Paused():
                self._write_waiting()
            case events.Finished() | events.Stopped() | events.Diverged() | events.Failed():
                self._write_waiting()
                self._end(isinstance(event, events.Finished | events.Stopped))

    def close(self) -> None:
        """Write what waits and close the file."""
        self._write_waiting()
        self._writer.close()

    def _write_steps(self, event: events.Steps) -> None:
        """Loss and speed of a chunk; its points are spread over the time that it took."""
        now, count, tag = time.time(), len(event.losses), "loss/train"
        if not count:
            return
        pace = event.seconds / count
        for index in range(-event.first_step % self._stride, count, self._stride):
            value = Summary.Value(tag=tag, simple_value=_number(event.losses[index]))
            self._add(event.first_step + index + 1, [value], now - (count - 1 - index) * pace)
        done = event.first_step + count
        if (done - 1) % self._stride:
            self._waiting[tag] = done, now, _number(event.losses[-1])
        else:
            self._waiting.pop(tag, None)
        self._timed_steps += count
        self._timed_seconds += event.seconds
        speed = self._timed_steps / self._timed_seconds if self._timed_seconds else 0.0
        if speed and self._offer("speed/steps_per_second", done, speed):
            self._timed_steps, self._timed_seconds = 0, 0.0

    def _offer(self, key: str, step: int, payload: Payload) -> bool:
        """Write the first payload of every interval of steps; later ones wait until a newer one takes their place."""
        interval = step // self._stride
        if self._intervals.get(key) == interval:
            self._waiting[key] = step, time.time(), payload
            return False
        self._intervals[key] = interval
        self._waiting.pop(key, None)
        self._add(step, _values(key, payload))
        return True

    def _write_waiting(self) -> None:
        for key, (step, moment, payload) in self._waiting.items():
            self._add(step, _values(key, payload), moment)
        self._waiting.clear()

    def _go_back(self, from_step: int) -> None:
        """Drop all points behind `from_step`: TensorBoard forgets what lies at or behind the step of a START."""
        self._waiting.clear()
        self._intervals.clear()
        log = SessionLog(status=SessionLog.START)
        self._writer.add_event(Record(wall_time=time.time(), step=from_step + 1, session_log=log))

    def _end(self, success: bool) -> None:
        status = STATUS_SUCCESS if success else STATUS_FAILURE
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        self._add(0, [_hparams_value(hparams.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=end))])

    def _add(self, step: int, values: list[Summary.Value], moment: float | None = None) -> None:
        self._writer.add_event(Record(wall_time=moment or time.time(), step=step, summary=Summary(value=values)))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _tag(metric: str) -> str:
    """validation_loss → loss/validation, so that TensorBoard puts the curves of one metric into one group."""
    scope, _, name = metric.partition("_")
    return f"{name}/{scope}" if scope in ("train", "training", "validation") and name else f"epoch/{metric}"


def _hyperparameters(config: RunConfig, framework: str) -> dict[str, str | float | bool]:
    """The config as flat values, with this framework's own device, execution and steps per call."""
    left_out = {"schema_version", "frameworks", "matched_defaults", "own_network", *OPTIONS}
    fields = config.model_dump(exclude=left_out, exclude_none=True)
    options = {f"{of}.{name}": value for of in OPTIONS for name, value in getattr(config, of).items()}
    plain = {name: str(value) if isinstance(value, list) else value for name, value in options.items()}
    own = {name: fields[name][framework] for name in ("device", "execution", "steps_per_call")}
    matched = {"matched_defaults": ", ".join(config.matched_defaults)} if config.matched_defaults else {}
    return {"framework": framework, **fields, **plain, **own, **matched}


def _fill(field: Message, value: str | float | bool) -> None:
    """Set a protobuf Value to a Python one."""
    kind = "bool_value" if isinstance(value, bool) else "string_value" if isinstance(value, str) else "number_value"
    setattr(field, kind, value)


def _values(key: str, payload: Payload) -> list[Summary.Value]:
    if isinstance(payload, events.Histograms):
        return [_histogram_value(tag, *tensor) for tag, tensor in payload.tensors.items() if tensor[2]]
    scalars = payload if isinstance(payload, dict) else {key: payload}
    return [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]


def _histogram_value(tag: str, low: float, high: float, counts: tuple[int, ...]) -> Summary.Value:
    """A histogram as the plugin wants it: one row (left edge, right edge, count) for each bin."""
    width = (high - low) / len(counts)
    edges = [*(low + width * index for index in range(len(counts))), high]
    rows = array("d", (number for row in zip(edges, edges[1:], counts, strict=False) for number in row))
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=len(counts)), TensorShapeProto.Dim(size=3)])
    tensor = TensorProto(dtype=DT_DOUBLE, tensor_shape=shape, tensor_content=rows.tobytes())
    return Summary.Value(tag=tag, metadata=histogram_metadata("", ""), tensor=tensor)


def _text_value(tag: str, text: str) -> Summary.Value:
    """A text shown as it stands: to Markdown, lines that are indented by four are code."""
    code = "\n".join(f"    {line}" for line in text.splitlines())
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=TensorShapeProto(), string_val=[code.encode()])
    return Summary.Value(tag=tag, metadata=text_metadata("", ""), tensor=tensor)


def _hparams_value(tag: str, data: HParamsPluginData) -> Summary.Value:
    return Summary.Value(tag=tag, metadata=hparams.create_summary_metadata(data), tensor=hparams.NULL_TENSOR)

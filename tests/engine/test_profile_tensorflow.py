"""Recording of operators by TensorFlow's profiler, and the reading of its file."""

import gzip
import json

import pytest
from tensorflow.compiler.xla.service.hlo_pb2 import HloProto
from tensorflow.tsl.profiler.protobuf.xplane_pb2 import XSpace

from engine.frameworks import profile_tensorflow
from engine.operators.families import summed

pytest.register_assert_rewrite("tests.engine.profile_suite")
from tests.engine.profile_suite import ProfileSuite  # noqa: E402


class TestTensorFlow(ProfileSuite):
    framework = "tensorflow"
    executions = ("graph", "eager", "xla")

    def test_small_operators_of_a_graph_are_recorded(self):
        """TensorFlow's profiler leaves them out once it has taken them to be cheap."""
        found = self.recorded(network="mlp", dataset="iris", optimizer="adam")
        names = {one.name for one in found.operators}
        assert {"ReluGrad", "BiasAddGrad", "Sqrt", "AssignSubVariableOp"} <= names

    def test_small_operators_within_a_step_s_own_loop_are_recorded(self):
        """A recurrent layer calls them at each place of a sequence."""
        found = self.recorded(network="lstm", dataset="sine", batch_size=32)
        calls = {one.name: one.calls for one in found.operators if not one.optimizer}
        assert calls["Sigmoid"] > 4 * 10
        assert calls["Tanh"] > 4 * 10

    def test_the_xplane_file_is_kept_as_it_was(self):
        space = XSpace.FromString(self.recorded(network="mlp", dataset="iris").traces["tensorflow.xplane.pb"])
        assert "/host:CPU" in [plane.name for plane in space.planes]


def space(*threads: list[tuple], modules: tuple[HloProto, ...] = ()) -> XSpace:
    """A file in which each thread has events: name, begin and length in µs, and of XLA's the module's number."""
    made = XSpace()
    plane = made.planes.add(name="/host:CPU")
    plane.stat_metadata[1].name = "program_id"
    for events in threads:
        line = plane.lines.add(timestamp_ns=1000)
        for name, begin, length, *program in events:
            number = len(plane.event_metadata) + 1
            plane.event_metadata[number].name = name
            made_event = line.events.add(metadata_id=number, offset_ps=begin * 10**6, duration_ps=length * 10**6)
            for one in program:
                made_event.stats.add(metadata_id=1, int64_value=one)
    about = made.planes.add(name="/host:metadata")
    for number, module in enumerate(modules):
        about.event_metadata[number].stats.add(bytes_value=module.SerializeToString())
    return made


def found(*threads, modules=()):
    """Name, parts, whether of the optimizer, and µs of each operator in a file."""
    calls = profile_tensorflow._calls(space(*threads, modules=modules))
    return [(one.name, one.parts, one.optimizer, round(one.seconds * 1e6, 6)) for one in summed(calls)]


def test_the_time_of_a_graph_s_operators():
    thread = [
        ("EagerLocalExecute: __inference_steps_7", 0, 100),
        ("KernelAndDeviceFunc::Run", 1, 98),
        ("__inference_steps_7:__inference_steps_7", 2, 96),
        ("while:StatelessWhile", 3, 94),
        ("ExecutorState::Process", 4, 60),
        ("while/conv1/Conv2D:_MklNativeFusedConv2D", 5, 40),
        ("ParallelFor", 6, 30),
        ("while/optimizer_update/Mul:Mul", 50, 7),
    ]
    assert found(thread) == [
        ("_MklNativeFusedConv2D", ("_MklNativeFusedConv2D", "Conv2D"), False, 40),
        ("Mul", ("Mul",), True, 7),
    ]


def test_the_time_of_an_operator_in_another_is_its_own():
    assert found([("a:MatMul", 0, 10), ("b:Relu", 2, 3), ("c:Relu", 5, 5)], [("b:Relu", 0, 4)]) == [
        ("Relu", ("Relu",), False, 12),
        ("MatMul", ("MatMul",), False, 2),
    ]


def test_eager_operators_are_counted_from_the_kernel_on():
    thread = [
        ("TFE_Py_FastPathExecute_C", 0, 30),
        ("EagerLocalExecute: MatMul", 5, 20),
        ("EagerCopyToDevice", 6, 2),
        ("KernelAndDeviceFunc::Run", 10, 12),
        ("optimizer_update", 40, 50),
        ("EagerLocalExecute: Sub", 45, 20),
        ("KernelAndDeviceOp::Run", 50, 4),
    ]
    assert found(thread) == [("MatMul", ("MatMul",), False, 12), ("Sub", ("Sub",), True, 4)]


def test_xla_s_instructions_have_the_families_that_they_were_made_of():
    module, other = HloProto(), HloProto()
    module.hlo_module.id, other.hlo_module.id = 4, 5
    same_name = other.hlo_module.computations.add(id=1, name="entry").instructions.add(name="subtract.1", opcode="pad")
    same_name.metadata.op_type = "MaxPool"
    fused = module.hlo_module.computations.add(id=1, name="fused")
    for opcode, kind in (("parameter", ""), ("add", "BiasAdd"), ("maximum", "Relu"), ("broadcast", "MatMul")):
        fused.instructions.add(name=opcode, opcode=opcode).metadata.op_type = kind
    entry = module.hlo_module.computations.add(id=2, name="entry")
    one = entry.instructions.add(name="add_maximum_fusion.3", opcode="fusion", called_computation_ids=[1])
    one.metadata.op_type, one.metadata.op_name = "Relu", "while/relu1/Relu"
    two = entry.instructions.add(name="subtract.1", opcode="subtract")
    two.metadata.op_type, two.metadata.op_name = "Sub", "while/optimizer_update/sub"
    entry.instructions.add(name="reduce-window.2", opcode="reduce-window", id=5)
    entry.instructions.add(name="copy.4", opcode="copy", id=6, operand_ids=[5])
    three = entry.instructions.add(name="scatter.2", opcode="scatter", id=7, operand_ids=[6])
    three.metadata.op_type = "MaxPoolGrad"
    entry.instructions.add(name="iota.7", opcode="iota", id=8)
    entry.instructions.add(name="while.13", opcode="while")
    thread = [
        ("while.13", 0, 100, 4),
        ("add_maximum_fusion.3", 1, 10, 4),
        ("end: add_maximum_fusion.3", 9, 1),
        ("subtract.1", 20, 5, 4),
        ("reduce-window.2", 30, 7, 4),
        ("iota.7", 50, 2, 4),
        ("a name that XLA did not tell", 60, 7),
    ]
    assert found(thread, modules=(module, other)) == [
        ("add_maximum_fusion", ("Relu", "BiasAdd"), False, 10),
        ("reduce-window", ("MaxPoolGrad",), False, 7),
        ("subtract", ("Sub",), True, 5),
        ("iota", ("iota",), False, 2),
    ]


def test_the_chrome_trace_has_every_event_at_its_place():
    trace = json.loads(gzip.decompress(profile_tensorflow._chrome(space([("a:MatMul", 2, 3)], [("b", 0, 1)]))))
    events = [(one["name"], one["tid"], one["ts"], one["dur"]) for one in trace["traceEvents"] if one["ph"] == "X"]
    assert events == [("a:MatMul", 0, 3.0, 3.0), ("b", 1, 1.0, 1.0)]

"""Exports without a framework: how results are judged and compared, what is refused, and the check of a real file."""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from engine.bench import benchmark
from engine.commands import exports
from engine.config import RunConfig
from engine.datasets.split import prepare
from engine.exports import catalogue, check, exporting, mobile, timing, write
from engine.exports.catalogue import FORMATS, of_side
from engine.exports.exporting import Exports
from engine.exports.results import ExportError, crossed, folder, judged, read
from engine.runs import Store
from tests import benchmark_stories, stories
from tests import export_stories as told
from tests.engine.real_runs import until


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def run(store: Store) -> str:
    return stories.finished_run(store, network="mlp", dataset="iris")


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the process that writes leaves it for the one that checks."""
    monkeypatch.setattr(timing, "CALLS", 3)
    told.onnx_file(tmp_path / "model.onnx")
    (tmp_path / "request.json").write_text('{"format": "onnx"}')
    (tmp_path / "written.json").write_text('{"classes": true, "batches": [1, 32]}')
    return tmp_path


def reference(draft: Path, outputs: np.ndarray) -> None:
    np.savez(draft / "reference.npz", inputs=told.INPUTS, outputs_1=outputs[:8], outputs_32=outputs)


def test_a_file_is_verified_up_to_its_tolerance_and_no_further() -> None:
    assert judged(told.told(9.9e-5), 1e-5) == "verified"
    assert judged(told.told(1.1e-4), 1e-5) == "differs"
    assert judged(told.told(1.1e-6, largest=0.1), 1e-5) == "differs"  # a share of the largest, however small that is
    assert judged(told.told(9e-7, largest=0.1), 1e-5) == "verified"


def test_a_file_that_answers_zeros_is_never_verified() -> None:
    """Outputs that are all less than the tolerance itself."""
    for form in FORMATS.values():
        assert judged(told.told(0.09, largest=0.09), form.tolerance) == "differs"


@pytest.mark.parametrize(
    ("share", "state"), [(0.1, "differs"), (0.89, "differs"), (0.9, "verified"), (1.0, "verified")]
)
def test_the_rows_of_a_classifier_keep_their_class(share: float, state: str) -> None:
    assert judged(told.told(0.01, agreement={"1": 1.0, "32": share}), 0.05) == state
    assert judged(told.told(0.01, agreement={}), 0.05) == "verified"  # it names no classes


def test_a_result_is_read_with_its_state(store: Store, run: str) -> None:
    assert read(store, run, "torch", "onnx") is None
    told.exported(store, run, "torch", difference=0.01)
    told.exported(store, run, "tensorflow", "keras", message="TypeError: Could not locate class 'Block'.")
    found, failed = read(store, run, "torch", "onnx"), read(store, run, "tensorflow", "keras")
    assert found
    assert failed
    assert (found.state, found.told["bytes"], found.path.name) == ("differs", 2000, "model.onnx")
    assert (failed.state, failed.message) == ("failed", "TypeError: Could not locate class 'Block'.")


def test_a_damaged_result_is_a_sentence(store: Store, run: str) -> None:
    (told.exported(store, run, "torch") / "result.json").write_text("{")
    with pytest.raises(ExportError, match="export it again"):
        read(store, run, "torch", "onnx")


def test_both_sides_are_compared(store: Store, run: str) -> None:
    told.exported(store, run, "torch")
    assert crossed(store, run, "onnx") is None
    told.exported(store, run, "tensorflow", shift=0.5)
    both = crossed(store, run, "onnx")
    assert both
    assert both.difference == pytest.approx(0.5, rel=1e-5)
    assert (both.rows, both.agreement) == (32, 1.0)


def test_files_of_different_runtimes_are_not_compared(store: Store, run: str) -> None:
    told.exported(store, run, "torch")
    told.exported(store, run, "tensorflow", runtime="ONNX Runtime 1.1")
    with pytest.raises(ExportError, match="different versions"):
        crossed(store, run, "onnx")


def test_a_file_that_failed_is_not_compared(store: Store, run: str) -> None:
    told.exported(store, run, "torch")
    told.exported(store, run, "tensorflow", message="ValueError: no")
    assert crossed(store, run, "onnx") is None


def test_images_are_compared_with_channels_first(store: Store, run: str) -> None:
    images = np.arange(2 * 3 * 4 * 4, dtype=np.float32).reshape(2, 3, 4, 4)
    for side, given in (("torch", images), ("tensorflow", np.moveaxis(images, 1, -1))):
        place = told.exported(store, run, side, classes=False)
        np.savez(place / "outputs.npz", inputs=given, outputs=given * 2)
    both = crossed(store, run, "onnx")
    assert both
    assert (both.difference, both.agreement) == (0.0, None)


def test_what_is_missing_is_said_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FORMATS["onnx"].missing("torch") == ""
    monkeypatch.setattr(catalogue, "find_spec", lambda module: None if module == "onnxscript" else module)
    assert FORMATS["onnx"].missing("torch") == f"Not present: onnxscript. To install: {catalogue.INSTALL}"
    assert FORMATS["onnx"].missing("tensorflow") == ""
    assert FORMATS["pt2"].missing("torch") == ""


def environment(folder: Path, *modules: str) -> Path:
    """An environment of the converters that only looks like one."""
    for module in modules:
        (folder / "lib/python3.11/site-packages" / module).mkdir(parents=True)
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").touch()
    return folder


def test_converters_are_looked_for_in_an_environment_of_their_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mobile, "FOLDER", tmp_path)
    monkeypatch.setattr(mobile, "PYTHON", tmp_path / "bin/python")
    said = f"Not present: executorch, in an environment of its own. To install: {mobile.INSTALL}"
    assert FORMATS["executorch"].missing("torch") == said
    assert FORMATS["litert"].missing("tensorflow") == ""
    environment(tmp_path, "executorch")
    assert FORMATS["executorch"].missing("torch") == ""
    assert FORMATS["litert"].missing("torch").startswith("Not present: litert_torch, in an environment of its own.")


@pytest.mark.parametrize(
    ("name", "side", "converted", "checked"),
    [
        *(("executorch", "torch", True, True), ("litert", "torch", True, False)),
        *(("litert", "tensorflow", False, False), ("onnx", "torch", False, False)),
    ],
)
def test_each_step_is_done_by_the_environment_that_can(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch, name: str, side: str, converted: bool, checked: bool
) -> None:
    (store.folder(run) / side / "checkpoint-000000000006.safetensors").write_bytes(b"")
    monkeypatch.setattr(type(FORMATS[name]), "missing", lambda form, side: "")
    commands: list[list[str]] = []

    class Ended:
        returncode = 0

        def poll(self) -> int:
            return 0

    def started(command: list[str], *_: object, **streams: object) -> Ended:
        commands.append(command)
        return Ended()

    monkeypatch.setattr(exporting.system, "start", started)
    monkeypatch.setattr(exporting, "size", lambda path: 0)
    Exports(store, run, [(side, name)]).wait()
    steps = ["write", "convert", "check"] if converted else ["write", "check"]
    assert [command[2] for command in commands] == [f"engine.exports.{step}" for step in steps]
    apart = {"write": False, "convert": True, "check": checked}
    own = {True: str(mobile.PYTHON), False: sys.executable}
    assert [command[0] for command in commands] == [own[apart[step]] for step in steps]


@pytest.mark.parametrize(
    ("name", "side", "recurrent", "single"),
    [
        *(
            ("litert", "torch", False, True),
            ("litert", "tensorflow", False, False),
            ("litert", "tensorflow", True, True),
        ),
        *(("executorch", "torch", False, False), ("executorch", "torch", True, True), ("onnx", "torch", True, False)),
    ],
)
def test_which_files_are_for_a_batch_of_one(name: str, side: str, recurrent: bool, single: bool) -> None:
    assert FORMATS[name].single(side, recurrent) is single


def test_a_file_for_a_batch_of_one_is_compared_on_the_rows_that_both_were_asked(store: Store, run: str) -> None:
    told.exported(store, run, "tensorflow", "litert", runtime="LiteRT 2")
    place = told.exported(store, run, "torch", "litert", runtime="LiteRT 2")
    np.savez(place / "outputs.npz", inputs=told.INPUTS, outputs=(told.INPUTS @ told.WEIGHT)[:8] + 0.25)
    both = crossed(store, run, "litert")
    assert both
    assert both.rows == 8
    assert both.difference == pytest.approx(0.25, rel=1e-5)


def test_without_a_compiler_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue.shutil, "which", lambda name: None)
    assert "install a C++ compiler" in FORMATS["aoti"].missing("torch")
    assert FORMATS["pt2"].missing("torch") == ""


def test_every_format_is_of_a_side_and_dated() -> None:
    assert {form.name for side in ("torch", "tensorflow") for form in of_side(side)} == {*FORMATS}
    sentences = [form.note for form in FORMATS.values()]
    sentences += [*catalogue.NOT_OFFERED.values()]
    assert [sentence for sentence in sentences if not sentence.endswith("(November 2026).")] == []


def test_a_side_that_has_not_finished_is_refused(store: Store) -> None:
    run = stories.new_run(store)
    with pytest.raises(ExportError, match="PyTorch has not finished"):
        Exports(store, run, [("torch", "onnx")])


def test_a_run_without_weights_is_refused(store: Store, run: str) -> None:
    with pytest.raises(ExportError, match="has no checkpoint"):
        Exports(store, run, [("torch", "onnx")])


def test_a_missing_package_is_refused_before_anything_starts(
    store: Store, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (store.folder(run) / "torch" / "checkpoint-000000000006.safetensors").write_bytes(b"")
    monkeypatch.setattr(catalogue, "find_spec", lambda module: None)
    with pytest.raises(ExportError, match="Not present: onnx, onnxscript, onnxruntime"):
        Exports(store, run, [("torch", "onnx")])


class Endless:
    """A process that goes on until it is killed."""

    pid, returncode = 0, None

    def poll(self) -> int | None:
        return self.returncode

    def wait(self) -> None:
        assert self.returncode is not None


def test_an_export_ends_when_a_benchmark_is_measured(store: Store, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (store.folder(run) / "torch" / "checkpoint-000000000006.safetensors").write_bytes(b"")
    process = Endless()
    monkeypatch.setattr(exporting, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(exporting.system, "start", lambda *given, **streams: process)
    monkeypatch.setattr(exporting.system, "kill", lambda pid: setattr(process, "returncode", -9))
    exports = Exports(store, run, [("torch", "onnx"), ("torch", "pt2")])
    until(lambda: exports.step == "writing")
    name = benchmark.create(store, benchmark.comparison(RunConfig.build({})))
    time.sleep(0.5)  # one that waits does not end it
    assert not exports.ended
    benchmark_stories.tell(store, name, [benchmark_stories.MACHINE])
    with pytest.raises(ExportError, match=f"The benchmark {name} is measured, and its speed counts, so the export was"):
        exports.wait()
    assert read(store, run, "torch", "onnx") is None
    assert not list((store.root / "drafts").iterdir())
    with pytest.raises(ExportError, match="export when that has ended"):
        Exports(store, run, [("torch", "onnx")])


def test_rows_are_whole_batches_evenly_chosen() -> None:
    split = prepare(RunConfig.build({"network": "mlp", "dataset": "digits"}))
    rows = write.compared(split)
    assert rows.shape == (352, 64)
    assert rows.dtype == np.float32
    assert np.array_equal(rows[[0, -1]], split.validation_inputs[[0, -1]].astype(np.float32))


def test_too_few_rows_are_repeated() -> None:
    split = prepare(RunConfig.build({"network": "mlp", "dataset": "iris"}))
    assert len(split.validation_inputs) < 32
    assert write.compared(split).shape == (32, 4)


def test_a_file_is_checked_against_what_the_framework_answered(draft: Path) -> None:
    outputs = told.INPUTS @ told.WEIGHT
    outputs[20, 1] += 0.25
    reference(draft, outputs)
    check.main("torch", draft)
    found = json.loads((draft / "checked.json").read_text())
    assert found["difference"]["1"] < 1e-5
    assert round(found["difference"]["32"], 4) == 0.25
    assert found["rows"] == {"1": 8, "32": 32}
    assert found["latency"]["32"]["calls"] == 3
    assert 0 <= found["others_share"] <= 1
    assert found["runtime"].startswith("ONNX Runtime ")
    with np.load(draft / "outputs.npz") as kept:
        assert np.allclose(kept["outputs"], told.INPUTS @ told.WEIGHT)


def test_outputs_of_another_shape_are_never_compared(draft: Path) -> None:
    reference(draft, np.zeros((32, 2), np.float32))
    with pytest.raises(SystemExit, match="no finite numbers of the shape"):
        check.main("torch", draft)


def test_outputs_that_are_not_finite_are_never_verified() -> None:
    own = {"outputs_1": np.zeros((2, 3), np.float32)}
    with pytest.raises(SystemExit, match="no finite numbers"):
        check.compared({1: np.full((2, 3), np.nan, np.float32)}, own, classes=True)


def test_why_a_process_failed_is_in_its_own_words(tmp_path: Path) -> None:
    log = tmp_path / "write.log"
    log.write_text("first\nlast line\n")
    assert exporting._why("write", 1, tmp_path, log) == "last line"
    assert exporting._why("write", -11, tmp_path, log) == "The write process was ended by signal 11."
    (tmp_path / "error.json").write_text('{"kind": "ValueError", "message": "no such thing"}')
    assert exporting._why("write", 1, tmp_path, log) == "ValueError: no such thing"


def test_of_a_failed_export_only_the_reason_is_kept(store: Store, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that is damaged: the process that writes says so in an error of its own."""
    (store.folder(run) / "torch" / "checkpoint-000000000006.safetensors").write_bytes(b"damaged")

    def attempted(exports: Exports, step: str, side: str, draft: Path) -> str:
        (draft / "model.onnx").write_text("half a file")
        return "SafetensorError: header too large"

    monkeypatch.setattr(Exports, "_process_of", attempted)
    exports = Exports(store, run, [("torch", "onnx")])
    exports.wait()
    found = read(store, run, "torch", "onnx")
    assert found
    assert (found.state, found.message) == ("failed", "SafetensorError: header too large")
    assert [path.name for path in folder(store, run, "torch", "onnx").iterdir()] == ["result.json"]
    assert [*(store.root / "drafts").iterdir()] == []


def test_a_stopped_export_leaves_nothing(store: Store, run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (store.folder(run) / "torch" / "checkpoint-000000000006.safetensors").write_bytes(b"")
    steps: list[str] = []

    def stopped(exports: Exports, step: str, side: str, draft: Path) -> str:
        steps.append(step)
        exports._end("The export was stopped.")
        return "It was stopped."

    monkeypatch.setattr(Exports, "_process_of", stopped)
    exports = Exports(store, run, [("torch", "onnx"), ("torch", "pt2")])
    with pytest.raises(ExportError, match="was stopped"):
        exports.wait()
    assert steps == ["write"]
    assert read(store, run, "torch", "onnx") is None
    assert [*(store.root / "drafts").iterdir()] == []


def test_the_command_says_where_each_file_is_however_narrow_the_screen(
    store: Store, run: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    told.exported(store, run, "torch", difference=1e-6)
    told.exported(store, run, "tensorflow", message="TypeError: Could not locate class 'Block'.")
    results = [found for side in ("torch", "tensorflow") if (found := read(store, run, side, "onnx"))]
    exports._tell(store, argparse.Namespace(json=False, run=run, format="onnx"), results)
    lines = capsys.readouterr().out.splitlines()
    assert f"PyTorch: {results[0].path}" in lines
    assert not any(line.startswith("TensorFlow: ") for line in lines)

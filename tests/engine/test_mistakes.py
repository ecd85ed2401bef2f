"""The debug lab without a framework in this process: its catalogue, its processes, and how their output is read."""

import subprocess
from types import SimpleNamespace

import psutil
import pytest

from engine.config import FRAMEWORKS
from engine.mistakes import run
from engine.mistakes.attempt import MARK
from engine.mistakes.catalogue import BY_NAME, MISTAKES, STAGES
from engine.mistakes.results import Request, read
from engine.mistakes.sources import path, planted, source
from engine.runs import Store
from engine.tasks.task import TaskError
from tests import mistake_stories as told
from tests.engine.real_runs import PATIENCE, until

REQUEST = Request("in_place_change", "eager")


@pytest.mark.parametrize("side", FRAMEWORKS)
@pytest.mark.parametrize("name", BY_NAME)
def test_every_mistake_has_its_stages_and_one_line_in_which_it_is(name: str, side: str) -> None:
    assert all(f"\ndef {stage}(wrap):\n" in source(name, side) for stage in STAGES)
    assert len(planted(name, side)) == 1


def test_the_catalogue_is_whole_sentences() -> None:
    assert len(BY_NAME) == len(MISTAKES) >= 8
    for mistake in MISTAKES:
        texts = (mistake.planted, mistake.seen, mistake.torch, mistake.tensorflow, mistake.mend)
        assert [text for text in texts if not text.endswith(".")] == []


def test_a_silent_stage_and_the_lines_of_one_that_raises(tmp_path) -> None:
    file = path("in_place_change", "torch").name
    (line,) = planted("in_place_change", "torch")
    told.write(Store(tmp_path), REQUEST, torch=told.raised(file, 21, line, 16, 21, line))
    attempt = read(REQUEST, Store(tmp_path))
    assert attempt
    outcome = attempt.sides["torch"]["planted"]
    assert outcome.lines == (16, 21, line)
    assert outcome.message == outcome.short == "it [does] not fit"
    assert outcome.before == ""
    assert "\x1b" not in outcome.printed
    assert attempt.sides["tensorflow"]["planted"].lines == ()


@pytest.mark.parametrize("text", ['File "/a/{}", line 12, in f', "/a/{}:12: UserWarning: so", "+ /a/{} (L12) f"])
def test_lines_are_read_from_traces_warnings_and_graphs(tmp_path, text: str) -> None:
    told.write(Store(tmp_path), REQUEST, torch=told.SILENT | {"printed": text.format("in_place_change_torch.py")})
    attempt = read(REQUEST, Store(tmp_path))
    assert attempt
    assert attempt.sides["torch"]["planted"].lines == (12,)


def test_traces_inside_of_a_message_are_left_out_of_its_short_form(tmp_path) -> None:
    frames = "".join(f'  File "/a/{number}.py", line 1, in f\n\n' for number in range(3))
    message = f"Graph execution error:\n\nDetected at:\n{frames}Received a label 3\n  shape: (2,)\n  one more"
    error = told.raised("f.py")
    printed = f"labels from 1 to 3\n{error['printed']}"
    told.write(Store(tmp_path), REQUEST, torch=error | {"message": message, "printed": printed})
    attempt = read(REQUEST, Store(tmp_path))
    assert attempt
    expected = "Graph execution error:\n\nDetected at:\n\n  …\n\nReceived a label 3\n  shape: (2,)\n  one more"
    assert attempt.sides["torch"]["planted"].short == expected
    assert attempt.sides["torch"]["planted"].before == "labels from 1 to 3"


def test_a_crash_is_told_from_an_error(tmp_path) -> None:
    told.write(Store(tmp_path), REQUEST, torch=told.CRASHED)
    attempt = read(REQUEST, Store(tmp_path))
    assert attempt
    assert attempt.sides["torch"]["planted"].crashed
    assert not attempt.sides["torch"]["found"].crashed
    assert not attempt.sides["torch"]["mended"].crashed


def test_results_are_of_one_execution_and_damage_is_a_sentence(tmp_path) -> None:
    store = Store(tmp_path)
    assert read(REQUEST, store) is None
    told.write(store, REQUEST)
    assert read(REQUEST, store)
    assert read(Request("in_place_change", "compiled"), store) is None
    other = Request("wrong_dtype", "eager")
    told.write(store, other)
    (other.folder(store) / "torch.json").write_text("{}")
    with pytest.raises(TaskError, match="is damaged; make the mistake again"):
        read(other, store)


@pytest.mark.parametrize(
    ("output", "code", "expected"),
    [
        (f"noise{MARK}\nloss: 1\n", 0, ("loss: 1", "", 0)),
        (f'noise{MARK}\nTrace\n{MARK}{{"kind": "E", "message": "m"}}\n', 1, ("Trace", "E", 1)),
        (f"{MARK}\nSegmentation fault", -11, ("Segmentation fault", "", -11)),
    ],
)
def test_what_a_stage_printed_begins_after_the_import(monkeypatch, output: str, code: int, expected: tuple) -> None:
    ended = SimpleNamespace(stdout=output.encode(), returncode=code)
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: ended)
    found = run.attempted("torch", "wrong_dtype", "planted", "eager")
    assert (found["printed"], found["kind"], found["exit"]) == expected


def test_a_framework_that_cannot_be_imported_is_no_mistake(monkeypatch) -> None:
    ended = SimpleNamespace(stdout=b"Traceback\nImportError: no such thing\n", returncode=1)
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: ended)
    with pytest.raises(SystemExit, match="did not come as far as the mistake: ImportError: no such thing"):
        run.attempted("torch", "wrong_dtype", "planted", "eager")


def test_both_sides_make_a_mistake_in_processes_of_their_own(tmp_path) -> None:
    store = Store(tmp_path)
    REQUEST.begin(store).wait()
    attempt = read(REQUEST, store)
    assert attempt
    kinds = {side: [outcome.kind for outcome in stages.values()] for side, stages in attempt.sides.items()}
    assert kinds == {"torch": ["RuntimeError", "RuntimeError", ""], "tensorflow": ["TypeError", "TypeError", ""]}
    assert attempt.sides["torch"]["planted"].lines[-1] not in planted(REQUEST.name, "torch")
    assert attempt.sides["tensorflow"]["planted"].lines[-1] in planted(REQUEST.name, "tensorflow")
    assert attempt.sides["torch"]["mended"].printed.startswith("gradient: [0.0, 2.718")
    printed = attempt.sides["torch"]["found"].printed
    assert "Error detected in ExpBackward0" in printed  # by detect_anomaly, on the other stream than what is printed
    assert "cuda" not in attempt.sides["tensorflow"]["mended"].printed  # what it said when it was imported
    assert {file.name for file in REQUEST.folder(store).iterdir()} == {"request.json", "torch.json", "tensorflow.json"}


def test_a_stop_ends_the_processes_that_make_mistakes(tmp_path) -> None:
    begun = REQUEST.begin(Store(tmp_path))
    made = until(lambda: [child for child in psutil.Process().children(True) if _makes_a_mistake(child)], "one of them")
    begun.stop()
    _, alive = psutil.wait_procs(made, timeout=PATIENCE)
    assert alive == []
    assert read(REQUEST, Store(tmp_path)) is None
    assert not list(tmp_path.glob("drafts/*"))


def _makes_a_mistake(process: psutil.Process) -> bool:
    try:
        return "engine.mistakes.attempt" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False

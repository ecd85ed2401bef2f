"""One side's log: whole lines or none, from any offset and from the end, and what a resume leaves of it."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events, logs
from engine.event_lines import from_line
from engine.logs import Log, LogError, last_words, read_log, whole_length
from engine.store.series import Side
from tests.engine.strategies import patient, side_logs

STEPS = events.Steps(0, (1.0, 2.0), 0.1)
PAUSED = events.Paused(2, 5.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def lines(*told):
    return "".join(map(events.to_line, told)).encode()


def parsed(*told):
    """As a reader gets them."""
    return [from_line(events.to_line(one)) for one in told]


def test_what_is_appended_is_read(path):
    with Log(path) as log:
        log.append(STEPS)
    with Log(path) as log:
        log.append(PAUSED)
    assert read_log(path) == (parsed(STEPS, PAUSED), len(lines(STEPS, PAUSED)))


def test_a_line_is_there_as_soon_as_it_is_appended(path):
    with Log(path) as log:
        log.append(STEPS)
        assert path.read_bytes() == lines(STEPS)


def test_no_file_holds_nothing(path):
    assert read_log(path) == ([], 0)
    assert last_words(path) == (0, None)
    assert whole_length(path) == 0


@pytest.mark.parametrize("half", [b"{", b'{"type":"paused","st', lines(PAUSED)[:-1], b"x" * 3 * logs.TAIL])
@pytest.mark.parametrize("before", [b"", lines(STEPS), lines(STEPS) * 500])
def test_a_half_written_last_line_waits_for_a_reader_and_goes_for_a_writer(path, before, half):
    path.write_bytes(before + half)
    assert read_log(path)[1] == len(before)
    assert read_log(path, len(before)) == ([], len(before))
    assert last_words(path) == ((2, parsed(STEPS)[0]) if before else (0, None))
    assert whole_length(path) == len(before)
    assert path.stat().st_size == len(before + half)
    with Log(path) as log:
        log.append(PAUSED)
    assert path.read_bytes() == before + lines(PAUSED)


def test_the_other_half_of_a_line_brings_the_event(path):
    line = lines(PAUSED)
    path.write_bytes(lines(STEPS) + line[:9])
    _, offset = read_log(path)
    with path.open("ab") as file:
        file.write(line[9:])
    assert read_log(path, offset) == (parsed(PAUSED), len(lines(STEPS) + line))


@patient
@given(side_logs(), st.lists(st.integers(0, 2000)))
def test_reading_in_pieces_is_reading_at_once(tmp_path_factory, told, cuts):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    text, found, offset = lines(*told), [], 0
    for size in [*sorted(cuts), len(text)]:
        path.write_bytes(text[: max(size, offset)])
        more, offset = read_log(path, offset)
        found += more
    assert found == parsed(*told)


@patient
@given(side_logs(), st.integers(1, 400))
def test_the_last_words_are_those_of_the_whole_log(tmp_path_factory, told, tail):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    path.write_bytes(lines(*told))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "TAIL", tail)
        step, last = last_words(path)
    assert last == parsed(*told)[-1]
    assert step == steps_left(told)


def steps_left(told):
    """How many steps a log tells of, after all that was superseded."""
    side = Side()
    for event in told:
        side.add(event)
    return len(side.losses)


def test_a_log_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotADirectoryError):
        Log(tmp_path / "file" / "events.jsonl")


LIMITED = """
import resource, sys
from pathlib import Path
from engine import events
from engine.logs import Log, LogError
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
with Log(Path(sys.argv[1])) as log:
    try:
        for step in range(100):
            log.append(events.Gradient(step, 0.5))
    except LogError as error:
        print(step, error)
"""


def test_a_full_disk_leaves_whole_lines(path):
    answer = subprocess.run([sys.executable, "-c", LIMITED, path], capture_output=True, text=True, check=True)
    written, _, sentence = answer.stdout.strip().partition(" ")
    assert sentence == f"The event could not be written to {path}: File too large."
    assert read_log(path)[0] == [events.Gradient(step, 0.5) for step in range(int(written))]
    assert int(written) > 10
    assert 900 < path.stat().st_size <= 1000
    assert path.read_bytes().endswith(b"\n")


def test_a_child_of_the_writer_writes_nothing(path):
    """Its parent would be told twice."""
    with Log(path) as log:
        log.append(STEPS)
        if (child := os.fork()) == 0:
            try:
                log.append(PAUSED)
            except LogError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        log.append(PAUSED)
    assert read_log(path)[0] == parsed(STEPS, PAUSED)

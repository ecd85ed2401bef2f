"""What a person asks reaches the workers whole; what nobody of ours wrote asks for nothing."""

import json
import threading

import pytest

from engine import control
from engine.control import FREE, Command

ALL = [FREE, Command(paused=True), Command(paused=True, step_target=12), Command(stop=True)]


@pytest.mark.parametrize("command", ALL)
def test_what_is_written_is_read(tmp_path, command):
    control.write(tmp_path, command)
    assert control.read(tmp_path) == command
    control.write(tmp_path, FREE)
    assert control.read(tmp_path) == FREE


def test_nobody_has_asked(tmp_path):
    assert control.read(tmp_path) == FREE


@pytest.mark.parametrize(
    ("command", "step", "allowed"),
    [
        (FREE, 5, None),
        (Command(paused=True), 5, 0),
        (Command(paused=True, step_target=5), 5, 0),
        (Command(paused=True, step_target=6), 5, 1),
        (Command(paused=True, step_target=9), 5, 4),
        (Command(paused=True, step_target=3), 5, 0),
    ],
)
def test_steps_allowed(command, step, allowed):
    assert command.steps_allowed(step) == allowed


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[]", b"3", b"null", b"\xff\xfe\x00", b"[" * 100_000),
        *(b'{"paused": true}', b'{"paused": "yes", "step_target": 0, "stop": false}'),
        *(b'{"paused": true, "step_target": null, "stop": false}', b'{"paused": 1, "step_target": 0, "stop": false}'),
        b'{"paused": true, "step_target": 0, "stop": true, "colour": "red"}',
    ],
)
def test_a_damaged_file_asks_for_nothing(tmp_path, text):
    (tmp_path / "control.json").write_bytes(text)
    assert control.read(tmp_path) == FREE
    control.write(tmp_path, Command(stop=True))
    assert control.read(tmp_path) == Command(stop=True)


def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError):
        control.write(tmp_path / "gone", FREE)
    assert control.read(tmp_path / "gone") == control.STOP  # nobody can ever ask its workers again


def test_many_at_once_leave_one_whole_command(tmp_path):
    """Pages of one server are threads of one process."""
    failed = []
    known = {json.dumps(vars(command)) for command in ALL}

    def ask(command):
        try:
            for _ in range(200):
                control.write(tmp_path, command)
                assert json.dumps(vars(control.read(tmp_path))) in known
        except (OSError, AssertionError) as error:
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(command,)) for command in ALL[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [path.name for path in tmp_path.iterdir()] == ["control.json"]


def test_a_reader_looks_into_the_folder_now_and_then(tmp_path):
    now = [5.0]
    reader = control.Reader(tmp_path, lambda: now[0])
    assert reader() == FREE
    control.write(tmp_path, Command(stop=True))
    now[0] += control.READ_SECONDS / 2
    assert reader() == FREE
    now[0] += control.READ_SECONDS
    assert reader() == Command(stop=True)

"""Whatever a person types for an option: one sentence on one line, exit code 2, and nothing has begun."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.networks import own
from tests.engine.command_line import ROOT

FIELDS = ("epochs", "batch_size", "learning_rate", "seed", "threads", "train_fraction", "epsilon", "policy", "device")
STRANGE = ("1e999", "-1e999", "nan", "١٢", "-0.5", "1_0", "", " ", "🦀", "x" * 100_000, "[[[[", '{"a": 1}', "\udcff")


def refusal(capsys: pytest.CaptureFixture[str], tmp_path: Path, *words: str) -> str:
    """The sentence that the command line says."""
    try:
        code = main([*words, "--store", str(tmp_path / "runs")])
    except SystemExit as ended:  # what the parser itself refuses
        code = int(str(ended.code))
    told = capsys.readouterr()
    assert (code, told.out) == (2, "")
    assert len(told.err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()
    return told.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("parity --steps 1e999", 'steps: "1e999" was given; allowed is a whole number, at least 1 and at most 1,000.'),
        ("parity --steps 0", "steps: 0 was given; allowed is a whole number, at least 1 and at most 1,000."),
        ("microscope --steps nan", 'steps: "nan" was given; allowed is a whole number, at least 1 and at most 200.'),
        ("microscope --tolerance nan", 'tolerance: "nan" was given; allowed is a number, more than 0 and less than 1.'),
        ("microscope --tolerance 2", 'tolerance: "2" was given; allowed is a number, more than 0 and less than 1.'),
        ("operators --steps 1.5", 'steps: "1.5" was given; allowed is a whole number, at least 1 and at most 500.'),
        ("pipelines --rounds x", 'rounds: "x" was given; allowed is a whole number.'),
        ("pipelines --workers 1e3", 'workers: "1e3" was given; allowed is a whole number.'),
        ("pipelines --busy nan", 'busy: "nan" was given; allowed is a number.'),
        ("bench --question scaling --values 1_0", 'values: "1_0" was given; allowed is two or more whole numbers'),
        ("bench --quantity time_to_quality --target 1e999", 'target: "1e999" was given; allowed is a number.'),
        ("bench --target nan", 'target: "nan" was given; allowed is a number.'),
        ("bench --question best", "Argument --question: invalid choice: 'best'"),
        ("seeds --seeds ١٢", 'seeds: "١٢" was given; allowed is a whole number, at least 2.'),
        ("sweep --set seed=1,2 --trials 1e999", 'trials: "1e999" was given; allowed is a whole number.'),
        ("sweep --set learning_rate=log:1e-3:1e-1:1e999", "allowed is a whole number of steps, at least 2"),
        ("train --epochs ١٢", 'epochs: "١٢" was given; allowed is a whole number, at least 1'),
        ("train --cluster ", "Argument --cluster: an empty address was given; allowed is tcp://HOST:PORT"),
        ("train --epoch 1 --colour red", "Unrecognized arguments: --colour red."),
        ("certificate --json", "The following arguments are required: run."),
        ("dance", "Argument COMMAND: invalid choice: 'dance'"),
    ],
)
def test_one_sentence_and_nothing_begins(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: str, sentence: str
) -> None:
    assert sentence in refusal(capsys, tmp_path, *words.split(" "))


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("field", FIELDS)
def test_any_field_of_the_config(capsys: pytest.CaptureFixture[str], tmp_path: Path, field: str, text: str) -> None:
    told = refusal(capsys, tmp_path, "train", "--set", f"{field}={text}")
    assert told.startswith(f"{field}")
    assert len(told) < 500


@pytest.mark.parametrize("name", ["x" * 300, "/".join("x" * 20_000)])
def test_a_store_whose_name_is_too_long(capsys: pytest.CaptureFixture[str], name: str) -> None:
    for words in (["runs", "list"], ["train", "--network", "simple_net"], ["bench", "list"], ["sweep", "list"]):
        assert main([*words, "--store", name]) == 2
        assert "File name too long" in capsys.readouterr().err


def test_what_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    """Bytes of an argument that are not UTF-8 come in as halves of letters, which no output takes."""
    command = [sys.executable, "-m", "engine", "runs", "list", "--store", bytes(tmp_path / "runs") + b"\xff"]
    utf8 = os.environ | {"LC_ALL": "C.UTF-8"}
    answer = subprocess.run(command, cwd=ROOT, env=utf8, capture_output=True, text=True, timeout=60)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "No runs in" in answer.stdout


@pytest.mark.parametrize("folder", ["~nobody-of-that-name", "a\0b", "\udcff", "x" * 5000])
def test_a_folder_of_networks_that_leads_nowhere(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(own.VARIABLE, "")
    (sentence,) = own.use(folder).values()
    own.use("")
    assert sentence.startswith("The folder ")
    assert "cannot be read: " in sentence


def test_a_folder_s_trouble_is_not_that_of_a_command_without_networks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(own.VARIABLE, str(tmp_path / "nothing"))
    assert main(["runs", "list", "--json", "--store", str(tmp_path / "runs")]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["train", "--store", str(tmp_path / "runs")]) == 2
    own.use("")

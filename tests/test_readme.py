"""What the documents promise: their commands exist, their links lead somewhere, and the pins are what is installed."""

import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from engine.__main__ import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
PIN = re.compile(r"([A-Za-z0-9-]+)==([0-9.]+)")


def commands() -> list[list[str]]:
    """The words of each command in the README's shell blocks; settings in front of a command are left out."""
    lines = "".join(FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8"))).splitlines()
    split = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] if "=" in words[0] else words for words in split if words]


ENGINE = [words[3:] for words in commands() if words[:3] == ["python", "-m", "engine"]]


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_first_two_commands_run_and_test() -> None:
    assert commands()[:2] == [["make", "run"], ["make", "test"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_exists(document: Path) -> None:
    code = " ".join(re.findall(r"`([^`]+)`", document.read_text(encoding="utf-8")))
    assert set(MAKE.findall(code)) <= set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


def test_make_knows_its_first_two_targets() -> None:
    for target in ("run", "test"):
        result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_file_that_a_command_names_exists() -> None:
    named = [word for words in commands() for word in words if word.endswith((".txt", ".py"))]
    assert {"requirements.txt", "dashboard.py"} <= set(named)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_commands_of_the_engine_are_in_its_help() -> None:
    result = ask("--help")
    assert result.returncode == 0, result.stderr
    assert {words[0] for words in ENGINE} == set(re.findall(r"^    (\w+)(?: |$)", result.stdout, re.M))
    assert [words[0] for words in ENGINE if words[0] not in result.stdout] == []


@pytest.mark.parametrize("words", ENGINE, ids=" ".join)
def test_the_options_of_a_command_are_in_its_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([words[0], "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    options = [word for word in words[1:] if word.startswith("--")] + ["--store"]
    actions = words[1:2] if words[0] == "runs" else []
    assert [word for word in (*options, *actions) if word not in told] == []


# Mobile converters do not live beside the product: their requirements are for an environment that no test makes.
REQUIREMENTS = sorted({path.name for path in ROOT.glob("requirements*.txt")} - {"requirements-mobile.txt"})


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_to_what_is_installed(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", "-r "))]
    matches = [PIN.fullmatch(pin) for pin in pins]
    assert [pin for pin, match in zip(pins, matches, strict=True) if not match] == []
    wanted = {match[1]: match[2] for match in matches if match}
    assert wanted
    assert {library: metadata.version(library).split("+")[0] for library in wanted} == wanted


def test_every_pin_that_the_readme_names_is_a_requirement() -> None:
    named = re.findall(r"([a-z]+)(?:\[[a-z-]+\])?==([0-9.]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    pins = PIN.findall((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= set(pins)


def test_no_document_holds_what_a_merge_leaves_behind() -> None:
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        lines = document.read_text(encoding="utf-8").splitlines()
        assert not any(re.match(r"(<{7}|>{7}) ", line) for line in lines), document

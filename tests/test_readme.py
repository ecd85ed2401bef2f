"""What the documents promise: their commands exist, their links lead somewhere, and the pins are what is installed."""

import importlib.util
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from engine.__main__ import _parser, main

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
MAKE = re.compile(r"\bmake ([a-z][a-z-]*)")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
PIN = re.compile(r"([A-Za-z0-9-]+)==([0-9.]+)")


def commands(document: Path = ROOT / "README.md") -> list[list[str]]:
    """The words of each command in a document's shell blocks; settings in front of a command are left out."""
    lines = "".join(FENCE.findall(document.read_text(encoding="utf-8"))).splitlines()
    split = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] if "=" in words[0] else words for words in split if words]


def inline(document: Path) -> list[str]:
    """The code in a document's sentences."""
    return INLINE.findall(BLOCK.sub("", document.read_text(encoding="utf-8")))


def modules(found: list[list[str]]) -> list[tuple[str, ...]]:
    """Of these commands, those that run a module: its name, and what is given to it; each once."""
    ways = (["python", "-m"], [".venv/bin/python", "-m"])
    return sorted({tuple(words[2:]) for words in found if words[:2] in ways})


COMMANDS = [words for document in DOCUMENTS for words in commands(document)]
# A sentence may name no more than a part of a command.
PARTS = [code.split() for document in DOCUMENTS for code in inline(document)]
MODULES, PARTLY = modules(COMMANDS), modules([*COMMANDS, *PARTS])
ENGINE = [words for module, *words in PARTLY if module == "engine" and words]
WITH_ACTIONS = ("runs", "bench", "sweep", "datasets")


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_the_first_two_commands_run_and_test() -> None:
    assert commands()[:2] == [["make", "run"], ["make", "test"]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_exists(document: Path) -> None:
    code = " ".join([*inline(document), *map(" ".join, commands(document))])
    assert set(MAKE.findall(code)) <= set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


def test_make_knows_its_first_two_targets() -> None:
    for target in ("run", "test"):
        result = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_file_that_a_command_names_exists() -> None:
    named = [word for words in COMMANDS for word in words if word.endswith((".txt", ".py"))]
    assert {"requirements.txt", "dashboard.py"} <= set(named)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_commands_of_the_engine_are_in_its_help() -> None:
    result = ask("--help")
    assert result.returncode == 0, result.stderr
    told = set(re.findall(r"^    (\w+)(?: |$)", result.stdout, re.M))
    assert {words[1] for words in modules(commands()) if words[0] == "engine"} == told
    assert {words[0] for words in ENGINE} == told


@pytest.mark.parametrize("words", ENGINE, ids=" ".join)
def test_the_options_of_a_command_are_in_its_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([words[0], "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    options = [word for word in words[1:] if word.startswith("--")] + ["--store"]
    actions = [word for word in words[1:2] if words[0] in WITH_ACTIONS and not word.startswith("--")]
    assert [word for word in (*options, *actions) if not re.search(rf"(?<![\w-]){word}(?![\w-])", told)] == []


@pytest.mark.parametrize("words", [words for module, *words in MODULES if module == "engine"], ids=" ".join)
def test_the_engine_takes_every_command(words: list[str]) -> None:
    assert _parser().parse_args(words).command


def test_every_module_that_a_command_runs_exists() -> None:
    named = {words[0] for words in PARTLY}
    assert {"engine", "engine.cluster.node", "benchmarks.cluster", "benchmarks.parity_table"} <= named
    assert [module for module in sorted(named) if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("words", [words for words in MODULES if words[0].startswith("engine.")], ids=" ".join)
def test_a_process_that_a_person_starts_has_the_options_of_its_command(words: tuple[str, ...]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", words[0], "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    options = [word for word in words if word.startswith("--")]
    assert options
    assert [word for word in options if f"  {word} " not in result.stdout] == [], result.stderr


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
    for document in DOCUMENTS:
        lines = document.read_text(encoding="utf-8").splitlines()
        assert not any(re.match(r"(<{7}|>{7}) ", line) for line in lines), document

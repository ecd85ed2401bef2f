"""The files of the mistakes as text, and the line that each mistake is planted in."""

from functools import cache
from pathlib import Path

SIGN = "# planted"


def path(name: str, side: str) -> Path:
    """The file of one mistake in one framework."""
    return Path(__file__).with_name(f"{name}_{side}.py")


@cache
def source(name: str, side: str) -> str:
    """All of the file."""
    return path(name, side).read_text(encoding="utf-8")


def planted(name: str, side: str) -> list[int]:
    """The numbers of the lines in which the mistake is, counted from 1."""
    return [number for number, line in enumerate(source(name, side).splitlines(), 1) if SIGN in line]

"""The files of the pipelines as text: what is shown is what ran."""

from functools import cache
from pathlib import Path


@cache
def source(name: str, side: str) -> str:
    """All of one twin."""
    return Path(__file__).with_name(f"{name}_{side}.py").read_text(encoding="utf-8")

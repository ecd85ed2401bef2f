"""The command line as a process of its own, or in this one."""

import os
import subprocess
import sys
from pathlib import Path

from engine.__main__ import main

ROOT = Path(__file__).parents[2]


def engine(*arguments, **options):
    """`python -m engine …`, and what it said."""
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


def here(capsys, *arguments):
    """The same in this process, for what is refused or only read: to start a process takes longer than that."""
    code = main([*map(str, arguments)])
    told = capsys.readouterr()
    return subprocess.CompletedProcess(arguments, code, told.out, told.err)

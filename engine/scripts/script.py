"""A script in parts: as one Python file, and as a notebook with a cell for each part."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["raw", "layers", "fit"]
LEVELS: dict[Level, str] = {
    "raw": "Raw tensors",
    "layers": "Layers and a loop of one's own",
    "fit": "Keras fit, and its nearest in PyTorch",
}
FORMAT = 4, 5  # of notebooks
DEFINITIONS = ("def ", "class ", "@")


@dataclass(frozen=True)
class Part:
    """A heading, the lines of code below it, and the import lines that they need."""

    title: str
    lines: Sequence[str]
    imports: set[str] = field(default_factory=set)

    @property
    def code(self) -> str:
        return "\n".join(self.lines).strip("\n")


@dataclass(frozen=True)
class Script:
    """One framework's script: the framework, what it is, in lines of text, and its parts."""

    side: str
    summary: str
    parts: tuple[Part, ...]

    @property
    def imports(self) -> str:
        return import_lines(set().union(*(part.imports for part in self.parts)))

    @property
    def head(self) -> Part:
        """The imports as a part."""
        return Part("Imports", self.imports.splitlines())

    @property
    def text(self) -> str:
        """The whole file. Editors take `# %%` for the beginning of a cell."""
        found = f'"""{self.summary}\n"""\n\n{self.imports}\n'
        for part in self.parts:
            code = spaced(part.code)
            found += f"\n\n# %% {part.title}\n\n" + "\n" * code.startswith(DEFINITIONS) + code
        return found

    @property
    def notebook(self) -> str:
        """The same as a notebook in the format of Jupyter (nbformat 4.5), as JSON."""
        cells = [_cell("markdown", self.summary, 0), _cell("code", self.imports, 1)]
        for part in self.parts:
            cells.append(_cell("markdown", f"## {part.title}", len(cells)))
            cells.append(_cell("code", spaced(part.code).strip("\n"), len(cells)))
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        major, minor = FORMAT
        book = {"cells": cells, "metadata": metadata, "nbformat": major, "nbformat_minor": minor}
        return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _cell(kind: str, source: str, number: int) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": source.splitlines(keepends=True)}


def spaced(text: str) -> str:
    """Two empty lines before each definition of the first level and after it."""
    found: list[str] = []
    within = False  # a definition
    for line in text.strip("\n").splitlines():
        first_level = bool(line) and not line[0].isspace() and line[0] not in ")]}"
        begins = line.startswith(DEFINITIONS)
        if first_level and (begins or within) and not (found and found[-1].startswith("@")):
            while found and not found[-1]:
                found.pop()
            found += ["", ""] if found else []
        within = begins if first_level else within
        found.append(line)
    return "\n".join(found) + "\n"


def import_lines(lines: set[str]) -> str:
    """Import lines in order: the standard library, then the rest; names of one module in one line."""
    whole = sorted(line for line in lines if line.startswith("import "))
    named: dict[str, list[str]] = {}
    for line in sorted(lines.difference(whole)):
        module, name = line.removeprefix("from ").split(" import ")
        named.setdefault(module, []).append(name)
    every = [*whole, *(f"from {module} import {', '.join(names)}" for module, names in named.items())]
    standard = [line for line in every if line.split()[1].split(".")[0] in sys.stdlib_module_names]
    others = [line for line in every if line not in standard]
    return "\n\n".join("\n".join(group) for group in (standard, others) if group)

"""Definitions taken out of our own modules, with all that they need, by reading their text: nothing is imported."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "engine"


@dataclass
class Taken:
    """Import lines, and the text of the definitions by name, each after those that it needs."""

    imports: set[str] = field(default_factory=set)
    definitions: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)  # the module of each

    @property
    def text(self) -> str:
        """The definitions as they stand in their files."""
        return "\n".join(self.definitions.values())


@dataclass(frozen=True)
class _Module:
    """A module's text, what each name in it is defined by, and what each imported name stands for."""

    text: str
    nodes: dict[str, ast.stmt]
    imported: dict[str, tuple[str, str]]  # (module, name), where name is "" for the module itself


def take(wanted: Iterable[tuple[str, str]], known: Iterable[str] = ()) -> Taken:
    """The definitions `wanted`, as (module, name), and all of ours that they use but for those already `known`.

    Raises LookupError where a module does not define a name, or where two modules define the same one differently.
    """
    taken = Taken(homes=dict.fromkeys(known, ""))
    for module, name in wanted:
        _take(module, name, taken)
    return taken


def take_text(text: str, leave_out: Iterable[str] = ()) -> Taken:
    """All top-level definitions of a module that is given as text, such as a person's own; and its imports."""
    module, left = _read(text), set(leave_out)
    taken = Taken()
    for name, node in module.nodes.items():
        if name not in left:
            taken.definitions[name] = _cut(module, node)
    used = {name for key in taken.definitions for name in _used(module.nodes[key])}
    taken.imports |= {_import_line(name, *module.imported[name]) for name in used & module.imported.keys()}
    return taken


def _take(home: str, name: str, taken: Taken) -> None:
    if name in taken.homes:
        if taken.homes[name] not in ("", home):
            raise LookupError(f"{name} is defined in {taken.homes[name]} and in {home}")
        return
    module = _module(home)
    if name not in module.nodes:
        raise LookupError(f"{home} defines no {name}")
    taken.homes[name] = home
    node = module.nodes[name]
    for used in _used(node):
        if used in module.nodes:
            _take(home, used, taken)
        elif used in module.imported:
            source, inner = module.imported[used]
            if source.split(".")[0] == PACKAGE:
                _take(source, inner, taken)
            else:
                taken.imports.add(_import_line(used, source, inner))
    taken.definitions[name] = _cut(module, node)


def _import_line(known: str, module: str, name: str) -> str:
    if not name:
        return f"import {module}" if module == known else f"import {module} as {known}"
    return f"from {module} import {name}" + ("" if name == known else f" as {known}")


@lru_cache(maxsize=64)
def _module(name: str) -> _Module:
    return _read((ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8"))


def _read(text: str) -> _Module:
    nodes: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            nodes[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            nodes |= {part.id: node for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Import):
            imported |= {alias.asname or alias.name.split(".")[0]: (alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}
    return _Module(text, nodes, imported)


def _used(node: ast.stmt) -> list[str]:
    """Every name that the definition reads, in the order of the text."""
    return list(dict.fromkeys(part.id for part in ast.walk(node) if isinstance(part, ast.Name)))


def _cut(module: _Module, node: ast.stmt) -> str:
    """The lines of a definition, with its decorators."""
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(module.text.splitlines()[first - 1 : node.end_lineno])

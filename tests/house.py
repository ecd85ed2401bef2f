"""The law of the house as functions of a root folder: each returns one sentence per violation."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

# Which twin may import what; a library that loads a framework counts as that framework.
SIDE_OF = {"torch": "torch", "lightning": "torch", "tensorflow": "tensorflow", "keras": "tensorflow"}
SIDES = ("torch", "tensorflow")
# The processes that load twins by name, one framework each, and the file that loads a network's twin for them.
ENTRIES = (
    "engine/worker.py",
    "engine/probes/probe_devices.py",
    "engine/probes/probe_network.py",
    "engine/examinations/examine.py",
    "engine/operators/record.py",
    "engine/twins.py",
    "engine/bench/subject.py",
    "engine/team_worker.py",
    "benchmarks/bare_torch.py",
    "benchmarks/bare_tensorflow.py",
    "engine/mistakes/attempt.py",
    "engine/phrases/run.py",
    "engine/exports/write.py",
    "engine/exports/runtimes.py",
    "engine/exports/convert.py",
    "engine/pipelines/measure.py",
    "engine/pipelines/threaded.py",
    "engine/pipelines/place.py",
    "engine/graphs/draw.py",
    "engine/graphs/run_branches.py",
    "engine/graphs/retrace.py",
)
# What each room may import of ours.
ROOMS = {
    "engine": ("engine",),
    "ui": ("ui", "engine"),
    "pages": ("ui", "engine"),
    "dashboard": ("ui", "engine"),
    "benchmarks": ("benchmarks", "engine"),
}
CATALOGUES = ("engine.datasets.catalogue", "engine.networks.catalogue")
# Inside engine/, what the lower rooms may import of it.
KNOWS = {
    "engine/events.py": (),
    "engine/event_lines.py": ("engine.events",),
    "engine/measure/": ("engine.measure",),
    "engine/config.py": (
        *(*CATALOGUES, "engine.fairness.defaults"),
        *("engine.networks.own", "engine.networks.declaration", "engine.config_problems"),
    ),
    "engine/config_problems.py": (*CATALOGUES, "engine.fairness.defaults", "engine.config"),
    "engine/runs.py": ("engine.config", "engine.events", "engine.logs", "engine.system", *CATALOGUES),
}
# Who in engine/ may draw or word results: what is told to a person, never what is recorded or judged.
DRAWERS = ("charts", "commands", "claims", "experiments")
LIBRARIES = {
    *("hypothesis", "keras", "lightning", "mypy", "numpy", "pandas", "playwright", "plotly", "psutil", "pydantic"),
    *("optuna", "pytest", "rich", "ruff", "safetensors", "scipy", "sklearn", "starlette", "streamlit", "tensorboard"),
    *("tensorflow", "torch"),
}
VAGUE = {"common", "helper", "helpers", "misc", "util", "utils"}


def files(root: Path) -> list[Path]:
    """Every Python file of the product."""
    folders = [path for room in ROOMS for path in root.glob(f"{room}/**/*.py")]
    return sorted([*folders, *root.glob("*.py")])


def name(root: Path, path: Path) -> str:
    """The file as a person writes it: engine/runs.py."""
    return path.relative_to(root).as_posix()


def side_of(module: str) -> str | None:
    """The framework that a module's or file's last name ends with: torch for mlp_torch."""
    last = module.split(".")[-1]
    return next((side for side in SIDES if last.endswith(f"_{side}")), None)


def imported(root: Path, path: Path) -> Iterator[str]:
    """Dotted names of all modules that a file imports by a statement, at any depth; `from a import b` gives a.b."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = [*above, *(node.module or "").split(".")] if node.module else list(above)
            yield from (".".join([*base, alias.name]) for alias in node.names)


def loaded_by_name(path: Path) -> Iterator[str]:
    """What a file gives to importlib.import_module, __import__ or exec; the open part of an f-string is a star."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _called(node.func) in ("import_module", "__import__", "exec"):
            yield _text(node.args[0]) if node.args else "*"


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(_text(part) for part in value.values)
    return "*"


def layers(root: Path) -> list[str]:
    """Law 1: pages → ui → engine, never back; nothing in engine/ imports Streamlit."""
    wrong = []
    for path in files(root):
        room = path.relative_to(root).parts[0].removesuffix(".py")
        for module in imported(root, path):
            top = module.split(".")[0]
            if top in {*ROOMS, "tests"} and top not in ROOMS.get(room, ()):
                wrong.append(f"{name(root, path)} imports {module}: {room} may not know {top}.")
            if top == "streamlit" and room in ("engine", "benchmarks"):
                wrong.append(f"{name(root, path)} imports Streamlit.")
    return wrong


def frameworks(root: Path) -> list[str]:
    """Law 2: only twins import a framework, each its own; only a twin imports a twin, and of its own side."""
    wrong = []
    for path in files(root):
        for module in imported(root, path):
            needed = SIDE_OF.get(module.split(".")[0]) or next(filter(None, map(side_of, _prefixes(module))), None)
            if needed and side_of(path.stem) != needed:
                wrong.append(f"{name(root, path)} imports {module}, which loads {needed}.")
    return wrong


def _prefixes(module: str) -> list[str]:
    """Of ours only: an imported name may end like a twin, or a module on the way to it."""
    return module.split(".") if module.startswith("engine.") else []


def entries(root: Path) -> list[str]:
    """Law 5: only process entries load modules by name, or code from outside the repository."""
    wrong = []
    for path in files(root):
        if name(root, path) not in ENTRIES:
            loaded = [*loaded_by_name(path), *(one for one in imported(root, path) if _within(one, ("engine.twins",)))]
            wrong += [f"{name(root, path)} loads {module} by name and is no process entry." for module in loaded]
    return wrong


def acquaintances(root: Path) -> list[str]:
    """Law 5: a lower room knows what KNOWS says of it and nobody else; only DRAWERS know the charts."""
    wrong = []
    for path in files(root):
        known = next((KNOWS[key] for key in KNOWS if name(root, path).startswith(key)), None)
        if known is not None:
            strangers = (module for module in imported(root, path) if module.startswith("engine"))
            wrong += [f"{name(root, path)} imports {module}." for module in strangers if not _within(module, known)]
        if path.is_relative_to(root / "engine") and path.relative_to(root).parts[1] not in DRAWERS:
            drawn = (module for module in imported(root, path) if _within(module, ("engine.charts",)))
            wrong += [f"{name(root, path)} imports {module}." for module in drawn]
    return wrong


def _within(module: str, known: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"{other}.") for other in known)


def network_twins(root: Path) -> list[str]:
    """Law 4: a twin of a reference network imports its framework and the standard library."""
    wrong = []
    for path in sorted(root.glob("engine/networks/*_*.py")):
        for module in imported(root, path):
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names and SIDE_OF.get(top) != side_of(path.stem):
                wrong.append(f"{name(root, path)} imports {module}: nobody could copy this file and run it.")
    return wrong


def twins(root: Path) -> list[str]:
    """Law 3: no twin is alone, and both have the same public functions and classes, in the same order."""
    wrong = []
    for path in sorted(root.glob("engine/**/*.py")):
        side = side_of(path.stem)
        if side is None or path.stem.endswith(f"only_{side}"):
            continue
        other = path.with_name(f"{path.stem.removesuffix(side)}{SIDES[1 - SIDES.index(side)]}.py")
        if not other.exists():
            wrong.append(f"{name(root, path)} has no twin {other.name}.")
        elif side == "torch" and public(root, path) != public(root, other):
            wrong.append(f"{name(root, path)} has {public(root, path)}, its twin has {public(root, other)}.")
    return wrong


def public(root: Path, path: Path) -> list[str]:
    """Signatures of a twin's public functions and classes, in order.

    Of a network twin only the functions: its classes are written in the framework's own way.
    """
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found.append(_signature(node))
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_") and path.parent.name != "networks":
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
            shown = [_signature(item) for item in methods if item.name == "__init__" or not item.name.startswith("_")]
            found.append(f"{node.name}: {', '.join(shown)}")
    return found


def _signature(function: ast.FunctionDef) -> str:
    every = function.args
    arguments = [item.arg for item in (*every.posonlyargs, *every.args, every.vararg, *every.kwonlyargs) if item]
    return f"{function.name}({', '.join(arguments)})"


def names(root: Path) -> list[str]:
    """No file or folder hides a library or a standard module, and none has a name that says nothing."""
    taken = LIBRARIES | VAGUE | sys.stdlib_module_names
    parts = {part for path in files(root) for part in _parts(root, path)}
    return [f"{part} is the name of a library, or says nothing." for part in sorted(parts) if Path(part).stem in taken]


def _parts(root: Path, path: Path) -> list[str]:
    """The file and each folder above it."""
    path = path.relative_to(root)
    return [part.as_posix() for part in (path, *path.parents) if part.name]


LAWS = (layers, frameworks, entries, acquaintances, network_twins, twins, names)

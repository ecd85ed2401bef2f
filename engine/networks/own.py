"""Networks from outside the repository: a folder with NAME.json, NAME_torch.py and NAME_tensorflow.py for each.

Nothing here runs such code: it is read, hashed and parsed. Only workers and probes load it, and only from the folder
that TANDEM_NETWORKS names, or --networks, or a person on the page.
"""

import ast
import hashlib
import json
import keyword
import os
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.networks import declaration
from engine.networks.catalogue import NETWORKS, Network
from engine.networks.declaration import NAME, OwnNetworkError

VARIABLE = "TANDEM_NETWORKS"
SIDES = ("torch", "tensorflow")
FOREIGN = {"torch": ("tensorflow", "keras"), "tensorflow": ("torch",)}
LIMIT = 1_000_000  # bytes of a file
MOST = 200  # networks of a folder
WARNING = "A network of your own is local code: it runs on this machine with all rights that you have."

Record = Mapping[str, Any]  # folder, the SHA-256 of both files, the declaration, and the weights' shapes or None


@dataclass(frozen=True)
class Found:
    """What a folder holds: a record for each network that can be used, and a sentence for each that cannot."""

    records: dict[str, dict[str, Any]]
    refusals: dict[str, str]


OWN: dict[str, dict[str, Any]] = {}  # the records of those that the catalogue offers now
_refusals: dict[str, str] = {}
_extending = threading.Lock()
_stamp: list[object] = [None]


def named_folder() -> str:
    """The folder that TANDEM_NETWORKS names, absolute and without links; "" where it names none."""
    return _absolute(os.environ.get(VARIABLE, ""))


def _absolute(text: str) -> str:
    """The path of a folder, absolute and without links; one that leads nowhere stays, and reading it says why."""
    text = text.encode(errors="replace").decode().replace("\0", "?")  # what a terminal or a form takes for text
    try:
        return str(Path(text).expanduser().resolve()) if text else ""
    except RuntimeError:  # ~somebody who has no home here, or links in a circle
        return str(Path(text).absolute())


def use(folder: str) -> dict[str, str]:
    """Offer the networks of this folder from now on, "" for none; returns what is refused, as `extend` does."""
    os.environ[VARIABLE] = _absolute(folder)
    return extend()


def extend() -> dict[str, str]:
    """Have NETWORKS offer what the named folder holds now; returns one sentence for each name that is refused.

    A folder that cannot be read is refused by its own path. An unchanged one is not read again.
    """
    with _extending:
        folder = named_folder()
        stamp = (folder, _files_stamp(Path(folder)) if folder else None)
        if stamp != _stamp[0]:
            found = read(Path(folder)) if folder else Found({}, {})
            for name in OWN.keys() - found.records.keys():
                del OWN[name], NETWORKS[name]
            OWN.update(found.records)
            NETWORKS.update({name: entry(name, record) for name, record in found.records.items()})
            _refusals.clear()
            _refusals.update(found.refusals)
            _stamp[0] = stamp
        return dict(_refusals)


def _files_stamp(folder: Path) -> list[tuple] | None:
    try:
        # Of a link itself: an editor leaves some that lead nowhere, and a twin's leads to another file of the folder.
        stats = [(path.name, path.lstat()) for path in sorted(folder.iterdir())]
    except OSError:
        return None
    return [(name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in stats]


def entry(name: str, record: Record) -> Network:
    """The catalogue's entry of a record. Raises OwnNetworkError."""
    if name in NETWORKS and name not in OWN:
        raise OwnNetworkError(f"{name} is the name of a network of ours")
    declared = declaration.read(record["declaration"])
    return declaration.entry(name, declared, str(record["folder"]), record.get("weights"))


def read(folder: Path) -> Found:
    """All networks of a folder."""
    found = Found({}, {})
    try:
        names = sorted({name for path in folder.iterdir() if (name := _name(path.name))})
    except OSError as error:
        return Found({}, {str(folder): f"The folder {folder} cannot be read: {error.strerror}."})
    if not names:
        found.refusals[str(folder)] = f"The folder {folder} holds no NAME.json with two twins beside it."
    for name in names[:MOST]:
        try:
            found.records[name] = _record(folder.resolve(), name)
        except OwnNetworkError as error:
            found.refusals[name] = f"{name} is refused: {error}."
    return found


def _name(file: str) -> str | None:
    ends = (".json", *(f"_{side}.py" for side in SIDES))
    return next((file.removesuffix(end) for end in ends if file.endswith(end)), None)


def _record(folder: Path, name: str) -> dict[str, Any]:
    if not re.fullmatch(NAME, name) or keyword.iskeyword(name):
        raise OwnNetworkError("a name has up to 32 small letters, digits and underscores, and begins with a letter")
    if name in NETWORKS and name not in OWN:
        raise OwnNetworkError("a network of ours has that name")
    sources = {side: _source(folder, f"{name}_{side}.py") for side in SIDES}
    text = _source(folder, f"{name}.json")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise OwnNetworkError(f"{name}.json holds no JSON object") from None
    try:
        declared = declaration.read(fields)
    except OwnNetworkError as error:
        raise OwnNetworkError(f"{name}.json: {error}") from None
    if not declaration.fitting(declared):
        raise OwnNetworkError(f"{name}.json: no data has inputs of {declared.takes} for {declared.task}")
    arguments = {side: _arguments(source, f"{name}_{side}.py", side) for side, source in sources.items()}
    _check_arguments(name, arguments, list(declared.options))
    hashes = {side: hashlib.sha256(source).hexdigest() for side, source in sources.items()}
    return {"folder": str(folder), **hashes, "declaration": declared.model_dump(mode="json"), "weights": None}


def _source(folder: Path, file: str) -> bytes:
    """The bytes of one file of the folder itself."""
    path = folder / file
    try:
        if not path.exists():
            raise OwnNetworkError(f"there is no {file} in {folder}")
        if path.resolve().parent != folder or not path.is_file():
            raise OwnNetworkError(f"{file} leads out of the folder: put the file itself there")
        content = path.read_bytes()
    except OSError as error:
        raise OwnNetworkError(f"{file} cannot be read ({error.strerror})") from None
    if len(content) > LIMIT:
        raise OwnNetworkError(f"{file} has {len(content):,} bytes, and at most {LIMIT:,} are read")
    return content


def _arguments(source: bytes, file: str, side: str) -> dict[str, bool]:
    """The arguments of `build` and whether each has a default, from the text alone."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise OwnNetworkError(f"{file}, line {error.lineno or 1}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError):
        raise OwnNetworkError(f"{file} is no Python that can be parsed") from None
    for module in _imported(tree):
        if module in FOREIGN[side]:
            raise OwnNetworkError(f"{file} imports {module}, and the two frameworks never share a process")
    builds = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build"]
    if not builds:
        raise OwnNetworkError(f"{file} has no function build(inputs, outputs)")
    given = builds[-1].args
    if given.vararg or given.kwarg or given.posonlyargs:
        raise OwnNetworkError(f"{file}: build names each argument, without *, ** and /")
    required = len(given.args) - len(given.defaults)
    found = {argument.arg: place >= required for place, argument in enumerate(given.args)}
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return found | {argument.arg: default is not None for argument, default in named}


def _imported(tree: ast.Module) -> Iterator[str]:
    """The first names of all that is imported by a statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.split(".")[0]


def _check_arguments(name: str, arguments: dict[str, dict[str, bool]], options: list[str]) -> None:
    listed = {side: ", ".join(found) for side, found in arguments.items()}
    for side, found in arguments.items():
        file = f"{name}_{side}.py"
        if list(found)[:2] != ["inputs", "outputs"]:
            raise OwnNetworkError(f"{file}: build takes ({listed[side]}), and inputs, outputs come first")
        if missing := [option for option in options if option not in found]:
            raise OwnNetworkError(f"{file}: build takes ({listed[side]}), and {name}.json has the option {missing[0]}")
        others = [argument for argument in list(found)[2:] if argument not in options and not found[argument]]
        if others:
            raise OwnNetworkError(f"{file}: build needs {others[0]}, which is no option in {name}.json")
    if listed["torch"] != listed["tensorflow"]:
        raise OwnNetworkError(f"build takes ({listed['torch']}) in PyTorch and ({listed['tensorflow']}) in TensorFlow")


def refusal(name: str, record: Record | None) -> str:
    """Why the network of a config must not run as it stands; "" where it may, and for a network of ours."""
    try:
        if record:
            source_of(name, record, SIDES[0])
    except OwnNetworkError as error:
        return str(error)
    return ""


def source_of(name: str, record: Record, side: str) -> tuple[Path, bytes]:
    """The path and the bytes of a twin, once both twins are known to be those that the config was made for.

    Raises OwnNetworkError.
    """
    folder, named = str(record["folder"]), named_folder()
    if folder != named:
        told = f"The network {name} is local code in {folder}"
        now = f"and the folder of your own networks is {named} now" if named else "which nobody has named yet"
        raise OwnNetworkError(f"{told}, {now}: start with --networks or {VARIABLE}, or name the folder on the page.")
    try:
        sources = {each: _source(Path(folder), f"{name}_{each}.py") for each in SIDES}
    except OwnNetworkError as error:
        raise OwnNetworkError(f"The network {name} cannot be had any more: {error}.") from None
    for each, source in sources.items():
        if hashlib.sha256(source).hexdigest() != record[each]:
            told = f"{name}_{each}.py in {folder} is another version than the one that this run was asked for"
            raise OwnNetworkError(f"{told}: choose the network in the form again.")
    return Path(folder) / f"{name}_{side}.py", sources[side]

"""Runs as one zip file: made here, and read again with the suspicion that a stranger's file deserves."""

import contextlib
import hashlib
import json
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.quantities import count
from engine.runs import RUN_ID, RunUnreadable, Store, StoreError
from engine.store import run_check
from engine.store.run_check import Refused

FORMAT, SCHEMA = "tandem run", 2  # version 1 held one run, whose files had no folder
MANIFEST = "manifest.json"
MOST_FILES, MOST_BYTES, MOST_RATIO = 20_000, 1_000_000_000, 200
PIECE = 2**20
# What zipfile raises of what is no zip file, is damaged, or is packed by other means.
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError)
# What a run's folder holds, but for control.json, which is about here and now.
FILE = re.compile(
    r"config\.json|events\.jsonl|(torch|tensorflow)/(events\.jsonl|worker\.log|events\.out\.tfevents\.[\w.-]{1,120}"
    r"|[\w-]{1,40}\.safetensors|views/\d{1,20}\.npz)",
    re.ASCII,
)


def export(store: Store, runs: Sequence[str], file: IO[bytes]) -> None:
    """Write the runs to one zip file: what was recorded, with the hash of each part. Raises StoreError."""
    try:
        _pack(gather(store, runs), file)
    except OSError as error:
        raise StoreError(f"The runs could not be exported: {error.strerror}.") from None


def gather(store: Store, runs: Sequence[str]) -> dict[str, dict[str, Path]]:
    """What would be exported, by run and name in its folder. Raises StoreError where it is too much for one file."""
    parts = {run: _parts(store, run) for run in runs}
    total = sum(path.stat().st_size for paths in parts.values() for path in paths.values())
    if total > MOST_BYTES or sum(map(len, parts.values())) > MOST_FILES:
        most = f"{MOST_BYTES // 10**6:,} MB and {MOST_FILES:,} files"
        raise StoreError(f"They take {total // 10**6:,} MB, and one file holds at most {most}; choose fewer runs.")
    return parts


def _pack(parts: dict[str, dict[str, Path]], file: IO[bytes]) -> None:
    hashes: dict[str, dict[str, str]] = {run: {} for run in parts}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for run, paths in parts.items():
            for name, path in paths.items():
                archive.write(path, f"{run}/{name}")
                with path.open("rb") as part:
                    hashes[run][name] = hashlib.file_digest(part, "sha256").hexdigest()
        head = {"format": FORMAT, "schema_version": SCHEMA, "runs": hashes}
        archive.writestr(MANIFEST, json.dumps(head, indent=1))


def _parts(store: Store, run: str) -> dict[str, Path]:
    """The files of a run that has ended, by their names in its folder."""
    if not all(status.ended for status in store.status(run).values()):
        raise StoreError(f"The run {run} has not ended; export it when it has.")
    folder = store.folder(run)
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and FILE.fullmatch(name):
            found[name] = path
    return found


@dataclass(frozen=True)
class Taken:
    """The ids of the runs that came in, and of those that were here already, which stay as they are."""

    new: tuple[str, ...]
    here: tuple[str, ...]

    def words(self) -> str:
        """How many there are of either."""
        said = f"Took in {count(len(self.new), 'run')}"
        were = "1 was" if len(self.here) == 1 else f"{count(len(self.here))} were"
        return f"{said}; {were} here already." if self.here else f"{said}."


def take_in(store: Store, file: IO[bytes]) -> Taken:
    """Put exported runs into the store, all that are not here yet or none. Raises StoreError, also where all are."""
    with _as_sentences():
        archive = zipfile.ZipFile(file)
        told = _manifest(archive)
        _check_names(archive, [name for parts in told.values() for name, _ in parts.values()])
        here = tuple(run for run in told if (store.root / run).exists())
        new = tuple(run for run in told if run not in here)
        if not new:
            what = f"The run {min(told)} is" if len(told) == 1 else "Its runs are"
            raise StoreError(f"{what} here already.")
        apart = Store(Path(tempfile.mkdtemp(prefix=".incoming-", dir=store.root)))
        try:
            _unpack(archive, {run: told[run] for run in new}, apart.root)
            for run in new:
                run_check.check(apart, run)
            _move(new, apart.root, store.root)
        finally:
            shutil.rmtree(apart.root, ignore_errors=True)
    return Taken(new, here)


def _move(runs: Iterable[str], source: Path, target: Path) -> None:
    """All of them or none."""
    moved = []
    try:
        for run in runs:
            (source / run).rename(target / run)
            moved.append(run)
    except OSError:
        for run in moved:
            (target / run).rename(source / run)
        raise


@contextlib.contextmanager
def _as_sentences() -> Iterator[None]:
    try:
        yield
    except RunUnreadable as error:
        raise StoreError(f"The file cannot be taken in: the{str(error).removeprefix('The')}") from None
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"The file could not be taken in: {error.strerror or error}.") from None
    except (Refused, *DAMAGED) as error:
        why = str(error) if isinstance(error, Refused) else "it is no whole zip file, or packed as Tandem packs none"
        raise StoreError(f"The file holds no runs that Tandem exported, or it is damaged: {why}.") from None


# By run and the name of a file in its folder: its name in the archive, and its hash.
Told = dict[str, dict[str, tuple[str, str]]]


def _manifest(archive: zipfile.ZipFile) -> Told:
    if MANIFEST not in archive.namelist():
        raise Refused(f"it has no {MANIFEST}")
    info = archive.getinfo(MANIFEST)
    if info.file_size > PIECE * 8:
        raise Refused("its list of files is too long")
    version, runs = _listed(archive.read(info))
    for run, files in runs.items():
        if not RUN_ID.fullmatch(run):
            raise Refused("its run has no id of ours")
        if not isinstance(files, dict):
            raise Refused("it lists no files")
        if "config.json" not in files:
            raise Refused(f"its run {run} has no config.json")
        if wrong := [name for name in files if not FILE.fullmatch(name)]:
            raise Refused(f"it has a file {wrong[0][:80]!r}, which no run has")
    return {
        run: {name: (name if version == 1 else f"{run}/{name}", digest) for name, digest in files.items()}
        for run, files in runs.items()
    }


def _listed(text: bytes) -> tuple[int, dict[str, Any]]:
    """The version of the manifest, and what it says to be the files of each run."""
    try:
        head = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(f"its {MANIFEST} is not JSON") from None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise Refused("its manifest is of something else")
    version = head.get("schema_version")
    if version not in (1, SCHEMA):
        raise Refused(f"it is of version {str(version)[:20]}, and this Tandem reads versions 1 to {SCHEMA}")
    runs = {str(head.get("run")): head.get("files")} if version == 1 else head.get("runs")
    if not isinstance(runs, dict) or not runs:
        raise Refused("it lists no runs")
    return version, runs


def _check_names(archive: zipfile.ZipFile, expected: Sequence[str]) -> None:
    """Before anything is written: each file is one that the manifest lists, once, and its size is within limits."""
    infos = [info for info in archive.infolist() if info.filename != MANIFEST]
    if len(infos) > MOST_FILES:
        raise Refused(f"it has {len(infos):,} files, and at most {MOST_FILES:,} are allowed")
    for info in infos:
        if info.file_size > MOST_RATIO * max(info.compress_size, 1000):
            raise Refused(f"its file {info.filename[:80]!r} is packed more than {MOST_RATIO} times")
    if sorted(info.filename for info in infos) != sorted(expected):
        raise Refused("its files are not those of its manifest")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise Refused(f"it would take more than {MOST_BYTES // 10**6:,} MB")


def _unpack(archive: zipfile.ZipFile, told: Told, draft: Path) -> None:
    """What a file says of its size is not believed: bytes are counted as they come, and hashed."""
    left = MOST_BYTES
    for run, parts in told.items():
        for name, (packed, expected) in parts.items():
            path = draft / run / name
            path.parent.mkdir(parents=True, exist_ok=True)
            found = hashlib.sha256()
            with archive.open(packed) as part, path.open("xb") as kept:
                while piece := part.read(PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise Refused(f"it takes more than {MOST_BYTES // 10**6:,} MB")
                    found.update(piece)
                    kept.write(piece)
            if found.hexdigest() != expected:
                raise Refused(f"its file {packed} is not the one that was exported")

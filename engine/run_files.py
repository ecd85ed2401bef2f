"""A run as one zip file: made here, and read again with the suspicion that a stranger's file deserves."""

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from engine.config import FRAMEWORKS
from engine.runs import RUN_ID, RunUnreadable, Store, StoreError

FORMAT, SCHEMA = "tandem run", 1
MANIFEST = "manifest.json"
MOST_FILES, MOST_BYTES, MOST_RATIO = 20_000, 1_000_000_000, 200
PIECE = 2**20
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)  # what zipfile raises
# What a run's folder holds, but for control.json, which is about here and now.
FILE = re.compile(
    r"config\.json|events\.jsonl|(torch|tensorflow)/(events\.jsonl|worker\.log|events\.out\.tfevents\.[\w.-]{1,120}"
    r"|[\w-]{1,40}\.safetensors|views/\d{1,20}\.npz)",
    re.ASCII,
)


def export(store: Store, run: str, file: IO[bytes]) -> None:
    """Write the run to a zip file: what was recorded, with the hash of each part. Raises StoreError."""
    if not all(status.ended for status in store.status(run).values()):
        raise StoreError(f"The run {run} has not ended; export it when it has.")
    folder = store.folder(run)
    hashes: dict[str, str] = {}
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder).as_posix()
                if path.is_file() and not path.is_symlink() and FILE.fullmatch(name):
                    archive.write(path, name)
                    with path.open("rb") as part:
                        hashes[name] = hashlib.file_digest(part, "sha256").hexdigest()
            head = {"format": FORMAT, "schema_version": SCHEMA, "run": run, "files": hashes}
            archive.writestr(MANIFEST, json.dumps(head, indent=1))
    except OSError as error:
        raise StoreError(f"The run {run} could not be exported: {error.strerror}.") from None


def take_in(store: Store, file: IO[bytes]) -> str:
    """Put an exported run into the store, whole or not at all; returns its id. Raises StoreError."""
    with _as_sentences():
        archive = zipfile.ZipFile(file)
        head = _manifest(archive)
        run, hashes = head["run"], head["files"]
        _check_names(archive, hashes)
        if (store.root / run).exists():
            raise StoreError(f"The run {run} is here already.")
        apart = Store(Path(tempfile.mkdtemp(prefix=".incoming-", dir=store.root)))
        try:
            _unpack(archive, hashes, apart.root / run)
            _check_run(run, apart)
            (apart.root / run).rename(store.root / run)
        finally:
            shutil.rmtree(apart.root, ignore_errors=True)
    return run


@contextlib.contextmanager
def _as_sentences() -> Iterator[None]:
    try:
        yield
    except RunUnreadable as error:
        raise StoreError(f"The file cannot be taken in. {error}") from None
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"The file could not be taken in: {error.strerror or error}.") from None
    except (*DAMAGED, ValueError, KeyError, TypeError) as error:
        why = str(error).strip("'\"").rstrip(".") or type(error).__name__
        raise StoreError(f"The file is no run that Tandem exported, or it is damaged: {why[:200]}.") from None


def _manifest(archive: zipfile.ZipFile) -> dict:
    info = archive.getinfo(MANIFEST)
    if info.file_size > PIECE * 8:
        raise ValueError("its list of files is too long")
    head = json.loads(archive.read(info))
    if head["format"] != FORMAT:
        raise ValueError("its manifest is of something else")
    if head["schema_version"] != SCHEMA:
        raise ValueError(f"it is of version {head['schema_version']!r}, and this Tandem reads version {SCHEMA}")
    if not isinstance(head["run"], str) or not RUN_ID.fullmatch(head["run"]):
        raise ValueError("its run has no id of ours")
    if not isinstance(head["files"], dict):
        raise ValueError("it lists no files")
    return head


def _check_names(archive: zipfile.ZipFile, hashes: dict[str, str]) -> None:
    """Before anything is written: every name is one of a run, once, and what it says of sizes is within limits."""
    infos = [info for info in archive.infolist() if info.filename != MANIFEST]
    names = [info.filename for info in infos]
    if len(infos) > MOST_FILES:
        raise ValueError(f"it has {len(infos):,} files, and at most {MOST_FILES:,} are allowed")
    for info in infos:
        if not FILE.fullmatch(info.filename):
            raise ValueError(f"it has a file {info.filename[:80]!r}, which no run has")
        if info.file_size > MOST_RATIO * max(info.compress_size, 1000):
            raise ValueError(f"its file {info.filename} is packed more than {MOST_RATIO} times")
    if sorted(names) != sorted(hashes):
        raise ValueError("its files are not those of its manifest")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise ValueError(f"it would take more than {MOST_BYTES // 10**6:,} MB")
    if "config.json" not in names:
        raise ValueError("it has no config.json")


def _unpack(archive: zipfile.ZipFile, hashes: dict[str, str], draft: Path) -> None:
    """What a file says of its size is not believed: bytes are counted as they come, and hashed."""
    left = MOST_BYTES
    for name, expected in hashes.items():
        path = draft / name
        path.parent.mkdir(parents=True, exist_ok=True)
        found = hashlib.sha256()
        with archive.open(name) as part, path.open("xb") as kept:
            while piece := part.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise ValueError(f"it takes more than {MOST_BYTES // 10**6:,} MB")
                found.update(piece)
                kept.write(piece)
        if found.hexdigest() != expected:
            raise ValueError(f"its file {name} is not the one that was exported")


def _check_run(run: str, apart: Store) -> None:
    """That this version reads it, and that nothing of it would begin to train here."""
    config = apart.config(run)
    for side in config.frameworks:
        (apart.root / run / side).mkdir(exist_ok=True)
        apart.read(run, side)
    if unasked := {side for side in FRAMEWORKS if (apart.root / run / side).exists()} - {*config.frameworks}:
        raise ValueError(f"it has a side {min(unasked)} that its config does not ask for")
    if not all(status.ended for status in apart.status(run).values()):
        raise ValueError("it had not ended when it was exported")

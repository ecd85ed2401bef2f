"""Published files, kept in one folder of this machine: downloaded once, checked every time."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.datasets.dataset import DatasetError

FOLDER = "~/.cache/tandem"  # where TANDEM_DATA names no other
TIMEOUT_SECONDS = 30.0  # of silence
PART = 1 << 20  # bytes


@dataclass(frozen=True)
class File:
    """A published file: its name, its SHA-256 in hexadecimal digits, and its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Publication:
    """Files that belong together: the folder that keeps them, and the address, ending with /, that they come from."""

    folder: str
    address: str
    files: tuple[File, ...]


Tell = Callable[[int, int], None]  # is given how many bytes are there, and of how many


class _Trouble(Exception):
    """Why a file could not be had, as the middle of a sentence."""


def data_folder() -> Path:
    """Where this machine keeps what several stores share."""
    return Path(os.environ.get("TANDEM_DATA") or FOLDER).expanduser()


def folder_of(publication: Publication) -> Path:
    """Where its files are kept."""
    return data_folder() / publication.folder


def absent(publication: Publication) -> str:
    """One sentence where a file is not there, or not in full; empty when all are. Reads none of them."""
    folder = folder_of(publication)
    try:
        if all((folder / file.name).stat().st_size == file.size for file in publication.files):
            return ""
    except OSError:
        pass
    size = sum(file.size for file in publication.files) / 1e6
    told = f"The files of {publication.folder} ({size:.0f} MB) are not on this machine"
    return f"{told}: python -m engine datasets download {publication.folder} gets them."


def fetch(publication: Publication, tell: Tell = lambda done, total: None) -> list[Path]:
    """The paths of the files, in order; those that are missing or damaged are downloaded first.

    Two processes that want the same files download them once. Raises DatasetError, which names files and folder.
    """
    folder = folder_of(publication)
    try:
        if not all(_is_whole(folder / file.name, file) for file in publication.files):
            _download_missing(publication, folder, tell)
    except _Trouble as trouble:
        raise _refusal(publication, folder, str(trouble)) from None
    except OSError as error:
        raise _refusal(publication, folder, f"the folder cannot be used ({error.strerror})") from None
    return [folder / file.name for file in publication.files]


def _refusal(publication: Publication, folder: Path, why: str) -> DatasetError:
    names = " and ".join(file.name for file in publication.files)
    return DatasetError(
        f"{names} should be in {folder}, but {why}: try again with a network, or get them from "
        f"{publication.address} and put them there."
    )


def _is_whole(path: Path, file: File) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256


def _download_missing(publication: Publication, folder: Path, tell: Tell) -> None:
    from engine.system import Lock  # psutil is not needed to know which datasets there are

    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder / ".lock")
    while not lock.acquire():
        time.sleep(0.2)  # the other side's worker downloads
    total, before = sum(file.size for file in publication.files), 0
    try:
        for file in publication.files:
            tell(before, total)
            if not _is_whole(folder / file.name, file):
                told = partial(_told, tell, before, total)
                _download(publication.address + file.name, folder / file.name, file, told)
            before += file.size
        tell(before, total)
    finally:
        lock.release()


def _told(tell: Tell, before: int, total: int, size: int) -> None:
    tell(before + size, total)


def _download(address: str, path: Path, file: File, told: Callable[[int], None]) -> None:
    """Write `path` whole or not at all; `told` is given its size so far."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    digest, size = hashlib.sha256(), 0
    try:
        with draft.open("wb") as opened:
            for part in _parts(address, file.size + 1):
                digest.update(part)
                size += len(part)
                opened.write(part)
                told(size)
        if size < file.size:
            raise _Trouble(f"{address} sent {size:,} of {file.size:,} bytes")
        if digest.hexdigest() != file.sha256:
            raise _Trouble(f"{address} sent something else: its SHA-256 is not the published one")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _parts(address: str, limit: int) -> Iterator[bytes]:
    """What the address sends, at most `limit` bytes."""
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(address, timeout=TIMEOUT_SECONDS) as response:
            while limit and (part := response.read(min(PART, limit))):
                limit -= len(part)
                yield part
    except (OSError, HTTPException) as error:
        told = getattr(error, "reason", None) or error
        raise _Trouble(f"{address} cannot be reached ({getattr(told, 'strerror', None) or told})") from None

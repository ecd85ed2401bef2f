"""Tables that were uploaded to the dashboard: kept in the store under the hash of their bytes, each once."""

import hashlib
import re
from pathlib import Path

from engine import system
from engine.datasets.dataset import DatasetError

FOLDER = "uploads"
LIMIT = 100  # MB; a larger table is given by its path
ENDINGS = ("csv", "tsv", "parquet")
SHA256 = re.compile(r"[0-9a-f]{64}")


def keep(store: Path, name: str, content: bytes | memoryview) -> Path:
    """Write an uploaded file whole, unless it is there already; returns where it is. Raises DatasetError.

    Of the `name`, which comes from elsewhere, only a known ending is used.
    """
    ending = Path(name).suffix.lower().removeprefix(".")
    if ending not in ENDINGS:
        raise DatasetError(f"A table is a file that ends with {', '.join(f'.{known}' for known in ENDINGS)}.")
    if len(content) > LIMIT * 1_000_000:
        raise DatasetError(f"At most {LIMIT} MB are uploaded: give the path of a larger file instead.")
    path = Path(store).absolute() / FOLDER / f"{hashlib.sha256(content).hexdigest()}.{ending}"
    try:
        if not path.is_file() or path.stat().st_size != len(content):
            path.parent.mkdir(parents=True, exist_ok=True)
            system.write_whole(path, content)
    except OSError as error:
        raise DatasetError(f"The upload could not be written to {path.parent}: {error.strerror}.") from None
    return path


def find(store: Path, sha256: str) -> str:
    """The path of the upload with this hash. Raises DatasetError where there is none."""
    folder = Path(store).absolute() / FOLDER
    paths = [folder / f"{sha256}.{ending}" for ending in ENDINGS] if SHA256.fullmatch(sha256) else []
    for path in paths:
        if path.is_file():
            return str(path)
    if not sha256:
        raise DatasetError("No table is chosen: choose a CSV or Parquet file first.")
    raise DatasetError(f"The table with the SHA-256 {sha256[:12]}… was not uploaded here: upload it again.")


def is_upload(store: Path, path: str) -> bool:
    """Whether the path is that of an upload, which its hash alone finds again."""
    return Path(path).parent == Path(store).absolute() / FOLDER

"""Where a cluster is, as a person says it, and what there is to know of it without asking it."""

import contextlib
import importlib.util
import json
import os
import re
from pathlib import Path
from typing import Any

from engine.runs import StoreError
from engine.system import write_whole

VARIABLE = "TANDEM_CLUSTER"  # the address that the dashboard offers
CERTIFICATES = "TANDEM_CLUSTER_TLS"  # a folder with ca.pem, cert.pem and key.pem, for tls:// addresses
FILES = {"tls_ca_file": "ca.pem", "cert": "cert.pem", "key": "key.pem"}
ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):([0-9]{1,5})", re.ASCII)
RECORD = "cluster.json"  # in a side's folder
INSTALL = "python -m pip install -r requirements-cluster.txt"


class ClusterError(StoreError):
    """The cluster cannot be used; the message is one sentence for a person."""


def named() -> str:
    """The address that the environment gives; "" where it gives none."""
    return os.environ.get(VARIABLE, "").strip()


def check(address: str) -> None:
    """Raise ClusterError where the address is none, or this machine lacks what it takes to ask there."""
    if not ADDRESS.fullmatch(address) or int(address.rpartition(":")[2]) > 65_535:
        raise ClusterError(
            f"{address[:80]!r} is no address of a cluster; allowed is tcp://HOST:PORT or tls://HOST:PORT."
        )
    if importlib.util.find_spec("distributed") is None:
        raise ClusterError(f"A cluster needs Dask, which is not installed here; install it with: {INSTALL}")
    if address.startswith("tls://"):
        certificates()


def certificates() -> dict[str, str]:
    """The files of a tls:// address by the names that Dask's Security gives them. Raises ClusterError."""
    named_folder = os.environ.get(CERTIFICATES, "")
    if not named_folder:
        raise ClusterError(f"A tls:// address needs certificates; {CERTIFICATES} names the folder that holds them.")
    folder = Path(named_folder).expanduser()
    if missing := [name for name in FILES.values() if not (folder / name).is_file()]:
        raise ClusterError(f"The folder {folder} lacks {' and '.join(missing)}, which a tls:// address needs.")
    found = {"tls_ca_file": str(folder / FILES["tls_ca_file"])}
    for role in ("client", "scheduler", "worker"):
        found |= {f"tls_{role}_cert": str(folder / FILES["cert"]), f"tls_{role}_key": str(folder / FILES["key"])}
    return found


def security(address: str) -> Any:
    """What Dask wants to know about TLS; None for tcp://. Raises ClusterError."""
    if not address.startswith("tls://"):
        return None
    from distributed.security import Security

    return Security(require_encryption=True, **certificates())


def note(folder: Path, **told: str) -> None:
    """Write down in a side's folder which node trains it, or why it was lost."""
    with contextlib.suppress(OSError):  # where the disk is full, the log says so
        write_whole(folder / RECORD, json.dumps(told))


def noted(folder: Path) -> dict[str, str]:
    """What `note` wrote last: `node` and `why`, as far as known; nothing for a side that trained here."""
    try:
        found = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

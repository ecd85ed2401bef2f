"""Whether two pipelines deliver the same examples: a sum over them that knows no order, and one that does."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Checksum:
    """Of one epoch: how many examples, the sum of their hashes in any order, and the hash of them in this order."""

    examples: int
    unordered: str
    ordered: str


def checksum(batches: Iterable[tuple[np.ndarray, np.ndarray]]) -> Checksum:
    """Of batches of inputs (b, …) and targets (b,): the first 8 bytes of SHA-256 of each example, added mod 2^64."""
    count, total, chain = 0, 0, hashlib.sha256()
    for inputs, targets in batches:
        for example, target in zip(np.ascontiguousarray(inputs), targets, strict=True):
            found = hashlib.sha256(example.tobytes() + target.tobytes()).digest()[:8]
            count, total = count + 1, (total + int.from_bytes(found, "big")) % 2**64
            chain.update(found)
    return Checksum(count, f"{total:016x}", chain.hexdigest()[:16])

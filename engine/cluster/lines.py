"""One side's event lines on their way home: each piece says at which byte it begins, so that none counts twice."""

from dataclasses import dataclass
from pathlib import Path

from engine import events

PIECE = 256 * 1024  # bytes that are sent at once, unless one line is longer
PROGRESS = (
    *(events.Steps, events.Epoch, events.EpochSeen, events.Gradient, events.Resources, events.Histograms),
    *(events.Viewed, events.Checkpoint),
)
BEGINS = tuple(f'{{"type":"{kind.type}"'.encode() for kind in PROGRESS)


@dataclass
class Arrivals:
    """The bytes up to `have` are here. Pieces may come twice, out of turn, or not at all."""

    have: int
    gap: bool = False  # whether a piece came that begins further on: what lies between is to be sent again

    def take(self, offset: int, text: bytes) -> list[bytes]:
        """The whole lines of the piece that are new. A piece that begins too far on is left out, and is a gap."""
        if offset > self.have:
            self.gap = True
            return []
        new = text[self.have - offset :]
        lines = [line + b"\n" for line in new.split(b"\n")[:-1]]
        if lines:
            self.gap = False
        return lines

    def took(self, line: bytes) -> None:
        """Count a line once it stands in the file."""
        self.have += len(line)


def piece(path: Path, offset: int) -> bytes:
    """Whole lines of a file from byte `offset` on: as many as PIECE holds, at least one; none while there is none."""
    with path.open("rb") as file:
        file.seek(offset)
        text = file.read(PIECE)
        end = text.rfind(b"\n") + 1
        if not end and len(text) == PIECE:
            text += file.readline()
            end = len(text) if text.endswith(b"\n") else 0
    return text[:end]


def can_wait(text: bytes) -> bool:
    """Whether all of these lines can wait a moment: they tell of progress, and nobody waits for one of them."""
    return all(line.startswith(BEGINS) for line in text.splitlines())

"""The certificate of a run: which controls of a fair comparison passed, and what may be claimed after them."""

import itertools
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from engine import events
from engine.config import NAMES, RunConfig
from engine.datasets.dataset import DatasetError
from engine.event_lines import from_line
from engine.events import Event, Evidence
from engine.fairness import evidence
from engine.fairness.case import Case, Found, Verdict
from engine.fairness.controls import CONTROLS
from engine.fairness.controls_of_length import FIRST_STEPS
from engine.fairness.evidence import Arrays
from engine.runs import RunUnreadable, Store

CLAIMS = ("curves", "speed")
KINDS = (events.Started, Evidence, events.EpochSeen, events.StepSeen, *events.LAST_WORDS)
STEPS = b'{"type":"steps"'  # how the lines begin that tell of losses
SHOWN = 2  # reasons that a sentence names


@dataclass(frozen=True)
class Control:
    """One control: the claims it guards, its verdict, and its evidence, worded to stand after "because"."""

    name: str
    claims: tuple[str, ...]
    verdict: Verdict
    evidence: str

    @property
    def sentence(self) -> str:
        return f"{self.evidence[:1].upper()}{self.evidence[1:]}."


@dataclass(frozen=True)
class Certificate:
    """All controls, and by side what may differ and is only disclosed: versions, execution, layout."""

    run: str
    controls: tuple[Control, ...]
    disclosed: dict[str, dict[str, str]]

    def guarding(self, claim: str, verdict: Verdict | None = None) -> list[Control]:
        """The controls that guard a claim, all of them or those of one verdict."""
        return [one for one in self.controls if claim in one.claims and verdict in (None, one.verdict)]

    def holds(self, claim: str) -> bool | None:
        """Whether a claim may be made: False where a control failed, None where none could be checked."""
        if self.guarding(claim, "fail"):
            return False
        return True if self.guarding(claim, "pass") else None

    def verdict(self, claim: str) -> str:
        """`comparable`, or `not comparable, because …`, or `not checked, because …`."""
        if failed := self.guarding(claim, "fail"):
            more = f"; {len(failed) - SHOWN} more failed" if len(failed) > SHOWN else ""
            return f"not comparable, because {'; '.join(one.evidence for one in failed[:SHOWN])}{more}"
        open_ = self.guarding(claim, "not checked")
        if len(open_) == len(self.guarding(claim)):
            return f"not checked, because {open_[0].evidence}"
        if open_:
            names = ", ".join(one.name for one in open_)
            return f"comparable as far as it was checked; not checked: {names}"
        return "comparable"

    @property
    def doubts(self) -> dict[str, str]:
        """The verdict of each claim that a control forbids."""
        return {claim: self.verdict(claim) for claim in CLAIMS if self.holds(claim) is False}

    def as_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        claims = {claim: {"comparable": self.holds(claim), "verdict": self.verdict(claim)} for claim in CLAIMS}
        return {
            "run": self.run,
            "claims": claims,
            "controls": [asdict(one) for one in self.controls],
            "disclosed": self.disclosed,
        }


def certificate(store: Store, run: str) -> Certificate:
    """The certificate of a run as far as it has come. Raises StoreError."""
    config = store.config(run)
    kinds = KINDS if config.early_stopping_patience is None else (*KINDS, events.Epoch)
    begins = tuple(f'{{"type":"{kind.type}"'.encode() for kind in kinds)
    lines = tuple(_lines(store, run, side, begins) for side in config.frameworks)
    try:
        return _judged(run, store.folder(run), config.to_json(), lines)
    except (KeyError, IndexError, TypeError, ValueError) as error:  # evidence that is none of ours, or damaged
        raise RunUnreadable(f"The evidence of the run {run} is damaged: {type(error).__name__}: {error}.") from None


@lru_cache(maxsize=64)
def _judged(run: str, folder: Path, config_text: str, lines: tuple[tuple[bytes, ...], ...]) -> Certificate:
    """The same lines are judged once: a page asks again and again."""
    config = RunConfig.from_json(config_text)
    told: dict[str, list[Event]] = dict(zip(config.frameworks, (_events(run, *side) for side in lines), strict=True))
    seen = {side: one for side, found in told.items() if (one := _last(found))}
    if missing := _missing(config, seen):
        return Certificate(
            run, tuple(Control(name, claims, "not checked", missing) for name, claims, _ in CONTROLS), {}
        )
    arrays = {side: _arrays(run, folder / side, one) for side, one in seen.items()}
    later = {side: _later(run, folder / side, found) for side, found in told.items()}
    case = Case(config, seen, arrays, {side: _spans(found) for side, found in told.items()}, told, later)
    controls = tuple(Control(name, claims, *checked(look, case)) for name, claims, look in CONTROLS)
    return Certificate(run, controls, {side: dict(one.disclosed) for side, one in seen.items()})


def checked(look, case: Case) -> Found:
    """What a control finds, also where the data cannot be had any more."""
    try:
        return look(case)
    except DatasetError as error:
        return "not checked", f"the data cannot be made again here: {str(error).rstrip('.')}"


def _missing(config: RunConfig, seen: dict[str, Evidence]) -> str:
    """Why there is nothing to check; empty when there is."""
    if len(config.frameworks) == 1:
        return "only one framework trained, so there is nothing to compare"
    silent = [side for side in config.frameworks if side not in seen]
    return f"{' and '.join(NAMES[side] for side in silent)} recorded no evidence of a first step" if silent else ""


def _lines(store: Store, run: str, side: str, begins: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The lines of a side's log that matter here; of the many that tell of steps, the first ones."""
    try:
        text = store.log(run, side).read_bytes()
    except FileNotFoundError:
        return ()
    lines = text.split(b"\n")[:-1]
    if strange := next((line for line in lines if not line.startswith(b'{"type":"')), None):
        told = f"it holds the line {strange[:40]!r}"
        raise RunUnreadable(f"The run {run} cannot be read, because a log of it is damaged: {told}.")
    first = itertools.islice((line for line in lines if line.startswith(STEPS)), FIRST_STEPS)
    return (*first, *(line for line in lines if line.startswith(begins)))


def _events(run: str, *lines: bytes) -> list[Event]:
    try:
        return [from_line(line) for line in lines]
    except ValueError as error:
        raise RunUnreadable(f"The run {run} cannot be read, because a log of it is damaged: {error}.") from None


def _last(told: list[Event]) -> Evidence | None:
    return next((event for event in reversed(told) if isinstance(event, Evidence)), None)


def _arrays(run: str, folder: Path, seen: Evidence) -> Arrays:
    return _read(run, folder / evidence.FILE) if seen.file else {}


def _later(run: str, folder: Path, told: list[Event]) -> dict[int, tuple[events.StepSeen, Arrays]]:
    """The later steps that a side told of, by number; of one that was trained again after a pause, the last time."""
    seen = {event.step: event for event in told if isinstance(event, events.StepSeen)}
    return {step: (event, _read(run, folder / Path(event.file).name)) for step, event in seen.items()}


def _read(run: str, path: Path) -> Arrays:
    try:
        return evidence.arrays(path)
    except (OSError, SafetensorError) as error:
        raise RunUnreadable(f"The run {run} cannot be read, because its {path.name} is damaged: {error}.") from None


def _spans(told: list[Event]) -> tuple[tuple[float, float], ...]:
    """When each process that had a last word trained."""
    begun, found = 0.0, []
    for event in told:
        if isinstance(event, events.Started):
            begun = event.time
        elif isinstance(event, events.LAST_WORDS):
            found.append((begun, event.time))
    return tuple(found)

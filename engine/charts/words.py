"""Figures and findings of a run in people's words and units."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from engine.config import NAMES, RunConfig
from engine.fairness.parity import Parity
from engine.quantities import count, digits, metric, progress
from engine.runs import SideStatus
from engine.store.progress import SideProgress

METRICS = {
    "train_loss": "Training loss, last step",
    "validation_loss": "Validation loss",
    "validation_accuracy": "Validation accuracy",
    "validation_mae": "Validation mean absolute error",
    "validation_r2": "Validation R²",
}
AGREEMENT = 1e-3  # relative; below it the losses agree
COUNTED = "Counted inside training steps, without the first ones, which trace or compile."
RACE = "Both sides trained at the same time and shared the machine, so this is no measure of either alone."


def pace(config: RunConfig) -> str:
    """What steps per second are counted over, and how many steps each framework runs in one call."""
    ways = {name: getattr(config.steps_per_call, name) for name in config.frameworks}
    told = {"many": "runs many steps in one call", "one": "runs steps one by one"}
    each = "; ".join(f"{NAMES[name]} {told[way]}" for name, way in sorted(ways.items(), key=lambda item: item[1]))
    return f"{COUNTED} {each}."


def together(statuses: Mapping[str, SideStatus]) -> str:
    """What a run does: one word, or two where its sides differ: `Finished`, `Diverged, finished`."""
    return ", ".join(dict.fromkeys(status.word for status in statuses.values())).capitalize()


def parity_words(found: Parity, config: RunConfig, doubt: str = "") -> str:
    """How far the losses lie apart, in one sentence; `doubt` says why the curves are not comparable."""
    over = f"over {count(found.steps_compared, 'step')}"
    if found.max_abs_loss_difference == 0 and not doubt:
        return f"The losses are identical {over}."
    why = "" if config.policy == "matched" else ", each framework with its own defaults"
    if found.max_rel_loss_difference > 1:  # of so large a ratio nothing is learnt
        apart = f"{digits(found.max_abs_loss_difference, 2)}, more than their own size,"
        return f"The losses differ by up to {apart} {over}{why}."
    apart = f"{digits(found.max_rel_loss_difference, 1)} relative"
    if doubt:
        return f"The losses differ by up to {apart} {over}; the curves are {doubt}."
    if config.policy == "matched" and found.max_rel_loss_difference <= AGREEMENT:
        return f"The losses agree to {apart} {over}."
    return f"The losses differ by up to {apart} {over}{why}."


@dataclass(frozen=True)
class Finding:
    """One sentence of a result; `calm` is false where something went wrong."""

    sentence: str
    calm: bool = True


def findings(
    config: RunConfig,
    sides: dict[str, SideProgress],
    statuses: dict[str, SideStatus],
    compared: Parity | None,
    doubts: Mapping[str, str] = MappingProxyType({}),
) -> list[Finding]:
    """What came out, in a few sentences; first what each side reached, then how far both lie apart, then troubles.

    `doubts` are those of the run's certificate, by claim.
    """
    unfinished = [name for name, status in statuses.items() if status.word != "finished"]
    # To stop is a person's own wish and no trouble.
    troubles = [
        Finding(_trouble(name, sides[name], statuses[name]), calm=statuses[name].word == "stopped")
        for name in unfinished
    ]
    if not any(side.steps for side in sides.values()):
        return troubles
    calm = [_one_step()] if all(side.steps == 1 for side in sides.values()) else []
    if not unfinished:
        calm.append(_reached(sides, *(("starts", "start", "from ") if calm else ("reaches", "reach"))))
        calm += _early(sides, statuses) + _risen(sides)
    calm += left_out(sides)
    calm += [parity_words(compared, config, doubts.get("curves", ""))] if compared else []
    return [Finding(sentence) for sentence in calm] + troubles


def _one_step() -> str:
    return "This was one step: one forward pass, one backward pass and one update of the weights."


def _reached(sides: dict[str, SideProgress], one: str, both: str, link: str = "") -> str:
    """The metric that says most, of each side; one figure where both show the same."""
    finals = [side.final() for side in sides.values()]
    best = next(
        name for name in ("validation_accuracy", "validation_r2", "validation_loss", "train_loss") if name in finals[0]
    )
    what = {"validation_accuracy": "validation accuracy", "validation_r2": "validation R²"}.get(best)
    what = what or METRICS[best].split(",")[0].lower()
    shown = [metric(best, final.get(best)) for final in finals]
    names = [NAMES[name] for name in sides]
    if len(shown) == 1:
        return f"{names[0]} {one} {link}{_figure(what, shown[0])}."
    if shown[0] == shown[1]:
        return f"Both {both} {link}{_figure(what, shown[0])}."
    return f"{names[0]} {one} {link}{_figure(what, shown[0])}, {names[1]} {shown[1]}."


def _figure(what: str, shown: str) -> str:
    return f"{shown} {what}" if shown.endswith("%") else f"a {what} of {shown}"


def _early(sides: dict[str, SideProgress], statuses: dict[str, SideStatus]) -> list[str]:
    early = [name for name, status in statuses.items() if status.detail == "early stopping"]
    return [f"{NAMES[name]} stopped early, after {count(sides[name].steps, 'step')}." for name in early]


def _risen(sides: dict[str, SideProgress]) -> list[str]:
    risen = [NAMES[name] for name, side in sides.items() if _has_risen(side.curves.losses.values)]
    if not risen:
        return []
    who = "" if len(risen) == len(sides) else f" of {risen[0]}"
    return [f"The training loss{who} ended higher than it began; a lower learning rate may help."]


def _has_risen(losses: np.ndarray) -> bool:
    """Whether all of the last tenth lies above the first step: single steps of small batches scatter too much."""
    return len(losses) >= 20 and bool(losses[-(len(losses) // 10) :].min() > losses[0])


def left_out(sides: Mapping[str, SideProgress]) -> list[str]:
    """Of sides whose loss is scaled, how many steps changed nothing, in one sentence; nothing where there is none."""
    told = {NAMES[name]: side.loss_scale.skipped for name, side in sides.items() if side.loss_scale}
    if not any(told.values()):
        return []
    skipped = " and ".join(f"{name} {count(number, 'step') if number else 'none'}" for name, number in told.items())
    return [f"Left out, because a gradient was too large for float16: {skipped}."]


def _trouble(name: str, side: SideProgress, status: SideStatus) -> str:
    after = f"after {progress(status.step, side.started.total_steps if side.started else status.step)}"
    match status.word:
        case "diverged":
            return f"{NAMES[name]} diverged. {status.detail} A lower learning rate may help."
        case "stopped":
            return f"{NAMES[name]} was stopped {after}."
        case "failed":
            return f"{NAMES[name]} failed {after}: {status.detail}"
        case _:
            return f"{NAMES[name]} was interrupted {after}. {status.detail}"

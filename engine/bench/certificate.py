"""The certificate of two cases of a benchmark: the controls that guard speed, judged on what their processes said."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from engine.bench.benchmark import Plan
from engine.bench.rows import ROWS, WHOLE, whole_batches
from engine.config import FRAMEWORKS, Devices, RunConfig
from engine.datasets.split import Split, prepare
from engine.events import Evidence
from engine.fairness.case import Case, Found
from engine.fairness.certificate import Certificate, Control, checked
from engine.fairness.controls import CONTROLS

Line = Mapping[str, Any]
Lines = Mapping[str, Sequence[Line]]  # by type
SPEED = [(name, claims, look) for name, claims, look in CONTROLS if "speed" in claims]
ALONE = "One at a time"


def across(plan: Plan, first: int, second: int) -> bool:
    """Whether the two cases are the two frameworks with all else equal, each in an execution of its own."""
    one, other = plan.cases[first], plan.cases[second]
    if one.framework == other.framework or one.loop != other.loop:
        return False
    ways = {
        name: getattr(one.config, name).model_copy(
            update={other.framework: getattr(getattr(other.config, name), other.framework)}
        )
        for name in ("execution", "steps_per_call", "device")
    }
    left, right = (case.config.model_copy(update={"frameworks": FRAMEWORKS, **ways}) for case in (one, other))
    return left == right


def certificate(plan: Plan, lines: Lines, first: int, second: int) -> Certificate | None:
    """The controls of one pair; None before both have told of themselves. Raises KeyError, TypeError and ValueError.

    Two frameworks with all else equal are held against each other; any other two each against its own config.
    """
    seen = [_evidence(lines, number) for number in (first, second)]
    if not (seen[0] and seen[1]):
        return None
    told, spans = (seen[0], seen[1]), (_spans(lines, first), _spans(lines, second))
    if across(plan, first, second):
        controls = _together(plan, first, second, told, spans)
    else:
        controls = _each(plan, first, second, told, spans)
    sides = {plan.cases[number].framework: dict(one.disclosed) for number, one in ((first, seen[0]), (second, seen[1]))}
    return Certificate("", controls, sides)


def _evidence(lines: Lines, number: int) -> Evidence | None:
    """What the case's last process said of it."""
    told = [line["evidence"] for line in lines.get("case", []) if line["case"] == number and line.get("evidence")]
    if not told:
        return None
    return Evidence(**{**told[-1], **{name: tuple(told[-1][name]) for name in ("rows", "learning_rates")}})


def _spans(lines: Lines, number: int) -> tuple[tuple[float, float], ...]:
    """When the case was timed. A time is when the answer had come."""
    timed = [*lines.get("block", []), *lines.get("outcome", [])]
    return tuple((one["time"] - one["seconds"], one["time"]) for one in timed if one["case"] == number)


def _together(plan: Plan, first: int, second: int, told: tuple, spans: tuple) -> tuple[Control, ...]:
    cases = [plan.cases[number] for number in (first, second)]
    order = sorted((0, 1), key=lambda place: FRAMEWORKS.index(cases[place].config.frameworks[0]))
    places: dict[str, int] = {cases[place].config.frameworks[0]: place for place in order}
    devices = {side: getattr(cases[place].config.device, side) for side, place in places.items()}
    update = {"frameworks": tuple(places), "concurrency": "in_turn", "device": Devices(**devices)}
    seen, timed = ({side: values[place] for side, place in places.items()} for values in (told, spans))
    case = _with_data(Case(cases[0].config.model_copy(update=update), seen, {}, timed, {}))
    return tuple(Control(name, claims, *checked(look, case)) for name, claims, look in SPEED)


def _each(plan: Plan, first: int, second: int, told: tuple, spans: tuple) -> tuple[Control, ...]:
    found: dict[str, list[Found]] = {name: [] for name, _, _ in SPEED}
    for number, seen in zip((first, second), told, strict=True):
        config = plan.cases[number].config
        for name, judged in _alone(config.to_json(), json.dumps(vars(seen), sort_keys=True, default=dict)):
            found[name].append(judged)
    found[ALONE] = [_in_turn(plan.cases[first].config, spans)]
    machines = {(seen.disclosed.get("machine"), seen.disclosed.get("processor")) for seen in told}
    if len(machines) > 1:
        found["Machine"] = [("fail", "the two were measured on two machines")]
    return tuple(Control(name, claims, *_worse(found[name])) for name, claims, _ in SPEED)


def _in_turn(config: RunConfig, spans: tuple) -> Found:
    """The control of who was alone, which names no side."""
    look = next(look for name, _, look in SPEED if name == ALONE)
    turned = config.model_copy(update={"concurrency": "in_turn"})
    return look(Case(turned, {}, {}, dict(zip(FRAMEWORKS, spans, strict=True)), {}))


def _worse(found: list[Found]) -> Found:
    """What holds for both."""
    for verdict in ("fail", "not checked"):
        if told := [words for word, words in found if word == verdict]:
            return verdict, "; ".join(dict.fromkeys(told))  # type: ignore[return-value]
    return "pass", "; ".join(dict.fromkeys(words for _, words in found))


@lru_cache(maxsize=256)
def _alone(config_text: str, evidence: str) -> tuple[tuple[str, Found], ...]:
    """One case against its own config. The same evidence is judged once: a page asks again and again."""
    config, fields = RunConfig.from_json(config_text), json.loads(evidence)
    seen = Evidence(**fields | {name: tuple(fields[name]) for name in ("rows", "learning_rates")})
    case = _with_data(Case(config, {config.frameworks[0]: seen}, {}, {}, {}))
    judged = ((name, checked(look, case)) for name, _, look in SPEED if name != ALONE)
    return tuple((name, (word, words.replace("both sides", "its side"))) for name, (word, words) in judged)


class _Measured(Case):
    """A case of a benchmark: its data are made once for all cases of the same, and cut as its processes say."""

    @cached_property
    def split(self) -> Split:
        """Raises DatasetError where the data cannot be had any more."""
        split = _split(self.config.model_copy(update=_usual()).to_json())
        whole = {seen.disclosed.get(ROWS) for seen in self.seen.values()} == {WHOLE}
        return whole_batches(split, self.config.batch_size) if whole else split


def _usual() -> dict[str, Any]:
    """The fields that decide no data, as they all are when the data are made."""
    found = {"frameworks": FRAMEWORKS, "batch_size": 1, "threads": 1, "workers": 1, "policy": "matched"}
    found |= {"matched_defaults": ()}
    return found | {name: RunConfig.model_fields[name].default for name in ("execution", "steps_per_call", "device")}


def _with_data(case: Case) -> Case:
    """The case, its data with it; the control that asks for them says so where they cannot be had."""
    return _Measured(case.config, case.seen, case.arrays, case.spans, case.told, case.later)


@lru_cache(maxsize=2)
def _split(config_text: str) -> Split:
    return prepare(RunConfig.from_json(config_text))

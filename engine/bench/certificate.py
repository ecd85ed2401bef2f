"""The certificate of two cases of a benchmark: the controls that guard speed, judged on what their processes said."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from engine.bench.plan import Plan
from engine.bench.rows import ROWS, WHOLE, whole_batches
from engine.config import FRAMEWORKS, Devices, RunConfig
from engine.datasets.split import Split, prepare
from engine.event_lines import from_line
from engine.events import Evidence
from engine.fairness.case import Case, Found
from engine.fairness.certificate import Certificate, Control, checked
from engine.fairness.controls import CONTROLS

Lines = Mapping[str, Sequence[Mapping[str, Any]]]  # by type
Spans = tuple[tuple[float, float], ...]
SPEED = [(name, claims, look) for name, claims, look in CONTROLS if "speed" in claims]
ALONE = "One at a time"


@dataclass(frozen=True)
class Seen:
    """What each process of a case said of it, the same only once; and when the case was timed."""

    told: tuple[Evidence, ...]
    spans: Spans


def seen_of(number: int, lines: Lines) -> Seen:
    """What there is to judge of a case. Raises KeyError, TypeError and ValueError where lines are damaged."""
    told: list[Evidence] = []
    for line in lines.get("case", []):
        if line["case"] == number and line.get("evidence"):
            one = _evidence(line["evidence"])
            told += [one] if one not in told else []
    timed = [*lines.get("block", []), *lines.get("outcome", [])]  # a time is when the answer had come
    spans = tuple((one["time"] - one["seconds"], one["time"]) for one in timed if one["case"] == number)
    return Seen(tuple(told), spans)


def _evidence(told: Mapping[str, Any]) -> Evidence:
    """One that is of the right types throughout, so that no control trips over it. Raises ValueError."""
    seen = from_line(json.dumps({**told, "type": Evidence.type}))
    assert isinstance(seen, Evidence)
    return Evidence(**{**vars(seen), "rows": tuple(seen.rows), "learning_rates": tuple(seen.learning_rates)})


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


def certificate(plan: Plan, seen: Sequence[Seen], first: int, second: int) -> Certificate | None:
    """The controls of one pair; None before both have told of themselves.

    Two frameworks with all else equal are held against each other; any other two each against its own config. Of a case
    that had several processes, every one is judged.
    """
    one, other = seen[first], seen[second]
    if not (one.told and other.told):
        return None
    judge = _together if across(plan, first, second) else _each
    controls = judge(plan, first, second, (one, other))
    sides = {plan.cases[number].framework: dict(seen[number].told[-1].disclosed) for number in (first, second)}
    return Certificate("", controls, sides)


def _together(plan: Plan, first: int, second: int, seen: tuple[Seen, Seen]) -> tuple[Control, ...]:
    cases = [plan.cases[number] for number in (first, second)]
    order = sorted((0, 1), key=lambda place: FRAMEWORKS.index(cases[place].config.frameworks[0]))
    places: dict[str, int] = {cases[place].config.frameworks[0]: place for place in order}
    devices = {side: getattr(cases[place].config.device, side) for side, place in places.items()}
    update = {"frameworks": tuple(places), "concurrency": "in_turn", "device": Devices(**devices)}
    config = cases[0].config.model_copy(update=update)
    timed = {side: seen[place].spans for side, place in places.items()}
    found: dict[str, list[Found]] = {name: [] for name, _, _ in SPEED}
    for number in range(max(len(one.told) for one in seen)):
        told = {side: seen[place].told[min(number, len(seen[place].told) - 1)] for side, place in places.items()}
        case = _with_data(Case(config, told, {}, timed, {}))
        for name, _, look in SPEED:
            found[name].append(checked(look, case))
    return tuple(Control(name, claims, *_first(found[name])) for name, claims, _ in SPEED)


def _each(plan: Plan, first: int, second: int, seen: tuple[Seen, Seen]) -> tuple[Control, ...]:
    found: dict[str, list[Found]] = {name: [] for name, _, _ in SPEED}
    for number, one in zip((first, second), seen, strict=True):
        config = plan.cases[number].config.to_json()
        judged = [dict(_alone(config, json.dumps(vars(told), sort_keys=True, default=dict))) for told in one.told]
        for name in judged[0]:
            found[name].append(_first([process[name] for process in judged]))
    found[ALONE] = [_in_turn(plan.cases[first].config, (seen[0].spans, seen[1].spans))]
    machines = {(told.disclosed.get("machine"), told.disclosed.get("processor")) for one in seen for told in one.told}
    if len(machines) > 1:
        found["Machine"] = [("fail", "the two were measured on two machines")]
    return tuple(Control(name, claims, *_worse(found[name])) for name, claims, _ in SPEED)


def _in_turn(config: RunConfig, spans: tuple[Spans, Spans]) -> Found:
    """The control of who was alone, which names no side."""
    look = next(look for name, _, look in SPEED if name == ALONE)
    turned = config.model_copy(update={"concurrency": "in_turn"})
    return look(Case(turned, {}, {}, dict(zip(FRAMEWORKS, spans, strict=True)), {}))


def _first(found: list[Found]) -> Found:
    """Of several processes the first that fails, or else that could not be checked."""
    return next((one for word in ("fail", "not checked") for one in found if one[0] == word), found[0])


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

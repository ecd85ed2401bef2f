"""What was measured here for a claim: the newest benchmark, run or result that answers it, in sentences."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from engine.bench import benchmark, published
from engine.bench.results import ResultsError
from engine.charts.speed_answers import answers
from engine.charts.speed_words import STATES, state_words
from engine.charts.words import together
from engine.claims.evidence import Branched, Counted, Exported, Measurement, Placed, Planted, Ran, Task, Timed, Trained
from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.exports import results as exports
from engine.graphs import branches
from engine.graphs.ways import WAYS
from engine.mistakes import results as mistakes
from engine.phrases import results as phrases
from engine.phrases.catalogue import PHRASES
from engine.pipelines import placement
from engine.quantities import count, digits, short
from engine.runs import Store
from engine.scripts.compose import script
from engine.scripts.counts import counted
from engine.scripts.script import LEVELS
from engine.store.result import result
from engine.tasks.task import Request

MOST = 100  # benchmarks or runs that are looked through, newest first


@dataclass(frozen=True)
class Answer:
    """`sentences` say what came out, or how far it is; the rest is where all of it is shown."""

    sentences: tuple[str, ...]
    under_way: bool = False
    page: str = ""
    params: dict[str, str] = field(default_factory=dict)


def answer(store: Store, asked: Measurement) -> Answer | None:
    """What is known here; None where it was not measured yet. Raises StoreError where that cannot be read."""
    match asked:
        case Timed():
            return _timed(store, asked)
        case Trained():
            return _trained(store, asked)
        case Planted():
            return _planted(store, asked)
        case Ran():
            return _ran(store)
        case Branched():
            return _branched(store)
        case Placed():
            return _placed(store)
        case Counted():
            return _counted(asked)
        case Exported():
            return _exported(store, asked)


def _newest(names: Iterable[str], path: Callable[[str], Path], text: str) -> str | None:
    """The first of the names whose file holds this text."""
    for name, _ in zip(names, range(MOST), strict=False):
        try:
            if path(name).read_text(encoding="utf-8") == text:
                return name
        except OSError:  # deleted just now
            continue
    return None


def benchmark_of(store: Store, asked: Timed) -> str | None:
    """The newest benchmark of that plan."""
    folder = store.root / benchmark.FOLDER
    return _newest(benchmark.benchmarks(store), lambda name: folder / name / "plan.json", asked.plan().to_json())


def run_of(store: Store, asked: Trained | Exported) -> str | None:
    """The newest run of that config."""
    return _newest(store.runs(), lambda run: store.root / run / "config.json", asked.config().to_json())


def _timed(store: Store, asked: Timed) -> Answer | None:
    name = benchmark_of(store, asked)
    if name is None:
        return None
    word = benchmark.last_word(store, name)
    params = {"benchmark": name}
    if word in benchmark.UNDER_WAY:
        return Answer((f"{STATES[word]}.",), True, "speed", params)
    try:
        measured = published.of_store(store, name)
    except ResultsError as error:
        return Answer((str(error),), page="speed", params=params)
    told = [state_words(measured.found), *answers(measured.plan, measured.found)]
    return Answer(tuple(filter(None, told)) or ("Nothing was measured.",), page="speed", params=params)


def _trained(store: Store, asked: Trained) -> Answer | None:
    run = run_of(store, asked)
    if run is None:
        return None
    status = store.status(run)
    if not all(side.ended for side in status.values()):
        return Answer((f"{together(status)}.",), True, "train", {"run": run})
    found = result(store, run)
    told = [
        f"{NAMES[side]}: {of['status']} after {count(of['steps'], 'step')}"
        + (f", training loss {of['final']['train_loss']:.4g}." if of["final"]["train_loss"] is not None else ".")
        for side, of in found["sides"].items()
    ]
    largest = found["parity"] and found["parity"]["max_rel_loss_difference"]
    if largest is not None:
        told.append(f"The losses differ by at most {digits(largest, 2)} of their size.")
    return Answer(tuple(told), page="train", params={"run": run})


def request_of(asked: Task) -> Request:
    """The task that answers it."""
    match asked:
        case Planted():
            return mistakes.Request(asked.mistake, asked.execution)
        case Ran():
            return phrases.Request()
        case Branched():
            return branches.Request()
        case Placed():
            return placement.Request()


def _planted(store: Store, asked: Planted) -> Answer | None:
    attempt = mistakes.read(mistakes.Request(asked.mistake, asked.execution), store)
    if attempt is None:
        return None
    told = []
    for side in FRAMEWORKS:
        outcome = attempt.sides[side]["planted"]
        said = outcome.message.strip().splitlines()[0] if outcome.message.strip() else ""
        told.append(f"{NAMES[side]} raised {outcome.kind}: {said}" if outcome.kind else f"{NAMES[side]} said nothing.")
    return Answer(tuple(told), page="debug", params={"mistake": asked.mistake})


def _ran(store: Store) -> Answer | None:
    found = phrases.read(store)
    if found is None:
        return None
    same = sum(found.same(phrase.name) for phrase in PHRASES)
    told = f"{len(PHRASES)} tasks ran in both; {same} returned the same in both, {len(PHRASES) - same} did not."
    return Answer((told,), page="phrases")


def _branched(store: Store) -> Answer | None:
    found = branches.read(branches.Request(), store)
    if found is None:
        return None
    told = []
    for side, ways in found.sides.items():
        for raised, words in ((False, "ran it"), (True, "raised an error for it")):
            if titles := [way.title for way in WAYS if bool(ways[way.name].kind) == raised]:
                told.append(f"{NAMES[side]} {words}: {'; '.join(titles)}.")
    return Answer(tuple(told), page="graphs", params={"part": "branches"})


def _placed(store: Store) -> Answer | None:
    found = placement.read(placement.Request(), store)
    if found is None:
        return None
    told = []
    for way in placement.WAYS:
        outcomes = {side: ways[way.name] for side, ways in found.sides.items()}
        sides = (f"{NAMES[side]} {_place(one)}" for side, one in outcomes.items())
        told.append(f"{way.title}: {', '.join(sides)}.")
    return Answer(tuple(told), page="pipelines", params={"topic": "devices"})


def _place(outcome: placement.Outcome) -> str:
    if outcome.raised:
        return f"raised {outcome.raised.partition(':')[0]}"
    return f"had them on {' and '.join(sorted(set(outcome.devices.values())))}"


def _exported(store: Store, asked: Exported) -> Answer | None:
    run = run_of(store, asked)
    found = {side: exports.read(store, run, side, asked.format) for side in FRAMEWORKS} if run else {}
    if run is None or not all(found.values()):
        return None
    told = []
    for side, one in found.items():
        if one and one.state == "failed":
            told.append(f"{NAMES[side]}: {one.message}")
        elif one:
            apart, late = max(one.told["difference"].values()), one.told["latency"]["1"]["p50"]
            told.append(
                f"{NAMES[side]}: {one.state}, outputs differ by at most {digits(apart, 2)} from the framework's, "
                f"{one.told['bytes'] / 1000:,.0f} kB, one row in {short(late)}; the framework takes "
                f"{short(one.told['own_latency']['1']['p50'])}."
            )
    if both := exports.crossed(store, run, asked.format):
        told.append(f"Both files by {both.runtime}: outputs differ by at most {digits(both.difference, 2)}.")
    return Answer(tuple(told), page="deploy", params={"run": run})


def _counted(asked: Counted) -> Answer:
    config = RunConfig.build({"network": asked.network, "policy": "defaults"})
    told = []
    for level in LEVELS:
        found = counted({side: script(config, side, level) for side in FRAMEWORKS})
        sides = (f"{NAMES[side]} {of.lines} lines, {len(of.names)} names, {len(of.concepts)} concepts"
                 for side, of in found.items())  # fmt: skip
        told.append(f"{LEVELS[level]}: {'; '.join(sides)}.")
    return Answer(tuple(told), page="code", params={"network": asked.network})

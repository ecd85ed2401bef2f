"""Which one? What was measured on this machine, held against what a person needs; and what nothing here can say."""

from collections.abc import Iterator

from engine.bench import benchmark, published
from engine.bench.certificate import across
from engine.bench.pairs import PairResult
from engine.bench.plan import Plan
from engine.bench.published import Measured
from engine.bench.results import ResultsError, disturbed
from engine.charts.experiment_words import name_of
from engine.charts.experiment_words import verdict as seeds_verdict
from engine.charts.speed_labels import label
from engine.charts.speed_verdict import chosen_words, verdict
from engine.claims.budget import Times, held
from engine.claims.destination import where
from engine.claims.sheet import LEANS, Consideration, Needs
from engine.config import FRAMEWORKS, NAMES, ConfigError, RunConfig
from engine.experiments import experiment, outcomes
from engine.quantities import short
from engine.runs import Store, StoreError
from engine.scripts.compose import script
from engine.scripts.counts import counted

MOST = 100  # benchmarks that are looked through, newest first
PRECISION = "float32"  # what both frameworks compute in where nobody asks for another one
DEVICES = {"cpu": "CPU", "cuda": "CUDA GPU", "mps": "Apple GPU"}  # by what a config's device begins with
TEAMS = {"neither": "Neither", "torch": NAMES["torch"], "tensorflow": NAMES["tensorflow"], "both": "Both"}


def considered(store: Store, needs: Needs) -> list[Consideration]:
    """Everything that is weighed, in the order of the sheet. Raises StoreError where the store cannot be read."""
    measured = list(_measured(store, needs))
    found = [_speed(needs, measured)]
    if needs.budget is not None:
        found.append(_latency(needs, needs.budget, measured))
    return [*found, _quality(store, needs), where(store, needs), _team(needs)]


def summary(found: list[Consideration]) -> str:
    """What speaks for which, and what cannot be said. No sum: the weights are the person's own."""
    words: dict[str, str] = {side: f"{NAMES[side]} is ahead in" for side in FRAMEWORKS}
    words |= {"either": "Either will do for", "unknown": "Nothing is known here of"}
    told = []
    for leans, begins in words.items():
        if titles := [one.title.lower() for one in found if one.leans == leans]:
            told.append(f"{begins} {_listed(titles)}.")
    return " ".join(told)


def _listed(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"


def _measured(store: Store, needs: Needs) -> Iterator[tuple[Measured, list[int]]]:
    """The benchmarks of this machine that have ended, newest first, with their cases that count; of both frameworks."""
    for name in benchmark.benchmarks(store)[:MOST]:
        try:
            plan = benchmark.load(store, name)
            cases = _fitting(plan, needs)
            sides = {plan.cases[number].framework for number in cases}
            if len(sides) < len(FRAMEWORKS) or benchmark.last_word(store, name) in benchmark.UNDER_WAY:
                continue
            found = published.of_store(store, name)
        except (StoreError, ResultsError):  # damaged: the Speed page says so
            continue
        if found.here:
            yield found, cases


def _fitting(plan: Plan, needs: Needs) -> list[int]:
    """The cases of that network in the usual precision, on one such device: two GPUs of a machine need not be alike.

    TensorFlow has no `mps`: on such a machine its side can only run on the CPU, as `_apart` says.
    """
    found: dict[int, str] = {}
    for number, case in enumerate(plan.cases):
        config, device = case.config, getattr(case.config.device, case.framework)
        wanted = "cpu" if (needs.device, case.framework) == ("mps", "tensorflow") else needs.device
        if (config.network, config.precision, device.partition(":")[0]) == (needs.network, PRECISION, wanted):
            found[number] = device
    first = next(iter(found.values()), "")
    return [number for number, device in found.items() if device == first or needs.device == "mps"]


def _apart(needs: Needs) -> tuple[str, ...]:
    """That the frameworks did not compute on one device, where that cannot be."""
    words = "TensorFlow has no device mps, so its side ran on the CPU and PyTorch's on the Apple GPU."
    return (words,) if needs.device == "mps" else ()


def _between(found: Measured, cases: list[int]) -> PairResult | None:
    """Of the pairs of both frameworks the headline of a ladder, else the fastest; those with a verdict come first.

    Both do the same work: two precisions, or two batch sizes, say nothing of the frameworks.
    """
    timed, best = found.found.cases, found.found.headline
    pairs = [
        pair for pair in found.found.pairs
        if {pair.first, pair.second} <= set(cases) and across(found.plan, pair.first, pair.second)
    ]  # fmt: skip
    judged = [pair for pair in pairs if pair.word] or pairs
    if best in judged:
        return best
    return min(judged, key=lambda pair: sum(timed[one].median or 0 for one in (pair.first, pair.second)), default=None)


def _speed(needs: Needs, measured: list[tuple[Measured, list[int]]]) -> Consideration:
    title, page = "Training speed", "speed"
    timed = [one for one in measured if one[0].plan.quantity == "training_step"]
    pairs = [(found, pair) for found, cases in timed if (pair := _between(found, cases))]
    if not pairs:
        return Consideration(
            title, "unknown", (f"No training step of {needs.network} was timed here in {PRECISION}.",), page=page
        )
    found, pair = next((one for one in pairs if one[1].word), pairs[0])
    leans = LEANS.get(pair.word if pair.faster is None else found.plan.cases[pair.faster].framework, "unknown")
    chosen = filter(None, [chosen_words(found.plan, pair)])
    told = (verdict(found.plan, pair), *chosen, *_apart(needs))
    return Consideration(title, leans, told, page=page, params={"benchmark": found.id})


def _latency(needs: Needs, budget: float, measured: list[tuple[Measured, list[int]]]) -> Consideration:
    title = "Latency"
    for found, cases in measured:
        told: list[str] = []
        best: dict[str, Times] = {}
        others = disturbed([line for line in found.lines if line["type"] == "state"])
        for case, result in ((found.plan.cases[number], found.found.cases[number]) for number in cases):
            if found.plan.quantity == "inference" and 95 in result.latencies and case.config.batch_size == 1:
                half, late = result.latencies[50], result.latencies[95]
                if case.framework not in best or late < best[case.framework].late:
                    best[case.framework] = Times(half, late, others)
                words = "within" if late <= budget else "over"
                told.append(
                    f"{label(found.plan, case)}: 95 % of predictions within {short(late)}, {words} {short(budget)}."
                )
        if len(best) == len(FRAMEWORKS):
            leans, why = held(best, budget)
            told += [*([why] if why else []), *_apart(needs)]
            return Consideration(title, leans, tuple(told), page="speed", params={"benchmark": found.id})
    missing = f"No prediction of {needs.network} at batch 1 was timed here in {PRECISION}"
    sentence = f"{missing}; on Speed, ask for latency with batch size 1."
    return Consideration(title, "unknown", (sentence,), page="speed")


def _quality(store: Store, needs: Needs) -> Consideration:
    title = "Quality"
    for name in experiment.experiments(store):
        try:
            made = experiment.load(store, name)
            config = store.config(made.members[0].run)
            if made.kind != "seeds" or config.network != needs.network or config.policy != "defaults":
                continue
            found = outcomes.outcomes(store, made)
        except (StoreError, ConfigError):  # its runs are gone
            continue
        if not found.metrics:
            continue
        metric = found.metrics[0]
        compared = found.comparison(metric)
        leans = LEANS.get(compared.winner, "unknown")
        told = f"{name_of(metric)} on {config.dataset}, over {compared.n} seeds: {seeds_verdict(compared)}."
        return Consideration(title, leans, (told,), page="train", params={"run": made.members[0].run})
    told = f"No seeds of {needs.network} were compared here, each framework with its own defaults."
    return Consideration(title, "unknown", (told,), page="train", params={"network": needs.network})


def _team(needs: Needs) -> Consideration:
    title = "Your team"
    config = RunConfig.build({"network": needs.network, "policy": "defaults"})
    found = counted({side: script(config, side, "layers") for side in FRAMEWORKS})
    numbers = "; ".join(f"{NAMES[side]} {of.lines} lines and {len(of.names)} names" for side, of in found.items())
    told = [f"The same training with a loop of one's own: {numbers}."]
    page, params = "code", {"network": needs.network}
    if needs.team in FRAMEWORKS:
        told.insert(0, f"It knows {NAMES[needs.team]}, and that is your word, not a measurement.")
        return Consideration(title, LEANS[needs.team], tuple(told), page=page, params=params)
    known = "It knows both, which speaks for neither. " if needs.team == "both" else ""
    told.insert(0, f"{known}Nothing here measures a team.")
    return Consideration(title, "unknown", tuple(told), page=page, params=params)

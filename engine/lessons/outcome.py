"""What came of a prediction: which of a question's options a finished run or benchmark shows to be true."""

from collections.abc import Callable

import numpy as np

from engine.bench import benchmark, published
from engine.bench.plan import name_of
from engine.bench.published import Measured
from engine.bench.results import ResultsError
from engine.claims.answers import benchmark_of, run_of
from engine.claims.evidence import Exported, Timed, Trained
from engine.exports.results import Crossed, Result, crossed, read
from engine.runs import Store, StoreError
from engine.store.progress import RunProgress, parity_of

FALLS, GROWS, STAYS = "falls", "grows", "stays"
SAME, ROUNDING, VISIBLE = "same", "rounding", "visible"
TENTH = 0.1  # so much of the first loss is more than a wobble


def of_run(store: Store, asked: Trained, judge: Callable[[RunProgress], str]) -> str:
    """The option that the newest run of that config shows; empty while none has ended. Raises StoreError."""
    run = run_of(store, asked)
    if run is None:
        return ""
    progress = RunProgress(store, run)
    progress.poll()
    if not progress.ended or any(not len(side.curves.losses.values) for side in progress.sides.values()):
        return ""
    return judge(progress)


def of_benchmark(store: Store, asked: Timed, judge: Callable[[Measured], str]) -> str:
    """The option that the newest benchmark of that plan shows; empty while none has. Raises StoreError."""
    name = benchmark_of(store, asked)
    if name is None or benchmark.last_word(store, name) in benchmark.UNDER_WAY:
        return ""
    try:
        return judge(published.of_store(store, name))
    except ResultsError as error:
        raise StoreError(str(error)) from None


def of_export(store: Store, asked: Exported, judge: Callable[[list[Result], Crossed], str]) -> str:
    """The option that both sides' files show; empty while one is missing or failed. Raises StoreError."""
    run = run_of(store, asked)
    both = crossed(store, run, asked.format) if run else None
    if run is None or both is None:
        return ""
    return judge([one for side in both.format.sides if (one := read(store, run, side, asked.format))], both)


def of_losses(progress: RunProgress) -> str:
    """Whether the training loss of both sides falls, grows or stays, from the first step to the last."""
    words = {_way(side.curves.losses.values) for side in progress.sides.values()}
    return words.pop() if len(words) == 1 else ""


def _way(losses: np.ndarray) -> str:
    first, last = losses[0], losses[-1]
    if not np.isfinite(last) or last > first * (1 + TENTH):
        return GROWS
    return FALLS if last < first * (1 - TENTH) else STAYS


def of_accuracy(progress: RunProgress) -> str:
    """The share of right answers on validation in the end: "under_90", "to_99" or "over_99" percent on both sides."""
    last = [side.curves.metrics["validation_accuracy"].values[-1] for side in progress.sides.values()]
    words = {"under_90" if share < 0.9 else "to_99" if share <= 0.99 else "over_99" for share in last}
    return words.pop() if len(words) == 1 else ""


def of_parity(progress: RunProgress) -> str:
    """Whether the losses of both sides are the same in ten digits, the same but for rounding, or visibly apart."""
    found = parity_of(progress)
    if found is None:
        return ""
    return _apart(found.max_rel_loss_difference)


def _apart(share: float) -> str:
    return SAME if share <= 1e-10 else ROUNDING if share <= 1e-3 else VISIBLE


def of_files(results: list[Result], both: Crossed) -> str:
    """How far the outputs of both files lie apart, as a share of the largest."""
    return _apart(both.difference / max(both.largest, 1e-30))


def of_answering(results: list[Result], both: Crossed) -> str:
    """What answers one row sooner: "file" or "framework", on both sides."""
    halves = [(one.told["latency"]["1"]["p50"], one.told["own_latency"]["1"]["p50"]) for one in results]
    words = {"file" if late < own else "framework" for late, own in halves}
    return words.pop() if len(words) == 1 else "mixed"


def of_validation(progress: RunProgress) -> str:
    """Whether the validation loss ends near its least, or has risen from there, on both sides."""
    words = set()
    for side in progress.sides.values():
        values = side.curves.metrics["validation_loss"].values
        least, last = float(np.min(values)), float(values[-1])
        words.add(GROWS if last > least * (1 + TENTH) else FALLS)
    return words.pop() if len(words) == 1 else ""


def of_pair(measured: Measured) -> str:
    """Which framework is faster: its name, "same", or "unknown" where that cannot be told."""
    pair = measured.found.pairs[0]
    if pair.faster is not None:
        return measured.plan.cases[pair.faster].framework
    return "same" if pair.word == "same" else "unknown"


def of_many_steps(measured: Measured) -> str:
    """How many times as fast TensorFlow's fastest way is as one graph call a step: "under_2", "to_5" or "over_5"."""
    medians = {
        name_of(case): found.median
        for case, found in zip(measured.plan.cases, measured.found.cases, strict=True)
        if case.framework == "tensorflow" and found.median
    }
    if "tensorflow.graph.one" not in medians:
        return ""
    ratio = medians["tensorflow.graph.one"] / min(medians.values())
    return "under_2" if ratio < 2 else "to_5" if ratio <= 5 else "over_5"

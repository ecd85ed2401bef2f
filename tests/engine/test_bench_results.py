"""What results make of lines told by hand: which rounds count, which pairs there are, and what gives no verdict."""

import itertools

import numpy as np
import pytest

from engine.bench import benchmark, results
from engine.bench.pairs import UNRECORDED, PairResult, judged_pair, own, with_break_even
from engine.bench.plan import Plan, Quality, name_of
from engine.bench.results import Results, ResultsError
from engine.bench.timings import CaseResult
from engine.config import RunConfig
from engine.fairness.intervals import interval
from tests import benchmark_stories as stories

OWN = RunConfig.build({"policy": "defaults"})
PAIR = benchmark.comparison(OWN)
QUALITY = benchmark.comparison(OWN, "quick", "time_to_quality", Quality(metric="validation_accuracy", target=0.9))
LADDER = benchmark.ladder(OWN)
NAMES = [name_of(case) for case in LADDER.cases]
SECONDS = (2e-4, 4e-4, 6e-4, 5e-4, 24e-4, 45e-5, 5e-5, 15e-4)


def found(plan: Plan, seconds: tuple[float, ...], rounds: int = 5, **told) -> Results:
    return results.results(plan, stories.lines(plan, seconds, rounds, **told))


def pair(of: Results, first: str, second: str) -> PairResult:
    """That of two rungs, however it stands."""
    wanted = {NAMES.index(first), NAMES.index(second)}
    return next(one for one in of.pairs if {one.first, one.second} == wanted)


# Time to a quality


def test_a_training_that_never_reached_the_target_takes_the_verdict_away() -> None:
    whole = found(QUALITY, (2.0, 4.0))
    assert whole.pairs[0].word == "faster"
    assert [case.reached for case in whole.cases] == [10, 10]
    one = found(QUALITY, (2.0, 4.0), missed=[(0, 1), (0, 3)]).pairs[0]
    assert (one.word, one.ratio, one.why) == ("", None, "PyTorch reached it in 6 of 10 trainings")
    both = found(QUALITY, (2.0, 4.0), missed=[(0, 1), (1, 2)]).pairs[0]
    assert both.why == ("PyTorch reached it in 8 of 10 trainings and TensorFlow reached it in 8 of 10 trainings")


def test_whole_epochs_to_a_target_are_no_second_speed() -> None:
    told = stories.lines(QUALITY, (2.0, 2.0), 8, wobble=0.0)
    for line in told:
        if line["type"] == "outcome":
            epochs = 4 + line["round"] % 2
            line |= {"seconds": 0.5 * epochs, "steps": 45 * epochs}
    assert all(case.noise.speeds is None and not case.noise.spread for case in results.results(QUALITY, told).cases)
    slow = [line | {"seconds": line["seconds"] * 2} if line["type"] == "outcome" and line["round"] % 2 else line
            for line in told]  # fmt: skip
    assert all(case.noise.speeds for case in results.results(QUALITY, slow).cases)


# Rounds


@pytest.mark.parametrize("plan", [PAIR, QUALITY], ids=["blocks", "outcomes"])
def test_a_round_that_was_not_gone_back_does_not_count(plan: Plan) -> None:
    told = stories.lines(plan, (2e-4, 4e-4), 7)
    cut = [line for line in told if line.get("round") != 6 or line.get("position", 9) < 2]
    assert sum(line.get("round") == 6 for line in cut) == 2
    whole, half = results.results(plan, stories.lines(plan, (2e-4, 4e-4), 6)), results.results(plan, cut)
    assert [len(case.blocks) for case in half.cases] == [13, 13]
    assert half.pairs == whole.pairs
    assert half.pairs[0].n == 6


def test_epochs_in_blocks_and_in_older_outcomes_are_read() -> None:
    plan = benchmark.comparison(OWN, "quick", "epoch")
    told = stories.lines(plan, (0.2, 0.4))
    assert found(plan, (0.2, 0.4)).cases[0].median == pytest.approx(0.2)
    older = []
    for line in told:
        if line["type"] == "block":
            kept = {name: value for name, value in line.items() if name != "count"}
            line = kept | {"type": "outcome", "seconds": line["seconds"] / line["count"], "steps": 45}
        older.append(line)
    once = results.results(plan, older)
    assert once.cases[0].median == pytest.approx(0.2)
    assert once.pairs == results.results(plan, told).pairs
    assert once.cases[0].reached is None


# When it pays


def case(number: int, first: float | None, median: float) -> CaseResult:
    return CaseResult(number, (), median, 0.0, "torch", first_seconds=first)


@pytest.mark.parametrize(
    ("word", "first", "median", "pays"),
    [
        ("faster", (1.0, 0.1), (0.001, 0.002), 900.0),
        ("slower", (0.1, 1.0), (0.002, 0.001), 900.0),
        ("slower", (1.0, 0.1), (0.001, 0.002), None),  # the medians say the opposite
        ("cannot tell", (1.0, 0.1), (0.001, 0.002), None),
        ("same", (1.0, 0.1), (0.001, 0.002), None),
        ("", (1.0, 0.1), (0.001, 0.002), None),
        ("faster", (0.1, 1.0), (0.001, 0.002), None),  # it was ahead from the beginning
        ("faster", (None, 0.1), (0.001, 0.002), None),
    ],
)
def test_a_break_even_needs_a_verdict_and_medians_that_agree(word, first, median, pays) -> None:
    cases = [case(number, first[number], median[number]) for number in (0, 1)]
    told = with_break_even(PairResult(0, 1, 1.5, 1.2, 1.8, 5, word), cases)
    assert told.break_even == (pays if pays is None else pytest.approx(pays))


# Pairs


def test_every_rung_stands_against_the_plain_one_of_its_framework() -> None:
    told = found(LADDER, SECONDS)
    held = {frozenset((NAMES[one], NAMES[other])) for one, other in own(LADDER)}
    rungs = [name for name in NAMES if name.startswith("tensorflow") and name != "tensorflow.graph.one"]
    assert held == {frozenset(("torch.eager", "torch.usual"))} | {
        frozenset(("tensorflow.graph.one", name)) for name in rungs
    }
    xla = pair(told, "tensorflow.graph.one", "tensorflow.xla.many")
    assert xla.word == "slower"
    assert len({frozenset((one.first, one.second)) for one in told.pairs}) == len(told.pairs)


def test_of_a_ladder_the_fastest_of_both_are_the_headline_with_a_wider_interval() -> None:
    told = found(LADDER, SECONDS)
    best = told.headline
    assert best is not None
    assert best == told.pairs[0]
    assert [NAMES[best.first], NAMES[best.second]] == ["torch.eager", "tensorflow.xla.many"]
    assert best.together == 1 * 5  # ways of PyTorch and of TensorFlow in our loop
    logs = []
    for place in range(5):
        means = [np.mean([np.log(block.seconds) for block in told.cases[one].blocks if block.round == place])
                 for one in (best.second, best.first)]  # fmt: skip
        logs.append(means[0] - means[1])
    alone, together = interval(logs), interval(logs, 1 - 0.05 / 5)
    assert alone is not None
    assert together is not None
    wide = 1.01 * (together.high - together.low)  # a hundredth of the processor was others'
    assert np.log(best.high / best.low) == pytest.approx(wide)
    assert together.high - together.low > 1.3 * (alone.high - alone.low)


def test_chosen_pairs_of_equal_ways_are_seldom_called_different() -> None:
    """Of the pairs of 12 equal ways the one chosen for its speed differs by chance: its interval knows."""
    generator, alarms, alone = np.random.default_rng(0), 0, 0
    cases = tuple(itertools.chain(LADDER.cases[:1] * 6, LADDER.cases[3:4] * 6))
    plan = LADDER.model_copy(update={"cases": cases})
    for _ in range(100):
        told = [
            {"type": "block", "round": place, "position": position, "case": number, "process": 0, "count": 1,
             "seconds": float(np.exp(generator.normal(0, 0.05))), "time": 0.0}
            for place in range(6) for position, number in enumerate([*range(12), *reversed(range(12))])
        ]  # fmt: skip
        told_of = results.results(plan, told)
        best = told_of.pairs[0]
        places = best.first, best.second
        alarms += judged_pair(told_of.cases, places, 1.0, best.together).word in ("faster", "slower")
        alone += judged_pair(told_of.cases, places, 1.0).word in ("faster", "slower")
    assert best.together == 36
    assert alarms <= 6
    assert alone > alarms


def test_one_framework_alone_is_held_to_its_plain_rung() -> None:
    plan = benchmark.ladder(RunConfig.build({"policy": "defaults", "frameworks": ["tensorflow"]}))
    names = [name_of(case) for case in plan.cases]
    best = found(plan, tuple(1e-4 if name == "tensorflow.xla.many" else 4e-4 for name in names)).headline
    assert best is not None
    assert {names[best.first], names[best.second]} == {"tensorflow.graph.one", "tensorflow.xla.many"}
    assert best.together == 4


def test_over_threads_both_frameworks_stand_against_themselves() -> None:
    plan = benchmark.scaling(OWN, "threads", [2, 1, 4])
    places = {(pair.first, pair.second) for pair in found(plan, (1e-4,) * 6).pairs}
    assert {(0, 2), (2, 4), (1, 3), (3, 5)} <= places  # the third and the fourth have one thread


# Calls


def latencies(each: int) -> Results:
    plan = benchmark.comparison(OWN, "quick", "inference")
    told = stories.lines(plan, (2e-4, 4e-4))
    return results.results(plan, [line | {"each": line["each"][:each]} if "each" in line else line for line in told])


@pytest.mark.parametrize(("each", "known"), [(9, {50}), (10, {50, 95}), (49, {50, 95}), (50, {50, 95, 99})])
def test_a_percentile_needs_calls_enough(each: int, known: set[int]) -> None:
    (one, _) = latencies(each).cases  # of ten blocks together
    assert set(one.latencies) == known
    assert one.calls == 10 * each


# What gives no verdict


def test_what_nothing_was_recorded_of_has_no_verdict() -> None:
    told = stories.lines(PAIR, (2e-4, 4e-4))
    silent = [line | {"evidence": {}} if line["type"] == "case" else line for line in told]
    (one,) = results.results(PAIR, silent).pairs
    assert (one.word, one.why) == ("", UNRECORDED)
    assert one.ratio is not None
    missing = [line for line in told if line["type"] != "case" or line["case"] == 0]
    assert results.results(PAIR, missing).pairs[0].why == UNRECORDED


@pytest.mark.parametrize("frameworks", [["torch", "tensorflow"], ["torch"]], ids=["across", "alone"])
@pytest.mark.parametrize("process", [0, 2])
def test_in_thorough_every_process_is_judged(frameworks: list[str], process: int) -> None:
    plan = benchmark.comparison(RunConfig.build({"policy": "defaults", "frameworks": frameworks}), "thorough")
    plan = plan if len(plan.cases) == 2 else plan.model_copy(update={"cases": plan.cases * 2})
    told = stories.lines(plan, (2e-4, 4e-4))
    opened = next(line for line in told if line["type"] == "case" and line["case"] == 1)
    more = [opened | {"process": 2 + number} for number in range(3)]
    odd = more[process]
    more[process] = odd | {"evidence": odd["evidence"] | {"threads": {"in one operation": 7}}}
    assert results.results(plan, told).pairs[0].word == "faster"
    (one,) = results.results(plan, told + more).pairs
    assert one.word == ""
    assert "7 threads" in one.why


def test_only_damage_is_called_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*asked) -> None:
        raise KeyError("ours")

    told = stories.lines(PAIR, (2e-4, 4e-4))
    with pytest.raises(ResultsError, match="damaged"):
        results.results(PAIR, [line | {"evidence": {"dtype": 1}} if line["type"] == "case" else line for line in told])
    monkeypatch.setattr(results, "certificate", broken)
    with pytest.raises(KeyError, match="ours"):
        results.results(PAIR, told)


# Doubts and memory


@pytest.mark.parametrize(("share", "said"), [(0.005, False), (0.02, True), (0.4, True)])
def test_whatever_widens_an_interval_by_more_than_a_hundredth_is_said(share: float, said: bool) -> None:
    told = stories.lines(PAIR, (2e-4, 4e-4))
    busy = [line | {"others_share": share} if line["type"] == "state" else line for line in told]
    remarks = results.results(PAIR, busy).remarks
    assert any(f"Other programs took up to {share:.0%} of the processor in 5 rounds" in one for one in remarks) == said


def test_peak_memory_is_that_of_all_blocks_beside_the_import() -> None:
    told = stories.lines(PAIR, (2e-4, 4e-4))
    told[-2] |= {"peak_bytes": 812_000_000, "device_peak_bytes": 512_000_000}
    number = told[-2]["case"]
    one, other = (results.results(PAIR, told).cases[place] for place in (number, 1 - number))
    assert (one.peak_bytes, one.imported_bytes, one.device_peak_bytes) == (812_000_000, 200_000_000, 512_000_000)
    assert (other.peak_bytes, other.device_peak_bytes) == (310_000_000, None)
    assert all(case.peak_bytes is None for case in found(LADDER, SECONDS).cases)  # they share processes


def test_a_usual_loop_tells_of_its_first_epoch_and_of_no_first_step() -> None:
    told = stories.lines(LADDER, SECONDS)
    new = results.results(LADDER, told)
    older = [
        {**line, "first_seconds": line["first_epoch_seconds"], "first_epoch_seconds": None}
        if line.get("first_epoch_seconds") else line
        for line in told
    ]  # fmt: skip
    for of in (new, results.results(LADDER, older)):
        usual = of.cases[NAMES.index("tensorflow.usual")]
        assert (usual.first_seconds, usual.first_epoch_seconds) == (None, 22.5)
        assert pair(of, "tensorflow.graph.one", "tensorflow.usual").break_even is None
    assert new.cases[0].first_epoch_seconds is None

"""Plans of benchmarks: what is refused, what a ladder holds, how long all takes, and how much of it is kept."""

import json
from typing import Any

import pytest

from engine.bench import benchmark, estimate, published, questions
from engine.bench.estimate import estimated_seconds
from engine.bench.plan import Case, Plan, Quality, calls_kept, is_ladder, name_of
from engine.config import ConfigError, RunConfig

GOOD = Quality(metric="validation_accuracy", target=0.95)


def config(**fields: Any) -> RunConfig:
    return RunConfig.build({"policy": "defaults", **fields})


QUICK = {
    "steps": lambda: benchmark.comparison(config()),
    "calls": lambda: benchmark.comparison(config(), quantity="inference"),
    "epochs": lambda: benchmark.comparison(config(), quantity="epoch"),
    "ladder": lambda: benchmark.ladder(config()),
    "ladder of one": lambda: benchmark.ladder(config(frameworks=["torch"])),
    "batch sizes": lambda: benchmark.scaling(config(), "batch_size", [16, 32, 64, 128, 256]),
    "widths": lambda: benchmark.scaling(config(), "width", [32, 64, 128, 256, 512]),
    "depths": lambda: benchmark.scaling(config(), "depth", [1, 2, 4, 8]),
    "threads": lambda: benchmark.scaling(config(), "threads", [1, 2]),
    "workers": lambda: benchmark.scaling(config(), "workers", [1, 2]),
    "precisions": lambda: questions.plan("precisions", config()),
    "devices": lambda: questions.plan("devices", config()),
    "latencies": lambda: benchmark.latencies(config(), [1, 8, 64, 512]),
    "latencies of the command": lambda: benchmark.latencies(config(), [1, 4, 16, 64, 256, 1024]),
}


@pytest.mark.parametrize("name", QUICK)
def test_quick_takes_less_than_two_minutes(name: str) -> None:
    plan = QUICK[name]()
    seconds = estimated_seconds(plan)
    assert seconds is not None
    assert 20 < seconds < 120
    assert plan.rounds >= 5


def test_blocks_are_shorter_where_there_are_many_cases() -> None:
    assert (QUICK["steps"]().rounds, QUICK["steps"]().block_seconds) == (8, 0.5)
    assert QUICK["batch sizes"]().block_seconds < 0.5
    many = benchmark.latencies(config(), list(range(1, 33)))
    assert (many.rounds, many.block_seconds) == (5, 0.2)
    assert benchmark.latencies(config(), list(range(1, 33)), "thorough").block_seconds == 1.0


def seconds_of(plan: Plan) -> float:
    found = estimated_seconds(plan)
    assert found is not None
    return found


def test_what_compiles_and_what_is_opened_every_round_is_counted() -> None:
    plan = benchmark.comparison(config(frameworks=["torch"]), "thorough")
    compiled = benchmark.comparison(config(frameworks=["torch"], execution={"torch": "compile"}), "thorough")
    assert seconds_of(compiled) > seconds_of(plan) + 8 * 20
    assert seconds_of(plan.model_copy(update={"preset": "quick"})) < seconds_of(plan) - 7 * 8


def test_whole_epochs_are_counted() -> None:
    digits, mnist = config(), config(dataset="mnist", batch_size=1)
    short, long = (benchmark.comparison(one, "thorough", "epoch") for one in (digits, mnist))
    assert seconds_of(long) > 3 * seconds_of(short)
    short, long = (benchmark.ladder(one, "thorough") for one in (digits, mnist))
    assert seconds_of(long) > seconds_of(short) + 2 * 8 * 5


def test_nobody_knows_how_long_a_training_to_a_quality_takes() -> None:
    plan = benchmark.comparison(config(), quantity="time_to_quality", quality=GOOD)
    assert (plan.rounds, plan.block_seconds) == (8, 0.5)
    assert estimated_seconds(plan) is None
    assert estimate.progress(plan, [{"type": "machine", "time": 0.0}], 5.0) == (0.0, None)
    first = {"type": "outcome", "round": 0, "case": 0, "seconds": 3.0, "time": 20.0}
    share, left = estimate.progress(plan, [{"type": "machine", "time": 0.0}, first], 20.0)
    assert share == pytest.approx(1 / 32)
    assert left == pytest.approx(31 * 3.0)


def lines(plan: Plan, count: int, opening: float, each: float) -> list[dict[str, Any]]:
    """The first `count` blocks; `opening` seconds pass before the first, and `each` with every one."""
    blocks = [
        {"type": "block", "round": place // 4, "case": place % 2, "seconds": each, "time": opening + (place + 1) * each}
        for place in range(count)
    ]
    return [{"type": "machine", "time": 0.0}, *blocks]


def test_time_left_goes_by_what_was_told() -> None:
    plan = benchmark.comparison(config())
    foreseen = seconds_of(plan)
    assert estimate.progress(plan, [], 0.0) == (0.0, pytest.approx(foreseen))
    begun = estimate.progress(plan, lines(plan, 0, 0.0, 1.0), 10.0)
    assert begun == (0.0, pytest.approx(foreseen - 10))
    _, left = estimate.progress(plan, lines(plan, 8, 20.0, 5.0), 60.0)
    assert left == pytest.approx(24 * 5.0)
    _, later = estimate.progress(plan, lines(plan, 8, 20.0, 5.0), 62.0)
    assert later == pytest.approx(24 * 5.0 - 2)
    assert estimate.progress(plan, lines(plan, 32, 20.0, 5.0), 180.0) == (1.0, 0.0)
    late = estimate.progress(plan, lines(plan, 0, 0.0, 1.0), 1000.0)[1]
    assert late == pytest.approx(2 * 8 * 2 * 0.5)  # it was not ready when it should have been


def test_thorough_opens_anew_every_round() -> None:
    plan = benchmark.comparison(config(), "thorough")
    _, left = estimate.progress(plan, lines(plan, 4, 40.0, 1.0), 44.0)
    assert left == pytest.approx(28 * 1.0 + 7 * 40.0)


def test_a_batch_is_no_larger_than_what_trains() -> None:
    with pytest.raises(ConfigError, match=r"^batch_size: 1024 was given; allowed is at most 120, ") as refused:
        benchmark.comparison(config(dataset="iris", batch_size=1024))
    assert [problem.field for problem in refused.value.problems] == ["batch_size"]
    with pytest.raises(ConfigError, match="whole batch"):
        benchmark.scaling(config(dataset="iris"), "batch_size", [64, 128])
    for quantity in ("inference", "epoch"):
        assert benchmark.comparison(config(dataset="iris", batch_size=1024), quantity=quantity)


def test_a_plan_of_before_still_opens() -> None:
    large = config(dataset="iris", batch_size=1024, frameworks=["torch"])
    plan = Plan.build({"title": "x", "cases": (Case(config=large),)})
    assert Plan.from_json(plan.to_json()) == plan


def test_inference_has_one_worker() -> None:
    with pytest.raises(ConfigError, match=r"^workers: 2 was given; allowed is 1 for inference"):
        benchmark.scaling(config(), "workers", [1, 2], quantity="inference")


def ways(**fields: Any) -> set[str]:
    return {name_of(case) for case in benchmark.ladder(config(**fields)).cases}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"workers": 2}, "several workers"),
        ({"gradient_clip_norm": 1.0}, "clipping of the gradient"),
        ({"schedule": "cosine"}, "a schedule of the learning rate"),
        ({"warmup_steps": 5, "workers": 2}, "several workers and a warm-up of the learning rate"),
    ],
)
def test_a_ladder_has_no_loop_that_would_leave_something_out(fields: dict[str, Any], named: str) -> None:
    assert {"torch.usual", "tensorflow.usual"} <= ways()
    assert not {"torch.usual", "tensorflow.usual"} & ways(**fields)
    assert {"torch.eager", "tensorflow.graph.many"} <= ways(**fields)
    assert benchmark.left_out(config(**fields)) == named


def test_two_ways_of_one_framework_are_a_ladder_too() -> None:
    plan = benchmark.ladder(config(frameworks=["torch"]))
    assert len(plan.cases) == 2
    assert is_ladder(plan)
    assert not is_ladder(benchmark.comparison(config()))


def test_the_largest_benchmark_can_be_published() -> None:
    """Its lines are nearly all calls; a case and its process are told anew every round."""
    for sizes in ([1, 4, 16, 64, 256, 1024], range(1, 33)):
        plan = benchmark.latencies(config(), list(sizes), "thorough")
        calls = [0.012345678] * calls_kept(plan)
        place = {"round": 7, "position": 127, "case": 63, "process": 15, "time": 1764500000.1234567}
        block = {"type": "block", "count": 100000, **place, "seconds": 1.0123456789012345, "each": calls}
        blocks = 2 * plan.rounds * len(plan.cases) * len(json.dumps(block))
        others = plan.rounds * len(plan.cases) * 10_000
        assert len(calls) == (2000 if len(plan.cases) == 12 else 781)
        assert blocks + others + len(plan.to_json()) < published.LIMIT * 1e6

"""Labels, answers and words of a benchmark: a ratio never comes without its interval and n."""

from dataclasses import replace

import pytest

from engine.bench import benchmark, questions
from engine.bench.pairs import PairResult
from engine.bench.plan import Plan, Quality, name_of
from engine.bench.results import Results, results
from engine.charts import speed_answers, speed_verdict, speed_words
from engine.charts.speed_labels import axis_of, label
from engine.config import RunConfig
from tests import benchmark_stories as stories

OWN = RunConfig.build({"policy": "defaults"})
MATCHED = RunConfig.build({"policy": "matched"})
APART = RunConfig.build({"policy": "defaults", "device": {"torch": "mps", "tensorflow": "cpu"}})


def told(plan: Plan, *seconds: float, word: str = "finished", rounds: int = 5) -> Results:
    return results(plan, [*stories.lines(plan, seconds, rounds), stories.ended(word)])


def pair(word: str, ratio: float = 1.9, low: float = 1.8, high: float = 2.0) -> PairResult:
    return PairResult(0, 1, ratio, low, high, 5, word)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (pair("faster"), "PyTorch eager is 1.90 times [1.80, 2.00; n = 5] as fast as TensorFlow graph for "),
        (pair("slower", 0.5, 0.4, 0.8), "TensorFlow graph is 2.00 times [1.25, 2.50; n = 5] as fast as PyTorch eager"),
        (pair("same", 1.0, 0.99, 1.01), "PyTorch eager and TensorFlow graph are equally fast within 3 % for "),
        (pair("cannot tell", 1.1, 0.9, 1.3), "Cannot tell whether PyTorch eager or TensorFlow graph is faster for "),
    ],
)
def test_each_word_has_its_sentence_with_interval_and_n(found: PairResult, sentence: str) -> None:
    said = speed_verdict.verdict(benchmark.comparison(OWN), found)
    assert said.startswith(sentence)
    assert "a training step of mlp at batch 32 on this machine" in said
    assert "[" in said
    assert "n = 5]" in said


def test_a_comparison_without_a_verdict_says_why_and_gives_no_ratio() -> None:
    found = PairResult(0, 1, 1.9, 1.8, 2.0, 5, "", "the processor was throttled")
    said = speed_verdict.verdict(benchmark.comparison(OWN), found)
    assert said.startswith("No verdict on PyTorch eager and TensorFlow graph")
    assert said.endswith("because the processor was throttled.")
    assert "1.9" not in said


def test_one_round_has_no_interval_and_so_no_ratio() -> None:
    plan = benchmark.comparison(OWN)
    (said,) = speed_answers.answers(plan, told(plan, 2e-4, 4e-4, rounds=1))
    assert said.startswith("No verdict")
    assert "two whole rounds" in said


def test_of_precisions_each_is_held_to_the_first_before_the_frameworks_are_compared() -> None:
    """No answer, row or figure is of two frameworks in two precisions."""
    plan = questions.plan("precisions", OWN, values="float32,float64")
    found = told(plan, 3e-4, 1e-4, 4e-4, 2e-4)
    first, second, third, fourth = speed_answers.answers(plan, found)
    assert first.startswith("PyTorch eager, float32 is 1.33 times ")
    assert first.endswith(" as fast as PyTorch eager, float64 for a training step of mlp at batch 32 on this machine.")
    assert second.startswith("TensorFlow graph, float32 is 2.00 times ")
    assert third.endswith(
        "PyTorch eager, float32. TensorFlow runs many steps in one call; PyTorch runs them one by one."
    )
    assert fourth.endswith("as fast as PyTorch eager, float64.")
    assert [(pair.first, pair.second) for pair in speed_answers.pairs_shown(plan, found)] == [
        (0, 2), (1, 3), (0, 1), (2, 3),
    ]  # fmt: skip


def test_where_our_optimizer_runs_every_mention_says_so() -> None:
    plan = benchmark.comparison(MATCHED)
    assert [label(plan, case) for case in plan.cases] == ["PyTorch eager", "TensorFlow graph with our optimizer"]
    assert speed_words.own_optimizer(plan)
    (said,) = speed_answers.answers(plan, told(plan, 2e-4, 4e-4))
    assert "TensorFlow graph with our optimizer" in said
    for other in (benchmark.comparison(OWN), benchmark.comparison(MATCHED, "quick", "inference")):
        assert label(other, other.cases[1]) == "TensorFlow graph"
        assert not speed_words.own_optimizer(other)


def test_keras_fit_runs_its_own_optimizer_in_every_policy() -> None:
    plan = benchmark.ladder(MATCHED)
    usual = [label(plan, case) for case in plan.cases if case.loop == "usual"]
    assert usual == ["PyTorch, a DataLoader loop", "Keras fit"]


def test_the_ladder_is_answered_by_its_fastest_rung() -> None:
    plan = benchmark.ladder(OWN)
    labels = [label(plan, case) for case in plan.cases]
    seconds = [5e-5 if name == "TensorFlow XLA" else 2e-4 for name in labels]
    found = told(plan, *seconds)
    said, chosen = speed_answers.answers(plan, found)
    assert said.startswith("TensorFlow XLA is 4.0")
    assert chosen == (
        "These are the fastest ways of PyTorch and TensorFlow, chosen after measuring, so the interval is the wider "
        "one that holds for all 5 such pairs together."
    )
    assert speed_answers.break_evens(plan, found) == []  # every first step takes equally long


def test_each_rung_pays_for_itself_against_the_plain_one_of_its_framework() -> None:
    plan = benchmark.ladder(OWN)
    xla = [name_of(case) == "tensorflow.xla.one" for case in plan.cases]
    lines = stories.lines(plan, [5e-5 if fast else 2e-4 for fast in xla])
    for line in lines:
        if line["type"] == "case" and xla[line["case"]]:
            line["first_seconds"] = 1.25
    (pays,) = speed_answers.break_evens(plan, results(plan, lines))
    assert (
        pays == "Against TensorFlow graph, the longer first step of TensorFlow XLA pays for itself after 5,000 steps."
    )


@pytest.mark.parametrize(
    ("quantity", "said"),
    [("training_step", True), ("epoch", True), ("time_to_quality", True), ("inference", False)],
)
def test_many_steps_in_one_call_are_said_of_the_pair_that_differs(quantity: str, said: bool) -> None:
    quality = Quality(metric="validation_accuracy", target=0.9)
    plan = benchmark.comparison(OWN, "quick", quantity, quality)
    words = "TensorFlow runs many steps in one call; PyTorch runs them one by one."
    assert speed_answers.answers(plan, told(plan, 2e-4, 4e-4))[0].endswith(words) == said
    alike = benchmark.comparison(RunConfig.build({"policy": "defaults", "steps_per_call": {"tensorflow": "one"}}))
    (answer,) = speed_answers.answers(alike, told(alike, 2e-4, 4e-4))
    assert "one by one" not in answer


def test_of_a_ladder_it_is_said_of_the_two_that_are_compared() -> None:
    plan = benchmark.ladder(OWN)
    names = [name_of(case) for case in plan.cases]
    for fastest, said in (("tensorflow.graph.one", False), ("tensorflow.graph.many", True)):
        found = told(plan, *(5e-5 if name == fastest else 2e-4 for name in names))
        assert ("one by one" in speed_answers.answers(plan, found)[0]) == said
    usual = next(pair for pair in found.pairs if names[pair.second] == "tensorflow.usual" and pair.first == 1)
    assert "one by one" not in speed_verdict.verdict(plan, usual)


def test_device_and_threads_are_named_where_they_are_not_the_usual() -> None:
    plan = benchmark.comparison(RunConfig.build({"policy": "defaults", "threads": 2, "device": "cuda:0"}))
    (said,) = speed_answers.answers(plan, told(plan, 2e-4, 4e-4))
    assert " for a training step of mlp at batch 32, 2 threads, cuda:0 on this machine." in said
    apart = benchmark.comparison(
        RunConfig.build({"policy": "defaults", "device": {"torch": "cuda:0", "tensorflow": "cpu"}})
    )
    (said,) = speed_answers.answers(apart, told(apart, 2e-4, 4e-4))
    assert said.startswith(
        "No verdict on PyTorch eager, cuda:0 and TensorFlow graph, cpu for a training step of mlp at "
    )
    assert said.endswith("because the device is cuda:0 for PyTorch and cpu for TensorFlow.")


def test_where_each_framework_has_two_types_each_is_held_to_its_own_first() -> None:
    mixed = RunConfig.build({"policy": "defaults", "precision": "mixed_bfloat16"})
    cases = [case for config in (OWN, mixed) for case in benchmark.comparison(config).cases]
    plan = benchmark.comparison(OWN).model_copy(update={"cases": tuple(cases)})
    said = speed_answers.answers(plan, told(plan, 2e-4, 4e-4, 3e-4, 5e-4))
    assert len(said) == 4  # each type of both frameworks, and each framework's two types
    assert not any("PyTorch eager, float32" in one and "TensorFlow graph, mixed_bfloat16" in one for one in said)


def test_everything_that_is_said_is_gathered_once() -> None:
    plan = benchmark.ladder(OWN)
    lines = [*stories.lines(plan, [2e-4] * len(plan.cases), 3), stories.ended("stopped")]
    lines += [{"type": "lost", "round": 2, "case": 5, "sentence": "It was ended by signal 9.", "time": 0.0}]
    lines += [{"type": "floor", "process": 0, "framework": "torch", "case": 0, "matmul_flops": 1e9,
               "copy_bytes_per_second": 1e9, "flops_per_step": 1e5, "bytes_per_step": 1e6}]  # fmt: skip
    said = speed_answers.told(plan, results(plan, lines), this_machine=False)
    assert said.partial == "Partial: it was stopped after 3 rounds."
    assert len(said.answers) == 2
    assert said.more == ["What its machine would allow, in steps per second: arithmetic 10,000, memory 1,000."]
    assert said.doubts[-1] == f"{label(plan, plan.cases[5])}: It was ended by signal 9."
    assert said.notes == [speed_answers.BRACKETS]
    assert speed_answers.ONE_OF_EACH in speed_answers.told(plan, told(plan, *[2e-4] * len(plan.cases)), True).notes
    thorough = plan.model_copy(update={"preset": "thorough"})
    assert speed_answers.ONE_OF_EACH not in speed_answers.told(thorough, told(thorough, *[2e-4] * 8), True).notes


@pytest.mark.parametrize(("mhz", "shown"), [((2903.4, 3120.9), "2903 to 3121 MHz"), ((None, None), "")])
def test_load_and_clock_are_disclosed_from_the_lowest_to_the_highest(mhz: tuple, shown: str) -> None:
    lines = stories.lines(benchmark.comparison(OWN), (2e-4, 4e-4), 2)
    states = [line for line in lines if line["type"] == "state"]
    for line, load, clock in zip(states, (0.75, 1.5), mhz, strict=True):
        line |= {"load": [load, 9.0, 9.0], "mhz": clock}
    lines[0] = lines[0] | {"gpus": ["A GPU", "Another"]}
    said = speed_words.disclosed(lines)
    assert said["Load"].startswith("0.75 to 1.5, ")
    assert said.get("Clock", "")[: len(shown)] == shown
    assert ("Clock" in said) == bool(shown)
    assert said["GPUs"] == "A GPU; Another"


def test_a_time_to_a_quality_that_was_missed_is_a_dash() -> None:
    plan = benchmark.comparison(OWN, "quick", "time_to_quality",
                                Quality(metric="validation_accuracy", target=0.9))  # fmt: skip
    found = results(plan, stories.lines(plan, (2.0, 4.0), missed=[(0, 1)]))
    assert [speed_words.speed(plan, case) for case in found.cases] == ["–", "4.0 s"]
    assert "because PyTorch reached it in 8 of 10 trainings." in speed_answers.answers(plan, found)[0]


def test_over_an_axis_the_frameworks_are_compared_at_each_place() -> None:
    plan = benchmark.scaling(OWN, "width", [32, 64])
    assert axis_of(plan) == "width"
    first, second = speed_answers.answers(plan, told(plan, 1e-4, 2e-4, 2e-4, 3e-4))
    assert "for a training step of mlp at batch 32 and width 32 on this machine." in first
    assert "one by one" in first
    assert "one by one" not in second  # it was said
    assert second.startswith("At width 64: PyTorch eager is 1.50 times [")
    places = [(pair.first, pair.second) for pair in speed_answers.pairs_shown(plan, told(plan, 1, 2, 2, 3))]
    assert places == [(0, 1), (2, 3)]


def test_over_threads_one_framework_is_compared_with_itself() -> None:
    plan = benchmark.scaling(OWN, "threads", [1, 2])
    places = [(pair.first, pair.second) for pair in speed_answers.pairs_shown(plan, told(plan, 1, 2, 2, 3))]
    assert (0, 2) in places
    assert (0, 3) not in places


@pytest.mark.parametrize("word", ["stopped", "failed", "interrupted"])
def test_partial_results_are_marked_partial(word: str) -> None:
    plan = benchmark.comparison(OWN)
    found = told(plan, 1e-4, 2e-4, word=word, rounds=3)
    assert speed_words.state_words(found).startswith("Partial: it ")
    assert "after 3 rounds" in speed_words.state_words(found)
    assert speed_words.state_words(told(plan, 1e-4, 2e-4)) == ""


def test_a_failure_tells_its_reason() -> None:
    plan = benchmark.comparison(OWN)
    found = replace(told(plan, 1e-4, 2e-4, word="failed"), sentence="TensorFlow ran out of memory.")
    assert speed_words.state_words(found) == "Partial: it failed after 5 rounds: TensorFlow ran out of memory."


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (benchmark.comparison(OWN), "A training step of mlp at batch 32: PyTorch eager and TensorFlow graph."),
        (benchmark.ladder(OWN), "A training step of mlp at batch 32: 8 ways of running it."),
        (benchmark.latencies(OWN, [1, 64]), "Inference with mlp: PyTorch eager and TensorFlow graph, over batch size"),
        (benchmark.scaling(OWN, "threads", [1, 2]), "PyTorch eager and TensorFlow graph, over threads 1, 2."),
        (questions.plan("precisions", OWN, values="float32,float64"), "and TensorFlow graph in float32 and float64."),
        (questions.plan("devices", OWN), "PyTorch eager and TensorFlow graph on cpu and cuda:0."),
        (benchmark.comparison(APART), "PyTorch eager, mps and TensorFlow graph, cpu."),
    ],
)  # fmt: skip
def test_a_plan_is_one_line(plan: Plan, words: str) -> None:
    assert words in speed_words.plan_words(plan, 42)
    assert speed_words.plan_words(plan, 42).endswith("8 rounds, about 40 s.")


def test_a_ratio_keeps_three_digits() -> None:
    assert [speed_verdict.factor(value) for value in (0.0123, 0.5, 1.0, 2.345, 12.34, 240.0)] == [
        "0.0123", "0.50", "1.00", "2.35", "12.3", "240",
    ]  # fmt: skip


def test_no_label_can_be_a_tag() -> None:
    plan = benchmark.comparison(OWN)
    foreign = plan.cases[0].model_copy(update={"config": OWN.model_copy(update={"network": "<a href=x>",
                                                                               "frameworks": ("torch",)})})  # fmt: skip
    plan = plan.model_copy(update={"cases": (foreign, plan.cases[1])})
    assert "<" not in label(plan, foreign)
    assert "a href" in label(plan, foreign)


@pytest.mark.parametrize("axis", ["threads", "workers"])
def test_scaling_efficiency_is_the_share_of_so_many_times_the_speed_of_one(axis: str) -> None:
    plan = benchmark.scaling(OWN, axis, [1, 2])
    seconds = {("torch", 1): 4e-4, ("torch", 2): 2.5e-4, ("tensorflow", 1): 2e-4, ("tensorflow", 2): 4e-4}
    told = [seconds[case.framework, getattr(case.config, axis)] for case in plan.cases]
    found = results(plan, stories.lines(plan, told, wobble=0.0))
    assert speed_answers.efficiencies(plan, found) == [
        f"Scaling efficiency of PyTorch over {axis}: 80% [80%, 80%; n = 5] for 2.",
        f"Scaling efficiency of TensorFlow over {axis}: 25% [25%, 25%; n = 5] for 2.",
    ]
    noisy = speed_answers.efficiencies(plan, results(plan, stories.lines(plan, told, wobble=0.1)))
    assert not any("80% [80%" in sentence for sentence in noisy)
    width = benchmark.scaling(OWN, "width", [32, 64])
    assert speed_answers.efficiencies(width, results(width, stories.lines(width, [1e-3] * 4))) == []


@pytest.mark.parametrize(
    ("preset", "seconds", "said"),
    [
        ("quick", (2e-4, 2.08e-4), True),
        ("quick", (2.08e-4, 2e-4), True),
        ("quick", (2e-4, 2.2e-4), False),
        ("quick", (2e-4, 2e-4), False),
        ("thorough", (2e-4, 2.08e-4), False),
    ],
)
def test_a_difference_that_two_processes_may_have_is_doubted(
    preset: str, seconds: tuple[float, float], said: bool
) -> None:
    plan = benchmark.comparison(OWN, preset)
    found = results(plan, [*stories.lines(plan, seconds, 5, wobble=0.001), stories.ended("finished")])
    assert (speed_answers.CLOSE in speed_answers.told(plan, found, True).doubts) == said

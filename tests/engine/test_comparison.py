"""Comparisons: what a link asks for, which fields differ, how runs are grouped."""

import pytest

from engine.config import RunConfig
from engine.experiments.comparison import (
    Comparison,
    differing,
    equal_fields,
    fields,
    grouping_fields,
    groups,
    parse,
    samples,
)

RUN = "20260101-000000-mlp-00000a"
OTHER = "20260101-000001-mlp-00000b"


def configs(*each: dict) -> dict[str, RunConfig]:
    return {f"20260101-00000{place}-mlp-00000a": RunConfig.build(asked) for place, asked in enumerate(each)}


@pytest.mark.parametrize(
    "asked",
    [
        Comparison(),
        Comparison((RUN,)),
        Comparison(
            (RUN, OTHER), ("tensorflow",), "examples", "validation_r2", True, True, 0.37, True, ("batch_size", "seed")
        ),
        Comparison((RUN,), bands=True, group=()),
    ],
)
def test_a_comparison_comes_back_from_its_link(asked: Comparison) -> None:
    assert parse(asked.parameters()) == (asked, [])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("runs", "../../etc/passwd", "is no id of a run"),
        ("sides", "jax", "torch, tensorflow or both"),
        ("x", "hours", "step, epoch, seconds, examples"),
        ("y", "loss", "train_loss, validation_loss"),
        ("logx", "1", "true, false"),
        ("logy", "yes", "true, false"),
        ("smoothing", "nan", "at most 0.9999"),
        ("smoothing", "1", "at most 0.9999"),
        ("bands", "", "true, false"),
        ("group", "colour", "is no field of a config"),
        ("group", "network.__class__", "is no field of a config"),
        ("group", "execution.jax", "is no field of a config"),
        ("group", "", "is no field of a config"),
        ("colour", "red", "is no part of a comparison"),
    ],
)
def test_a_bad_value_is_one_sentence_and_the_usual_one_is_taken(name: str, text: str, words: str) -> None:
    asked, (sentence,) = parse({name: text})
    assert asked == Comparison()
    assert words in sentence
    assert name in sentence


def test_of_several_runs_the_good_ones_are_kept_once_and_at_most_fifty() -> None:
    asked, (sentence,) = parse({"runs": f"{RUN},x,{OTHER},{RUN}"})
    assert asked.runs == (RUN, OTHER)
    assert "“x”" in sentence
    many = ",".join(f"20260101-000000-mlp-{number:06x}" for number in range(51))
    asked, (sentence,) = parse({"runs": many})
    assert len(asked.runs) == 50
    assert "51 runs" in sentence


def test_only_what_differs_is_told_and_what_a_run_lacks_is_a_dash() -> None:
    found = configs({"seed": 1}, {"seed": 1, "learning_rate": 0.5}, {"network": "plain_mlp", "seed": 1})
    told = list(differing(found).values())
    assert told[1]["learning_rate"] == "0.5"
    assert "seed" not in told[0]
    assert [each["network"] for each in told] == ["mlp", "mlp", "plain_mlp"]
    lacking = {name for name, value in told[2].items() if value == "–"}
    assert lacking == {name for name in told[0] if name.startswith("network_options") and name not in _names(found)}
    assert len(told[0]) + equal_fields(found) == len({*told[0], *_all(found)})


def _names(found: dict[str, RunConfig]) -> set[str]:
    return {f"network_options.{name}" for name in list(found.values())[2].network_options}


def _all(found: dict[str, RunConfig]) -> set[str]:
    return {name for config in found.values() for name in fields(config)}


def test_what_is_recorded_besides_makes_no_difference() -> None:
    assert list(differing(configs({}, {"histograms": False, "snapshots": False})).values()) == [{}, {}]


def test_runs_are_grouped_by_all_that_differs_but_the_seed() -> None:
    found = configs(*({"learning_rate": rate, "seed": seed} for rate in (0.1, 0.2) for seed in (0, 1, 2)))
    made = groups(found)
    assert grouping_fields(found, None) == ("learning_rate",)
    assert [(dict(group.values), len(group.runs)) for group in made] == [
        ({"learning_rate": "0.1"}, 3),
        ({"learning_rate": "0.2"}, 3),
    ]
    assert all(not group.mixed for group in made)


def test_a_group_over_other_fields_says_which() -> None:
    found = configs(*({"learning_rate": rate, "batch_size": size} for rate in (0.1, 0.2) for size in (8, 16)))
    (whole,) = groups(found, ())
    assert whole.mixed == ("batch_size", "learning_rate")
    assert [group.mixed for group in groups(found, ("batch_size",))] == [("learning_rate",)] * 2


def test_the_same_config_twice_is_one_sample_oldest_first() -> None:
    found = configs({"seed": 1}, {"seed": 1}, {"seed": 2})
    first, second, third = found
    assert samples(found, "torch") == [[first, second], [third]]


def test_what_is_of_the_other_side_makes_no_other_sample() -> None:
    found = configs({}, {"execution": {"torch": "eager", "tensorflow": "eager"}})
    assert samples(found, "torch") == [list(found)]
    assert samples(found, "tensorflow") == [[run] for run in found]

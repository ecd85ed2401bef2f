"""Every event is one line of JSON and comes back from it; lines of the first schema stay readable."""

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import events
from engine.event_lines import from_line
from tests.engine.strategies import event, patient

STORED = Path(__file__).with_name("schema_1.jsonl")


@patient
@given(st.sampled_from(list(events.CLASSES.values())).flatmap(event))
def test_every_event_comes_back_from_its_line(told):
    line = events.to_line(told)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    again = from_line(line)
    assert type(again) is type(told)
    assert events.to_line(again) == line
    assert from_line(line.encode()) == again


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_line_holds_what_json_does_not_know(number):
    with pytest.raises(ValueError, match="JSON"):
        events.to_line(events.Steps(0, (number,), 0.1))


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[]", "3", "null", '"steps"', "{}", "\x00" * 40),
        *('{"type":"other"}', '{"type":["steps"]}', '{"type":"paused","step":1}'),
        '{"type":"paused","step":1,"time":0.5,"colour":"red"}',
        '{"type":"steps","first_step":0,"losses":[1.0,"two"],"seconds":0.5}',
        '{"type":"steps","first_step":0,"losses":[[1.0]],"seconds":0.5}',
        '{"type":"steps","first_step":-1,"losses":[1.0],"seconds":0.5}',
        f'{{"type":"steps","first_step":0,"losses":[{10**400}],"seconds":0.5}}',
        f'{{"type":"steps","first_step":{10**400},"losses":[1.0],"seconds":0.5}}',
        '{"type":"resumed","from_step":-1,"time":0.5}',
        '{"type":"epoch","epoch":1,"step":-3,"metrics":{}}',
        '{"type":"epoch","epoch":1,"step":3,"metrics":{"validation_loss":"small"}}',
        '{"type":"histograms","step":3,"tensors":{"weights/a":[0.0,1.0]}}',
        '{"type":"histograms","step":3,"tensors":{"weights/a":[0.0,null,[1]]}}',
        '{"type":"histograms","step":3,"tensors":{"weights/a":[0.0,1.0,["many"]]}}',
    ],
)
def test_a_foreign_line_is_refused(line):
    with pytest.raises(ValueError):  # noqa: PT011 (a JSON error is one as well)
        from_line(line)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("told", STORED.read_text().splitlines(), ids=lambda line: json.loads(line)["type"])
def test_a_number_that_is_not_finite_makes_an_event_damaged(told, number):
    """Whichever number it is; a loss or a metric that was not finite is null."""
    for begin, end in numbers(told):
        with pytest.raises(ValueError, match="a number in it is not finite"):
            from_line(told[:begin] + number + told[end:])
        with pytest.raises(ValueError, match="not an event of schema 1"):
            from_line(f"{told[:begin]}{10**400}{told[end:]}")


def numbers(line):
    """Where the numbers of a line of JSON begin and end."""
    texts = re.sub(r'"[^"]*"', lambda text: "x" * len(text[0]), line)
    return [found.span() for found in re.finditer(r"-?\d[\d.e+-]*", texts)]


@pytest.mark.parametrize("seconds", [-0.1, 2.0**53, 1e308])
def test_no_time_is_before_all_time_or_for_ever(seconds):
    line = events.to_line(events.Steps(0, (1.0,), seconds))
    with pytest.raises(ValueError, match="not an event"):
        from_line(line)


def test_losses_and_metrics_may_be_as_large_as_a_float():
    for told in (events.Steps(0, (1e308, 1e308, -1e308, None), 0.1), events.Epoch(1, 3, {"validation_loss": 1e308})):
        assert events.to_line(from_line(events.to_line(told))) == events.to_line(told)


def test_stored_lines_of_schema_1_stay_readable():
    lines = STORED.read_text().splitlines()
    told = [from_line(line) for line in lines]
    assert {type(one) for one in told} == set(events.CLASSES.values())
    later = {"evidence": {"compute_dtype": ""}}  # fields that older logs lack
    stored = [later.get(json.loads(line)["type"], {}) | json.loads(line) for line in lines]
    assert [json.loads(events.to_line(one)) for one in told] == stored

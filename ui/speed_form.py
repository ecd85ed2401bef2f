"""The Speed page's form: which question about which network, and how thoroughly; a plan, or a sentence where not."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.bench import questions
from engine.bench.estimate import estimated_seconds
from engine.bench.plan import Plan, Quality
from engine.charts.speed_labels import axis_of
from engine.charts.speed_words import plan_words
from engine.config import FRAMEWORKS, ConfigError, Problem, RunConfig
from engine.networks import own
from engine.operators.request import Request
from engine.probes import ready
from ui import own_networks_form
from ui.fields import word
from ui.plain import plain
from ui.speed_asked import OPERATORS, fields
from ui.speed_fields import Places, key

FORM_HEIGHT = 560  # pixels; it scrolls by itself, so that Measure stays in sight
PRESSED = "asked_to_measure"
Asked = Plan | Request  # a benchmark, or a profile


def show(may_measure: bool) -> tuple[Asked | None, bool]:
    """Draw the form; returns what is asked for, None while a value is not allowed, and whether to begin."""
    top = st.container()
    places = Places()
    own.extend()
    with st.container(height=FORM_HEIGHT, border=False, gap="small"):
        fields_asked = fields(places)
    asked, problems = planned(fields_asked)
    if places.refused:
        asked = None
        problems = [*places.refused, *(one for one in problems if not one.field.startswith("dataset_options"))]
    with top:
        profile = fields_asked["question"] == OPERATORS
        pressed = st.button(
            "Profile" if profile else "Measure",
            type="primary",
            icon=":material/science:" if profile else ":material/speed:",
            width="stretch",
            shortcut="Mod+Enter",
            disabled=asked is None or not (profile or may_measure),
            key=key("measure"),
        )
        pressed = st.session_state.pop(PRESSED, False) or pressed
        if asked and pressed:
            asked, problems = _prepared(asked)
        if troubled := places.tell(problems):
            st.error(f"Not ready to measure. See {' and '.join(troubled)}.", icon=":material/error:")
        elif asked:
            st.caption(plain(words(asked)))
            own_networks_form.show_remark(config_of(asked).network)
    return (None if problems else asked), pressed and not problems


def ask_to_measure() -> None:
    """Callback of a button elsewhere on the page that does what Measure does."""
    st.session_state[PRESSED] = True


def config_of(asked: Asked) -> RunConfig:
    """The config, or the first one of several."""
    return asked.config if isinstance(asked, Request) else asked.cases[0].config


def words(asked: Asked) -> str:
    """What will be done, in one line."""
    if isinstance(asked, Plan):
        told = plan_words(asked, estimated_seconds(asked))
        axis = axis_of(asked)
        return f"{told} {questions.without_slope(asked, axis)}".strip() if axis else told
    config = asked.config
    ways = " and ".join(f"{word(side)} {getattr(config.execution, side)}" for side in FRAMEWORKS)
    return f"{asked.steps:,} steps of {config.network} at batch {config.batch_size}, each profiled alone: {ways}."


def planned(asked: dict[str, Any]) -> tuple[Asked | None, list[Problem]]:
    """What is asked for; else None, and one problem for each bad value."""
    try:
        config = RunConfig.build(asked["config"])
        if asked["question"] == OPERATORS:
            return Request.build(config, asked["steps"]), []
        quality = Quality(metric=asked["metric"], target=asked["target"]) if "metric" in asked else None
        how = (asked["preset"], asked.get("quantity", ""), asked.get("axis", ""))
        if "values" not in asked:
            return questions.plan(asked["question"], config, *how, quality=quality), []
        with _under("values"):
            return questions.plan(asked["question"], config, *how, asked["values"]), []
    except ConfigError as error:
        return None, error.problems


@contextlib.contextmanager
def _under(field: str) -> Iterator[None]:
    """What is refused of a config that one of several values made is a problem of those values."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError([Problem(field=field, sentence=error.problems[0].sentence)]) from None


def _prepared(asked: Asked) -> tuple[Asked, list[Problem]]:
    """As it can be measured; else one problem for each thing that it needs and this machine does not have."""
    config = config_of(asked)
    waiting = "Both frameworks build your network…" if config.own_network else "Looking whether everything is there…"
    try:
        with st.spinner(waiting):
            if isinstance(asked, Request):
                config, remark = ready.prepared(config)
                asked = replace(asked, config=config)
            else:
                asked, remark = ready.prepared_plan(asked)
    except ConfigError as error:
        return asked, error.problems
    own_networks_form.remember(config.network, remark)
    return asked, []

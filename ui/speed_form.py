"""The Speed page's form: which question about which network, and how thoroughly; a plan, or a sentence where not."""

import contextlib
from collections.abc import Iterator
from typing import Any

import streamlit as st

from engine.bench import benchmark
from engine.bench.benchmark import Plan, Quality
from engine.charts.speed_words import plan_words
from engine.config import ConfigError, Problem, RunConfig, refused
from engine.networks import own
from engine.probes import ready
from ui import own_networks_form
from ui.plain import plain
from ui.speed_fields import Places, fields, key

FORM_HEIGHT = 560  # pixels; it scrolls by itself, so that Measure stays in sight
ASKED = "asked_to_measure"


def show(may_measure: bool) -> tuple[Plan | None, bool]:
    """Draw the form; returns the plan, None while a value is not allowed, and whether Measure was pressed."""
    top = st.container()
    places = Places()
    own.extend()
    with st.container(height=FORM_HEIGHT, border=False, gap="small"):
        asked = fields(places)
    plan, problems = planned(asked)
    with top:
        pressed = st.button(
            "Measure",
            type="primary",
            icon=":material/speed:",
            width="stretch",
            shortcut="Mod+Enter",
            disabled=not may_measure or plan is None,
            key=key("measure"),
        )
        pressed = st.session_state.pop(ASKED, False) or pressed
        if plan and pressed:
            plan, problems = _prepared(plan)
        if troubled := places.tell(problems):
            st.error(f"Not ready to measure. See {' and '.join(troubled)}.", icon=":material/error:")
        elif plan:
            st.caption(plain(plan_words(plan, benchmark.estimated_seconds(plan))))
            own_networks_form.show_remark(plan.cases[0].config.network)
    return (None if problems else plan), pressed and not problems


def ask_to_measure() -> None:
    """Callback of a button elsewhere on the page that does what Measure does."""
    st.session_state[ASKED] = True


def planned(asked: dict[str, Any]) -> tuple[Plan | None, list[Problem]]:
    """The plan that is asked for; else None, and one problem for each bad value."""
    try:
        config = RunConfig.build(asked["config"])
        values = asked.get("values", [])
        if isinstance(values, str) or ("values" in asked and len(values) < 2):
            shown = values if isinstance(values, str) else ", ".join(str(value) for value in values)
            raise refused("values", shown, "two or more whole numbers, separated by commas")
        return _made(asked, config, values), []
    except ConfigError as error:
        return None, error.problems


def _made(asked: dict[str, Any], config: RunConfig, values: list[int]) -> Plan:
    preset = asked["preset"]
    match asked["question"]:
        case "ladder":
            return benchmark.ladder(config, preset)
        case "latency":
            with _under("values"):
                return benchmark.latencies(config, values, preset)
        case "scaling":
            with _under("values"):
                return benchmark.scaling(config, asked["axis"], values, preset, asked["quantity"])
    quality = Quality(metric=asked["metric"], target=asked["target"]) if "metric" in asked else None
    return benchmark.comparison(config, preset, asked["quantity"], quality)


@contextlib.contextmanager
def _under(field: str) -> Iterator[None]:
    """What is refused of a config that one of several values made is a problem of those values."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError([Problem(field=field, sentence=error.problems[0].sentence)]) from None


def _prepared(plan: Plan) -> tuple[Plan, list[Problem]]:
    """The plan as it can be measured; else one problem for each thing that it needs and this machine does not have."""
    config = plan.cases[0].config
    waiting = "Both frameworks build your network…" if config.own_network else "Looking whether everything is there…"
    try:
        with st.spinner(waiting):
            plan, remark = ready.prepared_plan(plan)
    except ConfigError as error:
        return plan, error.problems
    own_networks_form.remember(config.network, remark)
    return plan, []

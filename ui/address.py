"""The Train page's state in its URL: the form, the shown run and the chart's controls, both ways."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine import assignments
from engine.config import ConfigError, RunConfig, refused
from engine.datasets import own_table, uploads
from engine.datasets.catalogue import DATASETS
from engine.networks.catalogue import NETWORKS
from ui import refusals
from ui.server import store

# The chart's controls by their names in the URL, each with its default.
X_AXES = ("step", "epoch", "seconds")
SMOOTHEST = 0.99
CHART: dict[str, Any] = {"x": "step", "log": False, "smoothing": 0.0}
NO_LINK = "The link asks for something that is not possible here, so the usual value is taken."


def key(name: str) -> str:
    """The session's key of the widget for a config field, or for a control of the chart.

    Each time that a field is filled in its widget is a new one, which starts with the value given here: a value put
    into the session for a widget that the browser has not drawn yet would be lost with the next rerun. All others
    stay the same, with what a person is typing in them just then.
    """
    return f"train.{st.session_state.get('filled', {}).get(name, 0)}.{name}"


def start(name: str) -> Any:
    """What the widget starts with."""
    starts = st.session_state["starts"]
    return starts[name] if name in starts else RunConfig.model_fields[name].default


def offer(name: str, value: Any) -> None:
    """What the widget of a further field starts with, unless that is known already."""
    st.session_state["starts"].setdefault(name, value)


def start_with(name: str, value: Any) -> None:
    """Have the widget start with something else from now on."""
    st.session_state["starts"][name] = value


def now(name: str) -> Any:
    """The widget's value now; what it would start with while it is not on the page."""
    return st.session_state.get(key(name), start(name))


def touch() -> None:
    """Callback of every widget that the URL remembers: the page now knows better than the URL."""
    st.session_state["touched"] = True


def shown_run() -> str | None:
    """The id in the URL, which may be of no run at all."""
    return st.session_state.get("run")


def show_run(run: str | None) -> None:
    """Show another run, or none."""
    st.session_state["run"] = run
    refusals.keep("run", "")
    touch()


def form_part() -> dict[str, str]:
    """What the URL says of the form, or said last; empty before the form was on the page."""
    said = st.session_state.get("address", {})
    return {name: text for name, text in said.items() if name not in CHART and name != "run"}


def link_problems() -> list[str]:
    """One sentence for each value of the link that is not possible."""
    return st.session_state["link_problems"]


def forget_link_problems() -> None:
    """What is wrong with the link does not matter any more."""
    st.session_state["link_problems"] = []


def load() -> None:
    """Take over what the URL says where the page has not said something newer: first load, link, back button."""
    asked, state = st.query_params.to_dict(), st.session_state
    if state.get("touched") and asked == state.get("loaded"):
        return  # this was taken over, and something pressed before all of the page was drawn
    said = dict(asked)
    if state.get("anchor") not in state:  # a new session, or back from another page, where widgets lose their values
        if kept := state.get("address"):
            touch()
        asked = {**(kept or {}), **asked}
    elif state.get("touched") or asked == state["address"]:
        return
    state["loaded"], state["address"] = said, dict(asked)
    state["run"] = asked.pop("run", None)
    chart, sentences = _chart({name: asked.pop(name) for name in CHART if name in asked})
    config, problems = assignments.build(_without_empty_table(asked), store().root)
    state["link_problems"] = sentences + problems
    fill_in(field_values(config) | chart | _table(asked, config))


def _without_empty_table(asked: Mapping[str, str]) -> Mapping[str, str]:
    """A link may ask for a table without saying which: then it is still to be chosen, and nothing is wrong."""
    if asked.get("dataset") != own_table.TABLE or any(name.startswith("dataset_options.") for name in asked):
        return asked
    return {name: text for name, text in asked.items() if name != "dataset"}


def _table(asked: Mapping[str, str], config: RunConfig) -> dict[str, Any]:
    """Of a table what the link says, so that all else is detected again; one that is not here stays to be chosen."""
    if asked.get("dataset") != own_table.TABLE or own_table.TABLE not in config.network_entry.recipes:
        return {}
    if config.dataset != own_table.TABLE:
        path = asked.get("dataset_options.path", "")
        usual = {name: value for name, value in recipe(config.network, own_table.TABLE).items() if name not in asked}
        return {"dataset": own_table.TABLE, "dataset_options.path": path, **usual}
    unsaid = {"dataset_options.features": [], "dataset_options.task": ""}
    return {name: nothing for name, nothing in unsaid.items() if name not in asked}


def recipe(network: str, dataset: str) -> dict[str, Any]:
    """What a network or a dataset brings along into the form when it is chosen; a table that is chosen stays."""
    found = dict(vars(NETWORKS[network].recipes[dataset]))
    options = NETWORKS[network].complete(found.pop("network_options"))
    found |= {f"network_options.{name}": value for name, value in options.items()}
    if dataset != own_table.TABLE:
        found |= {f"dataset_options.{name}": option.default for name, option in DATASETS[dataset].options.items()}
    return found


def field_values(config: RunConfig) -> dict[str, Any]:
    """The config's values by the names of its fields; those for one framework, or of the dataset, are dotted."""
    found: dict[str, Any] = {}
    for name, value in config.model_dump(exclude={"own_network"}).items():
        parts = {f"{name}.{part}": inner for part, inner in value.items()} if isinstance(value, dict) else {name: value}
        found |= parts
    return found


def fill_in(values: Mapping[str, Any]) -> None:
    """Have the widgets of these fields begin anew with these values; the others go on with those that they have now."""
    state = st.session_state
    kept = {name: now(name) for name in state.get("starts", {})}
    state["starts"] = {**kept, **values}
    filled = state.get("filled", {})
    state["filled"] = filled | {name: filled.get(name, 0) + 1 for name in values}


def save(config: RunConfig | None) -> None:
    """Write what a person changed to the URL; a form that is not valid leaves its part of it alone."""
    st.session_state["anchor"] = key("network")  # a widget that this page has drawn
    st.session_state.pop("loaded", None)
    if not st.session_state.pop("touched", False):
        return
    chart = {name: now(name) for name in CHART}
    wanted = _form_texts(config) if config else form_part()
    wanted |= {name: str(value).lower() for name, value in chart.items() if value != CHART[name]}
    if run := shown_run():
        wanted["run"] = run
    st.session_state["address"] = wanted
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _form_texts(config: RunConfig) -> dict[str, str]:
    usual = RunConfig.build({})
    texts = assignments.changes(config)
    if (config.network, config.dataset) == (usual.network, usual.dataset):
        del texts["network"], texts["dataset"]
    if config.dataset == own_table.TABLE:
        left = {"path"} if uploads.is_upload(store().root, str(config.dataset_options["path"])) else {"sha256"}
        left |= {name for name in ("features", "task") if not now(f"dataset_options.{name}")}
        texts = {name: text for name, text in texts.items() if name.removeprefix("dataset_options.") not in left}
    return texts


def _chart(asked: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The chart's controls as asked for, and one sentence for each that cannot be."""
    found, sentences = dict(CHART), []
    for name, text in asked.items():
        try:
            found[name] = _control(name, text)
        except ConfigError as error:
            sentences.append(str(error))
    return found, sentences


def _control(name: str, text: str) -> Any:
    value = assignments.fields({name: text})[name]
    if name == "x" and value in X_AXES:
        return value
    if name == "log" and isinstance(value, bool):
        return value
    if name == "smoothing" and not isinstance(value, str | bool | None) and 0 <= value <= SMOOTHEST:
        return float(value)
    allowed = {"x": ", ".join(X_AXES), "log": "true, false", "smoothing": f"a number, at least 0, at most {SMOOTHEST}"}
    raise refused(name, text, allowed[name])

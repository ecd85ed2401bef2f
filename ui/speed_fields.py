"""The widgets of the Speed page's form, each with a place below it for a sentence."""

import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.charts.speed_labels import AXES
from engine.charts.speed_words import PRESETS, QUANTITIES
from engine.config import EXECUTIONS, FRAMEWORKS, ConfigError, Framework, Problem, RunConfig, allowed
from engine.datasets.catalogue import DATASETS, Option
from engine.networks import own
from engine.networks.catalogue import NETWORKS, Network
from engine.probes import devices
from ui.fields import TEXTS, choices, word
from ui.plain import plain

QUESTIONS = {
    "comparison": ("PyTorch against TensorFlow", "Both frameworks do the same work, in turn."),
    "ladder": ("Ways to run one network", "Each execution of both frameworks, and what people write first."),
    "scaling": ("How speed scales", "The same over batch size, width, depth, threads or workers."),
    "latency": ("Latency", "Inference of one batch at a time, over batch sizes: p50, p95 and p99."),
}
STEPS = {"torch": ("one", "many"), "tensorflow": ("many", "one")}  # in a call, the usual first
METRICS = {
    "validation_accuracy": "Validation accuracy",
    "validation_loss": "Validation loss",
}
SIZES = {
    "batch_size": "16, 32, 64, 128, 256",
    "width": "32, 64, 128, 256, 512",
    "depth": "1, 2, 4, 8",
    "threads": "1, 2",
    "workers": "1, 2",
}
LATENCIES = "1, 8, 64, 512"
NO_TABLE = "table"  # a file of one's own is chosen on the Train page
WHOLE = re.compile(r"\d{1,6}")


class Places:
    """Below each widget a place for a sentence; `tell` fills those that need one."""

    def __init__(self) -> None:
        self._places: dict[str, Any] = {}
        self._titles: dict[str, str] = {}

    def keep(self, field: str, title: str) -> None:
        """Room for a sentence here, below the widget of that title."""
        self._places[field], self._titles[field] = st.empty(), title

    def tell(self, problems: list[Problem]) -> list[str]:
        """Put each sentence below its widget, or below the nearest one; returns the widgets' titles."""
        told = {}
        for problem in problems:
            field = next(
                name for name in (problem.field, problem.field.partition(".")[0], "network") if name in self._places
            )
            self._places[field].error(plain(problem.sentence), icon=":material/error:")
            told[self._titles[field]] = True
        return list(told)


def key(name: str) -> str:
    """The session's key of a widget."""
    return f"speed.{name}"


def fields(places: Places) -> dict[str, Any]:
    """Draw the widgets; returns what is asked for: the form's own answers, and under `config` the config's fields."""
    asked: dict[str, Any] = {}
    asked["question"] = _choice(places, "question", "Question", {name: one[0] for name, one in QUESTIONS.items()})
    st.caption(QUESTIONS[asked["question"]][1])
    if asked["question"] in ("comparison", "scaling"):
        fitting = dict(list(QUANTITIES.items())[: None if asked["question"] == "comparison" else 2])
        asked["quantity"] = _choice(places, "quantity", "What is measured", fitting, asked["question"])
        if asked["quantity"] == "time_to_quality":
            _quality(places, asked)
    _values(places, asked)
    asked["preset"] = st.segmented_control(
        "How thoroughly",
        list(PRESETS),
        default="quick",
        required=True,
        format_func=PRESETS.__getitem__,
        key=key("preset"),
        persist_state="session",
        width="stretch",
        help="Quick: one process per framework, both taking turns. Thorough: fresh processes again and again, "
        "so that what differs from process to process is counted, and compiled PyTorch as well.",
    )
    asked["config"] = _config(places, asked["question"])
    return asked


def _quality(places: Places, asked: dict[str, Any]) -> None:
    asked["metric"] = _choice(places, "metric", "Quality", METRICS)
    usual = 0.95 if asked["metric"] == "validation_accuracy" else 0.2
    text = "At least" if asked["metric"] == "validation_accuracy" else "At most"
    asked["target"] = _number(places, "target", text, usual, "Both sides train until they reach it.", asked["metric"])


def _values(places: Places, asked: dict[str, Any]) -> None:
    if asked["question"] == "scaling":
        network = NETWORKS.get(st.session_state.get(key("network")) or "", next(iter(NETWORKS.values())))
        fitting = {name: title for name, title in AXES.items() if _has(network, name)}
        asked["axis"] = _choice(places, "axis", "Over", fitting)
        asked["values"] = _whole_numbers(places, "values", AXES[asked["axis"]], SIZES[asked["axis"]], asked["axis"])
    elif asked["question"] == "latency":
        asked["values"] = _whole_numbers(places, "values", "Batch sizes", LATENCIES, "latency")


def _has(network: Network, axis: str) -> bool:
    if axis == "workers":
        return "batch_norm" not in network.contains
    return axis in ("batch_size", "threads") or axis in network.options


def _config(places: Places, question: str) -> dict[str, Any]:
    """The config's fields that decide the speed."""
    titles = {name: one.title for name, one in NETWORKS.items()}
    if st.session_state.get(key("network")) not in titles:  # of one's own, and its folder does not offer it any more
        st.session_state.pop(key("network"), None)
    network = _choice(places, "network", TEXTS["network"][0], titles)
    if network in own.OWN:
        st.caption(f":material/warning: {plain(own.WARNING)}")
    entry = NETWORKS[network]
    found: dict[str, Any] = {"network": network, "network_options": {}}
    fitting = {name: DATASETS[name].title for name in entry.recipes if name != NO_TABLE}
    found["dataset"] = _choice(places, "dataset", TEXTS["dataset"][0], fitting, network)
    recipe = entry.recipes[found["dataset"]]
    usual = entry.complete(recipe.network_options)
    for name, option in entry.options.items():
        found["network_options"][name] = _option(places, name, option, usual[name], network)
    places.keep("network_options", "Network")
    if question != "latency":
        found["batch_size"] = _number(places, "batch_size", "Batch size", recipe.batch_size, "", found["dataset"])
    with st.expander("Set-up", icon=":material/tune:", key=key("group set-up")):
        found["policy"] = _switch("policy", "defaults")
        optimizers = {name: word(name) for name in (recipe.optimizer, *choices("optimizer"))}
        found["optimizer"] = _choice(places, "optimizer", TEXTS["optimizer"][0], optimizers, found["dataset"])
        found["precision"] = _choice(places, "precision", "Precision", {name: name for name in choices("precision")})
        found["threads"] = _number(places, "threads", "Threads per side", 1, TEXTS["threads"][1])
        if question != "ladder":
            for side in FRAMEWORKS:
                ways = {name: word(name) for name in EXECUTIONS[side]}
                title = TEXTS["execution"][0].format(word(side))
                found.setdefault("execution", {})[side] = _choice(places, f"execution.{side}", title, ways)
                found.setdefault("steps_per_call", {})
                if found["execution"][side] != "eager":
                    title = TEXTS["steps_per_call"][0].format(word(side))
                    steps = {name: word(name) for name in STEPS[side]}
                    found["steps_per_call"][side] = _choice(places, f"steps_per_call.{side}", title, steps)
        found["device"] = {side: _device(places, side) for side in FRAMEWORKS}
        st.button("Look for GPUs", icon=":material/search:", on_click=_look, key=key("devices"),
                  help="Each framework is asked in a process of its own. This takes some seconds, once.")  # fmt: skip
    return found


def _look() -> None:
    st.session_state["devices_asked"] = True


def _device(places: Places, side: Framework) -> str:
    """The CPU, and once somebody asked, all devices that there are."""
    known, trouble = {"cpu": word("cpu")}, ""
    if st.session_state.get("devices_asked"):
        try:
            with st.spinner("Asking the frameworks for their devices…"):
                known |= {device.name: device.title for device in devices.seen(side)}
        except ConfigError as error:
            trouble = str(error)
    chosen = _choice(places, f"device.{side}", TEXTS["device"][0].format(word(side)), known)
    if trouble:
        st.error(plain(trouble), icon=":material/error:")
    return chosen


def _choice(places: Places, name: str, title: str, options: Mapping[str, str], of: str = "") -> str:
    """One of several values; `of` names what the choice belongs to, with which it begins anew."""
    meaning = TEXTS[name][1] if name in TEXTS else None
    widget = key(f"{name} {of}".strip())
    chosen = st.selectbox(
        title, list(options), format_func=lambda one: options.get(one, one), key=widget, help=meaning,
        persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return chosen


def _switch(name: str, usual: str) -> str:
    title, meaning = TEXTS[name]
    return st.segmented_control(
        title, list(choices(name)), default=usual, required=True, format_func=word, key=key(name), help=meaning,
        width="stretch", persist_state="session",
    )  # fmt: skip


def _number(places: Places, name: str, title: str, usual: float, meaning: str, of: str = "") -> float:
    """A number; anything can be typed, and what is not allowed is told."""
    text = meaning or TEXTS[name][1]
    text += f" Allowed: {allowed(name)}." if name in RunConfig.model_fields else ""
    step = 1 if isinstance(usual, int) else 0.05
    value = st.number_input(
        title, value=usual, step=step, format="%d" if step == 1 else "%g", key=key(f"{name} {of}".strip()), help=text,
        persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return value


def _option(places: Places, name: str, option: Option, usual: Any, network: str) -> Any:
    title, field = name.replace("_", " ").capitalize(), f"network_options.{name}"
    if option.choices:
        options = {one: word(one) for one in (usual, *option.choices)}
        return _choice(places, field, title, options, network)
    return _number(places, field, title, usual, f"{option.help} Allowed: {option.allowed()}.", network)


def _whole_numbers(places: Places, name: str, title: str, usual: str, of: str) -> list[int] | str:
    """Several whole numbers, separated by commas; the text as it is where it is none of that."""
    text = st.text_input(
        title, usual, key=key(f"{name} {of}"), persist_state="session", help="Whole numbers, separated by commas."
    )
    places.keep(name, title)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return sorted({int(part) for part in parts}) if parts and all(WHOLE.fullmatch(part) for part in parts) else text

"""The config form in the sidebar: presets, Train, and every field of a run, with one sentence for each bad value."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.cluster.place import ClusterError
from engine.config import EXECUTIONS, FRAMEWORKS, ConfigError, Framework, Problem, RunConfig
from engine.config_problems import TAKES
from engine.datasets import own_table
from engine.datasets.catalogue import DATASETS, Option
from engine.fairness.defaults import NAMES, matchable, optimizer_parameters
from engine.networks.catalogue import NETWORKS
from engine.probes import devices, ready
from ui import address, cluster_form, download_form, own_networks_form, table_form
from ui.address import now
from ui.fields import Fields, choices, word
from ui.plain import plain

PRESETS = (
    ("One step, as in every tutorial", ":material/footprint:", {"network": "simple_net", "dataset": "normal"}),
    ("Handwritten digits", ":material/draw:", {"network": "mlp", "dataset": "digits"}),
)
FORM_HEIGHT = 620  # pixels; it scrolls by itself, so that Train stays in sight
ON_CPU = {"cpu": word("cpu")}


def show(may_train: bool) -> tuple[RunConfig | None, bool]:
    """Draw the form; returns the config, None while a value is not allowed, and whether Train was pressed."""
    for title, icon, preset in PRESETS:
        st.button(title, icon=icon, width="stretch", on_click=_take_preset, args=(preset,), key=f"train.{title}")
    top = st.container()
    own_networks_form.settle()
    fields = Fields()
    cluster = ""
    if cluster_form.offered():
        with fields.group("Where it trains", ":material/dns:", expanded=True):
            cluster = cluster_form.choice("train")
            fields.place(cluster_form.FIELD, "Run on")
    with st.container(height=FORM_HEIGHT, border=False, gap="small"):
        _network_and_data(fields)
        _optimisation(fields)
        _frameworks_and_devices(fields)
        _advanced(fields)
    config, problems = _build(fields.values)
    if fields.refused:
        config = None
        others = (problem for problem in problems if not problem.field.startswith("dataset_options"))
        problems = [*fields.refused, *others]
    with top:
        pressed = st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            shortcut="Mod+Enter",
            disabled=not may_train or config is None,
            on_click=address.touch,
            key="train.train",
        )
        pressed = st.session_state.pop("asked_to_train", False) or pressed
        if config and pressed:
            config, problems = _prepared(config, cluster)
        if config:
            own_networks_form.show_remark(config.network)
        if troubled := fields.tell(problems):
            told = f"Not ready to train. See {' and '.join(troubled)}."
            if fields.calm(problems):
                st.caption(told)
            else:
                st.error(told, icon=":material/error:")
    return (None if problems else config), pressed and not problems


def ask_to_train() -> None:
    """Callback of a button elsewhere on the page that does what Train does."""
    st.session_state["asked_to_train"] = True
    address.touch()


def _build(values: dict[str, Any]) -> tuple[RunConfig | None, list[Problem]]:
    try:
        return RunConfig.build(values), []
    except ConfigError as error:
        return None, error.problems


def _prepared(config: RunConfig, cluster: str) -> tuple[RunConfig, list[Problem]]:
    """The config as it can be trained; else one problem for each file, device or network that it cannot have."""
    waiting = "Both frameworks build your network…" if config.own_network else "Looking whether everything is there…"
    try:
        with st.spinner(waiting):
            config, remark = ready.prepared(config, cluster)
    except ConfigError as error:
        return config, error.problems
    except ClusterError as error:
        return config, [Problem(field=cluster_form.FIELD, sentence=str(error))]
    own_networks_form.remember(config.network, remark)
    return config, []


def _take_preset(preset: dict[str, str]) -> None:
    address.fill_in(address.field_values(RunConfig.build(preset)))
    address.forget_link_problems()
    address.touch()


def _take_recipe() -> None:
    """Another network or dataset brings its recipe along; what no recipe speaks of stays."""
    recipes = NETWORKS[now("network")].recipes
    dataset = now("dataset") if now("dataset") in recipes else next(iter(recipes))
    address.fill_in({"dataset": dataset, **address.recipe(now("network"), dataset)})
    address.touch()


def _network_and_data(fields: Fields) -> None:
    with fields.group("Network and data", ":material/hub:", expanded=True):
        titles = {name: network.title for name, network in NETWORKS.items()}
        network = fields.choice("network", titles, on_change=_take_recipe)
        own_networks_form.show(network)
        _options(fields, "network_options", NETWORKS[network].options)
        fitting = {name: DATASETS[name].title for name in NETWORKS[network].recipes}
        dataset = fields.choice("dataset", fitting, on_change=_take_recipe)
        download_form.show(fields, dataset)
        if dataset == own_table.TABLE:
            table_form.show(fields)
        else:
            _options(fields, "dataset_options", DATASETS[dataset].options)
        fields.number("train_fraction", 0.05)


def _options(fields: Fields, of: str, options: Mapping[str, Option]) -> None:
    fields.values[of] = {}
    for name, option in options.items():
        fields.option(f"{of}.{name}", name.replace("_", " ").capitalize(), option)
    fields.place(of, "Options")  # of two that do not go together


def _optimisation(fields: Fields) -> None:
    with fields.group("Optimisation", ":material/trending_down:", expanded=True):
        fields.number("epochs", 1)
        fields.number("batch_size", 1)
        optimizer = fields.choice("optimizer", {name: word(name) for name in choices("optimizer")})
        fields.number("learning_rate", 0.001)
        usual = _usual_parameters(optimizer)
        for name in (*(name for name, takers in TAKES.items() if optimizer in takers), "weight_decay"):
            fields.number(name, 0.01, placeholder=usual[name])
        schedule = fields.choice("schedule", {name: word(name) for name in choices("schedule")})
        if schedule == "step":
            fields.number("schedule_epochs", 1)
            fields.number("schedule_factor", 0.1)
        fields.number("warmup_steps", 1)
        fields.number("gradient_clip_norm", 0.1, placeholder="No clipping")


def _usual_parameters(optimizer: str) -> dict[str, str]:
    """What an empty field of the optimizer means, in words."""
    config = RunConfig.build({"optimizer": optimizer, "policy": now("policy")})
    sides = {framework: optimizer_parameters(config, framework) for framework in FRAMEWORKS}
    return {
        name: f"{sides['torch'][name]:g}"
        if sides["torch"][name] == sides["tensorflow"][name]
        else ", ".join(f"{word(side)} {values[name]:g}" for side, values in sides.items())
        for name in sides["torch"]
    }


def _frameworks_and_devices(fields: Fields) -> None:
    with fields.group("Frameworks and devices", ":material/compare_arrows:", expanded=False):
        chosen = fields.several("frameworks", list(FRAMEWORKS))
        fields.switch("policy")
        if now("policy") == "defaults":
            fields.several("matched_defaults", _matchable(fields.values))
        if len(chosen) > 1:
            fields.switch("concurrency")
        for framework in FRAMEWORKS:
            if framework in chosen:
                fields.choice(f"device.{framework}", _devices(framework), framework)
                how = {name: word(name) for name in EXECUTIONS[framework]}
                fields.choice(f"execution.{framework}", how, framework)
                if now(f"execution.{framework}") != "eager":
                    steps = {name: word(name) for name in ("one", "many")}
                    fields.choice(f"steps_per_call.{framework}", steps, framework)
        st.button(
            "Look for GPUs",
            icon=":material/search:",
            help="Each framework is asked in a process of its own. This takes some seconds, once.",
            on_click=lambda: st.session_state.update(devices_asked=True),
            key="train.devices",
        )


def _matchable(values: Mapping[str, Any]) -> list[str]:
    """The defaults that differ for what the form says so far; all of them while that is no config."""
    config, _ = _build({**values, "device": {side: now(f"device.{side}") for side in FRAMEWORKS}})
    return list(matchable(config) if config else NAMES)


def _devices(framework: Framework) -> dict[str, str]:
    """The devices to choose from: the CPU, what a link asks for, and once somebody asked, all that there are."""
    chosen = now(f"device.{framework}")
    known = ON_CPU | {chosen: word(chosen)}
    if st.session_state.get("devices_asked"):
        try:
            with st.spinner("Asking the frameworks for their devices…"):
                others = {device.name: device.title for device in devices.seen(framework) if device.name != "cpu"}
            known |= others
            if not others:
                st.caption(f"{word(framework)} sees no GPU.")
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
    return known


def _advanced(fields: Fields) -> None:
    with fields.group("Advanced", ":material/tune:", expanded=False):
        fields.number("seed", 1)
        fields.switch("precision")
        fields.number("threads", 1)
        fields.number("workers", 1)
        fields.number("early_stopping_patience", 1, placeholder="Never")
        fields.toggle("histograms")
        fields.toggle("snapshots")

"""The Sweeps page's form: what is trained, what varies, and how trials are chosen; a plan, or a sentence where not."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from engine import assignments
from engine.charts.experiment_words import name_of
from engine.charts.sweep_words import SAMPLERS, label, plan_words
from engine.cluster.place import ClusterError
from engine.config import ConfigError, Problem
from engine.datasets import own_table
from engine.datasets.catalogue import DATASETS, Option
from engine.networks import own
from engine.networks.catalogue import NETWORKS
from engine.probes import ready
from engine.sweeps import sweep
from engine.sweeps.ranges import STEPS
from engine.sweeps.sweep import Plan
from ui import cluster_form
from ui.fields import TEXTS, choices, word
from ui.plain import plain
from ui.server import store
from ui.speed_fields import NO_TABLE, Places

FORM_HEIGHT = 560  # pixels; it scrolls by itself, so that Start stays in sight
ASKED = "asked_to_sweep"
# What can vary, each with values to begin with.
USUAL = {
    "learning_rate": "log:1e-4:1e-1", "batch_size": "16, 32, 64", "optimizer": "sgd, momentum, adam",
    "weight_decay": "log:1e-5:1e-1", "epochs": "5, 10, 20", "schedule": "constant, cosine",
    "warmup_steps": "0, 50", "gradient_clip_norm": "log:0.1:10", "precision": "float32, float64",
}  # fmt: skip
HELP = (
    "Values with commas between them, or a range: log:0.0001:0.1 by ratio, lin:0:0.9 by difference. "
    f"log:0.0001:0.1:5 is five values in it; a grid takes {STEPS} where it is not told how many."
)


def show(may_start: bool) -> tuple[Plan | None, bool]:
    """Draw the form; returns the plan, None while a value is not allowed, and whether Start was pressed."""
    own.extend()
    top, places = st.container(), Places()
    cluster = ""
    if cluster_form.offered():
        cluster = cluster_form.choice("sweep")
        places.keep(cluster_form.FIELD, "Run on")
    with st.container(height=FORM_HEIGHT, border=False, gap="small"):
        texts = _fixed(places)
        texts |= _varied(places, texts["network"])
        how = _how(places)
    plan, problems = _planned(texts, how)
    with top:
        pressed = st.button(
            "Start sweep",
            type="primary",
            icon=":material/search_insights:",
            width="stretch",
            shortcut="Mod+Enter",
            disabled=not may_start or plan is None,
            key=_key("start"),
        )
        pressed = st.session_state.pop(ASKED, False) or pressed
        if plan and pressed:
            problems = _missing(plan, cluster)
        if troubled := places.tell(problems):
            st.error(f"Not ready to start. See {' and '.join(troubled)}.", icon=":material/error:")
        elif plan:
            st.caption(plain(plan_words(plan)))
    return (None if problems else plan), pressed and not problems


def ask_to_start() -> None:
    """Callback of a button elsewhere on the page that does what Start does."""
    st.session_state[ASKED] = True


def _key(name: str) -> str:
    return f"sweep.{name}"


def _planned(texts: dict[str, str], how: dict[str, Any]) -> tuple[Plan | None, list[Problem]]:
    try:
        return sweep.made(texts, _fields, **how), []
    except ConfigError as error:
        return None, error.problems


def _fields(given: Iterable[str]) -> dict[str, Any]:
    return own_table.completed(assignments.fields(assignments.split(given)), store().root)


def _missing(plan: Plan, cluster: str) -> list[Problem]:
    """What the plan needs and this machine, or the cluster, does not have."""
    try:
        with st.spinner("Looking whether everything is there…"):
            ready.check(plan.config, cluster)
    except ConfigError as error:
        return error.problems
    except ClusterError as error:
        return [Problem(field=cluster_form.FIELD, sentence=str(error))]
    return []


def _fixed(places: Places) -> dict[str, str]:
    """What all trials share."""
    names = {name: one.title for name, one in NETWORKS.items() if name not in own.OWN}
    network = _choice(places, "network", TEXTS["network"][0], names)
    fitting = {name: DATASETS[name].title for name in NETWORKS[network].recipes if name != NO_TABLE}
    dataset = _choice(places, "dataset", TEXTS["dataset"][0], fitting)  # one that fits stays with another network
    recipe = NETWORKS[network].recipes[dataset]
    texts = {"network": network, "dataset": dataset}
    title, meaning = TEXTS["epochs"]
    texts["epochs"] = str(_number(places, "epochs", title, recipe.epochs, meaning, f"{network} {dataset}"))
    texts["policy"] = st.segmented_control(
        TEXTS["policy"][0], list(choices("policy")), default="defaults", required=True, format_func=word,
        key=_key("policy"), help=TEXTS["policy"][1], width="stretch", persist_state="session",
    )  # fmt: skip
    return texts


def _varied(places: Places, network: str) -> dict[str, str]:
    """The fields that vary, each with its values or range."""
    options = {f"network_options.{name}": option for name, option in NETWORKS[network].options.items()}
    chosen = st.multiselect(
        "What varies",
        [*USUAL, *options],
        ["learning_rate"],
        format_func=label,
        key=_key("fields"),
        persist_state="session",
        help="The hyperparameters that the sweep searches. Both frameworks get the same values in every trial.",
    )
    places.keep("--set", "What varies")
    texts = {}
    for field in chosen:
        usual = USUAL.get(field) or _usual(options[field])
        of = network if field in options else "any network"  # a network's option has usual values of its own
        text = st.text_input(label(field), usual, key=_key(f"{field} {of}"), help=HELP, persist_state="session")
        places.keep(field, label(field))
        texts[field] = text.replace(" ", "")
    return texts


def _usual(option: Option) -> str:
    """Values of an option of the network to begin with."""
    if option.choices:
        return ", ".join(option.choices)
    default = option.default if isinstance(option.default, int | float) else 1
    values = (default / 2, default, default * 2) if isinstance(default, float) else (default // 2, default, default * 2)
    return ", ".join(f"{value:g}" for value in values if option.low <= value <= option.high)


def _how(places: Places) -> dict[str, Any]:
    """How trials are chosen, and what becomes of the best."""
    found: dict[str, Any] = {}
    found["sampler"] = st.segmented_control(
        "How trials are chosen", list(SAMPLERS), default="tpe", required=True, width="stretch",
        format_func=lambda name: SAMPLERS[name][0], key=_key("sampler"), persist_state="session",
        help=" ".join(f"{title}: {text}." for title, text in SAMPLERS.values()),
    )  # fmt: skip
    places.keep("sampler", "How trials are chosen")
    if found["sampler"] != "grid":
        found["trials"] = _number(places, "trials", "Trials", sweep.TRIALS, "Each trains both frameworks once.")
    found["seeds"] = _number(
        places, "seeds", "Seeds for the best", sweep.SEEDS,
        "The best three of each side are trained again with so many other seeds: one seed cannot tell whether a "
        "difference is more than luck. 0 leaves this out.",
    )  # fmt: skip
    metrics = ["validation_loss", "validation_accuracy", "validation_mae", "validation_r2", "train_loss"]
    found["metric"] = _choice(places, "metric", "Searched by", {name: name_of(name) for name in metrics})
    found["prune"] = st.toggle(
        "End poor trials early", key=_key("prune"), persist_state="session",
        help="A trial ends when, after an epoch, even its better side is worse than the median of earlier trials.",
    )  # fmt: skip
    places.keep("prune", "End poor trials early")
    return found


def _choice(places: Places, name: str, title: str, options: dict[str, str], of: str = "") -> str:
    chosen = st.selectbox(
        title, list(options), format_func=lambda one: options.get(one, one), key=_key(f"{name} {of}".strip()),
        help=TEXTS[name][1] if name in TEXTS else None, persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return chosen


def _number(places: Places, name: str, title: str, usual: int, meaning: str, of: str = "") -> int:
    """A whole number; anything can be typed, and what is not allowed is told."""
    value = st.number_input(
        title, value=usual, step=1, key=_key(f"{name} {of}".strip()), help=meaning, persist_state="session"
    )
    places.keep(name, title)
    return value

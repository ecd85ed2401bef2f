"""The controls of the Compare page: which runs, which curve of them, over what, and how it is drawn."""

import contextlib
from collections.abc import Sequence

import streamlit as st

from engine import events
from engine.charts.comparison_figure import TITLES
from engine.charts.comparison_labels import field_words, labels_of
from engine.charts.words import METRICS
from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.experiments.comparison import MOST_RUNS, SMOOTHEST, X_AXES, Comparison, differing, fields, grouping_fields
from engine.runs import StoreError
from ui import recent
from ui.compare_address import key, touch
from ui.plain import plain
from ui.server import store

LATEST = 300  # runs to choose from; others come by their ids in the address
BOTH = "both"
WORDS = "compare_words"
SIDES = {BOTH: "Both", **NAMES}
STEPS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, SMOOTHEST)  # of smoothing


def latest() -> list[str]:
    """The ids of the latest runs; none, and one sentence, where the store cannot be read."""
    try:
        return store().runs()[:LATEST]
    except StoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return []


def pick(asked: Comparison) -> tuple[str, ...]:
    """Which runs: a choice of the latest, searched by what is typed, and those of the address."""
    offered = list(dict.fromkeys([*asked.runs, *latest()]))
    chosen = st.multiselect(
        "Runs",
        offered,
        default=list(asked.runs),
        format_func=_words(offered).__getitem__,
        max_selections=MOST_RUNS,
        placeholder="Choose runs: type a name, a network, a dataset, a seed or an id",
        help=f"The latest {LATEST} runs. An older one comes by its id in the address: runs=ID,ID",
        key=key("runs"),
        on_change=touch,
    )
    return tuple(chosen)


def _words(runs: Sequence[str]) -> dict[str, str]:
    """What each run is chosen by: its name or what tells it from the others comes first, for a chip is cut short.

    The words stay as long as the widget does: a choice whose words change falls out of it.
    """
    state = st.session_state
    if key("words") not in state.get(WORDS, {}):
        state[WORDS] = {key("words"): {}}
    words: dict[str, str] = state[WORDS][key("words")]
    if any(run not in words for run in runs):
        words |= _made(runs) | words
    return words


def _made(runs: Sequence[str]) -> dict[str, str]:
    configs, names = {}, {}
    for run in runs:
        with contextlib.suppress(StoreError):
            configs[run], names[run] = store().config(run), _name(run)
    labels, found = labels_of(configs, names), {}
    for run in runs:
        if run in configs:
            told = fields(configs[run])
            rest = [field_words(name, told[name]) for name in ("network", "dataset", "learning_rate", "seed")]
            parts = [labels[run], *(part for part in rest if part not in labels[run]), recent.moment(run), run[-6:]]
            found[run] = " · ".join(parts)
        else:
            found[run] = f"{run} · cannot be read"
    return found


def _name(run: str) -> str:
    """What a person calls the run; "" where it has no name. Raises StoreError."""
    labelled = [event for event in store().read(run)[0] if isinstance(event, events.Labelled)]
    return labelled[-1].name if labelled else ""


def controls(asked: Comparison, metrics: Sequence[str]) -> Comparison:
    """How the chosen runs are drawn; `metrics` are those that one of them has."""
    with st.container(key="compare.controls"):
        offered = list(dict.fromkeys([*metrics, asked.y]))
        y = st.selectbox("Curve", offered, offered.index(asked.y), format_func=_curve, key=key("y"), on_change=touch)
        x = st.selectbox(
            "Over", X_AXES, X_AXES.index(asked.x), format_func=TITLES.__getitem__, key=key("x"), on_change=touch
        )
        sides = st.segmented_control(
            "Sides",
            list(SIDES),
            default=_side_of(asked),
            required=True,
            format_func=SIDES.__getitem__,
            key=key("sides"),
            on_change=touch,
        )
        smoothing = st.select_slider(
            "Smoothing", sorted({*STEPS, asked.smoothing}), asked.smoothing, format_func=lambda value: f"{value:g}",
            key=key("smoothing"), help="The decay of a debiased exponential moving average over points.",
            on_change=touch,
        )  # fmt: skip
    with st.container(key="compare.switches", gap="small"):
        log_x = st.toggle("Logarithmic x", asked.log_x, key=key("log_x"), on_change=touch)
        log_y = st.toggle("Logarithmic y", asked.log_y, key=key("log_y"), on_change=touch)
        bands = st.toggle("Bands over seeds", asked.bands, key=key("bands"), on_change=touch,
                          help="The mean of runs that agree in some fields, with its 95 % interval.")  # fmt: skip
    both = FRAMEWORKS if sides == BOTH else (sides,)
    return Comparison(asked.runs, both, x, y, log_x, log_y, smoothing, bands, asked.group)


def _side_of(asked: Comparison) -> str:
    return BOTH if len(asked.sides) == 2 else asked.sides[0]


def _curve(metric: str) -> str:
    return METRICS[metric].split(",")[0]


def grouped(asked: Comparison, configs: dict[str, RunConfig]) -> tuple[str, ...] | None:
    """The fields that the runs of one band have in common; None while they are all that differ but the seed."""
    usual = grouping_fields(configs, None)
    now = grouping_fields(configs, asked.group)
    apart = [name for values in list(differing(configs).values())[:1] for name in values]
    options = list(dict.fromkeys([*apart, *now]))
    chosen = st.multiselect(
        "One band for each",
        options,
        default=list(now),
        placeholder="Nothing differs but the seed" if apart in ([], ["seed"]) else "All runs in one band",
        help="Runs that agree in these fields make one band. As it comes: all that differ, but the seed.",
        key=key(f"group.{','.join(options)}"),
        on_change=touch,
    )
    return None if set(chosen) == set(usual) else tuple(chosen)

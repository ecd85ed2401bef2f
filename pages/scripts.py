"""Code: any config as a script in each framework, line against line, to be read, copied and taken away."""

from typing import Literal

import streamlit as st

from engine import assignments
from engine.config import NAMES, RunConfig
from engine.datasets.dataset import DatasetError
from engine.networks.catalogue import NETWORKS
from engine.networks.declaration import OwnNetworkError
from engine.quantities import digits
from engine.runs import StoreError
from engine.scripts import TOLERANCE
from engine.scripts.compose import refusal, script
from engine.scripts.data import FILE, FROM_FILE, as_file
from engine.scripts.ran import ran
from engine.scripts.script import LEVELS, Level, Script
from ui import address, recent, script_view
from ui.plain import plain
from ui.server import store

Ran = Literal["ran"]
FORM = ""  # the choice of what the Train page's form asks for
RAN: Ran = "ran"
VIEWS = {"both": "Side by side", **NAMES}


def choices() -> dict[str, str]:
    """What there is code of, in words: the form, the latest runs, each network with its recipe."""
    found = {FORM: "The config of the Train page"}
    found |= {f"run={run}": words for run, words in recent.latest().items()}
    return found | {f"network={name}": f"{network.title}, its recipe" for name, network in NETWORKS.items()}


def chosen() -> str:
    """What the person chooses; the address of the page follows, and is followed on the first load."""
    asked = next((f"{name}={st.query_params[name]}" for name in ("run", "network") if name in st.query_params), FORM)
    known = choices()
    known = known if asked in known else {**known, asked: asked.partition("=")[2]}
    names = list(known)
    choice = st.selectbox("Code of", names, names.index(asked), format_func=known.__getitem__, key="scripts.of")
    name, _, value = choice.partition("=")
    if choice != asked:
        for other in ("run", "network"):
            st.query_params.pop(other, None)
        if name:
            st.query_params[name] = value
    return choice


def config_of(choice: str) -> RunConfig:
    """Raises StoreError where a run cannot be read, and says what of a link is not possible."""
    name, _, value = choice.partition("=")
    if name == "run":
        return store().config(value)
    given = {"network": value} if name == "network" else address.form_part()
    config, refusals = assignments.build(given, store().root)
    if refusals:
        st.warning(plain(" ".join(refusals)), icon=":material/warning:")
    return config


def what_it_is(level: str) -> None:
    """Whether this ran, or does the same as what runs, and how far that was tested."""
    if level == RAN:
        st.caption(
            "**Ran**: the source of our own functions that a run of this config goes through, as they lie in this copy "
            "of Tandem. Not a script by itself."
        )
        return
    exact, single = (digits(TOLERANCE[precision], 1) for precision in ("float64", "float32"))
    st.caption(
        "**Equivalent**: scripts that need no file of ours. They do what a run does, on the same data in the same "
        "order. For every network and optimizer a test holds their losses to those of our own loop in the same "
        f"framework, to {exact} of their size in float64 and {single} in float32, "
        "over the first steps on a CPU."
    )


def downloads(config: RunConfig, scripts: dict[str, Script], level: str) -> None:
    """Each script as a file and as a notebook; the data, where the script has it from a file."""
    stem = f"{config.network}_{config.dataset}_{level}"
    with st.container(horizontal=True, gap="xsmall", key="scripts.downloads"):
        for side, made in scripts.items():
            for words, text, end, kind in (
                (".py", made.text, "py", "text/x-python"),
                ("notebook", made.notebook, "ipynb", "application/x-ipynb+json"),
            ):
                st.download_button(
                    f"{NAMES[side]} {words}",
                    text,
                    f"{stem}_{side}.{end}",
                    kind,
                    icon=":material/download:",
                    on_click="ignore",
                )
        if config.dataset in FROM_FILE:
            st.download_button(
                "Data as .npz",
                lambda: as_file(config),
                FILE,
                icon=":material/download:",
                on_click="ignore",
                help="Beside the script, under this name: it holds the rows as the run has them.",
            )


def show(config: RunConfig) -> None:
    """The code of a config at the level that the person chooses."""
    st.markdown(f":gray[{plain(config.network_entry.title)} · {config.dataset} · {config.policy} · {config.optimizer}]")
    names: dict[Level | Ran, str] = {level: LEVELS[level] for level in LEVELS}
    names[RAN] = "What ran"
    level = st.segmented_control(
        "Level", names, default="layers", required=True, format_func=names.__getitem__, key="scripts.level"
    )
    if level != RAN and (why := refusal(config, level)):
        st.info(plain(why), icon=":material/info:")
        return
    view = st.segmented_control(
        "View", VIEWS, default="both", required=True, format_func=VIEWS.__getitem__, key="scripts.view"
    )
    what_it_is(level)
    if level == RAN:
        parts = {side: ran(config, side) for side in NAMES}
        texts = {side: "\n\n\n".join(part.code for part in found) for side, found in parts.items()}
    else:
        scripts = {side: script(config, side, level) for side in NAMES}
        parts = {side: [made.head, *made.parts] for side, made in scripts.items()}
        texts = {side: made.text for side, made in scripts.items()}
        downloads(config, scripts, level)
        script_view.how_much(scripts)
    if view == "both":
        script_view.side_by_side(parts["torch"], parts["tensorflow"])
    else:
        st.code(texts[view], language="python", line_numbers=True)


st.title("Code")
try:
    show(config_of(chosen()))
except (StoreError, DatasetError, OwnNetworkError) as error:
    st.warning(plain(str(error)), icon=":material/search_off:")

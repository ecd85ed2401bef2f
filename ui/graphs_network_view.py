"""A network as each framework sees it: both matched layer by layer, and its graphs drawn, searched and counted."""

import streamlit as st

from engine.charts import graphs as tables
from engine.config import FRAMEWORKS, NAMES, RunConfig
from engine.graphs.difference import rows
from engine.graphs.graph import VIEWS, Seen
from engine.graphs.request import Request, read
from ui import examinations, graphs_drawing
from ui.plain import plain
from ui.server import store

MOST_BATCH = 4096
DOING = "{both} build the network and draw their graphs"
PASSES = {"training": "Training", "inference": "Inference"}
LOOKS = {"layers": "Layer by layer", "graphs": "One graph"}


def show(config: RunConfig) -> None:
    """The button that draws; then all that there is of both sides."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="graphs-how"):
        chosen = _one_of("pass", "Pass", PASSES)
        look = _one_of("look", "Look at", LOOKS)
    request = examinations.requested(lambda: Request.build(config, chosen == "training"))
    if request is None:
        return
    seen = examinations.known(lambda: read(request, store()))
    examinations.panel(request, "Draw the graphs", seen is not None, doing=DOING)
    if seen:
        st.caption(plain(" · ".join(f"{NAMES[side]} {one.version}" for side, one in seen.items())))
        _layers(seen) if look == "layers" else _graph(seen)


def _one_of(name: str, label: str, words: dict[str, str]) -> str:
    """A choice that the page's address holds."""
    asked = st.query_params.get(name)
    default = asked if asked in words else next(iter(words))
    chosen = st.segmented_control(
        label, words, default=default, required=True, format_func=words.__getitem__, key=f"graphs-{name}"
    )
    st.query_params[name] = chosen
    return chosen


def _layers(seen: dict[str, Seen]) -> None:
    """PyTorch's FX graph and TensorFlow's concrete function, matched by the names of layers."""
    found = rows(seen)
    st.write(plain(tables.headline(found)))
    st.caption(
        "What torch.export and tf.function record of the forward pass, by the layers that both have; what reads or "
        "holds weights and constants is left out, and a loop's body counts once. What is one operation on one side and "
        "several on the other is the same job: a product with its bias, norms, GELU, dropout, look-ups, attention with "
        "the transposes around it. Reshapes, casts and what only keeps a value do no job. A layer is marked where one "
        "side does what the other does not."
    )
    if st.toggle("Only layers that differ", key="graphs-differing"):
        found = [row for row in found if row.differs]
    if not found:
        st.info("Every layer does the same operations.", icon=":material/check_circle:")
        return
    marked = [row.differs for row in found]
    table = tables.layer_table(found).rename(index=plain).map(plain)
    tint = "background-color: rgba(183, 121, 31, 0.14)"
    styled = table.style.apply(lambda row: [tint if marked[table.index.get_loc(row.name)] else ""] * len(row), axis=1)
    st.table(styled)


def _graph(seen: dict[str, Seen]) -> None:
    """One graph of one side."""
    views = {f"{side}.{view}": f"{NAMES[side]}: {VIEWS[side][view][0]}" for side in FRAMEWORKS for view in VIEWS[side]}
    asked = st.query_params.get("graph")
    chosen = st.pills(
        "Graph",
        views,
        default=asked if asked in views else next(iter(views)),
        required=True,
        format_func=views.__getitem__,
        key="graphs-graph",
    )
    st.query_params["graph"] = chosen
    side, _, view = chosen.partition(".")
    st.caption(VIEWS[side][view][1])
    graphs_drawing.show(side, view, seen[side].graphs[view])

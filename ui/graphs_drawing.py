"""One graph: searched, drawn by operation or by layer, counted, and as the text that the framework prints."""

import streamlit as st

from engine.charts import graphs as tables
from engine.config import FRAMEWORKS, NAMES
from engine.graphs import dot
from engine.graphs.graph import Graph, Node, found
from engine.quantities import count
from ui.plain import plain

MOST_DRAWN = 250  # boxes; beyond that nobody finds anything, and a browser takes seconds
WIDE = 40  # boxes up to which every operation is drawn if nobody says anything
HEIGHT = 640  # pixels
WAYS = {"layers": "A box for each layer", "operations": "A box for each operation"}
# Streamlit shrinks a drawing to the page's width, which on a phone nobody can read.
SCROLLED = (
    "<style>.st-key-graphs-drawn .stGraphVizChart { overflow-x: auto } .st-key-graphs-drawn svg { max-width: none } "
    "</style>"
)
COLOURS = {
    "light": (("#1B2430", "#667485", "#F3F5F7", "#F6D88A"), ("#D55E00", "#0072B2")),
    "dark": (("#E6EAF0", "#93A1B2", "#161D26", "#6B5410"), ("#FF7F3F", "#56B4E9")),
}


def show(side: str, view: str, graph: Graph) -> None:
    """The notes, what is looked for, and then drawing, table, counts and text."""
    for note in graph.notes:
        st.info(plain(note), icon=":material/info:")
    if not graph.nodes:
        return
    nodes, words = _chosen(f"{side}-{view}", graph)
    hits = found(nodes, words) if words else []
    total = f"{count(len(graph.nodes), 'node')} and {count(len(graph.edges()), 'edge')}"
    st.caption(plain(f"{total}; {count(len(hits), 'node')} found." if words else f"{total}."))
    _drawn(f"{side}-{view}", side, nodes, hits)
    _tables(f"{side}-{view}", graph, hits if words else nodes)


def _chosen(key: str, graph: Graph) -> tuple[list[Node], str]:
    """The nodes of the layer that is chosen, with weights and constants or without, and the words to search for."""
    groups = sorted({".".join(node.layer.split(".")[:end]) for node in graph.nodes for end in _ends(node.layer)})
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"graphs-search-{key}"):
        words = st.text_input(
            "Search",
            key="graphs-words",
            type="search",
            placeholder="matmul, transpose, hidden1 …",
            icon=":material/search:",
            width=280,
        )
        layer = st.selectbox(
            "Layer", ["", *groups], format_func=lambda name: name or "All", key=f"graphs-in-{key}", width=280
        )
        weights = st.toggle("Weights and constants", key="graphs-weights")
    nodes = list(graph.nodes) if weights else dot.without_weights(graph.nodes)
    return [node for node in nodes if not layer or f"{node.layer}.".startswith(f"{layer}.")], words or ""


def _ends(layer: str) -> range:
    return range(1, len(layer.split(".")) + 1) if layer else range(0)


def _drawn(key: str, side: str, nodes: list[Node], hits: list[Node]) -> None:
    usual = "operations" if len(nodes) <= WIDE else "layers"
    way = st.segmented_control(
        "Drawing", WAYS, default=usual, required=True, format_func=WAYS.__getitem__, key=f"graphs-way-{key}-{usual}"
    )
    if way == "operations" and len(nodes) > MOST_DRAWN:
        told = f"{count(len(nodes), 'operation')} are too many for one drawing: choose a layer."
        st.info(told, icon=":material/zoom_in:")
        return
    if not nodes:
        st.info("There is nothing here but weights and constants.", icon=":material/info:")
        return
    plain_colours, frames = COLOURS[st.context.theme.type or "light"]
    colours = dot.Colours(*plain_colours, frames[FRAMEWORKS.index(side)])
    draw = dot.operations if way == "operations" else dot.layers
    text = draw(nodes, {node.name for node in hits}, colours)
    alt = f"The graph of {NAMES[side]}, {WAYS[way].lower()}; the table below has the same."
    whole = st.toggle("Whole drawing at once", key="graphs-whole", help="As small as that needs it to be.")
    with st.container(key="graphs-drawn"):
        if not whole:
            st.html(SCROLLED)
        st.graphviz_chart(text, width="content", alt=alt)


def _tables(key: str, graph: Graph, nodes: list[Node]) -> None:
    with st.expander("Operations, one by one", icon=":material/list:", key=f"graphs-nodes-{key}"):
        st.dataframe(tables.node_table(nodes), hide_index=True, key=f"graphs-table-{key}")
    with st.expander("How many of each", icon=":material/tag:", key=f"graphs-counts-{key}", expanded=True):
        st.dataframe(tables.counts_table(graph), width=420, key=f"graphs-count-table-{key}")
    text = graph.text or graph.listing()
    with st.expander("As text", icon=":material/notes:", key=f"graphs-text-{key}", on_change="rerun") as place:
        if place.open:
            st.code(text, language=None, height=HEIGHT)
    name = f"{key}.txt"
    st.download_button("Text", text, name, "text/plain", icon=":material/download:", on_click="ignore", key=name)

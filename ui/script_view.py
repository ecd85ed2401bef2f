"""Two scripts side by side: rows of the same matter share a line, and what differs is marked."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby, zip_longest
from pathlib import Path

import pandas as pd
import streamlit as st

from engine.config import FRAMEWORKS, NAMES
from engine.scripts.align import Row, align, marked
from engine.scripts.counts import CONCEPTS, concept_of, counted
from engine.scripts.script import Part, Script, spaced
from ui.colours import of_theme

STYLE = Path(__file__).with_name("script_view.css").read_text(encoding="utf-8")
FOLDED = 8  # so many lines that are the same in both are shown when a person asks


def how_much(scripts: Mapping[str, Script]) -> None:
    """Lines, names and concepts of both, and how they were counted; nothing is counted before a person asks."""
    with st.expander("How much there is to know", icon=":material/straighten:", on_change="rerun",
                     key="scripts.counts") as place:  # fmt: skip
        if not place.open:
            return
        found = counted(scripts)
        rows = {
            "Lines of code": [str(each.lines) for each in found.values()],
            "Names of the framework": [str(len(each.names)) for each in found.values()],
            "Concepts": [str(len(each.concepts)) for each in found.values()],
        }
        for concept in CONCEPTS:
            told = [", ".join(f"`{name}`" for name in each.names if concept_of(name) == concept) or "–"
                    for each in found.values()]  # fmt: skip
            if any(names != "–" for names in told):
                rows[concept] = told
        table = pd.DataFrame.from_dict(rows, orient="index", columns=[NAMES[side] for side in found])
        st.table(table, border="horizontal", alt="Lines, names and concepts of both scripts")
        st.caption(
            "Counted from the scripts as they stand: lines that hold code, without comments and docstrings, and "
            "distinct names of the framework's modules, or with a dot before them methods and attributes of objects. "
            "Left out is what is the same in both, which makes data or weights in NumPy, and what every list, "
            "dictionary, set or text has. A concept is a group of names by the rules in engine/scripts/counts.py. The "
            "matched policy brings helpers that make both equal; defaults shows what each framework asks for by itself."
        )


def side_by_side(torch: Sequence[Part], tensorflow: Sequence[Part]) -> None:
    """All parts, PyTorch's on the left; one below the other where there is no room."""
    colours = of_theme()
    variables = "".join(f"--{side}: {colours[side]};" for side in FRAMEWORKS)
    heads = "".join(f'<div class="head {side}">{NAMES[side]}</div>' for side in FRAMEWORKS)
    body = "".join(_part(*lines) for lines in _in_order(torch, tensorflow))
    label = "The scripts of both frameworks, line against line"
    page = f'<div class="scripts" role="region" aria-label="{label}" style="{variables}">'
    st.html(f'<style>{STYLE}</style>{page}<div class="rows">{heads}</div>{body}</div>')


def _in_order(torch: Sequence[Part], tensorflow: Sequence[Part]) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each title with the lines of both: none where a framework has no such part."""
    rows = align([part.title for part in torch], [part.title for part in tensorflow])
    parts = {side: {part.title: part for part in every} for side, every in (("a", torch), ("b", tensorflow))}
    for row in rows:
        titles = [row.torch] if row.same else [row.torch, row.tensorflow]
        for title in (title for title in titles if title is not None):
            yield title, _lines(parts["a"].get(title)), _lines(parts["b"].get(title))


def _lines(part: Part | None) -> list[str]:
    return spaced(part.code).splitlines() if part else []


def _part(title: str, torch: list[str], tensorflow: list[str]) -> str:
    found = f"<h4>{escape(title)}</h4>"
    for same, group in groupby(align(torch, tensorflow), lambda row: row.same):
        rows = list(group)
        lines = "".join(map(_row, rows))
        folded = same and len(rows) > FOLDED
        found += (
            f"<details><summary>{len(rows)} lines, the same in both</summary><div class='rows'>{lines}</div></details>"
            if folded
            else f'<div class="rows">{lines}</div>'
        )
    return found


def _row(row: Row) -> str:
    if row.same:
        text = escape(row.torch or "")
        return f'<pre class="same">{text}\n</pre><pre class="same again">{text}\n</pre>'
    cells = zip_longest(FRAMEWORKS, (row.torch, row.tensorflow), (row.tensorflow, row.torch))
    return "".join(_cell(side, line, other) for side, line, other in cells)


def _cell(side: str, line: str | None, other: str | None) -> str:
    if line is None:
        return '<pre class="none">\n</pre>'
    pieces = "".join(escape(text) if known else f"<mark>{escape(text)}</mark>" for text, known in marked(line, other))
    return f'<pre class="{side}">{pieces}\n</pre>'

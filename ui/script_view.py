"""Two scripts side by side: rows of the same matter share a line, and what differs is marked."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, zip_longest
from pathlib import Path

import streamlit as st

from engine.config import FRAMEWORKS, NAMES
from engine.scripts.align import Row, align, marked
from engine.scripts.script import Part, spaced
from ui.colours import of_theme

STYLE = Path(__file__).with_name("script_view.css").read_text(encoding="utf-8")
FOLDED = 8  # so many lines that are the same in both are shown when a person asks


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

"""A benchmark as one HTML page that needs nothing else: words, tables, figures to save as pictures, raw values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

# Whatever a title or a host may hold: the page loads nothing, sends nothing and runs its own scripts alone.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
WIDTH, HEIGHT = 1280, 720  # pixels of a picture; twice as many in a PNG
RAW_WORDS = "Every timed block, the machine and the certificate, as one JSON file that another Tandem opens."


@dataclass(frozen=True)
class Part:
    """A section of the page: a title, paragraphs, then a table or a figure, each where there is one."""

    title: str
    paragraphs: Sequence[str] = ()
    table: pd.DataFrame | None = None
    figure: go.Figure | None = None
    alt: str = ""


def html(
    title: str, answer: Sequence[str], parts: Sequence[Part], raw: str, file_name: str, raw_words: str = RAW_WORDS
) -> str:
    """The page as text. `raw` is JSON, which a button of the page gives back as `file_name`.json."""
    figures = {f"figure-{place}": _light(part.figure) for place, part in enumerate(parts) if part.figure is not None}
    body = "".join(_section(f"figure-{place}", part) for place, part in enumerate(parts))
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in answer)
    asset = Path(__file__).with_name
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{asset('speed_page.css').read_text(encoding='utf-8')}</style>\n</head>\n"
        f'<body>\n<main>\n<h1>{escape(title)}</h1>\n<div class="answer">{told}</div>\n{body}'
        f"<section><h2>Raw values</h2><p>{escape(raw_words)}</p>"
        '<button id="raw">Save as JSON</button></section>\n</main>\n'
        f"{_data('benchmark', raw)}{_data('figures', _json(figures))}{_data('options', _options(file_name))}"
        f"<script>{get_plotlyjs()}</script>\n"
        f"<script>{asset('speed_page.js').read_text(encoding='utf-8')}</script>\n</body>\n</html>\n"
    )


def _light(figure: go.Figure) -> go.Figure:
    """The figure on white paper, in the page's own letters."""
    return go.Figure(figure).update_layout(
        template="plotly_white", font={"family": "system-ui, sans-serif", "size": 13}
    )


def _section(key: str, part: Part) -> str:
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in part.paragraphs)
    table = ""
    if part.table is not None:
        table = f'<div class="wide">{part.table.to_html(border=0, escape=True, index_names=False)}</div>'
    figure = ""
    if part.figure is not None:
        alt, height = escape(part.alt, quote=True), part.figure.layout.height or HEIGHT
        buttons = "".join(
            f'<button data-save="{kind}" data-of="{key}">{kind.upper()}</button>' for kind in ("png", "svg")
        )
        figure = (
            f'<figure><div id="{key}" role="img" aria-label="{alt}" style="height:{height}px"></div>'
            f"<figcaption>Save as {buttons}</figcaption></figure>"
        )
    return f"<section><h2>{escape(part.title)}</h2>{paragraphs}{table}{figure}</section>\n"


def _data(key: str, text: str) -> str:
    """JSON inside the page; no text in it can end the element early."""
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'<script type="application/json" id="{key}">{safe}</script>\n'


def _json(figures: Mapping[str, go.Figure]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{figure.to_json()}" for key, figure in figures.items()) + "}"


def _options(file_name: str) -> str:
    return json.dumps({"name": file_name, "width": WIDTH, "height": HEIGHT})

"""Curves of the chosen runs over each other, what differs between them, and files to take away."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from engine import comparison
from engine.charts import comparison as curves
from engine.charts import comparison_files as files
from engine.charts.progress import RunProgress
from engine.charts.speed_page import HEIGHT, WIDTH
from engine.comparison import Asked
from engine.config import NAMES
from ui.plain import plain

PICTURES = ("PNG", "SVG")


def show(asked: Asked, progresses: Mapping[str, RunProgress], labels: Mapping[str, str]) -> None:
    """All of it."""
    configs = {run: progress.config for run, progress in progresses.items()}
    sides = {run: {name: side.curves for name, side in progress.sides.items()} for run, progress in progresses.items()}
    drawn = curves.lines(asked, configs, sides, labels)
    if not drawn:
        st.info("None of these runs has such a curve yet.", icon=":material/info:")
        return
    picture = _takes(asked, drawn, configs, sides, labels)
    made = curves.figure(asked, drawn, st.context.theme.type or "light")
    st.plotly_chart(
        made, key="compare.figure", width="stretch", alt=f"{asked.metric} over {asked.x} of {len(progresses)} runs",
        config={
            "displaylogo": False, "displayModeBar": True,
            "modeBarButtons": [["toImage", "zoom2d", "resetScale2d"]],
            "toImageButtonOptions": {
                "format": picture.lower(), "filename": "tandem-comparison", "width": WIDTH,
                "height": max(HEIGHT, made.layout.height or 0), "scale": 2 if picture == "PNG" else 1,
            },
        },
    )  # fmt: skip
    for sentence in (*files.notes(asked, drawn), *_missing(asked, progresses, labels)):
        st.caption(plain(sentence))
    st.subheader("At the end")
    st.table(_plain(files.ends(asked, drawn)), border="horizontal", alt="The last value of each line")
    st.subheader("What differs")
    table = differences(configs, labels)
    if table.empty:
        st.markdown("Nothing: these runs were asked for the same.")
    else:
        st.table(_plain(table), border="horizontal", alt="The config fields that differ between the runs")


def differences(configs: Mapping, labels: Mapping[str, str]) -> pd.DataFrame:
    """A row for each field that differs, a column for each run."""
    rows = comparison.differing(configs)
    return pd.DataFrame({labels[run]: {name: row[run] or "–" for name, row in rows.items()} for run in configs})


def _takes(asked: Asked, drawn, configs, sides, labels) -> str:
    """The way pictures are saved, and the files; they are made when a person asks for them."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute",
                      key="compare.takes"):  # fmt: skip
        picture = st.segmented_control("Pictures as", PICTURES, default="PNG", required=True, key="compare.pictures",
                                       help="The camera above the chart saves it like this.")  # fmt: skip
        with st.container(horizontal=True, width="content"):
            st.download_button("Values as CSV", lambda: files.as_csv(asked, configs, sides, labels),
                               "tandem-comparison.csv", "text/csv", icon=":material/download:", key="compare.csv",
                               help="Every raw value of this curve, not smoothed.")  # fmt: skip
            page = "tandem-comparison.html"
            st.download_button("As a page", lambda: files.as_page(asked, configs, drawn, labels,
                                                                  differences(configs, labels)), page, "text/html",
                               icon=":material/draft:", key="compare.page",
                               help="One HTML file that needs no network.")  # fmt: skip
    return picture


def _missing(asked: Asked, progresses: Mapping[str, RunProgress], labels: Mapping[str, str]) -> list[str]:
    """What of the runs is not in the figure, in sentences."""
    found = []
    for run, progress in progresses.items():
        for side in asked.sides:
            if side not in progress.sides:
                found.append(f"{labels[run]} was not trained in {NAMES[side]}.")
            elif progress.statuses[side].word == "diverged":
                found.append(f"{labels[run]} diverged in {NAMES[side]}: its curve ends there.")
    return found


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """With its texts as they are: Streamlit's tables would read Markdown in them."""
    return table.map(lambda text: plain(str(text))).rename(
        index=lambda text: plain(str(text)), columns=lambda text: plain(str(text))
    )

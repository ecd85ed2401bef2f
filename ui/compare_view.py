"""What a comparison shows: the figure, what a reader must know, what differs, and files to take."""

import streamlit as st

from engine.charts import comparison, comparison_report, comparison_tables
from engine.charts.comparison import Compared
from engine.charts.comparison_figure import axis_words, figure
from engine.charts.comparison_tables import MOST_ROWS
from engine.charts.speed_page import HEIGHT, WIDTH
from engine.experiments.comparison import Comparison
from engine.quantities import count
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 2.0
FEW = 3  # remarks that stand open
FEW_RUNS = 4  # stand in columns where many fields differ
PICTURES = ("PNG", "SVG")


def show(asked: Comparison) -> None:
    """All of it; while a run still trains, it renews itself."""
    live = comparison.live(store(), asked.runs)
    st.fragment(_panel, run_every=REFRESH_SECONDS if live else None)(asked, live)


def _panel(asked: Comparison, live: bool) -> None:
    found = comparison.gather(store(), asked)
    if found.live != live:
        st.rerun()
    _remarks(found)
    if not found.configs:
        return
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="compare.takes"
    ):
        picture = st.segmented_control(
            "Picture as", PICTURES, default=PICTURES[0], required=True, key="compare.pictures",
            help="The camera above the chart saves it like this, for a paper or a slide.",
        )  # fmt: skip
        _files(found)
    if found.lines:
        _chart(found, picture)
    else:
        st.info("There is no curve to draw.", icon=":material/show_chart:")
    _differences(found)


def _chart(found: Compared, picture: str) -> None:
    drawn = figure(found, st.context.theme.type or "light")
    st.plotly_chart(
        drawn,
        key="compare.chart",
        width="stretch",
        alt=comparison_report.title(found),
        config={
            "displaylogo": False,
            "displayModeBar": True,
            "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
            "toImageButtonOptions": {
                "format": picture.lower(),
                "filename": "tandem-comparison",
                "width": WIDTH,
                "height": max(HEIGHT, drawn.layout.height or 0),
                "scale": 2 if picture == "PNG" else 1,
            },
        },
    )
    if told := axis_words(found):
        st.caption(plain(told))


def _remarks(found: Compared) -> None:
    """A line each; many of them below one another in one box."""
    if found.remarks:
        shown = [plain(remark) for remark in found.remarks]
        st.info("\n\n".join(shown[:FEW]), icon=":material/info:")
        if rest := shown[FEW:]:
            with st.expander(f"{count(len(rest), 'remark')} more"):
                st.markdown("\n".join(f"- {remark}" for remark in rest))


def _differences(found: Compared) -> None:
    st.subheader("What differs")
    same = comparison_tables.sameness(found)
    st.caption(plain(f"{same} Beside the fields: the last value of each curve, not smoothed."))
    table = comparison_tables.runs_table(found)
    shown = table.map(lambda text: plain(str(text))).rename(
        index=lambda text: plain(str(text)), columns=lambda text: plain(str(text))
    )
    upright = len(shown) <= FEW_RUNS and len(shown.columns) > 2 * FEW_RUNS
    st.table(shown.T if upright else shown, border="horizontal", alt="What differs between the runs")


def _files(found: Compared) -> None:
    """The comparison as files; each is made when somebody asks for it."""
    rows = comparison_tables.rows(found)
    too_many = f"It would have {count(rows, 'row')}, more than {count(MOST_ROWS)}: choose fewer runs."
    with st.container(horizontal=True, width="content", key="compare.files"):
        st.download_button(
            "Raw values as CSV",
            lambda: comparison_tables.raw_csv(found),
            "tandem-comparison.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
            disabled=not 0 < rows <= MOST_ROWS,
            help=too_many if rows > MOST_ROWS else "A row for each point, not smoothed and not thinned out.",
        )
        st.download_button(
            "As a page",
            lambda: comparison_report.page(found),
            "tandem-comparison.html",
            "text/html",
            icon=":material/description:",
            on_click="ignore",
            disabled=not rows,
            help="One HTML file with the chart, the table and the raw values; it needs no network.",
        )

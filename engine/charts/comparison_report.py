"""A comparison as one HTML page that needs nothing else: the figure, what differs, remarks, raw values."""

from engine.charts.comparison import Compared
from engine.charts.comparison_figure import axis_words, figure
from engine.charts.comparison_tables import MOST_PAGE_ROWS, raw_json, rows, runs_table, sameness
from engine.charts.speed_page import Part, html
from engine.charts.words import METRICS
from engine.quantities import count

EVERY = "Every point of every curve, unsmoothed, and the whole config of each run, as one JSON file."


def title(found: Compared) -> str:
    """What the page compares."""
    name = METRICS[found.asked.y].split(",")[0]
    return f"{name} of {count(len(found.configs), 'run')}"


def page(found: Compared) -> str:
    """The page's text; where there are too many points for a page, it holds those that are drawn, and says so."""
    whole = rows(found) <= MOST_PAGE_ROWS
    kept = EVERY if whole else f"The configs only: {count(rows(found), 'point')} are too many for a page."
    curves = Part("Curves", [axis_words(found)], figure=figure(found), alt=title(found))
    runs = Part("Runs", [sameness(found), "Beside the fields: the last value of each curve, not smoothed."],
                runs_table(found))  # fmt: skip
    return html(title(found), list(found.remarks), [curves, runs], raw_json(found, whole), "tandem-comparison", kept)

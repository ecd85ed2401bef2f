"""What both sides have learned, while they train and after: boundaries, predictions, filters, texts, histograms."""

import streamlit as st

from engine import quantities
from engine.charts import boundary as boundaries
from engine.charts import learned
from engine.charts.learned import Views
from engine.config import NAMES
from engine.datasets.catalogue import DATASETS
from engine.datasets.characters import decode
from engine.runs import StoreError
from engine.store import view_files
from engine.store.progress import RunProgress
from engine.store.view_files import ViewError
from ui.boundary import boundary
from ui.colours import coloured, of_theme
from ui.plain import plain
from ui.server import store

REFRESH_SECONDS = 1.0
LEARNED, HISTOGRAMS = "What it learned", "Histograms"
AT_ONCE = 12  # tensors


def show(progress: RunProgress, live: bool) -> None:
    """Everything that views and histograms tell of a run; while it is `live` it renews itself."""
    chosen = st.segmented_control(
        "Show", [LEARNED, HISTOGRAMS], default=LEARNED, required=True, key="learned.part", label_visibility="collapsed"
    )
    panel = _histograms if chosen == HISTOGRAMS else _learned
    st.fragment(_renewed, run_every=REFRESH_SECONDS if live else None)(panel, progress, live)


def _renewed(panel, progress: RunProgress, live: bool) -> None:
    try:
        panel(progress, live)
    except StoreError:  # deleted just now, or damaged: the page says so
        st.rerun()
    except ViewError as error:
        st.warning(plain(str(error)), icon=":material/broken_image:")


def _learned(progress: RunProgress, live: bool) -> None:
    places = boundaries.folders(store(), progress.run)
    steps = boundaries.shown_steps(places, None if live else _chosen_step(progress, places))
    if not steps:
        _nothing(progress, live)
        return
    views = view_files.load_together(places, steps, progress.config)
    _which(progress, steps)
    _shown(progress, views, live, max(steps.values()))


def _chosen_step(progress: RunProgress, places: dict) -> int | None:
    """The step on the slider, which begins at the end."""
    return _slider(progress, "views", max((view_files.steps(folder) for folder in places.values()), key=len))


def _slider(progress: RunProgress, of: str, steps: list[int]) -> int | None:
    if len(steps) < 2:
        return None
    return st.select_slider("After step", steps, steps[-1], quantities.count, key=f"learned.step.{of}.{progress.run}")


def _nothing(progress: RunProgress, live: bool) -> None:
    if not progress.config.snapshots:
        st.info("This run records no snapshots: they are off in its configuration.", icon=":material/visibility_off:")
    elif live:
        st.caption("Waiting for the first snapshot…")
    else:
        st.info("This run has recorded no snapshot.", icon=":material/visibility_off:")


def _which(progress: RunProgress, steps: dict[str, int]) -> None:
    """Of which moment and which rows this is."""
    if len(set(steps.values())) == 1:
        told = f"After step {quantities.count(max(steps.values()))}."
    else:
        each = ", ".join(f"{NAMES[side]} after step {quantities.count(step)}" for side, step in steps.items())
        told = f"{each}: differences include that of the steps."
    validates = any(side.started and side.started.validation_examples for side in progress.sides.values())
    rows = "Rows for validation" if validates else "Rows of training, as there are none for validation"
    st.caption(f"{told} {rows}, the same on both sides.")


def _shown(progress: RunProgress, views: Views, live: bool, step: int) -> None:
    config = progress.config
    labels = DATASETS[config.dataset].labels(config.dataset_options)
    some = next(iter(views.values()))
    colours = of_theme()
    if "text" in some:
        _texts(views)
    if "grid" in some:
        boundary(progress.run, live=live, step=None if live else step)
    if "reconstructions" in some:
        _plot("Inputs and their reconstructions", learned.reconstructions_figure(views), "reconstructions")
    elif "images" in some:
        _plot("Predictions", learned.predictions_figure(views, labels, colours), "predictions")
    if "sequences" in some:
        _plot("Some sequences", learned.sequences_figure(views, labels), "sequences")
    if "confusion" in some:
        _plot("Confusion matrix", learned.confusion_figure(views, labels), "confusion")
    if "predicted" in some:
        _plot("Predicted against true", learned.regression_figure(views, colours), "predicted")
    if "filters" in some:
        _plot("First layer", learned.filters_figure(views), "filters")


def _plot(title: str, figure, name: str) -> None:
    st.markdown(f"**{title}**")
    config = {"displayModeBar": False}
    st.plotly_chart(figure, key=f"learned.{name}", width="stretch", config=config, alt=f"{title} of both sides")


def _texts(views: Views) -> None:
    """What each side writes behind the same beginning, with the same random numbers."""
    some = next(iter(views.values()))
    st.markdown("**A sampled text**")
    st.caption("Both go on from the same characters and draw with the same random numbers. They are given:")
    st.code(decode(some["prompt"]), language=None, wrap_lines=True)
    for place, (side, view) in zip(st.columns(len(views)), views.items(), strict=True):
        place.markdown(coloured(side))
        place.code(decode(view["text"]), language=None, wrap_lines=True)


def _histograms(progress: RunProgress, live: bool) -> None:
    kept = {name: side.histograms for name, side in progress.sides.items() if side.histograms}
    if not kept:
        off = "They are off in its configuration." if not progress.config.histograms else "They come at epoch ends."
        st.info(f"This run has no histograms yet. {off}", icon=":material/bar_chart:")
        return
    steps = sorted({one.step for told in kept.values() for one in told})
    step = None if live else _slider(progress, "histograms", steps)
    told = {name: learned.at_step(kept[name], step) for name in kept}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.segmented_control("Of", ["weights", "gradients"], default="weights", required=True, key="learned.of")
        names = [name for name in next(iter(told.values())).tensors if name.startswith(f"{part}/")]
        groups = [names[first : first + AT_ONCE] for first in range(0, len(names), AT_ONCE)]
        group = groups[0]
        if len(groups) > 1:
            group = st.selectbox("Layers", groups, format_func=_span_of, key=f"learned.group.{part}")
    at = _at({name: histograms.step for name, histograms in told.items()})
    st.caption(f"PyTorch to the left, TensorFlow to the right. {at}")
    _plot(part.capitalize(), learned.histograms_figure(told, group, of_theme()), f"histograms.{part}")


def _span_of(names: list[str]) -> str:
    first, last = (names[place].partition("/")[2] for place in (0, -1))
    return f"{first} … {last}"


def _at(steps: dict[str, int]) -> str:
    return ", ".join(f"{NAMES[side]} after step {quantities.count(step)}" for side, step in steps.items()) + "."

"""The Seeds view: the shown config over several seeds, as bands, with a verdict in words."""

import streamlit as st

from engine.charts.experiment_words import name_of, verdict
from engine.store.progress import RunProgress
from ui import experiment_view


def show(progress: RunProgress) -> None:
    """The newest experiment over seeds for this run's config, or how to begin one; it renews itself while it runs."""
    if not experiment_view.can_compare(progress.config):
        return
    st.caption(
        "One run cannot tell whether a difference is more than luck. Here the same config is trained over several "
        "seeds; both frameworks meet each seed, so that they are compared pair by pair."
    )
    waits = experiment_view.live(experiment_view.found_for("seeds", progress.config))
    st.fragment(_panel, run_every=experiment_view.REFRESH_SECONDS if waits else None)(progress, waits)


def _panel(progress: RunProgress, waited: bool) -> None:
    found = experiment_view.found_for("seeds", progress.config)
    if experiment_view.live(found) != waited:
        st.rerun()
    if not waited:
        experiment_view.starter("seeds", progress.config, 1)
    if not found:
        return
    experiment_view.progress_of(found)
    if not found.metrics:
        st.caption("The first verdict comes when two runs have finished.")
        return
    experiment_view.verdict_card(found)
    experiment_view.curves(found, "seeds")
    rows = {name_of(metric): verdict(found.comparison(metric)) for metric in found.metrics}
    st.table({"Metric": list(rows), "Over the seeds": list(rows.values())}, border="horizontal", hide_index=True,
             alt="Verdict of each metric")  # fmt: skip
    st.button("Forget this experiment", icon=":material/delete:", on_click=experiment_view.forget,
              args=(found.experiment,), type="tertiary", key="seeds.forget", help="Its runs stay.")  # fmt: skip

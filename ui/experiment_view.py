"""What the Seeds and the Defaults views share: start an experiment, watch its runs, stop it, and draw its bands."""

import streamlit as st

from engine.charts import bands
from engine.charts.experiment_words import explained, name_of, verdict
from engine.config import NAMES, ConfigError, RunConfig
from engine.experiments import experiment
from engine.experiments.experiment import NOTHING, SEEDS, Experiment
from engine.experiments.outcomes import Outcomes, outcomes
from engine.probes import ready
from engine.quantities import count
from engine.runs import StoreError
from ui import refusals
from ui.plain import plain
from ui.server import launcher, store

REFRESH_SECONDS = 2.0


def found_for(kind: str, config: RunConfig) -> Outcomes | None:
    """The newest experiment for this config as far as it has come; None where there is none."""
    made = experiment.newest(store(), kind, config)
    return outcomes(store(), made) if made else None


def starter(kind: str, config: RunConfig, runs_per_seed: int) -> None:
    """How many seeds, and the button that queues their runs; a sentence where that is refused."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seeds = st.number_input(
            "Seeds",
            2,
            experiment.MOST_SEEDS,
            SEEDS,
            key=f"{kind}.seeds",
            width=140,
            help=f"They count on from the run's own seed, {config.seed}. More seeds make a narrower interval.",
        )
        st.button(
            f"Train {count(seeds * runs_per_seed, 'run')}",
            icon=":material/playlist_play:",
            disabled=not launcher().leads,
            on_click=_create,
            args=(kind, config, seeds),
            key=f"{kind}.start",
        )
    refusals.error(refusals.kept(kind))


def _create(kind: str, config: RunConfig, seeds: int) -> None:
    try:
        ready.check(config)
        experiment.create(store(), launcher().submit, kind, config, seeds)
        refusals.keep(kind, "")
    except (ConfigError, StoreError) as error:
        refusals.keep(kind, str(error))


def progress_of(found: Outcomes) -> None:
    """How far the runs are, with a button that stops them; and which of them cannot be compared, and why."""
    made, total = found.experiment, len(found.experiment.members)
    if found.ended < total:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(found.ended / total, f"{found.ended} of {count(total, 'run')} ended")
            st.button(
                "Stop all",
                icon=":material/stop:",
                on_click=experiment.stop,
                args=(store(), made, launcher().stop),
                disabled=not launcher().leads,
                key=f"{made.kind}.stop",
            )
    if left := found.left_out():
        listed = "; ".join(left[:6]) + (f"; and {len(left) - 6} more" if len(left) > 6 else "")
        st.warning(plain(f"Left out of the comparison: {listed}."), icon=":material/rule:")


def live(found: Outcomes | None) -> bool:
    """Whether there is something to wait for."""
    return found is not None and found.ended < len(found.experiment.members)


def verdict_card(found: Outcomes, flip: str = NOTHING) -> None:
    """What the seeds say about the metric that says most, and how to read it."""
    compared = found.comparison(found.metrics[0], flip)
    told = verdict(compared)
    st.markdown(f"#### {name_of(compared.metric)}: {told}")
    st.caption(explained(compared))


def curves(found: Outcomes, kind: str, flip: str = NOTHING) -> None:
    """The bands of one metric, which a person chooses."""
    metric = st.segmented_control(
        "Metric",
        found.metrics,
        default=found.metrics[0],
        required=True,
        format_func=lambda name: name_of(name).split(",")[0],
        key=f"{kind}.metric",
    )
    runs = list(found.of(flip).values())
    if not runs:
        st.caption("No run of this kind has finished yet.")
        return
    figure = bands.bands(runs, metric, st.context.theme.type or "light")
    sides = " and ".join(NAMES.values())
    alt = f"{name_of(metric)} by epoch of {sides}: the mean of {count(len(runs), 'seed')} and its 95 % interval"
    st.plotly_chart(figure, key=f"{kind}.bands.{flip}", width="stretch", alt=alt)


def can_compare(config: RunConfig) -> bool:
    """Whether the run has both sides; else one sentence says what to do."""
    if len(config.frameworks) == 2:
        return True
    st.info("This compares the two frameworks. Train both sides first.", icon=":material/compare_arrows:")
    return False


def forget(made: Experiment) -> None:
    """Remove the experiment; its runs stay."""
    try:
        experiment.delete(store(), made.id)
    except StoreError as error:
        refusals.keep(made.kind, str(error))

"""The Defaults view: each default that differs for this config, flips to match them, and what each flip does."""

import streamlit as st

from engine.charts import bands
from engine.charts.experiment_words import effect_words, effects_explained, name_of
from engine.config import NAMES, RunConfig
from engine.experiments import experiment
from engine.experiments.outcomes import Outcomes, curve_metric
from engine.fairness.differences import Difference, differences, title
from engine.runs import StoreError
from engine.store.progress import RunProgress
from ui import address, experiment_view, refusals
from ui.plain import plain
from ui.server import launcher


def show(progress: RunProgress) -> None:
    """The defaults that differ for this run's config, and the experiment that matches them one at a time."""
    config = progress.config
    base = experiment.base_of("defaults", config)
    found = differences(base)
    flips = [each for each in found if each.matchable]
    st.caption(
        "PyTorch and Keras do not begin, normalise and step alike when nobody says anything. Match one default at a "
        "time, and see how far the curves come together."
    )
    _flips(base, config, flips)
    for each in found:
        _difference(each)
    if not experiment_view.can_compare(config):
        return
    st.subheader("What each one does", help="Each default is matched alone, over several seeds, and all of them last.")
    waits = experiment_view.live(experiment_view.found_for("defaults", config))
    every = experiment_view.REFRESH_SECONDS if waits else None
    st.fragment(_panel, run_every=every)(progress, waits, len(flips) + 2)


def _flips(base: RunConfig, config: RunConfig, flips: list[Difference]) -> None:
    """Choose what is matched, and train that once."""
    titles = {each.name: each.title for each in flips}
    matched = config.policy == "matched"
    chosen = st.pills(
        "Matched",
        list(titles),
        selection_mode="multi",
        default=list(titles) if matched else [name for name in config.matched_defaults if name in titles],
        format_func=lambda name: titles[name],
        key=f"defaults.flips.{config.network}.{config.optimizer}.{config.policy}.{','.join(config.matched_defaults)}",
        help="What is not chosen stays each framework's own.",
    )
    ordered = tuple(name for name in titles if name in chosen)
    wanted = base.model_copy(update={"matched_defaults": ordered})
    st.button(
        "Train with these matched",
        icon=":material/play_arrow:",
        disabled=not launcher().leads,
        on_click=_train,
        args=(wanted,),
        key="defaults.train",
    )


def _train(config: RunConfig) -> None:
    try:
        address.show_run(launcher().submit(config))
        refusals.keep("defaults", "")
    except StoreError as error:
        refusals.keep("defaults", str(error))


def _difference(each: Difference) -> None:
    """One default: its value on either side, where that is defined, and what it teaches."""
    label = each.title if each.matchable else f"{each.title} (equal in every run)"
    with st.expander(label, icon=":material/tune:" if each.matchable else ":material/school:"):
        sides = zip(NAMES.values(), each.values, each.where, strict=True)
        for place, (name, value, where) in zip(st.columns(2), sides, strict=True):
            place.markdown(f"**{name}**: {plain(value)}")
            place.code(where, language=None, wrap_lines=True)
        st.write(each.lesson)


def _panel(progress: RunProgress, waited: bool, runs_per_seed: int) -> None:
    found = experiment_view.found_for("defaults", progress.config)
    if experiment_view.live(found) != waited:
        st.rerun()
    if not waited:
        experiment_view.starter("defaults", progress.config, runs_per_seed)
    if not found:
        return
    experiment_view.progress_of(found)
    if not found.metrics or not found.of():
        st.caption("The first effects come when two seeds have finished.")
        return
    _effects(found)
    flip = st.segmented_control(
        "Curves with this matched",
        found.experiment.flips,
        default=found.experiment.flips[0],
        required=True,
        format_func=lambda name: title(name, found.experiment.config),
        key="defaults.flip",
    )
    experiment_view.curves(found, "defaults", flip)
    st.button("Forget this experiment", icon=":material/delete:", on_click=experiment_view.forget,
              args=(found.experiment,), type="tertiary", key="defaults.forget", help="Its runs stay.")  # fmt: skip


def _effects(found: Outcomes) -> None:
    """How much closer each flip brings the two frameworks: at the end, and along the curve."""
    main, loss = found.metrics[0], curve_metric(found.metrics)
    final = found.effects(main)
    titles = [title(each.flip, found.experiment.config) for each in final]
    columns = {"Matched": titles, f"{name_of(main)}, final": [effect_words(main, each) for each in final]}
    along = found.effects(loss, along=True) if loss else []
    if loss:
        columns[f"{name_of(loss).split(',')[0]}, along the curve"] = [effect_words(loss, each) for each in along]
    st.markdown(f"**Distance between the frameworks: {name_of(loss or main).lower()}**")
    figure = bands.effect_dots(along or final, titles, loss or main, st.context.theme.type or "light")
    alt = "Change of the distance between the frameworks when each default is matched, with its interval"
    st.plotly_chart(figure, key="defaults.effects", width="stretch", alt=alt)
    st.table(columns, border="horizontal", hide_index=True, alt="Effect of each matched default")
    st.caption(f"{effects_explained(final)} The grey stripe is the margin inside which a change counts as none.")

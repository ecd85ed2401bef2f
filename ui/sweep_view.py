"""One sweep on the page: how far it is, the answer, the best of each side, its charts and its trials."""

import pandas as pd
import streamlit as st

from engine import control
from engine.charts import sweep_figures, sweep_words
from engine.charts.experiment_words import name_of
from engine.config import FRAMEWORKS, NAMES
from engine.control import Command
from engine.quantities import count, metric
from engine.runs import StoreError
from engine.sweeps import sweep_store
from engine.sweeps.results import LEAST_FOR_IMPORTANCE, Results, results
from ui import refusals
from ui.colours import coloured
from ui.plain import plain
from ui.server import launcher, store, sweeps

REFRESH_SECONDS = 2.0
TRAIN = "../pages/train.py"


def show(found: Results) -> None:
    """All of it; it renews itself while the sweep goes on, and the whole page when it has ended."""
    live = found.word not in sweep_store.ENDED
    st.fragment(_panel, run_every=REFRESH_SECONDS if live else None)(found.name, live)


def _panel(name: str, was_live: bool) -> None:
    try:
        found = results(store(), name)
    except StoreError:  # deleted just now, or damaged: the page says so
        st.rerun()
    live = found.word not in sweep_store.ENDED
    if live != was_live:
        st.rerun()
    if live:
        _progress(found)
    elif found.word == "stopped":
        st.info("It was stopped; what its trials found stays.", icon=":material/stop_circle:")
    _answer(found)
    if not any(trial.word == "finished" for trial in found.trials):
        st.caption("Charts come with the first trial that finishes.")
    _best(found)
    _tabs(found)


def _progress(found: Results) -> None:
    with st.container(border=True):
        st.progress(*_share(found))
        paused, stopping = found.word == "paused", found.word == "stopping"
        leads = launcher().leads
        with st.container(horizontal=True, gap="xsmall", key="sweep.controls"):
            st.button(
                "Resume" if paused else "Pause",
                icon=":material/play_arrow:" if paused else ":material/pause:",
                disabled=stopping or not leads,
                on_click=_ask,
                args=(found.name, control.FREE if paused else Command(paused=True)),
                key="sweep.pause",
                help="Paused, the trial under way goes on to its end, and no other begins. A pause outlives a restart.",
            )
            st.button(
                "Stopping…" if stopping else "Stop",
                icon=":material/stop:",
                disabled=stopping or not leads,
                on_click=_ask,
                args=(found.name, control.STOP),
                key="sweep.stop",
                help="Ends the sweep for good, and the trial under way. What was found stays.",
            )
        if trouble := sweeps().trouble or launcher().trouble:
            st.warning(plain(trouble), icon=":material/warning:")


def _share(found: Results) -> tuple[float, str]:
    """How far it is, and that in words."""
    if found.candidates and found.over >= found.plan.trials:
        done, total = len(found.repeats), max(1, len(found.candidates) * found.plan.seeds)
        return min(1.0, done / total), f"Repeating the best with other seeds: {done} of {count(total, 'run')} begun"
    open_ = [trial for trial in found.trials if trial.word in ("waiting", "running")]
    now = sweep_words.setting(open_[0].setting) if open_ else ""
    word = {"paused": "Paused", "stopping": "Stopping"}.get(found.word, "")
    doing = word or (f"now {now}" if now else "the next begins")
    return found.over / found.plan.trials, f"{found.over} of {count(found.plan.trials, 'trial')} · {doing}"


def _ask(name: str, wish: Command) -> None:
    try:
        sweep_store.ask(store(), name, wish)
    except StoreError as error:
        refusals.keep("sweep", str(error))


def _answer(found: Results) -> None:
    told = found.answer()
    with st.container(border=True, key="sweep.answer"):
        st.markdown(f"#### {plain(sweep_words.question(found.plan))}")
        if told is None:
            st.markdown(plain(sweep_words.no_answer(found)))
        else:
            lines = [
                f"**{plain(sweep_words.label(field))}.** {plain(sentence)}"
                for field, sentence in sweep_words.verdicts(found, told).items()
            ]
            cost = plain(sweep_words.alike(found, told))
            for line in (cost, *lines) if told.word in ("same", "alike") else (*lines, cost):
                st.markdown(line)
            if left := sweep_words.left_out(found):
                st.warning(plain(left), icon=":material/rule:")
            st.caption(plain(sweep_words.explained(found, told)))
        st.caption(plain(sweep_words.objective(found.plan)))


def _best(found: Results) -> None:
    """The best trial of each side, and the way to its run."""
    best = {side: one for side in FRAMEWORKS if (one := sweep_words.best(found, side))}
    if not best:
        return
    for place, (side, trial) in zip(st.columns(len(FRAMEWORKS)), best.items(), strict=False):
        with place, st.container(border=True, key=f"sweep.best.{side}"):
            st.markdown(f"{coloured(side)}, best of {count(found.over, 'trial')}")
            st.metric(name_of(found.plan.metric), sweep_words.value(found, trial, side))
            st.markdown(plain(sweep_words.setting(trial.setting)))
            st.page_link(TRAIN, label=f"Open trial {trial.number} as a run", icon=":material/open_in_new:",
                         query_params={"run": trial.run})  # fmt: skip


def _tabs(found: Results) -> None:
    """Closer looks; nothing is drawn before its tab is opened."""
    views = {":material/ssid_chart: All fields": _parallel, ":material/scatter_plot: One field": _against}
    if len(found.plan.ranges) > 1:
        views |= {":material/grid_on: Two fields": _heatmap, ":material/bar_chart: Importance": _importance}
    views |= {":material/list: Trials": _trials}
    for tab, view in zip(st.tabs(list(views), on_change="rerun", key="sweep.tabs"), views.values(), strict=True):
        if tab.open:
            with tab:
                view(found)


def _theme() -> str:
    return st.context.theme.type or "light"


def _parallel(found: Results) -> None:
    fields = ", ".join(sweep_words.lower(each.field) for each in found.plan.ranges)
    st.plotly_chart(
        sweep_figures.parallel(found, _theme()), key="sweep.parallel", width="stretch",
        alt=f"Parallel coordinates of {count(len(found.trials), 'trial')}: a line each through {fields}, and the "
        f"{name_of(found.plan.metric).lower()} of both sides; the better, the higher",
    )  # fmt: skip


def _against(found: Results) -> None:
    field = _field(found, "Field", "sweep.against", 0)
    st.plotly_chart(
        sweep_figures.against(found, field, _theme()), key="sweep.one", width="stretch",
        alt=f"{name_of(found.plan.metric)} of both sides over {sweep_words.lower(field)}, a point per trial",
    )  # fmt: skip


def _field(found: Results, title: str, key: str, usual: int) -> str:
    fields = [each.field for each in found.plan.ranges]
    if len(fields) == 1:
        return fields[0]
    return st.segmented_control(
        title, fields, default=fields[usual], required=True, format_func=sweep_words.label, key=key
    )


def _heatmap(found: Results) -> None:
    across, up = _field(found, "Across", "sweep.across", 0), _field(found, "Up", "sweep.up", 1)
    if across == up:
        st.caption("Choose two different fields.")
        return
    for place, side in zip(st.columns(len(FRAMEWORKS)), FRAMEWORKS, strict=True):
        with place:
            st.markdown(coloured(side))
            st.plotly_chart(
                sweep_figures.heatmap(found, side, across, up), key=f"sweep.heatmap.{side}", width="stretch",
                alt=f"Heatmap of {NAMES[side]}'s best {name_of(found.plan.metric).lower()} over "
                f"{sweep_words.lower(across)} and {sweep_words.lower(up)}",
            )  # fmt: skip
    st.caption("Each cell has the best of its trials; brighter is better, and the colours mean the same on both sides.")


def _importance(found: Results) -> None:
    shares = found.importances()
    if not shares:
        st.caption(f"This needs {LEAST_FOR_IMPORTANCE} trials with different results.")
        return
    st.plotly_chart(
        sweep_figures.importance(shares, _theme()), key="sweep.importance", width="stretch",
        alt="Share of the spread of each side's results that each field accounts for",
    )  # fmt: skip
    st.caption(
        "How much of the spread of a side's results each field accounts for alone; what is missing to 100 % is of "
        "several fields together, or chance. By fANOVA, a random forest over the trials, of the order of the results: "
        "else one loss that exploded would decide all. With few trials it is a hint, not a measurement."
    )


def _trials(found: Results) -> None:
    rows = [
        {
            "Trial": trial.number,
            **{sweep_words.label(field): sweep_words.shown(value) for field, value in trial.setting.items()},
            **{NAMES[side]: metric(found.plan.metric, trial.values[side]) for side in FRAMEWORKS},
            "State": sweep_words.WORDS[trial.word],
            "Why": trial.reason,
            "Run": f"/?run={trial.run}" if trial.run and trial.word != "gone" else None,
        }
        for trial in reversed(found.trials)
    ]
    if not rows:
        st.caption("No trial has begun yet.")
        return
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, width="stretch", key="sweep.trials",
        column_config={"Run": st.column_config.LinkColumn("Run", display_text="Open", help="Opens the Train page.")},
        alt="All trials, the newest first, with their values, their state and the way to their run",
    )  # fmt: skip

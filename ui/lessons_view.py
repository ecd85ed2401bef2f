"""One question of a lesson: predict, run, and compare with what was predicted."""

import streamlit as st

from engine.bench import benchmark
from engine.claims.answers import Answer, answer, run_of
from engine.claims.evidence import Exported, Timed, Trained
from engine.config import FRAMEWORKS, ConfigError
from engine.lessons.catalogue import Question
from engine.runs import StoreError
from ui import deploy_exports, refusals
from ui.claims_view import PAGES
from ui.plain import plain
from ui.server import launcher, store

REFRESH_SECONDS = 1.0


def question(asked: Question, number: int, lesson: str) -> None:
    """The question as a card; it renews itself while its experiment is under way."""
    key = f"lesson-{lesson}-{asked.name}"
    with st.container(border=True, key=key):
        waits = _waits(asked, key)
        st.fragment(_question, run_every=REFRESH_SECONDS if waits else None)(asked, number, key, waits)


def _shown(key: str) -> bool:
    """Whether the person has predicted and pressed."""
    return bool(st.session_state.get(f"{key}-shown"))


def _known(asked: Question) -> Answer | None:
    try:
        return answer(store(), asked.measurement)
    except (StoreError, ConfigError) as error:
        return Answer((str(error),))


def _waits(asked: Question, key: str) -> bool:
    if not _shown(key):
        return False
    if isinstance(asked.measurement, Exported):
        run = run_of(store(), asked.measurement)
        exports = deploy_exports.present(run) if run else None
        return exports is not None and not exports.ended
    known = _known(asked)
    return known is not None and known.under_way


def _question(asked: Question, number: int, key: str, waited: bool) -> None:
    waits = _waits(asked, key)
    if waits != waited:
        st.rerun()  # so that it renews itself from now on, or no more
    predicted = st.radio(
        f"**{number}. {asked.asks}**", list(asked.options), index=None, format_func=asked.options.__getitem__,
        key=f"{key}-predicted", disabled=_shown(key), persist_state="session",
    )  # fmt: skip
    if not _shown(key):
        st.button(
            asked.measurement.does,
            icon=":material/science:",
            key=f"{key}-begin",
            disabled=predicted is None or not launcher().leads,
            on_click=_begin,
            args=(asked.measurement, key),
            help="Predict first." if predicted is None else None,
        )
        refusals.warning(refusals.kept(key))
        return
    known = _known(asked)
    if waits:
        st.info("It is under way.", icon=":material/hourglass_top:")
    elif known is None:
        st.warning("It ended without a result, or its run is gone.", icon=":material/search_off:")
        st.button("Try again", icon=":material/replay:", key=f"{key}-again", on_click=_begin,
                  args=(asked.measurement, key))  # fmt: skip
    else:
        _compared(asked, str(predicted), known)


def _began(asked: Timed | Trained | Exported) -> None:
    """Start it. Raises StoreError and ConfigError."""
    match asked:
        case Timed():
            benchmark.create(store(), asked.plan())
        case Trained():
            launcher().submit(asked.config())
        case Exported():
            run = run_of(store(), asked)
            if run is None:
                raise StoreError("There is nothing to export yet: run the first question.")
            deploy_exports.begin(run, [(side, asked.format) for side in FRAMEWORKS])


def _compared(asked: Question, predicted: str, known: Answer) -> None:
    """What came out, beside what was predicted."""
    try:
        came = asked.came(store())
    except StoreError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    if not came:
        st.warning("None of these: the two sides do not agree, or did not finish.", icon=":material/help:")
    elif came == predicted:
        st.success(plain(f"As you predicted: {asked.options[came]}."), icon=":material/check:")
    else:
        told = f"You predicted: {asked.options.get(predicted, predicted)}. It came out: {asked.options[came]}."
        st.info(plain(told), icon=":material/lightbulb:")
    for sentence in known.sentences:
        st.markdown(f"- {plain(sentence)}")
    st.markdown(asked.why)
    title, path = PAGES[known.page or "train"]
    st.page_link(path, label=f"All of it on {title}", icon=":material/open_in_new:", query_params=known.params)


def _begin(asked: Timed | Trained | Exported, key: str) -> None:
    """Start it, unless it ran here before: the same config gives the same result."""
    refusals.keep(key, "")
    try:
        if answer(store(), asked) is None:
            _began(asked)
        st.session_state[f"{key}-shown"] = True
    except (StoreError, ConfigError) as error:
        refusals.keep(key, str(error))

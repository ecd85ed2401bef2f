"""One mistake of the debug lab: its code in both frameworks, and what each printed, eager and compiled."""

import streamlit as st

from engine.config import FRAMEWORKS, NAMES
from engine.mistakes.catalogue import EXECUTIONS, STAGES, Mistake
from engine.mistakes.results import Attempt, Outcome, Request, read
from engine.mistakes.sources import planted, source
from engine.task import TaskError
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store

# What `wrap` is, which every mistake takes.
WRAP = {
    "eager": "`wrap` leaves functions as they are.",
    "compiled": "`wrap` is `torch.compile` in PyTorch and `tf.function` in TensorFlow; the first takes a while.",
}
DOING = "{both} make the mistake, look for it, and mend it"
TALL = 20  # lines of a text from which on it scrolls
HEIGHT = 420  # pixels


def show(mistake: Mistake) -> None:
    """What was planted and its code; then what came of it, eager and compiled."""
    st.header(mistake.title)
    st.markdown(f"{mistake.planted} **What you see:** {mistake.seen} **Mend:** {mistake.mend}")
    for side, column in _columns():
        with column:
            lines = " and ".join(map(str, planted(mistake.name, side)))
            st.markdown(f"{coloured(side)}: the mistake is in line {lines}")
            st.code(source(mistake.name, side), language="python", line_numbers=True, height=HEIGHT)
    for execution, title in EXECUTIONS.items():
        st.subheader(title)
        st.caption(f"{WRAP[execution]} Each stage runs in a process of its own.")
        _execution(mistake, Request(mistake.name, execution))


def _columns() -> list[tuple[str, st.delta_generator.DeltaGenerator]]:
    return list(zip(FRAMEWORKS, st.columns(len(FRAMEWORKS)), strict=True))


def _execution(mistake: Mistake, request: Request) -> None:
    try:
        attempt = read(request, store())
    except TaskError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        attempt = None
    examinations.panel(request, "Make the mistake", attempt is not None, doing=DOING)
    if attempt:
        st.caption(plain(" · ".join(f"{NAMES[side]} {version}" for side, version in attempt.versions.items())))
        for stage, title in STAGES.items():
            st.markdown(f"**{title}**")
            for side, column in _columns():
                with column:
                    _outcome(mistake, attempt, side, stage, f"{request.kind}-{stage}-{side}")


def _outcome(mistake: Mistake, attempt: Attempt, side: str, stage: str, key: str) -> None:
    outcome = attempt.sides[side][stage]
    st.markdown(f"{coloured(side)}: {mistake.tool(side)}" if stage == "found" else coloured(side))
    st.markdown(f"{_icon(outcome, stage)} {plain(_verdict(outcome))} {plain(_lines(attempt, side, stage))}")
    if said := outcome.short if outcome.kind else outcome.printed:
        _text(said)
    if outcome.kind and outcome.before:
        st.caption("Before that it printed")
        _text(outcome.before)
    if outcome.kind and st.toggle("All that it printed", key=f"{key}-all"):
        _text(outcome.printed)


def _verdict(outcome: Outcome) -> str:
    if outcome.crashed:
        return f"The process ended with exit code {outcome.exit}."
    if outcome.kind:
        return f"It raised {outcome.kind}."
    return "Nothing was raised. It printed:" if outcome.printed else "Nothing was raised and nothing printed."


def _icon(outcome: Outcome, stage: str) -> str:
    if outcome.kind or outcome.crashed:
        return ":material/error:"
    return ":material/check_circle:" if stage == "mended" else ":material/volume_off:"


def _lines(attempt: Attempt, side: str, stage: str) -> str:
    """Which line the text points at, and whether the mistake is there."""
    lines = attempt.sides[side][stage].lines
    if not lines:
        return ""
    *others, last = (
        f"{line}, where the mistake is" if line in planted(attempt.name, side) else str(line)
        for line in (*sorted(lines[:-1], key=lambda line: line in planted(attempt.name, side)), lines[-1])
    )
    return f"It points at line {last}." + (f" It also names {', '.join(others)}." if others else "")


def _text(text: str) -> None:
    tall = text.count("\n") >= TALL
    st.code(text, language=None, wrap_lines=True, height=HEIGHT if tall else "content")

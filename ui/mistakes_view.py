"""One mistake of the debug lab: its code in both frameworks, and what each printed, eager and compiled."""

import streamlit as st

from engine.config import NAMES
from engine.mistakes.catalogue import EXECUTIONS, STAGES, Mistake
from engine.mistakes.results import Attempt, Outcome, Request, read
from engine.mistakes.sources import planted, source
from ui import examinations
from ui.colours import coloured
from ui.plain import plain
from ui.server import store
from ui.sides import HEIGHT, columns, printed

# What `wrap` is, which every mistake takes.
WRAP = {
    "eager": "`wrap` leaves functions as they are.",
    "compiled": "`wrap` is `torch.compile` in PyTorch and `tf.function` in TensorFlow; the first takes a while.",
}
DOING = "{both} make the mistake, look for it, and mend it"


def show(mistake: Mistake) -> None:
    """What was planted and its code; then what came of it, eager and compiled."""
    st.header(mistake.title)
    st.markdown(f"{mistake.planted} **What you see:** {mistake.seen} **Mend:** {mistake.mend}")
    for side, column in columns():
        with column:
            lines = " and ".join(map(str, planted(mistake.name, side)))
            st.markdown(f"{coloured(side)}: the mistake is in line {lines}")
            st.code(source(mistake.name, side), language="python", line_numbers=True, height=HEIGHT)
    for execution, title in EXECUTIONS.items():
        st.subheader(title)
        st.caption(f"{WRAP[execution]} Each stage runs in a process of its own.")
        _execution(mistake, Request(mistake.name, execution))


def _execution(mistake: Mistake, request: Request) -> None:
    attempt = examinations.known(lambda: read(request, store()))
    examinations.panel(request, "Make the mistake", attempt is not None, doing=DOING)
    if attempt:
        st.caption(plain(" · ".join(f"{NAMES[side]} {version}" for side, version in attempt.versions.items())))
        for stage, title in STAGES.items():
            st.markdown(f"**{title}**")
            for side, column in columns():
                with column:
                    _outcome(mistake, attempt, side, stage, f"{request.kind}-{stage}-{side}")


def _outcome(mistake: Mistake, attempt: Attempt, side: str, stage: str, key: str) -> None:
    outcome = attempt.sides[side][stage]
    st.markdown(f"{coloured(side)}: {mistake.tool(side)}" if stage == "found" else coloured(side))
    st.markdown(f"{_icon(outcome, stage)} {plain(_verdict(outcome))} {plain(_lines(attempt, side, stage))}")
    if said := outcome.short if outcome.kind else outcome.printed:
        printed(said)
    if outcome.kind and outcome.before:
        st.caption("Before that it printed")
        printed(outcome.before)
    if outcome.kind and st.toggle("All that it printed", key=f"{key}-all"):
        printed(outcome.printed)


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

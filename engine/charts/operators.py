"""The operators of both frameworks by family: one figure per step, tables, and what the numbers do not tell."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from engine.charts.colours import COLOURS
from engine.config import FRAMEWORKS, NAMES
from engine.operators.families import FAMILIES, OTHER
from engine.operators.results import OperatorProfile, SideProfile
from engine.quantities import count

OUTSIDE = "outside operators"
ROWS = (*FAMILIES, OUTSIDE)
PATTERNS = {"torch": "", "tensorflow": "/"}  # solid and hatched, for those who do not see the colours
HATCHED = {"fillmode": "overlay", "fgcolor": "rgba(255,255,255,0.75)", "size": 6, "solidity": 0.2}
SLOWER = 0.02  # below it nobody can say that profiling costs anything
METHOD = (
    "An operator's time is its own, without that of the operators inside it; a backward pass counts with its family. "
    "Outside operators is the rest of the step: Python, calls into the framework, its scheduling and waiting. "
    "PyTorch's operators hold their own dispatch, TensorFlow's are counted from the kernel on, so look at families "
    "first and at small operators with care. The softmax inside a cross-entropy belongs to the loss, which is in other."
)
FUSED = {"compile": "torch.compile", "xla": "XLA"}


def figure(found: OperatorProfile, theme: str = "light") -> go.Figure:
    """Time per step of each family and outside of all operators, a bar for each framework, in ms or µs."""
    factor, unit = _unit(found)
    drawn = go.Figure()
    for name, side in found.sides.items():
        times = [seconds * factor for seconds in rows(side).values()]
        share = [seconds / side.seconds for seconds in rows(side).values()]
        colour = COLOURS[theme][FRAMEWORKS.index(name)]
        drawn.add_bar(
            y=[row.capitalize() for row in ROWS],
            x=times,
            name=f"{NAMES[name]}, {side.execution}",
            orientation="h",
            marker={"color": colour, "pattern": {"shape": PATTERNS[name], **HATCHED}},
            text=[_number(value) for value in times],
            textposition="outside",
            cliponaxis=False,
            customdata=share,
            hovertemplate=f"%{{y}}: %{{x:.3g}} {unit} a step, %{{customdata:.0%}} of it<extra>{NAMES[name]}</extra>",
        )
    longest = max(max(trace.x) for trace in drawn.data)
    drawn.update_xaxes(title=f"{unit} per step, under the profiler", range=[0, 1.15 * longest or 1])
    drawn.update_yaxes(autorange="reversed")
    drawn.update_layout(barmode="group", bargap=0.25, height=430, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return drawn.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})


def rows(side: SideProfile) -> dict[str, float]:
    """Seconds per step of each row of the figure."""
    return {**side.families, OUTSIDE: side.outside}


def headline(found: OperatorProfile) -> str:
    """Where most of each side's step goes."""
    said = []
    for name, side in found.sides.items():
        row, seconds = max(rows(side).items(), key=lambda item: item[1])
        most = f"{'' if row == OUTSIDE else 'in '}{row}"
        said.append(f"{NAMES[name]} spends {seconds / sum(rows(side).values()):.0%} of a step {most}")
    return f"{'; '.join(said)}.".replace("%", " %")


def cost(found: OperatorProfile) -> str:
    """How much profiling itself slows the steps, measured."""
    said = []
    for name, side in found.sides.items():
        bare, slowed = time_words(side.bare), time_words(side.seconds)
        if side.slowdown < SLOWER:
            why = ", so something else disturbed it meanwhile" if side.slowdown < -SLOWER else ""
            said.append(f"{NAMES[name]} takes {slowed} a step with it and {bare} without{why}")
        else:
            said.append(f"{NAMES[name]} from {bare} to {slowed} a step, {side.slowdown:.0%} more".replace("%", " %"))
    return f"Profiling slows the steps, and the chart shows the slowed ones: {'; '.join(said)}."


def doubts(found: OperatorProfile) -> list[str]:
    """What cannot be told of these sides, a sentence each."""
    said = []
    for name, side in found.sides.items():
        if side.mixed:
            largest = next(one for one in side.operators if one.mixed)
            said.append(
                f"{NAMES[name]} spends {time_words(side.mixed)} a step in operators that hold several families, the "
                f"longest of {' and '.join(largest.families)}. Their parts cannot be told apart, and count as the "
                f"first of these."
            )
        if side.execution in FUSED:
            said.append(
                f"{NAMES[name]}'s {FUSED[side.execution]} fuses operators; families come from what it says of the "
                f"origin of each fused one, not from a clock inside."
            )
        if side.overlap:
            said.append(
                f"{NAMES[name]}'s operators add up to more than the step, because {count(side.threads, 'thread')} or "
                f"more computed at once, so there is no time outside of them to tell."
            )
    return said


def table(side: SideProfile) -> pd.DataFrame:
    """A row per operator of one side, the longest first; what no rule knows is in the family other."""
    known = [
        {
            "Operator": operator.name,
            "Family": operator.family.capitalize(),
            "Holds": "" if operator.parts == (operator.name,) else ", ".join(operator.parts),
            "Calls per step": round(operator.calls / side.steps, 2),
            "µs per step": round(operator.seconds / side.steps * 1e6, 2),
            "Share": f"{operator.seconds / side.steps / side.seconds:.1%}".replace("%", " %"),
        }
        for operator in side.operators
    ]
    columns = ["Operator", "Family", "Holds", "Calls per step", "µs per step", "Share"]
    return pd.DataFrame(known, columns=columns).set_index("Operator")


def time_words(seconds: float) -> str:
    """`1.34 ms`, `640 µs`."""
    return f"{_number(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{_number(seconds * 1e6)} µs"


def as_json(found: OperatorProfile) -> dict[str, Any]:
    """The numbers for a script, in seconds per step."""
    sides = {
        name: {
            "version": side.version,
            "execution": side.execution,
            "threads": side.threads,
            "steps": side.steps,
            "seconds_per_step": side.seconds,
            "seconds_per_step_without_profiler": side.bare,
            "families": rows(side),
            "in_operators_of_several_families": side.mixed,
            "other": {one.name: one.seconds / side.steps for one in side.operators if one.family == OTHER},
            "operators": [
                {
                    "name": one.name,
                    "family": one.family,
                    "families": list(one.families),
                    "parts": list(one.parts),
                    "calls": one.calls,
                    "seconds_per_step": one.seconds / side.steps,
                }
                for one in side.operators
            ],
            "traces": [str(path) for path in found.traces()[name]],
        }
        for name, side in found.sides.items()
    }
    return {"headline": headline(found), "cost": cost(found), "doubts": doubts(found), "sides": sides}


def _unit(found: OperatorProfile) -> tuple[float, str]:
    longest = max(max(rows(side).values()) for side in found.sides.values())
    return (1e3, "ms") if longest >= 1e-3 else (1e6, "µs")


def _number(value: float) -> str:
    """Three digits, and none behind the point from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

"""Parity in a person's words, as tables and as a figure: the difference of both sides against its noise floor."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.examinations.examined import Curves, ParityResult
from engine.fairness.parity import LEAVES, NEAR, Check
from engine.quantities import count, digits, finite

# Neither framework's colours: what is drawn belongs to both. Readable on white and on black.
DIFFERENCE, NOISE, LIMIT = "#9B6FD8", "#8A97A6", "#D9534F"


def verdict_words(found: ParityResult) -> str:
    """The verdict in one or two sentences."""
    failed = [check for curves in (found.float64, found.float32) for check in curves.checks if not check.passed]
    steps = len(found.float64.difference)
    if not failed:
        largest = found.float64.checks[-1].difference
        return f"Certified: in float64 the losses agree to {_number(largest)} relative over {count(steps, 'step')}."
    check = failed[0]
    precision = "float64" if check in found.float64.checks else "float32"
    if check.difference is None or check.difference <= check.limit:
        within = count(check.steps, "step")
        return f"Not certified: in {precision} one side's loss is not finite within the first {within}."
    return (
        f"Not certified: in {precision} the losses differ by {_number(check.difference)} relative over the first "
        f"{count(check.steps, 'step')}; the limit is {_number(check.limit)}."
    )


def weights_words(curves: Curves) -> str:
    """Which weight differs most after the last step."""
    if not curves.weights:
        return "No weights were compared."
    name, value = max(curves.weights.items(), key=lambda item: item[1])
    return f"The weights agree to {_number(value)} relative after the last step; {name} is the one farthest apart."


def floor_words(found: ParityResult) -> str:
    """Whether and where float32 leaves its floor, and what was found there; only what was found."""
    curves = found.float32
    if curves.leaves is None:
        over = count(len(curves.difference), "step")
        return f"In float32 the difference stays within {LEAVES:.0f} times its noise floor over {over}."
    at = f"In float32 the difference is more than {LEAVES:.0f} times its noise floor from step {curves.leaves:,} on."
    return f"{at} {_cause(found, curves.leaves)}"


def explained(found: ParityResult) -> str:
    """What failed in float64, against its own floor; empty where nothing did."""
    curves = found.float64
    failed = next((check for check in curves.checks if not check.passed), None)
    if failed is None:
        return ""
    noise = float(np.nanmax(curves.floor[: failed.steps]))
    if noise > failed.limit:
        return (
            f"Within those steps a framework comes {_number(noise)} apart from itself, if it only begins with weights "
            "changed by one rounding: this training enlarges rounding, and no two programs can agree on it."
        )
    return f"No framework comes more than {_number(noise)} apart from itself there, so rounding does not explain it."


def _cause(found: ParityResult, leaves: int) -> str:
    if flip := found.flip:
        when = (
            "at that step"
            if flip.step == leaves
            else f"at step {flip.step:,}, {count(leaves - flip.step, 'step')} before"
        )
        behind = f" behind {flip.layer}" if flip.layer else ""
        one = f"{count(flip.count)} of {count(found.signs)} ReLUs, the first{behind},"
        verb = "is" if flip.count == 1 else "are"
        return f"{one} {verb} open in one framework and shut in the other {when}."
    nothing = f"No ReLU differed in the {NEAR} steps before" if found.signs else "The network has no ReLU"
    also = "; it has batch norm, which divides by a batch's own deviation" if found.batch_norm else ""
    return f"{nothing}{also}. No other cause was looked for."


def _number(value: float | None) -> str:
    return "–" if value is None else digits(value, 2)


def checks_table(found: ParityResult) -> pd.DataFrame:
    """A row per check."""
    rows = [_check_row(curves.precision, check) for curves in (found.float64, found.float32) for check in curves.checks]
    return pd.DataFrame(rows).set_index("Losses over")


def _check_row(precision: str, check: Check) -> dict[str, str]:
    return {
        "Losses over": f"{precision}, first {count(check.steps, 'step')}",
        "Largest relative difference": _number(check.difference),
        "Limit": _number(check.limit),
        "Verdict": "Pass" if check.passed else "Fail",
    }


def weights_table(found: ParityResult) -> pd.DataFrame:
    """A row per weight: ‖Δ‖ / ‖weight‖ after the last step, in both precisions."""
    columns = {curves.precision: curves.weights for curves in (found.float64, found.float32)}
    return pd.DataFrame(columns).map(_number).rename_axis("Weight")


def figure(curves: Curves, checks: bool = True) -> go.Figure:
    """Relative difference of the losses and its noise floor over steps, on a log axis, with the limits."""
    lowest = np.finfo(curves.precision).eps / 20  # where a difference of nothing is drawn
    drawn = go.Figure()
    for name, values, colour, width in (
        ("Noise floor", curves.floor, NOISE, 1.2),
        ("PyTorch against TensorFlow", curves.difference, DIFFERENCE, 1.8),
    ):
        shown = np.fmax(values, lowest)
        drawn.add_scatter(
            x=np.arange(len(values)), y=shown, name=name, mode="lines", line={"color": colour, "width": width}
        )
    if checks:
        begins = [0, *(check.steps for check in curves.checks[:-1])]
        ends = [end for check in curves.checks for end in (check.steps - 1, None)]
        x = [place for pair in zip(begins, ends[::2], ends[1::2], strict=True) for place in pair]
        y = [level for check in curves.checks for level in (check.limit, check.limit, None)]
        drawn.add_scatter(x=x, y=y, name="Limit", mode="lines", line={"color": LIMIT, "width": 2, "dash": "dot"})
    if curves.leaves is not None:
        drawn.add_vline(curves.leaves, line={"color": DIFFERENCE, "width": 1, "dash": "dash"})
    drawn.update_yaxes(type="log", exponentformat="power", title="Relative difference", dtick=2)
    drawn.update_xaxes(title="Step")
    drawn.update_layout(height=320, margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode="x unified")
    return drawn.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})


def as_json(found: ParityResult) -> dict:
    """The numbers for a script."""
    parts = {
        curves.precision: {
            "steps": len(curves.difference),
            "checks": [vars(check) for check in curves.checks],
            "largest_noise": finite(np.fmax.reduce(curves.floor, initial=-np.inf)),
            "leaves_floor_at_step": curves.leaves,
            "weights": {name: finite(value) for name, value in curves.weights.items()},
        }
        for curves in (found.float64, found.float32)
    }
    flip = vars(found.flip) if found.flip else None
    return {"passed": found.passed, "verdict": verdict_words(found), **parts, "flip": flip, "cause": floor_words(found)}

"""The list of the controls of a fair comparison: each holds what both workers saw against what the config asks for.

A control gives its verdict and its evidence, which is worded to stand after "because".
"""

from collections.abc import Callable

from engine.fairness import controls_of_curves as curves
from engine.fairness import controls_of_later_steps as later
from engine.fairness import controls_of_length as length
from engine.fairness import controls_of_speed as speed
from engine.fairness.case import Case, Found

# Name, the claims it guards, and what looks. One that is held against the data needs the dataset.
CONTROLS: tuple[tuple[str, tuple[str, ...], Callable[[Case], Found]], ...] = (
    ("Initial weights", ("curves",), curves.initial_weights),
    ("Data bytes", ("curves", "speed"), curves.data),
    ("Batch order", ("curves",), curves.batch_order),
    ("Loss at step 0", ("curves",), curves.loss),
    ("Predictions at step 0", ("curves",), curves.predictions),
    ("Gradients at step 0", ("curves",), curves.gradients),
    ("Learning rate", ("curves",), curves.learning_rate),
    ("First weight update", ("curves",), curves.first_update),
    ("Optimizer equation", ("curves",), curves.equation),
    ("Running statistics", ("curves",), curves.statistics),
    ("Losses of the first steps", ("curves",), length.first_losses),
    ("Later epochs", ("curves",), length.later_epochs),
    ("Later steps", ("curves",), later.steps),
    ("Between the steps", ("curves",), later.between),
    ("Number of steps", ("curves",), length.steps),
    ("Device", ("speed",), speed.device),
    ("Precision", ("speed",), speed.precision),
    ("TF32", ("speed",), speed.tf32),
    ("Threads", ("speed",), speed.threads),
    ("Machine", ("speed",), speed.machine),
    ("Batch size", ("speed",), speed.batch_size),
    ("Parameter count", ("speed",), speed.parameter_count),
    ("One at a time", ("speed",), speed.alone),
)

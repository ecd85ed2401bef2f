"""The widgets of the config's fields: one per kind of value, each with its label, its help and its sentence."""

from collections.abc import Mapping
from typing import Any, get_args

import streamlit as st

from engine.config import NAMES, Problem, RunConfig, allowed
from engine.datasets.catalogue import Option
from ui.address import key, start, touch
from ui.plain import plain

# Label and help of each field; what is allowed comes from engine.config.
TEXTS: dict[str, tuple[str, str]] = {
    "network": ("Network", "The reference network, written once in PyTorch and once in TensorFlow."),
    "dataset": ("Dataset", "What the network learns. Both frameworks get the same bytes."),
    "train_fraction": ("Share for training", "The rest of the examples is for validation. 1 leaves none."),
    "epochs": ("Epochs", "How often all training examples are seen."),
    "batch_size": ("Batch size", "Examples per step. The last batch of an epoch may be smaller."),
    "optimizer": ("Optimizer", "How the gradient becomes a change of the weights."),
    "learning_rate": ("Learning rate", "The length of a step. Too large a rate makes the loss diverge."),
    "momentum": ("Momentum", "The share of the last step that is kept."),
    "beta_1": ("Beta 1", "Decay of the average of gradients."),
    "beta_2": ("Beta 2", "Decay of the average of squared gradients."),
    "rho": ("Rho", "Decay of the average of squared gradients; PyTorch calls it alpha."),
    "epsilon": ("Epsilon", "Added to a denominator so that it is never zero."),
    "weight_decay": ("Weight decay", "How strongly weights are drawn to zero."),
    "schedule": ("Schedule", "How the learning rate changes while training."),
    "schedule_epochs": ("Epochs per stage", "After so many epochs the rate is multiplied by the factor, each time."),
    "schedule_factor": ("Factor", "What the learning rate is multiplied by after each stage."),
    "warmup_steps": ("Warm-up steps", "The rate rises linearly from near zero over so many first steps."),
    "gradient_clip_norm": ("Clip gradients at", "A longer gradient is scaled down to this Euclidean norm."),
    "frameworks": ("Frameworks", "Which sides are trained."),
    "policy": (
        "Comparison",
        "Matched: same initial weights, same batches, same arithmetic, so that the curves agree to rounding. "
        "Own defaults: each framework as it comes out of the box.",
    ),
    "matched_defaults": (
        "Matched after all",
        "Defaults that are matched although the others are each framework's own.",
    ),
    "concurrency": (
        "Order",
        "Race: both sides train at once and share the machine, so their timings measure neither alone. "
        "In turn: one after the other, so that each timing counts.",
    ),
    "device": ("{} device", "Where {} computes."),
    "execution": ("{} execution", "How {} runs a step."),
    "steps_per_call": (
        "{} steps per call",
        "Whether {} runs its steps one by one, or many inside one compiled call, which is quicker and does the same.",
    ),
    "seed": ("Seed", "Decides initial weights, the split and the order of batches."),
    "precision": (
        "Precision",
        "float64 shows how little of a difference is more than rounding. Mixed: weights in float32, products in "
        "bfloat16 or float16, by autocast in PyTorch and by a dtype policy in Keras. In float16 the loss is scaled.",
    ),
    "threads": ("Threads per side", "Processor threads that each framework may use."),
    "workers": (
        "Workers per side",
        "Each takes a part of every batch, and they sum their gradients, so the losses stay the same: by "
        "DistributedDataParallel, and by MirroredStrategy with a loop of our own. Keras' fit with "
        "MultiWorkerMirroredStrategy fails in these versions: “Attempt to convert a value (PerReplica …”.",
    ),
    "early_stopping_patience": ("Early stopping", "Stop after so many epochs without a lower validation loss."),
    "histograms": ("Histograms", "Record weights and gradients at epoch ends, for TensorBoard."),
    "snapshots": ("Snapshots", "Record now and then what the network has learned, for the page."),
}
WORDS = {
    "sgd": "SGD", "momentum": "Momentum", "nesterov": "Nesterov", "adam": "Adam", "adamw": "AdamW",
    "rmsprop": "RMSprop", "matched": "Matched", "defaults": "Own defaults", "race": "Race", "in_turn": "In turn",
    **NAMES, "constant": "Constant", "step": "In stages", "cosine": "Cosine",
    "eager": "Eager", "compile": "torch.compile", "graph": "Graph (tf.function)", "xla": "Graph with XLA", "cpu": "CPU",
    "relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU", "silu": "SiLU",
    "initial_weights": "Initial weights", "optimizer_equation": "Optimizer equation", "batch_norm": "Batch norm",
    "running_variance": "Running variance", "layer_norm": "Layer norm", "lstm_bias": "LSTM bias", "epsilon": "Epsilon",
    "dropout_masks": "Dropout masks", "tf32": "TF32", "determinism": "Determinism", "rho": "Rho",
    "weight_decay": "Weight decay", "one": "One", "many": "Many", "mixed_bfloat16": "mixed bfloat16",
    "mixed_float16": "mixed float16", "loss_scale": "First loss scale",
}  # fmt: skip


def word(value: str) -> str:
    """A choice in a person's words."""
    return WORDS.get(value, value)


def choices(field: str) -> tuple[Any, ...]:
    """What a field with a fixed list of values may be."""
    return get_args(RunConfig.model_fields[field].annotation)


class Fields:
    """The widgets of one form: `values` fills as they are drawn, `tell` puts sentences under those that need one.

    What was given to a field stays with the page while another choice hides the field.
    """

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._places: dict[str, Any] = {}
        self._where: dict[str, str] = {}
        self.refused: list[Problem] = []
        self._calm: dict[str, str] = {}  # the icon of what is no error
        self._group = ""

    def group(self, title: str, icon: str, expanded: bool) -> Any:
        """A part of the form that can be folded away; use it as a context."""
        self._group = title
        return st.expander(title, expanded=expanded, icon=icon, key=f"train.group {title}")

    def number(self, field: str, step: float, label: str = "", help: str = "", placeholder: str | None = None) -> None:
        """A whole number if `step` is one. Anything can be typed; what is not allowed is told, not changed."""
        title, meaning = TEXTS.get(field, (label, help))
        limit = "" if help else f" Allowed: {allowed(field)}."
        pattern = "%d" if isinstance(step, int) else "%g"
        begin = start(field)
        self._keep(
            field,
            title,
            st.number_input(
                title,
                value=begin if begin is None else type(step)(begin),
                step=step,
                format=pattern,
                key=key(field),
                help=meaning + limit,
                placeholder=placeholder or "",
                on_change=touch,
                persist_state="page",
            ),
        )

    def option(self, field: str, label: str, option: Option) -> None:
        """What a network or a dataset offers to be set: a number, or one of several words."""
        if option.choices:
            self.choice(field, {name: word(name) for name in option.choices}, texts=(label, option.help))
        else:
            step = 1 if isinstance(option.default, int) else 0.1
            self.number(field, step, label, f"{option.help} Allowed: {option.allowed()}.")

    def choice(
        self,
        field: str,
        options: Mapping[str, str],
        framework: str = "",
        texts: tuple[str, str] | None = None,
        **more: Any,
    ) -> str:
        """One of several values, given as value → words."""
        title, meaning = texts or (text.format(word(framework)) for text in TEXTS[field.partition(".")[0]])
        more.setdefault("on_change", touch)
        index = list(options).index(start(field)) if start(field) in options else 0
        return self._keep(
            field,
            title,
            st.selectbox(
                title,
                list(options),
                index,
                format_func=lambda v: options[v],
                key=key(field),
                help=meaning,
                persist_state="page",
                **more,
            ),
        )

    def switch(self, field: str) -> None:
        """A short choice, all values in sight."""
        title, meaning = TEXTS[field]
        options = list(choices(field))
        self._keep(
            field,
            title,
            st.segmented_control(
                title,
                options,
                default=start(field),
                required=True,
                format_func=word,
                key=key(field),
                help=meaning,
                on_change=touch,
                width="stretch",
                persist_state="page",
            ),
        )

    def several(self, field: str, options: list[str]) -> list[str]:
        """Any of several values."""
        title, meaning = TEXTS[field]
        chosen = st.segmented_control(
            title,
            options,
            selection_mode="multi",
            default=[option for option in start(field) if option in options],
            format_func=word,
            key=key(field),
            help=meaning,
            on_change=touch,
            width="stretch",
            persist_state="page",
        )
        ordered = [option for option in options if option in chosen]
        return self._keep(field, title, ordered)

    def toggle(self, field: str) -> None:
        """On or off."""
        title, meaning = TEXTS[field]
        self._keep(field, title, st.toggle(title, start(field), key=key(field), help=meaning, on_change=touch))

    def _keep(self, field: str, title: str, value: Any) -> Any:
        """Remember a widget's value, where it is, and the place below it for a sentence."""
        self.place(field, title)
        name, _, part = field.partition(".")
        if part:
            self.values.setdefault(name, {})[part] = value
        else:
            self.values[name] = value
        return value

    def place(self, field: str, title: str) -> None:
        """Keep room for a sentence here, below what `title` names."""
        self._places[field], self._where[field] = st.empty(), f"{title} in {self._group}"

    def refuse(self, field: str, sentence: str, icon: str = "") -> None:
        """What a part of the form found out by itself; with an `icon` it is no error, but still to be done."""
        self.refused.append(Problem(field=field, sentence=sentence))
        if icon:
            self._calm[field] = icon

    def calm(self, problems: list[Problem]) -> bool:
        """Whether none of them is an error."""
        return all(problem.field in self._calm for problem in problems)

    def tell(self, problems: list[Problem]) -> list[str]:
        """Put each problem's sentence under its widget; returns where these are."""
        for problem in problems:
            if icon := self._calm.get(problem.field):
                self._places[problem.field].info(plain(problem.sentence), icon=icon)
            else:
                self._places[problem.field].error(plain(problem.sentence), icon=":material/error:")
        return list(dict.fromkeys(self._where[problem.field] for problem in problems))

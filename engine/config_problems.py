"""What is wrong with a config: one sentence for each field that cannot be run as it is with the others."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from engine.datasets.catalogue import DATASETS, DatasetError, Option, training_examples
from engine.fairness.defaults import matchable, matches
from engine.networks.catalogue import NETWORKS

if TYPE_CHECKING:  # the config asks here what is wrong with it
    from engine.config import RunConfig

DEVICES = {"torch": "cpu, cuda:0, cuda:1, …, mps", "tensorflow": "cpu, cuda:0, cuda:1, …"}
EXECUTIONS = {"torch": ("eager", "compile"), "tensorflow": ("graph", "eager", "xla")}
# Which optimizers take which of their own parameters.
TAKES = {
    "momentum": ("momentum", "nesterov"),
    "beta_1": ("adam", "adamw"),
    "beta_2": ("adam", "adamw"),
    "rho": ("rmsprop",),
    "epsilon": ("adam", "adamw", "rmsprop"),
}


class Problem(BaseModel):
    """One field that was refused: which, why, and what would be allowed."""

    field: str
    sentence: str


class ConfigError(ValueError):
    """A config that cannot be run; `problems` has one entry per field, the message all their sentences."""

    def __init__(self, problems: list[Problem]):
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems


def refused(field: str, given: object, allowed: str) -> ConfigError:
    """The error for one field."""
    return ConfigError([problem(field, given, allowed)])


def problem(field: str, given: object, allowed: str) -> Problem:
    """What was given for a field, and what is allowed."""
    shown = "nothing" if given is None else _shown(given)
    return Problem(field=field, sentence=f"{field}: {shown} was given; allowed is {allowed}.")


def _shown(given: object) -> str:
    text = json.dumps(given, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def problems(config: "RunConfig") -> list[Problem]:
    """All that hinders a config whose fields are each what they may be; empty if it can be run."""
    found = _dataset(config) or _stopping(config)
    for check in (_network, _optimizer, _device, _call, _worker, _matching):
        found += check(config)
    if len(set(config.frameworks)) != len(config.frameworks):
        found.append(problem("frameworks", config.frameworks, "each of torch, tensorflow at most once"))
    return found


def _dataset(config: "RunConfig") -> list[Problem]:
    fitting = config.network_entry.recipes
    if config.dataset not in fitting:
        words = f"{', '.join(fitting)} for the network {config.network}{_takers(config)}"
        return [problem("dataset", config.dataset, words)]
    options, given = DATASETS[config.dataset].options, config.dataset_options
    found = _options("dataset_options", given, options)
    if found and given != {name: plain(option.default) for name, option in options.items()}:
        return found
    try:
        form = config.form
    except DatasetError as error:  # a table that is not chosen yet
        return [Problem(field="dataset_options", sentence=f"dataset_options: {error}")]
    if config.network_entry.task not in (None, form.task):
        words = f"data for {config.network_entry.task}, which is what the network {config.network} learns"
        return [problem("dataset", f"{config.dataset} for {form.task}", words)]
    return []


def _takers(config: "RunConfig") -> str:
    """Which networks take a dataset that this one does not."""
    takers = [name for name, network in NETWORKS.items() if config.dataset in network.recipes]
    return f", and {config.dataset} fits {', '.join(takers)}" if takers else ""


def _network(config: "RunConfig") -> list[Problem]:
    network = config.network_entry
    found = _options("network_options", config.network_options, network.options)
    if not found and (conflict := network.conflict(config.network_options)):
        found.append(Problem(field="network_options", sentence=f"network_options: {conflict}"))
    return found


def _stopping(config: "RunConfig") -> list[Problem]:
    examples, fraction = config.form.examples, config.train_fraction
    if config.early_stopping_patience is None or training_examples(examples, fraction) < examples:
        return []
    field = "early_stopping_patience"
    left = f"a share for training of {fraction:g} of {examples:,} leaves none"
    return [Problem(field=field, sentence=f"{field}: it needs examples for validation, and {left}.")]


def _optimizer(config: "RunConfig") -> list[Problem]:
    return [
        problem(name, getattr(config, name), f"nothing with {config.optimizer}; it belongs to {' and '.join(takers)}")
        for name, takers in TAKES.items()
        if getattr(config, name) is not None and config.optimizer not in takers
    ]


def _device(config: "RunConfig") -> list[Problem]:
    if "tensorflow" in config.frameworks and config.device.tensorflow == "mps":
        return [problem("device.tensorflow", "mps", DEVICES["tensorflow"])]
    return []


def _call(config: "RunConfig") -> list[Problem]:
    found = []
    for side in config.frameworks:
        execution, asked = getattr(config.execution, side), getattr(config.steps_per_call, side)
        if asked == "many" and execution == "eager":
            compiled = " or ".join(name for name in EXECUTIONS[side] if name != "eager")
            found.append(problem(f"steps_per_call.{side}", asked, f"one in eager execution; many need {compiled}"))
    many = "torch" in config.frameworks and config.steps_per_call.torch == "many"
    if many and not found and (why := _single_steps(config)):
        found.append(problem("steps_per_call.torch", "many", f"one {why}"))
    return found


def _worker(config: "RunConfig") -> list[Problem]:
    if config.workers == 1:
        return []
    parts = config.network_entry.parts(config.network_options)
    why = ""
    if config.batch_size < config.workers:
        why = f"at most {config.batch_size}, so that each has an example of every batch"
    elif "batch_norm" in parts:
        why = f"1 for {config.network}: its batch norm would have statistics of each worker's own part of a batch"
    elif "dropout" in parts and matches(config, "dropout_masks"):
        why = "1 with matched dropout_masks, which are made for whole batches"
    elif any(getattr(config.device, side) != "cpu" for side in config.frameworks):
        why = "1 on a GPU: several workers compute on the CPU"
    elif "torch" in config.frameworks and config.execution.torch != "eager":
        why = "1 with compiled PyTorch: several workers run eager"
    elif "tensorflow" in config.frameworks and config.execution.tensorflow == "xla":
        why = "1 with XLA: several workers run a graph, or eager"
    return [problem("workers", config.workers, why)] if why else []


def _single_steps(config: "RunConfig") -> str:
    """Where PyTorch has to run one step at a time; empty where it can run many in a call."""
    if config.device.torch == "mps":
        return "on mps"
    if config.scales_loss:
        return "in mixed_float16: such a call cannot leave out a step whose gradient overflows"
    if config.network_entry.recurrent:
        return f"for {config.network}: PyTorch's compiler takes no recurrent layer into such a call"
    drops = "dropout" in config.network_entry.parts(config.network_options)
    if drops and not matches(config, "dropout_masks"):
        return "with dropout, unless dropout_masks is matched: such a call would draw other numbers"
    return ""


def _matching(config: "RunConfig") -> list[Problem]:
    fitting = () if config.policy == "matched" else matchable(config)
    wrong = [name for name in config.matched_defaults if name not in fitting]
    if not wrong and len(set(config.matched_defaults)) == len(config.matched_defaults):
        return []
    if config.policy == "matched":
        words = "nothing with the policy matched, which matches every default"
    else:
        words = f"each at most once of {', '.join(fitting)}"
    return [problem("matched_defaults", list(config.matched_defaults), words)]


def _options(field: str, values: Mapping[str, Any], options: Mapping[str, Option]) -> list[Problem]:
    return [
        problem(f"{field}.{name}", value, _option_limits(options.get(name), options))
        for name, value in values.items()
        if name not in options or not options[name].accepts(value)
    ]


def _option_limits(option: Option | None, options: Mapping[str, Option]) -> str:
    if option is None:
        return f"one of {', '.join(options)}" if options else "no option here"
    return option.allowed()


def plain(value: Any) -> Any:
    """As JSON has it: a list for a tuple."""
    return list(value) if isinstance(value, tuple) else value

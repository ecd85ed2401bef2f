"""What the Speed page's form asks: the question, what belongs to it, and the config whose speed is looked at."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.bench import questions
from engine.bench.plan import metrics
from engine.charts.speed_labels import AXES
from engine.charts.speed_words import PRESETS, QUANTITIES
from engine.config import EXECUTIONS, FRAMEWORKS, ConfigError, Framework, RunConfig
from engine.datasets.catalogue import DATASETS
from engine.networks import own
from engine.networks.catalogue import NETWORKS
from engine.operators.request import MOST_STEPS
from ui import devices_form, speed_table
from ui.fields import TEXTS, choices, word
from ui.plain import plain
from ui.speed_fields import NO_TABLE, Places, choice, chosen_names, key, number, options, several, switch, whole_numbers

OPERATORS = "operators"  # no benchmark: a profile
TITLES = {
    "comparison": "PyTorch against TensorFlow",
    "ladder": "Ways to run one network",
    "scaling": "How speed scales",
    "latencies": "Latency",
    "precisions": "Precisions",
    "devices": "Devices",
    OPERATORS: "Where the time goes",
}
MEANINGS = {
    "comparison": "Both frameworks do the same work, in turn.",
    "ladder": "Each execution of {sides}, and what people write first.",
    "scaling": "The same over batch size, width, depth, threads or workers.",
    "latencies": "Inference of one batch at a time, over batch sizes: p50, p95 and p99.",
    "precisions": "The same in float32, float64 or mixed precision, each held to the first.",
    "devices": "The same on the CPU and on GPUs, each held to the first.",
    OPERATORS: "Some steps under each framework's own profiler: what takes the time, and both traces to download.",
}
LEFT_OUT = "Quick leaves out compiled PyTorch, which takes long to compile; Thorough has it."
STEPS = {"torch": ("one", "many"), "tensorflow": ("many", "one")}  # in a call, the usual first
METRICS = {"validation_accuracy": "Validation accuracy", "validation_loss": "Validation loss"}
TARGETS = {"validation_accuracy": ("At least", 0.95), "validation_loss": ("At most", 0.2)}


def fields(places: Places) -> dict[str, Any]:
    """Draw the widgets; returns what is asked for: the form's own answers, and under `config` the config's fields."""
    asked: dict[str, Any] = {"question": choice(places, "question", "Question", TITLES)}
    question = asked["question"]
    meaning, middle = st.empty(), st.container(gap="small")  # what belongs in there depends on what is below it
    if question == OPERATORS:
        asked["steps"] = number(places, "steps", "Steps", 50, f"That are recorded, at most {MOST_STEPS:,}.")
    else:
        asked["preset"] = _preset()
    asked["config"] = _config(places, question)
    sides = asked["config"].get("frameworks", FRAMEWORKS)
    text = MEANINGS[question].format(sides=" and ".join(map(word, sides)) or "no framework")
    if question == "ladder" and asked["preset"] == "quick" and "torch" in sides:
        text += f" {LEFT_OUT}"
    meaning.caption(text)
    if question != OPERATORS:
        with middle:
            _of_question(places, asked)
    return asked


def _preset() -> str:
    return st.segmented_control(
        "How thoroughly",
        list(PRESETS),
        default="quick",
        required=True,
        format_func=PRESETS.__getitem__,
        key=key("preset"),
        persist_state="session",
        width="stretch",
        help="Quick: one process per framework, both taking turns. Thorough: fresh processes again and again, "
        "so that what differs from process to process is counted, and compiled PyTorch as well.",
    )


def _of_question(places: Places, asked: dict[str, Any]) -> None:
    """The quantity, over what, and to which target, as far as the question has them."""
    question, config = asked["question"], _valid(asked["config"])
    goals = metrics(config)
    fitting = {name: QUANTITIES[name] for name in questions.QUESTIONS[question] if goals or name != "time_to_quality"}
    if len(fitting) > 1:
        asked["quantity"] = choice(places, "quantity", "What is measured", fitting, question)
        if asked["quantity"] == "time_to_quality":
            _quality(places, asked, goals, config)
    if question == "scaling":
        axes = {name: title for name, title in AXES.items() if _has(config, name)}
        asked["axis"] = choice(places, "axis", "Over", axes)
    if question in questions.LEAST:
        asked["values"] = _values(places, question, asked)


def _values(places: Places, question: str, asked: dict[str, Any]) -> str | list[str]:
    """What is varied: numbers as they are typed, or names."""
    if question == "precisions":
        return chosen_names(places, "values", "Precisions", choices("precision"), questions.NAMES[question])
    if question == "devices":
        sides = asked["config"]["frameworks"]
        found = _shared(sides)
        devices_form.look(key("devices to compare"))
        return chosen_names(places, "values", "Devices", found, found)
    axis = asked.get("axis", "batch_size")
    title = AXES[axis] if question == "scaling" else "Batch sizes"
    return whole_numbers(places, "values", title, questions.usual_values(question, axis, _valid(asked["config"])))


def _shared(sides: Sequence[Framework]) -> list[str]:
    """The devices that every framework has, since each of them is measured on all that are chosen."""
    offered = [list(devices_form.offered(side)) for side in sides]
    return [name for name in next(iter(offered), []) if all(name in others for others in offered)]


def _valid(fields: dict[str, Any]) -> RunConfig:
    """The config as it is asked for; its recipe, or that of the network, where that is none."""
    for names in (fields, ("network", "dataset")):
        try:
            return RunConfig.build({name: fields[name] for name in names})
        except ConfigError:
            continue
    return RunConfig.build({"network": fields["network"]})


def _quality(places: Places, asked: dict[str, Any], goals: Sequence[str], config: RunConfig) -> None:
    """The metric, its target, and when it is given up."""
    of = f"{config.network} {config.dataset}"
    asked["metric"] = metric = choice(places, "metric", "Quality", {name: METRICS[name] for name in goals}, of)
    title, usual = TARGETS[metric]
    meaning = "Both sides train until they reach it."
    asked["target"] = number(places, "target", title, usual, meaning, f"{metric} {of}")
    recipe = config.network_entry.recipes[config.dataset].epochs
    meaning = "A side that has not reached it by then is told so."
    asked["config"]["epochs"] = number(places, "epochs", "At most so many epochs", recipe, meaning, of)


def _has(config: RunConfig, axis: str) -> bool:
    network = config.network_entry
    if axis == "workers":
        return "batch_norm" not in network.contains
    return axis in ("batch_size", "threads") or axis in network.options


def _config(places: Places, question: str) -> dict[str, Any]:
    """The config's fields that decide the speed."""
    titles = {name: one.title for name, one in NETWORKS.items()}
    if st.session_state.get(key("network")) not in titles:  # of one's own, and its folder does not offer it any more
        st.session_state.pop(key("network"), None)
    network = choice(places, "network", TEXTS["network"][0], titles)
    if network in own.OWN:
        st.caption(f":material/warning: {plain(own.WARNING)}")
    entry = NETWORKS[network]
    found: dict[str, Any] = {"network": network}
    fitting = {name: DATASETS[name].title for name in entry.recipes}
    dataset = found["dataset"] = choice(places, "dataset", TEXTS["dataset"][0], fitting)
    recipe = entry.recipes[dataset]
    if dataset == NO_TABLE:
        found["dataset_options"] = speed_table.chosen(places)
    else:
        offered = DATASETS[dataset].options
        usual = {name: option.default for name, option in offered.items()}
        found["dataset_options"] = options(places, "dataset_options", offered, usual, dataset)
    places.keep("dataset_options", "Dataset")
    usual = entry.complete(recipe.network_options)
    found["network_options"] = options(places, "network_options", entry.options, usual, f"{network} {dataset}")
    places.keep("network_options", "Network")
    if question != "latencies":
        found["batch_size"] = number(places, "batch_size", "Batch size", recipe.batch_size, of=f"{network} {dataset}")
    with st.expander("Set-up", icon=":material/tune:", key=key("group set-up")):
        found |= _set_up(places, question, network, dataset)
    return found


def _set_up(places: Places, question: str, network: str, dataset: str) -> dict[str, Any]:
    """The frameworks, and how each runs."""
    found: dict[str, Any] = {}
    sides = FRAMEWORKS if question == OPERATORS else several(places, "frameworks", FRAMEWORKS)
    found["frameworks"] = list(sides)
    found["policy"] = switch("policy", "defaults")
    recipe = NETWORKS[network].recipes[dataset]
    optimizers = {name: word(name) for name in (recipe.optimizer, *choices("optimizer"))}
    found["optimizer"] = choice(places, "optimizer", TEXTS["optimizer"][0], optimizers, f"{network} {dataset}")
    if question != "precisions":
        found["precision"] = choice(places, "precision", "Precision", {name: name for name in choices("precision")})
    found["threads"] = number(places, "threads", TEXTS["threads"][0], 1)
    if question not in (OPERATORS, "latencies"):  # several workers train, and do nothing else
        found["workers"] = number(places, "workers", TEXTS["workers"][0], 1)
    for side in sides if question != "ladder" else ():
        ways = {name: word(name) for name in EXECUTIONS[side]}
        title = TEXTS["execution"][0].format(word(side))
        found.setdefault("execution", {})[side] = choice(places, f"execution.{side}", title, ways)
        if found["execution"][side] != "eager" and question != OPERATORS:  # one step is profiled at a time
            title = TEXTS["steps_per_call"][0].format(word(side))
            steps = {name: word(name) for name in STEPS[side]}
            found.setdefault("steps_per_call", {})[side] = choice(places, f"steps_per_call.{side}", title, steps)
    if question != "devices":
        found["device"] = {side: _device(places, side) for side in sides}
        devices_form.look(key("devices"))
    return found


def _device(places: Places, side) -> str:
    known = devices_form.offered(side, st.session_state.get(key(f"device.{side}")) or "cpu")
    return choice(places, f"device.{side}", TEXTS["device"][0].format(word(side)), known)

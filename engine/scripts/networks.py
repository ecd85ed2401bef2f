"""The parts of a script that define and build the network: our twin's own text, and the layers that are matched."""

import ast

from engine.config import RunConfig
from engine.fairness.defaults import LAYERS, matched_layers_of
from engine.networks import own
from engine.scripts import weights
from engine.scripts.script import Part
from engine.scripts.sources import Taken, take, take_text

DEMONSTRATION = ("demonstrate",)
# A docstring of our own points to one of our files, which whoever has the script has not.
MASKS = {
    "masks of engine/fairness/dropout.py, which says how they are made;": "masks that seed, layer and step decide;",
}


def twin(config: RunConfig, side: str) -> Taken:
    """The definitions of the network's twin. Raises OwnNetworkError where one of a person's own is not at hand."""
    if config.own_network is None:
        return take([(f"engine.networks.{config.network}_{side}", "build")])
    _, source = own.source_of(config.network, config.own_network.model_dump(), side)
    return take_text(source.decode(), leave_out=DEMONSTRATION)


def network(config: RunConfig, side: str, matched_weights: bool) -> Part:
    """What leaves `network`, built for the config, with the weights that both share where they are `matched_weights`.

    `layers` is there before where `replaced` says so.
    """
    taken = twin(config, side)
    given = [repr(config.form.inputs), str(config.form.outputs)]
    given += [f"{name}={value!r}".replace("'", '"') for name, value in config.network_options.items()]
    given += ["layers=layers"] if replaced(config, side) else []
    lines = [taken.text, ""]
    device = ".to(DEVICE)" if side == "torch" and config.device.torch != "cpu" else ""
    lines.append(f"network = build({', '.join(given)}){device}")
    if matched_weights:
        lines += weights.TORCH if side == "torch" else weights.TENSORFLOW
    return Part("Network", lines, taken.imports)


def replaced(config: RunConfig, side: str) -> tuple[str, ...]:
    """Which defaults are matched by layers of our own on this side."""
    names = matched_layers_of(config)
    if config.own_network is None:
        parts = config.network_entry.parts(config.network_options)
        names = tuple(name for name in names if LAYERS[name] in parts)
    elif not _takes_layers(twin(config, side)):
        return ()
    on_this_side = TORCH if side == "torch" else TENSORFLOW
    return tuple(name for name in names if name in on_this_side)


def _takes_layers(taken: Taken) -> bool:
    build = ast.parse(taken.definitions["build"]).body[0]
    assert isinstance(build, ast.FunctionDef)
    return any(argument.arg == "layers" for argument in (*build.args.args, *build.args.kwonlyargs))


# What each matched default is matched by: the layer, what takes its place, and what that needs.
TORCH = {
    "lstm_bias": ("LSTM", "_LSTM", ("_LSTM",)),
    "dropout_masks": ("Dropout", "lambda p=0.5: _Dropout(SEED, next(numbers), p)", ("_Dropout",)),
}
TENSORFLOW = {
    "batch_norm": ("BatchNormalization", "functools.partial({}, momentum=0.9, epsilon=1e-5)", ()),
    "running_variance": ("BatchNormalization", "_BatchNormalization", ("_BatchNormalization",)),
    "layer_norm": (
        "LayerNormalization",
        "functools.partial(keras.layers.LayerNormalization, epsilon=1e-5)",
        (),
    ),
    "gelu": ("Activation", "_activation", ("_activation",)),
    "dropout_masks": (
        "Dropout",
        "lambda rate, **named: _Dropout(SEED, next(numbers), rate, **named)",
        ("_Dropout",),
    ),
}


def layers(config: RunConfig, side: str) -> Part | None:
    """What leaves `layers`: the framework's own, but for those that the matched policy replaces; None without any."""
    names = replaced(config, side)
    if not names:
        return None
    table = TORCH if side == "torch" else TENSORFLOW
    taken = take([(f"engine.frameworks.layers_{side}", name) for each in names for name in table[each][2]])
    text = taken.text
    for ours, whole in MASKS.items():
        text = text.replace(ours, whole)
    imports, lines = taken.imports | {"from types import SimpleNamespace"}, [text, ""]
    if "dropout_masks" in names:
        imports.add("import itertools")
        lines.append("numbers = itertools.count()  # of the dropout layers, in the order in which they are built")
    chosen = {table[name][0]: table[name][1] for name in names if name != "batch_norm"}
    if "batch_norm" in names:
        kind = chosen.get("BatchNormalization", "keras.layers.BatchNormalization")
        chosen["BatchNormalization"] = table["batch_norm"][1].format(kind)
    if any("functools" in text for text in chosen.values()):
        imports.add("import functools")
    lines += ["replaced = {", *(f'    "{layer}": {text},' for layer, text in chosen.items()), "}"]
    library = "nn" if side == "torch" else "keras.layers"
    lines.append(f"layers = SimpleNamespace(**vars({library}) | replaced)")
    imports.add("from torch import nn" if side == "torch" else "import keras")
    return Part("Layers with the same arithmetic in both frameworks", lines, imports)

"""What a run of a config executes: the source of our own functions that it uses, as they lie in this copy now."""

import ast

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.scripts import networks
from engine.scripts.script import Part, spaced
from engine.scripts.sources import ROOT, take

# Of the twin that trains, what a step goes through.
STEP = {"torch": ("run", "_loss", "_loss_of", "_step"), "tensorflow": ("run", "_loss", "_steps", "_step")}
BY_FRAMEWORK = {"torch": ("Optimizer", "_clipped"), "tensorflow": ("Optimizer", "_Keras")}
MATCHED = {"torch": ("Optimizer", "_clipped"), "tensorflow": ("Optimizer", "_Matched", "_flat")}


def ran(config: RunConfig, side: str) -> list[Part]:
    """The network, the layers in the place of the framework's own, a step, and its optimizer, each with its file.

    Raises OwnNetworkError where a person's own network is not at hand.
    """
    folder = "engine/networks" if config.own_network is None else config.own_network.folder
    found = [_part("Network", f"{folder}/{config.network}_{side}.py", networks.twin(config, side).text)]
    table = networks.TORCH if side == "torch" else networks.TENSORFLOW
    names = [name for default in networks.replaced(config, side) for name in table[default][2]]
    if networks.replaced(config, side):
        module = f"engine.frameworks.layers_{side}"
        text = take([(module, name) for name in ("matched_layers", *names)], known=("LAYERS",)).text
        found.append(_part("Layers with the same arithmetic", f"{module.replace('.', '/')}.py", text))
    optimizers = (MATCHED if matches(config, "optimizer_equation") else BY_FRAMEWORK)[side]
    for title, file, names in (
        ("A step", f"engine/frameworks/train_{side}.py", list(STEP[side])),
        ("Optimizer", f"engine/frameworks/optimizer_{side}.py", list(optimizers)),
    ):
        found.append(_part(title, file, _cut(file, names)))
    return found


def _part(title: str, file: str, text: str) -> Part:
    return Part(title, [f"# {file}", "", *spaced(text).splitlines()])


def _cut(file: str, names: list[str]) -> str:
    """Functions, classes and methods of a file by their names, in its order; those that it lacks are left out."""
    text = (ROOT / file).read_text(encoding="utf-8")
    tree = ast.parse(text)
    inner = [(node, part) for node in tree.body if isinstance(node, ast.ClassDef) for part in node.body]
    lines, parts = text.splitlines(), []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names:
            parts.append("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    methods = [
        "\n".join(lines[part.lineno - 1 : part.end_lineno])
        for node, part in inner
        if isinstance(part, ast.FunctionDef) and part.name in names and node.name not in names
    ]
    return "\n\n".join([*methods, *parts])

"""What a run of a config executes: the source of our own functions that it uses, as they lie in this copy now."""

import ast
from collections.abc import Sequence

from engine.config import RunConfig
from engine.fairness.defaults import matches
from engine.scripts import networks
from engine.scripts.script import Part, spaced
from engine.scripts.sources import ROOT, take

# Of the twin that trains, what steps go through that are run one by one, or many in a call.
STEP = {
    ("torch", "one"): ("run", "_loss", "_step"),
    ("torch", "many"): ("run",),
    ("tensorflow", "one"): ("run", "_loss", "_step"),
    ("tensorflow", "many"): ("run", "_loss", "_steps", "_step"),
}
MANY = "engine/frameworks/many_steps_only_torch.py"
BY_FRAMEWORK = {"torch": ("Optimizer", "_clipped"), "tensorflow": ("Optimizer", "_Keras")}
MATCHED = {"torch": ("Optimizer", "_clipped"), "tensorflow": ("Optimizer", "_Matched", "_flat")}


def ran(config: RunConfig, side: str) -> list[Part]:
    """The network, the layers in the place of the framework's own, a step, its loss and optimizer, each with its file.

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
    calls = getattr(config.steps_per_call, side)
    file = f"engine/frameworks/train_{side}.py"
    found.append(_part("A step" if calls == "one" else "Steps", file, _cut(file, STEP[side, calls])))
    file = f"engine/frameworks/loss_{side}.py"
    found.append(_part("Loss", file, _cut(file, ["loss_of"])))
    if (side, calls) == ("torch", "many"):  # which has the optimizer's equation within
        return [*found, _part("Many steps in one call", MANY, (ROOT / MANY).read_text(encoding="utf-8"))]
    optimizers = (MATCHED if matches(config, "optimizer_equation") else BY_FRAMEWORK)[side]
    file = f"engine/frameworks/optimizer_{side}.py"
    return [*found, _part("Optimizer", file, _cut(file, optimizers))]


def _part(title: str, file: str, text: str) -> Part:
    return Part(title, [f"# {file}", "", *spaced(text).splitlines()])


def _cut(file: str, names: Sequence[str]) -> str:
    """Functions, classes and methods of a file by their names, methods first. Raises LookupError for one it lacks."""
    text = (ROOT / file).read_text(encoding="utf-8")
    outer = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    classes = [node for node in outer if isinstance(node, ast.ClassDef) and node.name not in names]
    inner = [part for node in classes for part in node.body if isinstance(part, ast.FunctionDef)]
    found = [node for node in (*inner, *outer) if node.name in names]
    if missing := {*names} - {node.name for node in found}:
        raise LookupError(f"{file} defines no {', '.join(sorted(missing))}.")
    lines = text.splitlines()
    return "\n\n".join("\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found)

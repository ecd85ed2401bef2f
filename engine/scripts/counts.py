"""Ease of use as numbers: how long a script is, and how much of its framework a reader of it has to know."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.scripts.script import Part, Script

FRAMEWORKS = ("torch", "tensorflow", "keras")
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
PYTHON = {name for kind in (list, dict, set, str) for name in dir(kind)}
# What a name belongs to, the first that fits; methods begin with a dot.
CONCEPTS = {
    "Learning-rate schedules": r"torch\.optim\.lr_scheduler|keras\.optimizers\.schedules|\.learning_rate$",
    "Optimizers": r"torch\.optim|keras\.optimizers|\.(step|zero_grad|apply|apply_gradients|param_groups|iterations)$",
    "Gradients": r"torch\.(autograd|no_grad|enable_grad)|tensorflow\.GradientTape|\.(backward|gradient|detach|grad)$"
    r"|torch\.nn\.utils\.clip",
    "Losses and metrics": r"cross_entropy|mse_loss|keras\.losses|keras\.metrics|\.argmax$",
    "Initial weights": r"\.init\.|keras\.initializers|parameters$|\.(weight|bias|kernel|weights|assign|copy_"
    r"|load_state_dict|named_parameters|trainable_variables|variables|register_buffer|add_weight)$",
    "Layers and models": r"torch\.nn(?!\.functional)|keras\.(layers|Layer|Sequential|Model|Input|activations)"
    r"|^\.[A-Z]\w+[a-z]|\.(add|add_module|build|get_layer|modules|named_modules)$",
    "Training or evaluating": r"\.(train|eval|training)$",
    "Data in batches": r"torch\.utils\.data|keras\.utils\.PyDataset|tensorflow\.data|\.split$|\.dataset$",
    "Compiled execution": r"torch\.compile|tensorflow\.function|\.compile$",
    "Fit and callbacks": r"keras\.callbacks|\.(fit|evaluate|predict|history)$",
    "Devices and precision": r"torch\.(device|autocast|set_default_dtype|backends|cuda)|set_floatx|set_dtype_policy"
    r"|list_physical_devices|set_visible_devices|tensor_float_32|use_deterministic|enable_op_determinism",
    "Threads and seeds": r"set_num_threads|manual_seed|threading|set_random_seed|torch\.Generator",
    "Tensors and their operations": r"",
}


@dataclass(frozen=True)
class Counts:
    """Of one script, but for parts that are the same in both frameworks: NumPy that makes data or draws weights.

    `lines` hold code: none that is empty, a comment or a docstring. `names` are the distinct names of the framework's
    modules, with a dot before a method or an attribute of an object; `concepts` are what they belong to.
    """

    lines: int
    names: tuple[str, ...]
    concepts: tuple[str, ...]


def counted(scripts: Mapping[str, Script]) -> dict[str, Counts]:
    """By framework, what is in its script. A method that lists, dictionaries, sets or texts have does not count."""
    every = [{(part.title, part.code) for part in script.parts} for script in scripts.values()]
    shared = set.intersection(*every)
    return {
        side: _counted([script.head, *(part for part in script.parts if (part.title, part.code) not in shared)])
        for side, script in scripts.items()
    }


def _counted(parts: Sequence[Part]) -> Counts:
    tree = ast.parse("\n".join(part.code for part in parts))
    names = sorted(set(_names(tree)))
    found = {concept_of(name) for name in names}
    lines = sum(_lines(part.code) for part in parts)
    return Counts(lines, tuple(names), tuple(concept for concept in CONCEPTS if concept in found))


def concept_of(name: str) -> str:
    """What a name of a framework belongs to."""
    return next(concept for concept, pattern in CONCEPTS.items() if re.search(pattern, name))


def _lines(code: str) -> int:
    words = {node.lineno: node.end_lineno or node.lineno for node in _docstrings(ast.parse(code))}
    silent = {line for first, last in words.items() for line in range(first, last + 1)}
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type not in NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    return len(found - silent)


def _docstrings(tree: ast.AST) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            yield node.body[0]  # type: ignore[misc]


def _names(tree: ast.Module) -> Iterator[str]:
    """The framework's names, whole, and methods and attributes of objects that are not Python's or the script's."""
    known = _imported(tree)
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_self(node)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute | ast.Name) or id(node) in inner:
            continue
        root, chain = _chain(node)
        if root in known:
            full = ".".join([known[root], *chain])
            if full.split(".")[0] in FRAMEWORKS and (chain or "." in known[root]):
                yield full
        elif isinstance(node, ast.Attribute) and node.attr not in PYTHON | own and not _is_numpy(root, tree):
            yield f".{node.attr}"


def _imported(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _is_numpy(root: str, tree: ast.Module) -> bool:
    return _imported(tree).get(root, "").startswith("numpy")


def _is_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _chain(node: ast.Attribute | ast.Name) -> tuple[str, list[str]]:
    """The name at the root, empty where it is a call or an index, and what follows it."""
    chain: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        chain.insert(0, inner.attr)
        inner = inner.value
    return (inner.id if isinstance(inner, ast.Name) else ""), chain

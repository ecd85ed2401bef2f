"""The source of each phrase, read from its file without running it, and the search over all of them."""

import ast
from functools import cache
from pathlib import Path

from engine.config import FRAMEWORKS
from engine.phrases.catalogue import PHRASES, TOPICS, Phrase


def source(phrase: Phrase, side: str) -> str:
    """The phrase's function as it stands in its file, below the imports that it needs: it runs on its own."""
    return _sources(phrase.topic, side)[phrase.name]


def found(words: str, topic: str = "") -> list[Phrase]:
    """The phrases of a topic, or of all, that have every word in their titles, notes, topic or code.

    Hyphens and underscores do not count: one-hot is one_hot and onehot.
    """
    wanted = _joined(words).split()
    return [
        phrase
        for phrase in PHRASES
        if topic in ("", phrase.topic) and all(word in _searched(phrase) for word in wanted)
    ]


@cache
def _searched(phrase: Phrase) -> str:
    told = (TOPICS[phrase.topic], phrase.title, phrase.notice, phrase.differs, phrase.name.replace("_", " "))
    return _joined("\n".join((*told, *(source(phrase, side) for side in FRAMEWORKS))))


def _joined(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")


@cache
def _sources(topic: str, side: str) -> dict[str, str]:
    path = Path(__file__).with_name(f"{topic}_{side}.py")
    text = path.read_text(encoding="utf-8")
    body = ast.parse(text).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        node.name: f"{_needed(imports, node)}\n\n\n{ast.get_source_segment(text, node)}\n"
        for node in body
        if isinstance(node, ast.FunctionDef)
    }


def _needed(imports: list[ast.Import | ast.ImportFrom], function: ast.FunctionDef) -> str:
    """Of the file's imports, those whose names the function uses."""
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    lines = []
    for node in imports:
        names = [alias for alias in node.names if (alias.asname or alias.name) in used]
        if names:
            kind = ast.ImportFrom(node.module, names, 0) if isinstance(node, ast.ImportFrom) else ast.Import(names)
            lines.append(ast.unparse(kind))
    return "\n".join(lines)

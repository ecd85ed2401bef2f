"""What a person may call a run: how long a name, tags and a note may be, and how they are shown among other words."""

import unicodedata
from collections.abc import Sequence

LONGEST = {"name": 80, "longest tag": 40, "note": 4_000}  # characters
MOST_TAGS = 20
LINES = "\t\n\r"  # which a note may have
CONTROLS = ("Cc", "Cs", "Zl", "Zp")  # of Unicode's categories: what moves a cursor, and what no file can hold
TURNING = ("R", "AL", "RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")  # and what turns a line around
ISOLATE, ISOLATES, END = "\u2068", "\u2066\u2067\u2068", "\u2069"


def tidy(name: str, tags: Sequence[str], note: str) -> tuple[str, tuple[str, ...], str]:
    """The same without surrounding space, empty tags, and tags that are there already."""
    return name.strip(), tuple(dict.fromkeys(filter(None, map(str.strip, tags)))), note.strip()


def refusal(name: str, tags: Sequence[str], note: str) -> str:
    """Why a run may not be called so, in one sentence; "" where it may."""
    lengths = {"name": len(name), "longest tag": max(map(len, tags), default=0), "note": len(note)}
    for what, most in LONGEST.items():
        if lengths[what] > most:
            return f"The {what} has {lengths[what]:,} characters; allowed are at most {most:,}."
    if len(tags) > MOST_TAGS:
        return f"The run would have {len(tags)} tags; allowed are at most {MOST_TAGS}."
    texts = {"name": name, "tags": "".join(tags), "note": note.translate(dict.fromkeys(map(ord, LINES)))}
    for what, text in texts.items():
        if any(map(_controls, text)):
            return f"The {what} may have no control characters; leave them out."
    return ""


def allowed(name: str, tags: Sequence[str], note: str) -> tuple[str, tuple[str, ...], str]:
    """As much of these as a run may be called, of a label that others wrote."""
    name, tags, note = tidy(_plain(name), [_plain(tag) for tag in tags], _plain(note, LINES))
    cut = [tag[: LONGEST["longest tag"]] for tag in tags]
    name, tags, note = tidy(name[: LONGEST["name"]], cut, note[: LONGEST["note"]])
    return name, tags[:MOST_TAGS], note


def shown(text: str, what: str = "name") -> str:
    """One of LONGEST on one line: cut, without control characters, and turning nothing around that stands beside it."""
    most = LONGEST[what]
    text = _plain(text if len(text) <= most else f"{text[: most - 1]}…")
    if text.isascii() or not any(unicodedata.bidirectional(char) in TURNING for char in text):
        return text
    kept, depth = "", 0
    for char in text:
        if char == END and not depth:
            continue  # it would end the isolation too early
        depth += (char in ISOLATES) - (char == END)
        kept += char
    return ISOLATE + kept + END * (depth + 1)


def _plain(text: str, kept: str = "") -> str:
    """With a space for each control character that is not kept."""
    return "".join(" " if char not in kept and _controls(char) else char for char in text)


def _controls(char: str) -> bool:
    return unicodedata.category(char) in CONTROLS

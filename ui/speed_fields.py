"""The kinds of widgets of the Speed page's form, each with a place below it for a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.config import Problem, RunConfig, allowed
from engine.datasets.catalogue import Option
from ui.fields import TEXTS, choices, word
from ui.plain import plain

NO_TABLE = "table"  # a file of one's own, which is not in a list


class Places:
    """Below each widget a place for a sentence; `tell` fills those that need one."""

    def __init__(self) -> None:
        self._places: dict[str, Any] = {}
        self._titles: dict[str, str] = {}
        self.refused: list[Problem] = []  # what a part of the form found out by itself

    def keep(self, field: str, title: str) -> None:
        """Room for a sentence here, below the widget of that title."""
        self._places[field], self._titles[field] = st.empty(), title

    def tell(self, problems: list[Problem]) -> list[str]:
        """Put each sentence below its widget, or below the nearest one; returns the widgets' titles."""
        told = {}
        for problem in problems:
            field = next(
                name for name in (problem.field, problem.field.partition(".")[0], "network") if name in self._places
            )
            self._places[field].error(plain(problem.sentence), icon=":material/error:")
            told[self._titles[field]] = True
        return list(told)


def key(name: str) -> str:
    """The session's key of a widget."""
    return f"speed.{name}"


def choice(places: Places, name: str, title: str, options: Mapping[str, str], of: str = "") -> str:
    """One of several values; `of` names what the choice belongs to, with which it begins anew."""
    meaning = TEXTS[name][1] if name in TEXTS else None
    widget = key(f"{name} {of}".strip())
    chosen = st.selectbox(
        title, list(options), format_func=lambda one: options.get(one, one), key=widget, help=meaning,
        persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return chosen


def switch(name: str, usual: str) -> str:
    """A short choice, all values in sight."""
    title, meaning = TEXTS[name]
    return st.segmented_control(
        title, list(choices(name)), default=usual, required=True, format_func=word, key=key(name), help=meaning,
        width="stretch", persist_state="session",
    )  # fmt: skip


def several(places: Places, name: str, options: Sequence[str]) -> list[str]:
    """Any of several values, all of them to begin with."""
    title, meaning = TEXTS[name]
    chosen = st.segmented_control(
        title, list(options), selection_mode="multi", default=list(options), format_func=word, key=key(name),
        help=meaning, width="stretch", persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return [one for one in options if one in chosen]


def number(places: Places, name: str, title: str, usual: float, meaning: str = "", of: str = "") -> float:
    """A number; anything can be typed, and what is not allowed is told."""
    text = meaning or TEXTS[name][1]
    text += f" Allowed: {allowed(name)}." if name in RunConfig.model_fields else ""
    step = 1 if isinstance(usual, int) else 0.05
    value = st.number_input(
        title, value=usual, step=step, format="%d" if step == 1 else "%g", key=key(f"{name} {of}".strip()), help=text,
        persist_state="session",
    )  # fmt: skip
    places.keep(name, title)
    return value


def options(places: Places, field: str, offered: Mapping[str, Option], usual: Mapping[str, Any], of: str) -> dict:
    """What a network or a dataset offers to be set."""
    found: dict[str, Any] = {}
    for name, option in offered.items():
        title, widget = name.replace("_", " ").capitalize(), f"{field}.{name}"
        if option.choices:
            words = {one: word(one) for one in (usual[name], *option.choices)}
            found[name] = choice(places, widget, title, words, of)
        else:
            meaning = f"{option.help} Allowed: {option.allowed()}."
            found[name] = number(places, widget, title, usual[name], meaning, of)
    return found


def chosen_names(places: Places, name: str, title: str, offered: Sequence[str], usual: Sequence[str]) -> list[str]:
    """Several names, in the order in which they are chosen: others are held to the first."""
    chosen = st.multiselect(
        title, list(offered), list(usual), format_func=word, key=key(f"{name} {' '.join(offered)}"),
        persist_state="session", help="Two or more. Of each framework, the others are held to the first.",
    )  # fmt: skip
    places.keep(name, title)
    return chosen


def whole_numbers(places: Places, name: str, title: str, usual: Sequence[int]) -> str:
    """Several whole numbers, separated by commas, as they are typed; until then the usual ones."""
    state, begun = st.session_state, key(f"{name} {title} begun")
    text = state.get(begun, "")
    if state.get(key(f"{name} {title} {text}"), text) == text:  # nothing was typed: the usual ones may be others now
        text = state[begun] = ", ".join(map(str, usual))
    typed = st.text_input(
        title, text, key=key(f"{name} {title} {text}"), persist_state="session",
        help="Whole numbers, separated by commas.",
    )  # fmt: skip
    places.keep(name, title)
    return typed

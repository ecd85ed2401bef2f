"""The latest runs of the store, to be opened again."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from engine.charts.words import together
from engine.runs import StoreError
from ui import address, server

MOST = 10


def moment(run: str) -> str:
    """When a run was made, in the time zone of the person's browser, the year only where it is not this one."""
    when = made(run)
    if when is None:
        return "-".join(run.split("-")[:2])
    year = "" if when.year == datetime.now(when.tzinfo).year else f" {when.year}"
    return f"{when.day} {when:%b}{year}, {when:%H:%M:%S}"


def made(run: str) -> datetime | None:
    """The same as a time; None for a folder that somebody named so."""
    day, clock, *_ = run.split("-")
    try:
        return datetime.strptime(day + clock, "%Y%m%d%H%M%S").replace(tzinfo=UTC).astimezone(_zone())
    except (ValueError, OverflowError):
        return None


def _zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # the browser's word, which need not be one
        return UTC


def latest() -> dict[str, str]:
    """The latest runs, newest first, by id: network, dataset, what became of them, and when; no two in equal words."""
    found: dict[str, str] = {}
    for run in _newest():
        words = _words(run)
        found[run] = f"{words} · {run[-6:]}" if words in found.values() else words
    return found


def _newest() -> list[str]:
    try:
        return server.store().runs()[:MOST]
    except StoreError:  # the page says so already
        return []


def _words(run: str) -> str:
    try:
        config = server.store().config(run)
        return f"{config.network} · {config.dataset} · {together(server.store().status(run))} · {moment(run)}"
    except StoreError:  # to open it is to learn why
        return f"{run} · Cannot be read"


def runs_menu(runs: dict[str, str]) -> None:
    """A button that offers these runs."""
    menu("Recent runs", runs, "Opens one of the last ten.", "There is no run yet.", "recent", address.show_run)


def menu(title: str, found: dict[str, str], meaning: str, none: str, key: str, show: Callable[[str], None]) -> None:
    """A button that offers what was found, by id in words. Drawn in a fragment, it keeps the words chosen from."""
    chosen = st.menu_button(
        title,
        list(found) or [""],
        format_func=lambda name: found.get(name, ""),
        disabled=not found,
        help=meaning if found else none,
        key=key,
    )
    if chosen:
        show(chosen)
        st.rerun()

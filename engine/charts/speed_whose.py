"""Whose benchmark it is: measured on this machine or another, when, and what two of them are called side by side."""

from datetime import UTC, datetime

from engine.bench.published import Measured


def host(measured: Measured) -> str:
    """The machine's name."""
    return str(measured.found.machine.get("host") or "an unnamed machine")


def when(measured: Measured) -> str:
    """When it was measured."""
    time = measured.found.machine.get("time")
    if not isinstance(time, int | float) or not 0 < time < 4e9:
        return "at an unknown time"
    return f"{datetime.fromtimestamp(time, UTC):%-d %b %Y, %H:%M} UTC"


def names(one: Measured, other: Measured) -> tuple[str, str]:
    """Their machines; where that is the same one, also their times, or which of them is shown."""
    hosts = ["this machine" if found.here else host(found) for found in (one, other)]
    if hosts[0] != hosts[1]:
        return hosts[0], hosts[1]
    first, second = (f"{name}, {when(found)}" for name, found in zip(hosts, (one, other), strict=True))
    return (first, second) if first != second else (f"{first}, shown", f"{second}, beside it")

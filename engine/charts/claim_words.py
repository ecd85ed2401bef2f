"""Claims in people's words."""

from datetime import date


def dated(on: str) -> str:
    """`4 September 2024` of an ISO date, `October 2024` of a month."""
    year, month, *day = (int(part) for part in on.split("-"))
    return f"{day[0]} {date(year, month, day[0]):%B %Y}" if day else f"{date(year, month, 1):%B %Y}"

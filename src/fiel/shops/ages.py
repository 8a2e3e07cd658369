"""Who is old enough: below a business's minimum age nobody is profiled, and nobody is sent offers."""

from __future__ import annotations

from datetime import date

__all__ = ["AGES", "grown_up", "last_birthday"]

AGES = range(13, 26)
"""What a business may set as minimum age, in years; see `Business.minimum_age`."""


def last_birthday(today: date, age: int) -> date:
    """The last day on which somebody was born who is old enough today; whoever was born on 29 February waits a day."""
    try:
        return today.replace(year=today.year - age)
    except ValueError:
        return date(today.year - age, 2, 28)


def grown_up(born: date | None, today: date, age: int) -> bool:
    """Whether somebody is old enough; whose birth date is not known is taken to be."""
    return born is None or born <= last_birthday(today, age)

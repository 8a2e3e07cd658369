"""Seasons: spans of days that come every year, or once."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime

from fiel.core.reading import Field, Table

__all__ = ["Season", "read_date", "read_season"]

_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_LEAP_YEAR = 2028


@dataclass(frozen=True, slots=True)
class Season:
    """From one day to another, both inclusive: (month, day) every year, maybe past the year's end, or dates, once."""

    code: str
    begin: date | tuple[int, int]
    end: date | tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether the day lies in it."""
        if isinstance(self.begin, date) and isinstance(self.end, date):
            return self.begin <= day <= self.end
        here = (day.month, day.day)
        if isinstance(self.begin, tuple) and isinstance(self.end, tuple):
            if self.begin <= self.end:
                return self.begin <= here <= self.end
            return here >= self.begin or here <= self.end
        return False


def read_date(field: Field) -> date | None:
    """A day as YYYY-MM-DD; a date value of TOML is taken too."""
    if isinstance(field.value, date) and not isinstance(field.value, datetime):
        return field.value
    try:
        # fromisoformat takes other spellings too: weeks, and days without hyphens.
        if isinstance(field.value, str) and _DATE.match(field.value):
            return date.fromisoformat(field.value)
    except ValueError:
        pass
    field.wrong('write a day that exists as "2026-12-24"')
    return None


def _read_end(field: Field) -> date | tuple[int, int] | None:
    """One end of a season: MM-DD or YYYY-MM-DD. 29 February may be named."""
    found = _MONTH_DAY.match(field.value) if isinstance(field.value, str) else None
    if found is None:
        return read_date(field)
    month, day = int(found[1]), int(found[2])
    if day > monthrange(_LEAP_YEAR, month)[1]:
        field.wrong("there is no such day")
        return None
    return (month, day)


def read_season(table: Table) -> Season:
    """A season of a document; where a fault was noted, one to go on reading with."""
    code = table.field("code").slug()
    begin, end = _read_end(table.field("from")), _read_end(table.field("to"))
    table.done()
    if begin is None or end is None:
        return Season(code, date.max, date.max)
    if isinstance(begin, date) != isinstance(end, date):
        table.wrong("to", "both ends are MM-DD, or both are YYYY-MM-DD")
    elif isinstance(begin, date) and isinstance(end, date) and end < begin:
        table.wrong("to", "the season has no days: it ends before it begins")
    return Season(code, begin, end)

"""Long spans of days from few rows: whole months, or half-years, and what is fewer at their edges, added or taken off.

A span from 3 March to 30 June is March less two days, April, May and June: six rows for each thing instead of 120.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fiel.insight.days import Days, days_of_month

__all__ = ["Signs", "half_of", "in_days_and_months", "in_months_and_halves"]

Signs = dict[date, int]
"""By the day with which a time begins: 1 where it is added, -1 where it is taken off."""


@dataclass(frozen=True, slots=True)
class _Grain:
    """How fine times lie in coarse ones: which one, and which ones there are in it."""

    of: Callable[[date], date]
    within: Callable[[date], Iterable[date]]


def half_of(day: date) -> date:
    """The first day of the half-year in which a day lies."""
    return day.replace(month=1 if day.month < 7 else 7, day=1)


def in_days_and_months(days: Days) -> tuple[Signs, Signs]:
    """The days, and the months, that make these days."""
    return _split(_days(days), _Grain(lambda day: day.replace(day=1), lambda month: _days(days_of_month(month))))


def in_months_and_halves(days: Days) -> tuple[Signs, Signs]:
    """The months, and the half-years, that make the whole months which these days touch."""
    return _split(days.months(), _Grain(half_of, _months_of_half))


def _months_of_half(half: date) -> list[date]:
    return [half.replace(month=half.month + n) for n in range(6)]


def _days(days: Days) -> list[date]:
    return [days.first + timedelta(days=n) for n in range(days.count)]


def _split(wanted: Iterable[date], grain: _Grain) -> tuple[Signs, Signs]:
    by_coarse: dict[date, set[date]] = {}
    for each in wanted:
        by_coarse.setdefault(grain.of(each), set()).add(each)
    fine: Signs = {}
    coarse: Signs = {}
    for begin, some in by_coarse.items():
        others = set(grain.within(begin)) - some
        if len(others) + 1 < len(some):
            coarse[begin] = 1
            fine |= dict.fromkeys(others, -1)
        else:
            fine |= dict.fromkeys(some, 1)
    return fine, coarse

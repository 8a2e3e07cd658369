"""Spans of days that figures are asked for, and the spans that they are held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Days", "days_of_month", "month_after", "this_month", "this_week", "today_alone"]


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to another, both included. `until_hour`: of the last day only what was before this hour."""

    first: date
    last: date
    until_hour: int = 24

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def before(self) -> Days:
        """As many days, just before these."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1), self.until_hour)

    def a_year_before(self) -> Days:
        """As many days a year before, beginning on the same day of the week."""
        return Days(self.first - timedelta(days=364), self.last - timedelta(days=364), self.until_hour)

    def months(self) -> Iterator[date]:
        """The first day of each month that the span touches."""
        month = self.first.replace(day=1)
        while month <= self.last:
            yield month
            month = month_after(month)


def month_after(month: date) -> date:
    """The first day of the month after one, given by its first day."""
    return (month + timedelta(days=31)).replace(day=1)


def days_of_month(month: date) -> Days:
    """The days of a month, given by its first day."""
    return Days(month, month_after(month) - timedelta(days=1))


def today_alone(today: date, hour: int) -> tuple[Days, Days]:
    """Today, and the same day a week ago until this hour."""
    week_ago = today - timedelta(days=7)
    return Days(today, today), Days(week_ago, week_ago, hour + 1)


def this_week(today: date, hour: int) -> tuple[Days, Days]:
    """The week since Monday, and as much of the week before."""
    monday = today - timedelta(days=today.weekday())
    return Days(monday, today), Days(monday - timedelta(days=7), today - timedelta(days=7), hour + 1)


def this_month(today: date, hour: int) -> tuple[Days, Days]:
    """The month, and as much of the month before; all of it, where that was shorter."""
    first = today.replace(day=1)
    last = first - timedelta(days=1)
    before = last.replace(day=1)
    same = before + timedelta(days=today.day - 1)
    return Days(first, today), Days(before, same, hour + 1) if same <= last else Days(before, last)

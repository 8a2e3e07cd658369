"""Today, this week and this month, each beside the same span before: yesterday until this time of day, and so on."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Value, When
from django.utils.translation import gettext as _

from fiel.doors.look import day_and_month, time_of_day, weekday

__all__ = ["Cuts", "Span", "cuts_of", "spans_until"]


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until now, beside `before` until `until`; all of them moments."""

    name: str
    start: datetime
    before: datetime
    until: datetime

    @property
    def title(self) -> str:
        """What the span is called."""
        return {"today": _("Today"), "week": _("This week"), "month": _("This month")}[self.name]

    def against(self, zone: ZoneInfo) -> str:
        """What the span is held against."""
        # What ends at midnight ends with the day before it.
        last = (self.until - timedelta(microseconds=1)).astimezone(zone).date()
        at = time_of_day(self.until, zone)
        if self.name == "today":
            return _("against yesterday until %(time)s") % {"time": at}
        if self.name == "week":
            return _("against last week until %(weekday)s, %(time)s") % {"weekday": weekday(last), "time": at}
        return _("against last month until %(day)s") % {"day": day_and_month(last)}


def spans_until(now: datetime, zone: ZoneInfo) -> tuple[Span, Span, Span]:
    """Today, this week (from Monday) and this month, by the business's clock."""
    local = now.astimezone(zone)
    today, clock = local.date(), local.time().replace(fold=0)
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    # On the 31st of a month the shorter one before has ended: all of it counts.
    same_day = min(before + timedelta(days=today.day - 1), first - timedelta(days=1))
    whole = today.day > (first - before).days

    def at(day: date, moment: time = time()) -> datetime:
        return datetime.combine(day, moment, zone).astimezone(UTC)

    return (
        Span("today", at(today), at(today - timedelta(days=1)), at(today - timedelta(days=1), clock)),
        Span("week", at(monday), at(monday - timedelta(days=7)), at(today - timedelta(days=7), clock)),
        Span("month", at(first), at(before), at(first) if whole else at(same_day, clock)),
    )


@dataclass(frozen=True, slots=True)
class Cuts:
    """The moments at which some span begins or ends, in order: between two of them lies a piece.

    The database sums up each piece once, however many spans share it.
    """

    moments: tuple[datetime, ...]

    @property
    def piece(self) -> Case:
        """The number of the piece that a row's `occurred_at` falls in."""
        begun = [When(occurred_at__lt=moment, then=Value(index)) for index, moment in enumerate(self.moments)]
        return Case(*begun, default=Value(len(self.moments)))

    def pieces(self, start: datetime, until: datetime | None = None) -> range:
        """The pieces between two of the moments; without an end: all that follow."""
        last = len(self.moments) if until is None else bisect_left(self.moments, until)
        return range(bisect_left(self.moments, start) + 1, last + 1)


def cuts_of(spans: tuple[Span, ...]) -> Cuts:
    """All moments at which the spans begin and end."""
    return Cuts(tuple(sorted({moment for span in spans for moment in (span.start, span.before, span.until)})))

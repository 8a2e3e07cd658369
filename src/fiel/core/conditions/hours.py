"""`when.hours`: at what time of the day, by the store's clock; from inclusive, to exclusive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """From inclusive, to exclusive; None is midnight at the day's end. What ends before it begins wraps midnight."""

    begin: time
    end: time | None

    @property
    def wraps(self) -> bool:
        """Whether it goes on after midnight."""
        return self.end is not None and self.end <= self.begin

    def __str__(self) -> str:
        end = "24:00" if self.end is None else f"{self.end:%H:%M}"
        return f"{self.begin:%H:%M}-{end}"


@dataclass(frozen=True, slots=True)
class Hours(Condition):
    """Within one of these spans. What wraps midnight belongs to the day on which it began."""

    spans: tuple[Span, ...]

    @classmethod
    def read(cls, field: Field) -> Self:
        """A list of spans "14:00-18:00"; "22:00-02:00" wraps midnight; "24:00" is the day's end."""
        spans = tuple(span for item in field.items() if (span := _read_span(item)) is not None)
        if not spans and field.sound:
            field.wrong("name at least one span, or leave the condition out")
        return cls(spans)

    def days(self, moment: Moment) -> Iterator[date]:
        """The days to which the moment belongs, if it lies in a span: its own, or the one before."""
        now, today = moment.sale.local.time(), moment.sale.local.date()
        for span in self.spans:
            if span.wraps and span.end is not None and now < span.end:
                yield today - timedelta(days=1)
            if span.begin <= now and (span.wraps or span.end is None or now < span.end):
                yield today

    def holds(self, moment: Moment) -> bool:
        """Whether the moment's day is one to which its time belongs."""
        return moment.day in self.days(moment)

    def because(self) -> str:
        """ "14:00-18:00"."""
        return ", ".join(map(str, self.spans))


def _read_span(item: Field) -> Span | None:
    found = _SPAN.match(item.value) if isinstance(item.value, str) else None
    if found is None:
        item.wrong('write a span of hours as "14:00-18:00"')
        return None
    begin = time(int(found[1]), int(found[2]))
    end = None if found[5] else time(int(found[3]), int(found[4]))
    if begin == end:
        item.wrong("a span begins and ends at different times; for the whole day leave the condition out")
        return None
    return Span(begin, end)

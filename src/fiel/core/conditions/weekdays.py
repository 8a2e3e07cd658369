"""`when.weekdays`: on which days of the week, by the store's clock."""

from __future__ import annotations

from typing import ClassVar, Self

from fiel.core.conditions.codes import Codes, choose
from fiel.core.conditions.moment import Moment
from fiel.core.reading import Field

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Weekdays(Codes):
    """On one of these days of the week."""

    __slots__ = ()
    noun: ClassVar[str] = "on"

    @classmethod
    def read(cls, field: Field) -> Self:
        """A list of mon, tue, wed, thu, fri, sat, sun."""
        return cls(choose(field, WEEKDAYS))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return WEEKDAYS[moment.day.weekday()] in self.codes

    def named(self) -> tuple[str, ...]:
        """The days, in the week's order."""
        return tuple(day for day in WEEKDAYS if day in self.codes)

    def because(self) -> str:
        """ "on mon, tue"."""
        return f"{self.noun} {', '.join(self.named())}"

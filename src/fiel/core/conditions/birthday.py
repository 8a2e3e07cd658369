"""`when.birthday`: on the day, in the week (3 days either side) or in the month of the member's birth date."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field

SPANS = ("day", "week", "month")
_EITHER_SIDE = {"day": timedelta(days=0), "week": timedelta(days=3)}


def birthday_in(year: int, born: date) -> date:
    """The birthday in a year; who was born on 29 February has it on the 28th in other years."""
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return born.replace(year=year)


def is_birthday(day: date, born: date, span: str) -> bool:
    """Whether the day lies on, or in the week or month of, the birthday. A week may pass the year's end."""
    if span == "month":
        return day.month == born.month
    return any(
        abs(day - birthday_in(year, born)) <= _EITHER_SIDE[span] for year in (day.year - 1, day.year, day.year + 1)
    )


@dataclass(frozen=True, slots=True)
class Birthday(Condition):
    """Around the member's birthday, by the store's clock; without a birth date it does not hold."""

    span: str

    @classmethod
    def read(cls, field: Field) -> Self:
        """One of day, week, month."""
        return cls(field.choice(SPANS))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        born = moment.facts.birth_date
        return born is not None and is_birthday(moment.day, born, self.span)

    def because(self) -> str:
        """In words."""
        return f"birthday {self.span}"

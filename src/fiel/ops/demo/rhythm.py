"""When people come: weekdays, months, hours, weather, days on which the shop is shut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fiel.ops.demo.dice import Dice

__all__ = ["Day", "Peak", "Rhythm", "days_of"]

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Peak:
    """Days of each year, both inclusive and within the year, on which more people come, or fewer."""

    begin: tuple[int, int]
    end: tuple[int, int]
    factor: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A shop's pulse. `weekdays` from Monday, `months` from January: how busy, around 1; 0 is shut.

    `hours`: how many of a day's visits begin in each hour; `weekend_hours` likewise, where they differ. `weather`: how
    much a day's luck takes away or adds at most, in hundredths.
    """

    weekdays: Sequence[float]
    months: Sequence[float]
    hours: Mapping[int, int]
    weekend_hours: Mapping[int, int] | None = None
    peaks: Sequence[Peak] = ()
    shut: frozenset[tuple[int, int]] = frozenset()
    weather: int = 20

    def busy(self, day: date) -> float:
        """How busy a day is by the calendar; 0: shut."""
        here = (day.month, day.day)
        if here in self.shut:
            return 0
        busy = self.weekdays[day.weekday()] * self.months[day.month - 1]
        for peak in self.peaks:
            if peak.begin <= here <= peak.end:
                busy *= peak.factor
        return busy

    def hours_on(self, day: date) -> Mapping[int, int]:
        """The hours of that day, with their weights."""
        return self.weekend_hours if self.weekend_hours and day.weekday() >= SATURDAY else self.hours


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the shop's life. `busy`: with the weather in it."""

    day: date
    busy: float
    hours: Mapping[int, int]


def days_of(dice: Dice, rhythm: Rhythm, last: date, count: int) -> list[Day]:
    """The days up to `last`, in their order."""
    days = []
    for back in range(count - 1, -1, -1):
        day = last - timedelta(days=back)
        luck = 1 + dice.randint(-rhythm.weather, rhythm.weather) / 100
        days.append(Day(day, rhythm.busy(day) * luck, rhythm.hours_on(day)))
    return days

"""When little is sold: by weekday and hour, in each part of the month."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import Sum

from fiel.insight.days import Days, days_of_month, month_after
from fiel.insight.models import StoreHour
from fiel.insight.overview import in_hours

__all__ = ["BLOCK", "PARTS", "Quiet", "by_day_of_month", "next_part", "part_of", "quiet_hours"]

BLOCK = 3
"""Hours are looked at in blocks of so many."""

PARTS = 3
"""A month is looked at in so many parts."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """A weekday (0: Monday) and a block of hours, and what is usually sold then, in minor units.

    `usual`: what is sold on average in as many open hours. `part` of the month (0 to 2), where each is by itself.
    """

    weekday: int
    first_hour: int
    total: int
    usual: int
    part: int | None = None


def quiet_hours(business_id: int, days: Days, stores: Collection[str] = (), *, by_part: bool = False) -> list[Quiet]:
    """Blocks of hours by weekday, the quietest first, each held against the average of as many open hours.

    An hour is open, and a block counts, where something was sold on half of its days. `by_part`: each part of the month
    by itself, all held against the same average.
    """
    found = StoreHour.objects.filter(in_hours(days, stores), business_id=business_id, sales__gt=0)
    sums: dict[_Block, int] = {}
    seen: dict[_Block, set[date]] = {}
    at_hour: dict[tuple[_Block, int], set[date]] = {}
    open_days: dict[_Day, set[date]] = {}
    for day, hour, total in found.values_list("day", "hour").annotate(Sum("total")).order_by():
        weekday = (part_of(day) if by_part else None, day.weekday())
        block = (*weekday, hour // BLOCK * BLOCK)
        sums[block] = sums.get(block, 0) + int(total)
        seen.setdefault(block, set()).add(day)
        at_hour.setdefault((block, hour), set()).add(day)
        open_days.setdefault(weekday, set()).add(day)
    usual = {
        block: total // len(open_days[block[:2]])
        for block, total in sums.items()
        if 2 * len(seen[block]) >= len(open_days[block[:2]])
    }
    hours = dict.fromkeys(usual, 0)
    for (block, _hour), days_of_hour in at_hour.items():
        if block in hours and 2 * len(days_of_hour) >= len(open_days[block[:2]]):
            hours[block] += 1
    a_day, opened = sum(usual.values()), sum(max(1, n) for n in hours.values())
    quiet = [
        Quiet(weekday, hour, total, a_day * max(1, hours[part, weekday, hour]) // opened, part)
        for (part, weekday, hour), total in usual.items()
    ]
    return sorted(quiet, key=lambda each: (_share(each), each.weekday, each.first_hour, each.part or 0))


_Day = tuple[int | None, int]
"""A part of the month and a weekday."""
_Block = tuple[int | None, int, int]
"""The same, and the hour in which a block begins."""


def _share(each: Quiet) -> Fraction:
    return Fraction(each.total, each.usual or 1)


def part_of(day: date) -> int:
    """In which part of its month a day lies: 0 from the 1st to the 10th, 1 to the 20th, 2 to its end."""
    return min(PARTS - 1, (day.day - 1) // 10)


def part_days(month: date, part: int) -> Days:
    """The days of a part of a month, which `month` is the first day of."""
    last = days_of_month(month).last if part == PARTS - 1 else month + timedelta(days=10 * part + 9)
    return Days(month + timedelta(days=10 * part), last)


def next_part(today: date, part: int) -> Days:
    """The next such part of a month that begins after today."""
    month = today.replace(day=1)
    this = part_days(month, part)
    return this if this.first > today else part_days(month_after(month), part)


def by_day_of_month(business_id: int, days: Days, stores: Collection[str] = ()) -> list[tuple[date, list[int | None]]]:
    """For each month: what was sold on an average day from the 1st to the 10th, to the 20th, and to its end.

    None for a part that the days do not touch.
    """
    found = StoreHour.objects.filter(in_hours(days, stores), business_id=business_id)
    sums: dict[tuple[date, int], int] = {}
    for day, total in found.values_list("day").annotate(Sum("total")).order_by():
        key = (day.replace(day=1), part_of(day))
        sums[key] = sums.get(key, 0) + total
    return [
        (month, [_mean(sums.get((month, part), 0), _days_in(days, month, part)) for part in range(PARTS)])
        for month in days.months()
    ]


def _mean(total: int, count: int) -> int | None:
    return total // count if count else None


def _days_in(days: Days, month: date, part: int) -> int:
    of_part = part_days(month, part)
    return max(0, (min(of_part.last, days.last) - max(of_part.first, days.first)).days + 1)

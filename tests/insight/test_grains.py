"""Long spans made of few rows hold exactly their days, whatever they are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fiel.insight.days import Days
from fiel.insight.grains import in_days_and_months, in_months_and_halves

SPANS = [
    # first, last; how many rows a thing has by day and month, and by month and half-year
    ("2026-03-03", "2026-06-30", 6, 3),
    ("2025-11-24", "2026-11-23", 26, 5),
    ("2024-02-29", "2024-02-29", 1, 1),
    ("2024-01-01", "2026-12-31", 36, 6),
    ("2025-12-31", "2026-01-01", 2, 2),
]


@pytest.mark.parametrize(("first", "last", "by_day", "by_month"), SPANS)
def test_a_span_is_its_days_and_its_months_exactly_from_few_rows(first, last, by_day, by_month):
    span = Days(date.fromisoformat(first), date.fromisoformat(last))
    days, months = in_days_and_months(span)
    made = dict(days)
    for month in months:
        for n in range(31):
            if (day := month + timedelta(days=n)).month == month.month:
                made[day] = made.get(day, 0) + months[month]
    assert {day for day, times in made.items() if times} == {span.first + timedelta(days=n) for n in range(span.count)}
    assert (set(made.values()) - {0}, len(days) + len(months)) == ({1}, by_day)

    months, halves = in_months_and_halves(span)
    made = dict(months)
    for half in halves:
        for month in range(half.month, half.month + 6):
            made[half.replace(month=month)] = made.get(half.replace(month=month), 0) + halves[half]
    assert {month for month, times in made.items() if times} == set(span.months())
    assert (set(made.values()) - {0}, len(months) + len(halves)) == ({1}, by_month)

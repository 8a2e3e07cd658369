"""What a business owes its members: what accounts hold, by the month in which it lapses, and what that is in money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from django.db.models import BigIntegerField, Sum
from django.db.models.functions import Cast

from fiel.core.lots import NEVER
from fiel.core.programme import Unit
from fiel.core.sale import half_up
from fiel.events.models import LotsMoved
from fiel.insight.models import HeldDay
from fiel.programme.units import units_of

__all__ = ["Owed", "owed"]

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Owed:
    """What is held of a unit, in steps. `pending`: of that, not to be spent yet; `soon`: lapses within 30 days.

    `by_month`: by the first day of the month in which it lapses, None for what never does. `money`: what all of it is
    worth, in minor units, half up; None for a unit without a value. Debts of members are not set off against it.
    """

    unit: Unit
    held: int = 0
    pending: int = 0
    soon: int = 0
    by_month: Mapping[date | None, int] = field(default_factory=dict)

    @property
    def money(self) -> int | None:
        """What all of it is worth."""
        return self.worth(self.held)

    def worth(self, steps: int) -> int | None:
        """What steps are worth, in minor units, half up; None for a unit without a value."""
        value: Fraction | None = self.unit.value
        return None if value is None else half_up(steps * value.numerator, value.denominator)


def owed(business_id: int, today: date) -> dict[str, Owed]:
    """What is owed as of today, by unit: what is kept of it and what waits to be taken in, read at one moment."""
    units = units_of(business_id)
    lot = ("unit", "expires_on", "available_on")
    kept = HeldDay.objects.filter(business_id=business_id).exclude(steps=0).values_list(*lot, "steps")
    moved = Cast(Sum("steps"), BigIntegerField())  # PostgreSQL's sums of such are decimals
    waiting = LotsMoved.objects.filter(business_id=business_id).values_list(*lot).annotate(moved=moved).order_by()
    sums: dict[str, list[tuple[date, bool, int]]] = {}
    for unit, expires_on, available_on, steps in kept.union(waiting, all=True):
        sums.setdefault(unit, []).append((expires_on, available_on > today, steps))
    return {code: _owed(units[code], rows, today) for code, rows in sorted(sums.items()) if code in units}


def _owed(unit: Unit, rows: list[tuple[date, bool, int]], today: date) -> Owed:
    by_month: dict[date | None, int] = {}
    for expires_on, _, steps in sorted(rows):
        month = None if expires_on == NEVER else expires_on.replace(day=1)
        by_month[month] = by_month.get(month, 0) + steps
    return Owed(
        unit,
        held=sum(steps for *_, steps in rows),
        pending=sum(steps for _, pending, steps in rows if pending),
        soon=sum(steps for expires_on, _, steps in rows if expires_on <= today + SOON),
        by_month=by_month,
    )

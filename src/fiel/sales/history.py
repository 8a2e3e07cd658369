"""What a member's earlier sales mean for the next one: how many there were, and what capped rules gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count

from fiel.core.lots import months_later
from fiel.members.find import known_as
from fiel.sales.models import Receipt

__all__ = ["History"]

Rule = tuple[UUID, str]


class History:
    """Sales so far, and what capped rules gave by day and month of the programme's clock.

    Read once for a group of sales; `add` keeps it up as they are counted one after the other.
    """

    def __init__(self) -> None:
        self._sales: dict[UUID, int] = {}
        self._by_day: dict[tuple[Rule, date], Fraction] = {}
        self._by_month: dict[tuple[Rule, date], Fraction] = {}

    def read_counts(self, business_id: int, member_ids: Iterable[UUID]) -> None:
        """Read how many sales each member has, without those wholly returned."""
        owner = known_as(business_id, member_ids)
        rows = Receipt.objects.filter(business_id=business_id, member_id__in=list(owner), gone=False)
        for member_id, sales in rows.order_by().values_list("member_id").annotate(Count("id")):
            self._sales[owner[member_id]] = self.sales_so_far(owner[member_id]) + sales

    def read_caps(self, business_id: int, member_ids: Iterable[UUID], days: Iterable[date], zone: ZoneInfo) -> None:
        """Read what capped rules gave in the months of these days."""
        months = sorted({day.replace(day=1) for day in days})
        if not months:
            return
        begin = datetime.combine(months[0], time(), zone)
        end = datetime.combine(months_later(months[-1], 1), time(), zone) - timedelta(microseconds=1)
        owner = known_as(business_id, member_ids)
        rows = Receipt.objects.filter(
            business_id=business_id,
            member_id__in=list(owner),
            occurred_at__range=(begin, end),
            used__isnull=False,
        )
        for member_id, occurred_at, used in rows.values_list("member_id", "occurred_at", "used"):
            if member_id is None or used is None:
                continue
            steps = {rule: Fraction(*pair) for rule, pair in used.items()}
            self._note(owner[member_id], occurred_at.astimezone(zone).date(), steps)

    def sales_so_far(self, member_id: UUID) -> int:
        """Sales recorded before."""
        return self._sales.get(member_id, 0)

    def used(self, member_id: UUID, rule: str, day: date) -> tuple[Fraction, Fraction]:
        """What a rule gave in a day and in its month, in steps."""
        key, none = (member_id, rule), Fraction(0)
        return self._by_day.get((key, day), none), self._by_month.get((key, day.replace(day=1)), none)

    def add(self, member_id: UUID, day: date, used: Mapping[str, Fraction]) -> None:
        """Note a sale that has just been counted."""
        self._sales[member_id] = self.sales_so_far(member_id) + 1
        self._note(member_id, day, used)

    def _note(self, member_id: UUID, day: date, used: Mapping[str, Fraction]) -> None:
        month = day.replace(day=1)
        for rule, steps in used.items():
            key = (member_id, rule)
            self._by_day[key, day] = self._by_day.get((key, day), Fraction(0)) + steps
            self._by_month[key, month] = self._by_month.get((key, month), Fraction(0)) + steps

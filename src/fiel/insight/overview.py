"""How a business stands today, this week and this month, each against as much before: for the first page.

All of it from kept sums: a handful of short queries, whatever the size. `kept_at` says up to when they go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from fiel.insight.days import Days, this_month, this_week, today_alone
from fiel.insight.models import ALL_STORES, EVERYTHING, Keeping, MemberDay, MemberIndicators, StoreHour, UnitDay
from fiel.insight.owed import Owed, owed
from fiel.members.search import members_erased
from fiel.shops.models import Business

__all__ = [
    "Moved",
    "Overview",
    "Sold",
    "Span",
    "active_members",
    "kept_at",
    "moved",
    "of_stores",
    "overview",
    "sold",
    "sold_by_day",
    "sold_of",
]


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales of which something is left and what was paid for them, in minor units; of these, those of members."""

    sales: int = 0
    total: int = 0
    member_sales: int = 0
    member_total: int = 0

    @property
    def ticket(self) -> int:
        """What a sale came to on average, in minor units, half up; 0 without one."""
        return (2 * self.total + self.sales) // (2 * self.sales) if self.sales else 0

    @property
    def member_ticket(self) -> int:
        """The same, of members' sales alone."""
        return Sold(self.member_sales, self.member_total).ticket

    @property
    def others(self) -> Sold:
        """What was sold to nobody known."""
        return Sold(self.sales - self.member_sales, self.total - self.member_total)


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved of a unit, in steps, each 0 or more: earned by sales or given otherwise; less by returns; spent, less
    what came back; lapsed, or forfeited by who left. Openings, adjustments and merges are not in it.
    """

    given: int = 0
    taken_back: int = 0
    spent: int = 0
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """What happened in some days. `active`: members who bought; `moved`: by unit."""

    days: Days
    sold: Sold
    active: int
    moved: dict[str, Moved] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overview:
    """Today, this week, this month, each with what it is held against; what is owed to members, by unit.

    `kept_at`: up to when sales are counted; None while they are being counted anew.
    """

    today: tuple[Span, Span]
    week: tuple[Span, Span]
    month: tuple[Span, Span]
    owed: dict[str, Owed]
    kept_at: datetime | None


def overview(business: Business, now: datetime, stores: Collection[str] = ()) -> Overview:
    """How a business stands. `stores`: of these alone; members, units and what is owed are the business's always."""
    local = now.astimezone(ZoneInfo(business.timezone))
    today, hour = local.date(), local.hour
    day, week, month = (
        (_span(business.id, now_, stores), _span(business.id, before, stores))
        for now_, before in (today_alone(today, hour), this_week(today, hour), this_month(today, hour))
    )
    return Overview(day, week, month, owed(business.id, today), kept_at(business.id))


def _span(business_id: int, days: Days, stores: Collection[str]) -> Span:
    return Span(days, sold(business_id, days, stores), active_members(business_id, days), moved(business_id, days))


def kept_at(business_id: int) -> datetime | None:
    """Up to when sums are kept; None while they are being counted anew."""
    kept = Keeping.objects.filter(business_id=business_id, receipts_to=EVERYTHING, members_to=EVERYTHING)
    return kept.values_list("kept_at", flat=True).first()


def in_hours(days: Days, stores: Collection[str] = ()) -> Q:
    """The rows of `StoreHour` that lie in some days."""
    within = Q(day__gte=days.first, day__lte=days.last)
    if days.until_hour < 24:
        within &= Q(day__lt=days.last) | Q(hour__lt=days.until_hour)
    return within & of_stores(stores)


def of_stores(stores: Collection[str] = ()) -> Q:
    """The rows of sums by store that are of some stores; of none: those of all together."""
    return Q(store__in=stores or (ALL_STORES,))


def sold(business_id: int, days: Days, stores: Collection[str] = ()) -> Sold:
    """What was sold in some days, in all stores or in these."""
    rows: QuerySet[StoreHour] = StoreHour.objects.filter(in_hours(days, stores), business_id=business_id)
    return sold_of(rows.values_list("of_member").annotate(Sum("sales"), Sum("total")).order_by())


def sold_by_day(business_id: int, days: Days, stores: Collection[str] = ()) -> list[tuple[date, Sold]]:
    """The same of each day with a sale, the first day first."""
    rows = StoreHour.objects.filter(in_hours(days, stores), business_id=business_id)
    by_day: dict[date, list[tuple[bool, int, int]]] = {}
    sums = rows.values_list("day", "of_member").annotate(Sum("sales"), Sum("total")).order_by("day")
    for day, of_member, sales, total in sums:
        by_day.setdefault(day, []).append((of_member, sales, total))
    return [(day, found) for day, each in by_day.items() if (found := sold_of(each)).sales]


def sold_of(sums: Iterable[tuple[bool, int, int]]) -> Sold:
    """What was sold, from whether it was to members, sales and total: a row for them, one for everybody else."""
    of = {of_member: (sales, int(total)) for of_member, sales, total in sums}  # PostgreSQL's sums are decimals
    members, others = of.get(True, (0, 0)), of.get(False, (0, 0))
    return Sold(members[0] + others[0], members[1] + others[1], *members)


def active_members(business_id: int, days: Days) -> int:
    """How many members bought something in some days.

    In days that go up to the last sale it is those who came since the first of them: one number for each member tells,
    and only of who was erased, whose number is gone, the days themselves. That is a tenth of a year's member days.
    """
    bought = MemberDay.objects.filter(business_id=business_id, day__gte=days.first, sales__gt=0)
    if bought.filter(day__gt=days.last).exists():
        return bought.filter(day__lte=days.last).values("member_id").distinct().count()
    known = MemberIndicators.objects.filter(business_id=business_id, last_visit__gte=days.first).values("member_id")
    of_erased = bought.filter(member_id__in=members_erased(business_id).values("id"))
    return known.union(of_erased.values("member_id").distinct(), all=True).count()


def moved(business_id: int, days: Days) -> dict[str, Moved]:
    """What moved of each unit in some days."""
    rows = UnitDay.objects.filter(business_id=business_id, day__gte=days.first, day__lte=days.last)
    sums: dict[str, dict[str, int]] = {}
    for unit, kind, into, out in (
        rows.values_list("unit", "kind").annotate(Sum("steps_in"), Sum("steps_out")).order_by()
    ):
        sums.setdefault(unit, {})[kind] = into - out
    return {unit: moved_by(kinds) for unit, kinds in sums.items()}


def moved_by(kinds: dict[str, int]) -> Moved:
    """What moved, from the net steps of each kind of entry."""
    return Moved(
        given=sum(kinds.get(kind, 0) for kind in ("earn", "bonus", "refer")),
        taken_back=-kinds.get("take_back", 0),
        spent=-kinds.get("spend", 0) - kinds.get("give_back", 0),
        lapsed=-kinds.get("expire", 0) - kinds.get("forfeit", 0),
    )

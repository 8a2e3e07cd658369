"""How the programme does: who is active, new, lapsed; whose sales are known; what moved; what rewards cost; tiers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from fiel.insight.days import Days
from fiel.insight.models import ALL_STORES, CashierDay, CohortMonth, MemberIndicators, UnitDay
from fiel.insight.overview import Moved, Sold, moved_by, of_stores, sold_of
from fiel.members.models import TierChange
from fiel.rewards.models import Delivery, Voucher
from fiel.shops.models import Business

__all__ = [
    "LAPSES_AFTER",
    "Active",
    "RewardUse",
    "activity",
    "cohorts",
    "rewards_used",
    "sold_by_cashier",
    "sold_by_store",
    "tier_flows",
    "units_by_month",
    "visits_a_member",
]

LAPSES_AFTER = timedelta(days=90)
"""Whoever did not come for so long, and has not come since, is lapsed."""


@dataclass(frozen=True, slots=True)
class Active:
    """A month: members who bought; of these, for the first time; those who would have lapsed in it, and did not return.

    `visits`: their days with a sale.
    """

    month: date
    active: int
    visits: int
    new: int
    lapsed: int


def activity(business_id: int, days: Days) -> list[Active]:
    """Members by month, for the whole months that the days touch: two queries."""
    months = list(days.months())
    kept = CohortMonth.objects.filter(business_id=business_id, month__gte=months[0], month__lte=months[-1])
    of_all, new = Sum("members"), Sum(Case(When(first=F("month"), then=F("members")), default=Value(0)))
    by_month = kept.values_list("month").annotate(m=of_all, v=Sum("visits"), n=new).order_by()
    active = {month: (members, visits, first) for month, members, visits, first in by_month}
    known = MemberIndicators.objects.filter(business_id=business_id, last_visit__gte=months[0] - LAPSES_AFTER)
    lapsed: dict[date, int] = {}
    for last, n in known.values_list("last_visit").annotate(Count("member_id")).order_by():
        month = (last + LAPSES_AFTER).replace(day=1)
        lapsed[month] = lapsed.get(month, 0) + (n if last + LAPSES_AFTER <= days.last else 0)
    return [Active(month, *active.get(month, (0, 0, 0)), lapsed.get(month, 0)) for month in months]


def visits_a_member(business_id: int, days: Days) -> tuple[int, int]:
    """Visits, and the members who made them, in the whole months that the days touch; a member counts each month."""
    found = activity(business_id, days)
    return sum(each.visits for each in found), sum(each.active for each in found)


def cohorts(business_id: int, days: Days) -> list[tuple[date, list[int]]]:
    """Members by the month of their first sale: how many bought in that month, in the next, and so on."""
    months = list(days.months())
    kept = CohortMonth.objects.filter(business_id=business_id, first__gte=months[0], month__lte=months[-1])
    counted: dict[date, dict[date, int]] = {}
    for first, month, members in kept.exclude(members=0).values_list("first", "month", "members"):
        counted.setdefault(first, {})[month] = members
    return [
        (first, [counted[first].get(month, 0) for month in months if month >= first])
        for first in months
        if first in counted
    ]


Named = tuple[str, Sold]


def sold_by_store(business_id: int, days: Days, stores: Collection[str]) -> list[Named]:
    """What each store sold, and of it to members."""
    found = CashierDay.objects.filter(business_id=business_id, day__gte=days.first, day__lte=days.last)
    found = found.filter(store__in=stores) if stores else found.exclude(store=ALL_STORES)
    return _by_name(found.values_list("store", "of_member").annotate(Sum("sales"), Sum("total")).order_by())


def sold_by_cashier(business_id: int, days: Days, stores: Collection[str]) -> list[Named]:
    """What each cashier rang up, and of it for members; the till without a cashier's name is empty."""
    found = CashierDay.objects.filter(business_id=business_id, day__gte=days.first, day__lte=days.last)
    found = found.filter(of_stores(stores))
    return _by_name(found.values_list("cashier", "of_member").annotate(Sum("sales"), Sum("total")).order_by())


def _by_name(sums: Iterable[tuple[str, bool, int, int]]) -> list[Named]:
    """The one with the most sales first."""
    rows: dict[str, list[tuple[bool, int, int]]] = {}
    for name, of_member, sales, total in sums:
        rows.setdefault(name, []).append((of_member, sales, total))
    found = [(name, sold_of(each)) for name, each in rows.items()]
    return sorted((each for each in found if each[1].sales), key=lambda each: (-each[1].sales, each[0]))


def units_by_month(business_id: int, days: Days) -> dict[str, list[tuple[date, Moved]]]:
    """What moved of each unit, month by month, in these days."""
    found = UnitDay.objects.filter(business_id=business_id, day__gte=days.first, day__lte=days.last)
    by_month = found.annotate(month=TruncMonth("day")).values_list("unit", "kind", "month")
    sums: dict[str, dict[date, dict[str, int]]] = {}
    for unit, kind, month, into, out in by_month.annotate(Sum("steps_in"), Sum("steps_out")).order_by():
        sums.setdefault(unit, {}).setdefault(month, {})[kind] = int(into - out)
    return {
        unit: [(month, moved_by(of.get(month, {}))) for month in days.months()] for unit, of in sorted(sums.items())
    }


@dataclass(frozen=True, slots=True)
class RewardUse:
    """A reward: vouchers issued, handed over, and what that cost in money: agreed with a partner, or taken off.

    `cost` None: the business knows no price of it.
    """

    reward: str
    issued: int
    used: int
    cost: int | None


def rewards_used(business: Business, days: Days) -> list[RewardUse]:
    """Rewards by how often they were handed over in these days, by the business's clock."""
    zone = ZoneInfo(business.timezone)
    begin = datetime.combine(days.first, time(), zone)
    end = datetime.combine(days.last + timedelta(days=1), time(), zone)
    vouchers = Voucher.objects.filter(business=business, issued_at__gte=begin, issued_at__lt=end)
    issued = dict(vouchers.values_list("reward").annotate(Count("id")).order_by())
    handed = Delivery.objects.filter(business=business, at__gte=begin, at__lt=end, undone_at=None)
    sums = handed.values_list("reward").annotate(Count("id"), cost=Sum(Coalesce("price", "amount"))).order_by()
    used = {code: (n, cost) for code, n, cost in sums}
    found = [RewardUse(code, issued.get(code, 0), *used.get(code, (0, None))) for code in {*issued, *used}]
    return sorted(found, key=lambda each: (-each.used, -each.issued, each.reward))


def tier_flows(business_id: int, days: Days) -> list[tuple[str, str, int]]:
    """How many moved from a tier to another in these days."""
    found = TierChange.objects.filter(business_id=business_id, day__gte=days.first, day__lte=days.last)
    flows = found.filter(~Q(before="")).values_list("before", "after").annotate(n=Count("id")).order_by("-n")
    return [(before, after, n) for before, after, n in flows if before != after]

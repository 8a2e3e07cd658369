"""Reading the books, for everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from django.db.models import Max, Q, QuerySet

from fiel.core.lots import NEVER, Holding, LotKey, Move
from fiel.ledger.models import Account, Draw, Entry, Lot
from fiel.tables.read import matching

__all__ = [
    "HOLDS_LAPSING",
    "Balance",
    "Entry",
    "balances",
    "drawn_by",
    "entries_between",
    "entries_of",
    "last_inflow",
    "members_who_hold",
    "members_with_lots",
    "members_with_units",
    "units_in_use",
]


HOLDS_LAPSING = """
    EXISTS (SELECT 1 FROM ledger_lot lot WHERE lot.business_id = m.business_id AND lot.member_id = m.id
        AND lot.steps > 0 AND lot.expires_on BETWEEN %(lapsing_first)s AND %(lapsing_last)s)
"""
"""For statements over members `m`: whether one holds something that lapses from one day to another."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One account, in steps; `entries`: how many there are."""

    member_id: UUID
    unit: str
    holding: Holding
    carry: Fraction
    entries: int

    def expiring(self, until: date) -> list[tuple[date, int]]:
        """What lapses on which day, up to a day, the soonest first."""
        by_day: dict[date, int] = {}
        for lot, steps in sorted(self.holding.lots.items()):
            if lot.expires_on <= until and lot.expires_on != NEVER:
                by_day[lot.expires_on] = by_day.get(lot.expires_on, 0) + steps
        return list(by_day.items())


def balances(business_id: int, member_ids: Iterable[UUID]) -> list[Balance]:
    """The accounts of members, by member and unit: two queries."""
    wanted = [(member_id,) for member_id in member_ids]
    lots: dict[tuple[UUID, str], dict[LotKey, int]] = {}
    rows = matching(Lot, business_id, ("member_id",), wanted, _LOT, where="t.steps > 0")
    for member_id, unit, expires_on, available_on, steps in rows:
        lots.setdefault((member_id, unit), {})[LotKey(expires_on, available_on)] = steps
    return [
        Balance(
            member_id,
            unit,
            Holding(balance, lots.get((member_id, unit), {})),
            Fraction(carry_numerator, carry_denominator),
            entries,
        )
        for member_id, unit, balance, carry_numerator, carry_denominator, entries in sorted(
            matching(Account, business_id, ("member_id",), wanted, _ACCOUNT)
        )
    ]


_LOT = ("unit", "expires_on", "available_on", "steps")
_ACCOUNT = ("unit", "balance", "carry_numerator", "carry_denominator", "entries")


def drawn_by(business_id: int, unit: str, cause: UUID) -> list[Move]:
    """What a spending drew from which lots, in the order in which it drew."""
    entry = Entry.objects.filter(business_id=business_id, cause=cause, unit=unit, kind="spend").first()
    if entry is None:
        return []
    rows = Draw.objects.filter(
        business_id=business_id, member_id=entry.member_id, unit=unit, number=entry.number, steps__lt=0
    )
    lots = rows.order_by("expires_on", "available_on").values_list("expires_on", "available_on", "steps")
    return [Move(LotKey(expires_on, available_on), steps) for expires_on, available_on, steps in lots]


def members_with_lots(business_id: int, *, expiring_until: date) -> set[UUID]:
    """The members who hold something that lapses on or before a day."""
    lots = Lot.objects.filter(business_id=business_id, steps__gt=0, expires_on__lte=expiring_until)
    return set(lots.values_list("member_id", flat=True).distinct())


def members_with_units(business_id: int, least: Mapping[str, int]) -> set[UUID]:
    """The members who hold at least so many steps of one of the units."""
    found: set[UUID] = set()
    for unit, steps in least.items():
        accounts = Account.objects.filter(business_id=business_id, unit=unit, balance__gte=steps)
        found |= set(accounts.values_list("member_id", flat=True))
    return found


def members_who_hold(business_id: int) -> QuerySet[Account, UUID]:
    """The members whose account of some unit is not at zero; for a query to exclude them, or to look for them."""
    return Account.objects.filter(business_id=business_id).exclude(balance=0).values_list("member_id", flat=True)


def last_inflow(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When something last came in from outside a sale, by member."""
    kinds = ("opening", "adjust", "transfer", "refer", "bonus")
    entries = Entry.objects.filter(business_id=business_id, member_id__in=list(member_ids), kind__in=kinds, steps__gt=0)
    return dict(entries.order_by().values_list("member_id").annotate(Max("occurred_at")))


def units_in_use(business_id: int) -> set[str]:
    """The units of which some member has an account."""
    return set(Account.objects.filter(business_id=business_id).values_list("unit", flat=True).distinct())


def entries_of(
    business_id: int, member_id: UUID, *, limit: int, before: tuple[datetime, str, int] | None = None
) -> list[Entry]:
    """A member's movements, the newest first, a page at a time.

    `before`: when the last one of the page before was recorded, its unit and number.
    """
    rows = Entry.objects.filter(business_id=business_id, member_id=member_id)
    if before:
        at, unit, number = before
        rows = rows.filter(
            Q(recorded_at__lt=at) | Q(recorded_at=at, unit__gt=unit) | Q(recorded_at=at, unit=unit, number__lt=number)
        )
    return list(rows.order_by("-recorded_at", "unit", "-number")[:limit])


def entries_between(
    business_id: int, member_ids: Iterable[UUID], first: datetime, before: datetime
) -> dict[UUID, list[Entry]]:
    """The movements of members that occurred from one moment to before another, the oldest first; one query."""
    rows = Entry.objects.filter(
        business_id=business_id, member_id__in=list(member_ids), occurred_at__gte=first, occurred_at__lt=before
    )
    found: dict[UUID, list[Entry]] = {}
    for entry in rows.order_by("member_id", "occurred_at", "unit", "number"):
        found.setdefault(entry.member_id, []).append(entry)
    return found

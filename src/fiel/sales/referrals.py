"""Gifts for bringing a customer: given with the customer's sale, taken back with it. Points only; points.md §3, §6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from fiel.core.lots import lot_of
from fiel.core.programme import Programme
from fiel.ledger.post import Books, Cause, Movement
from fiel.members.find import follow, known_as
from fiel.members.models import Member
from fiel.sales.models import Referral
from fiel.tables.write import insert

__all__ = ["ReferralBook", "open_referrals", "referrers_of"]


@dataclass(slots=True)
class ReferralBook:
    """Referrals of some members: who was brought by whom, what was given before, and what is given now."""

    business_id: int
    referrers: Mapping[UUID, UUID] = field(default_factory=dict)
    given_for: set[UUID] = field(default_factory=set)
    gifts: dict[tuple[UUID, date], int] = field(default_factory=dict)
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def give(
        self, programme: Programme, books: Books, member_id: UUID, spend: int, *, day: date, cause: Cause
    ) -> list[Movement]:
        """Gifts to both, if the member was brought by somebody and this sale qualifies."""
        rule, referrer_id = programme.referral, self.referrers.get(member_id)
        if rule is None or referrer_id is None or spend < max(1, rule.min_amount):
            return []
        if rule.after == "first_sale" and member_id in self.given_for:
            return []
        month = (referrer_id, day.replace(day=1))
        had = self.gifts.get(month, 0)
        to_referrer = rule.referrer if rule.max_per_month is None or had < rule.max_per_month else 0
        lot = lot_of(programme.units[rule.unit], day)
        gifts = [(member_id, rule.referred), (referrer_id, to_referrer)]
        moved = [books.put(who, rule.unit, steps, lot, kind="refer", cause=cause) for who, steps in gifts if steps]
        self.given_for.add(member_id)
        self.gifts[month] = had + (1 if to_referrer else 0)
        row = (self.business_id, cause.id, member_id, referrer_id, rule.unit, rule.referred, to_referrer, day)
        self.rows.append(row)
        return moved

    def write(self) -> None:
        """Write what was given, in the caller's transaction."""
        insert(Referral, _COLUMNS, self.rows)


_COLUMNS = (
    "business",
    "receipt_id",
    "referred_id",
    "referrer_id",
    "unit",
    "referred_steps",
    "referrer_steps",
    "day",
)


def referrers_of(business_id: int, member_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who brought each of these members, by now: read before the lock, so that both can be locked in order."""
    rows = Member.objects.filter(business_id=business_id, id__in=list(member_ids), referred_by__isnull=False)
    brought = {member_id: by for member_id, by in rows.values_list("id", "referred_by") if by is not None}
    leads_to = follow(business_id, set(brought.values()))
    found = {member_id: leads_to[by] for member_id, by in brought.items() if by in leads_to}
    # Two who were merged may have brought each other, or themselves.
    above = Member.objects.filter(business_id=business_id, id__in=set(found.values()), referred_by__isnull=False)
    their_own = {member_id: by for member_id, by in above.values_list("id", "referred_by") if by is not None}
    leads_on = follow(business_id, set(their_own.values()))
    circular = {
        member_id
        for member_id, by in found.items()
        if by == member_id or leads_on.get(their_own.get(by, by)) == member_id
    }
    return {member_id: by for member_id, by in found.items() if member_id not in circular}


def open_referrals(business_id: int, referrers: Mapping[UUID, UUID], days: Iterable[date]) -> ReferralBook:
    """What was given before to these members and, in the months of these days, to who brought them.

    To those too who have become part of them.
    """
    book = ReferralBook(business_id, referrers)
    if not referrers:
        return book
    standing = Referral.objects.filter(business_id=business_id, taken_at=None)
    owner = known_as(business_id, {*referrers, *referrers.values()})
    brought = standing.filter(referred_id__in=list(owner)).values_list("referred_id", flat=True)
    book.given_for = {owner[member_id] for member_id in brought}
    first = min(days, default=date.max).replace(day=1)
    gifts = standing.filter(referrer_id__in=list(owner), day__gte=first, referrer_steps__gt=0)
    for referrer_id, day in gifts.values_list("referrer_id", "day"):
        key = (owner[referrer_id], day.replace(day=1))
        book.gifts[key] = book.gifts.get(key, 0) + 1
    return book

"""Merging two members who are one person; points.md §9."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from fiel import clock
from fiel.core.lots import Move, lot_of
from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.core.tiers import effective, higher
from fiel.events.changes import note_merge
from fiel.ledger.post import Books, Cause, Movement, open_books, post
from fiel.members.find import lock
from fiel.members.models import Card, Identifier, Member
from fiel.members.read import Profile, Standing, profiles, standings
from fiel.members.tiers import TierBook, tier_state
from fiel.programme.units import units_of
from fiel.programme.versions import rules_now, zone_now
from fiel.rewards.models import Delivery, Invitation, Voucher
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.trail.note import note

__all__ = ["Merged", "merge", "preview"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A member as they would be after a merge: with all cards and identifiers, and how their accounts would stand."""

    profile: Profile
    standings: tuple[Standing, ...]


def preview(business: Business, *, into: UUID, gone: UUID, by: str) -> Merged:
    """What a merge would make: the merge itself, undone before anybody sees it. Raises what `merge` does."""
    now = clock.now()
    with transaction.atomic():
        merge(business, into=into, gone=gone, by=by)
        [profile] = profiles(business.id, [Member.objects.get(business=business, id=into)])
        zone = zone_now(business, now)
        compiled = rules_now(business.id, now)
        shown = compiled.programme.units.values() if compiled else ()
        today = now.astimezone(zone).date()
        found = standings(business.id, into, shown=shown, units=units_of(business.id), today=today)
        transaction.set_rollback(True)
    return Merged(profile, tuple(found))


def merge(business: Business, *, into: UUID, gone: UUID, by: str) -> list[Movement]:
    """Merge a member into another: lots with their dates, debt, carry, cards and vouchers; the higher tier stays.

    The one that is gone becomes an alias: everything that names it leads to the other. Raises `member_not_found`,
    `invalid` for a member and itself, `conflict` for one that was merged before.
    """
    if into == gone:
        raise Refused("invalid", "These two are the same member.", [Fault("/gone", "name another member")])
    now = clock.now()
    with transaction.atomic():
        members = lock(business.id, [into, gone])
        if len(members) < 2:
            raise Refused("member_not_found", "There is no such member.")
        if members[gone].merged_into or members[into].merged_into:
            raise Refused("conflict", "One of the two was merged before.", [Fault("/gone", "look who it leads to")])
        books = open_books(business.id, members)
        compiled = rules_now(business.id, now)
        moved = _move_accounts(books, compiled.programme if compiled else None, into, gone, now)
        post(books, recorded_at=now)
        if compiled:
            _keep_higher_tier(business, compiled.programme, members[into], members[gone], now, by)
        _move_rows(business, into, gone, now)
        note_merge(business.id, gone)
        note(business.id, "member.merged", about=gone, after={"into": str(into)}, now=now)
    return moved


def _move_accounts(books: Books, programme: Programme | None, into: UUID, gone: UUID, now: datetime) -> list[Movement]:
    """One entry for each account, whatever comes together: lots, a debt, a whole step that two carries make."""
    zone = programme.timezone if programme else UTC
    cause = Cause("merge", new_id(), now.astimezone(zone))
    moved: list[Movement | None] = []
    for unit in books.units(gone):
        holding = books.holding(gone, unit)
        carry = books.carry(into, unit) + books.carry(gone, unit)
        lots, debt = dict(holding.lots), holding.debt
        if programme and unit in programme.units:
            lot = lot_of(programme.units[unit], cause.occurred_at.date())
            whole = carry.numerator // carry.denominator
            carry -= whole
            if debt:
                moved.append(books.put(gone, unit, debt, lot, kind="transfer", cause=cause))
            repaid = min(whole, debt)
            debt -= repaid
            if whole > repaid:
                lots[lot] = lots.get(lot, 0) + whole - repaid
            if debt:
                moved.append(books.owe(into, unit, debt, kind="transfer", cause=cause))
        moved.append(books.lapse(gone, unit, holding.lots, kind="transfer", cause=cause))
        moves = [Move(lot, steps) for lot, steps in sorted(lots.items())]
        moved.append(books.move(into, unit, moves, kind="transfer", cause=cause))
        if books.carry(gone, unit):
            books.set_carry(gone, unit, Fraction(0))
            books.set_carry(into, unit, carry)
    return [movement for movement in moved if movement is not None]


def _keep_higher_tier(
    business: Business, programme: Programme, into: Member, gone: Member, now: datetime, by: str
) -> None:
    day = now.astimezone(programme.timezone).date()
    ours, theirs = tier_state(into), tier_state(gone)
    state = higher(programme, ours, theirs, day)
    if not programme.tiers or state == ours:
        return
    before, after = effective(programme, ours, day), effective(programme, state, day)
    if before == after:
        # Hidden by a tier given by hand: what was earned may have changed.
        before, after = ours.tier or programme.first_tier, state.tier or programme.first_tier
    book = TierBook(business.id)
    book.move(into, state, before=before, after=after, day=day, why="merged", by=by)
    book.write(recorded_at=now)


def _move_rows(business: Business, into: UUID, gone: UUID, now: datetime) -> None:
    """Cards, vouchers and what identifies; a phone that both have leads on through the alias."""
    ours = {"business": business, "member_id": gone}
    Card.objects.filter(**ours).update(member_id=into)
    kept = set(Identifier.objects.filter(business=business, member_id=into).values_list("kind", flat=True))
    Identifier.objects.filter(**ours).exclude(kind__in=kept).update(member_id=into)
    Voucher.objects.filter(**ours).update(member_id=into)
    Delivery.objects.filter(**ours).update(member_id=into)
    Invitation.objects.filter(**ours, closed_at=None).update(closed_at=now, closed_why="merged")
    aliases = Q(id=gone) | Q(merged_into=gone)
    Member.objects.filter(aliases, business=business).update(merged_into=into, updated_at=now)

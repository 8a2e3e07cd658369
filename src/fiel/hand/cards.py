"""Cards as the office handles them: one given, one lost, one given for another. Each is noted."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.members.cards import block_card, cards_in, give_card
from fiel.members.enrol import free_card_numbers
from fiel.members.find import lock_one
from fiel.members.models import Card, Member
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["block", "give", "give_each"]


def give(business: Business, member_id: UUID, typed: str = "", *, instead_of: str = "", by: str) -> Card:
    """Give a member a card: the number typed or read by a reader, else one that is made.

    `instead_of`: a number of theirs that is blocked with it. Raises `invalid`, `card_taken`, `card_blocked`,
    `not_found`.
    """
    now = clock.now()
    number = cards_in(typed, at="/number")[0].value if typed.strip() else None
    if number is not None and number == instead_of:
        raise Refused("invalid", "This is the card that it replaces.", [Fault("/number", "give another card")])
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        if instead_of:
            _block(business, member.id, instead_of, by=by, reason="")
        card, new = give_card(business, member.id, number, now=now)
        if new:
            # The number identifies a person: it stays out of what nobody can erase.
            note(business.id, "card.given", about=member.id, after={"replaces": bool(instead_of)}, now=now)
    return card


def give_each(business: Business, member_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Give each of these members a card that is made; the numbers by member. A statement for each table."""
    if not member_ids:
        return {}
    now = clock.now()
    with transaction.atomic():
        numbers = dict(zip(member_ids, free_card_numbers(business.id, len(member_ids)), strict=True))
        Card.objects.bulk_create(
            Card(business=business, number=number, member_id=member_id, given_at=now)
            for member_id, number in numbers.items()
        )
        Member.objects.filter(business=business, id__in=member_ids).update(updated_at=now)
        note(business.id, "cards.given", after={"cards": len(numbers)}, now=now)
    return numbers


def block(business: Business, member_id: UUID, number: str, *, by: str, reason: str) -> None:
    """Block a card of a member. Raises `not_found`."""
    with transaction.atomic():
        _block(business, lock_one(business.id, member_id).id, number, by=by, reason=reason)


def _block(business: Business, member_id: UUID, number: str, *, by: str, reason: str) -> None:
    now = clock.now()
    if not Card.objects.filter(business=business, number=number, member_id=member_id).exists():
        raise Refused("not_found", "This member has no such card.")
    block_card(business, number, by=by, reason=reason, now=now)
    note(business.id, "card.blocked", about=member_id, after={"reason": reason}, now=now)

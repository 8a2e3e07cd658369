"""Cards as the office handles them: one given, one lost, one given for another. Each is noted."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.members.cards import block_card, cards_in, give_card
from fiel.members.find import lock_one
from fiel.members.models import Card
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["block", "give"]


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

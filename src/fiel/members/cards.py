"""Cards: giving one to a member, blocking one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fiel.core.identity import Identity, card_number, read_swipe
from fiel.core.refusals import Fault, Refused
from fiel.members.enrol import free_card_numbers
from fiel.members.models import Card, CardBlock, Member
from fiel.shops.models import Business
from fiel.tables.again import in_transaction

__all__ = ["block_card", "cards_in", "give_card"]


def cards_in(text: str, *, at: str) -> tuple[Identity, ...]:
    """The cards that may be meant by a number, or by the raw string of a reader. Raises `invalid` if there is none."""
    try:
        return (Identity("card", card_number(text, at)),)
    except Refused:
        numbers = []
        for number in read_swipe(text):
            try:
                numbers.append(Identity("card", card_number(number)))
            except Refused:
                continue
        if not numbers:
            raise
        return tuple(numbers)


def give_card(business: Business, member_id: UUID, number: str | None, *, now: datetime) -> tuple[Card, bool]:
    """Give a member a card, and whether it is new to them. `number` in its normal form; None: one is made.

    Raises `card_taken` where it is somebody else's and `card_blocked` where it is theirs, and blocked.
    """
    return in_transaction(lambda: _give(business, member_id, number, now))


def _give(business: Business, member_id: UUID, number: str | None, now: datetime) -> tuple[Card, bool]:
    if number is None:
        number = next(free_card_numbers(business.id, 1))
    card = Card.objects.filter(business=business, number=number).first()
    if card is None:
        _touch(business, member_id, now)
        return Card.objects.create(business=business, number=number, member_id=member_id, given_at=now), True
    if card.member_id != member_id:
        raise Refused("card_taken", "This card belongs to another member.", [Fault("/number", "give another card")])
    if CardBlock.objects.filter(business=business, number=number).exists():
        raise Refused("card_blocked", "This card is blocked.", [Fault("/number", "give another card")])
    return card, False


def block_card(business: Business, number: str, *, by: str, reason: str = "", now: datetime) -> None:
    """Block a card; one that is blocked stays as it was. Raises `not_found` for a card that nobody has here."""
    card = Card.objects.filter(business=business, number=number).first()
    if card is None:
        raise Refused("not_found", "No member has this card.")

    def block() -> None:
        said = {"blocked_at": now, "blocked_by": by, "reason": reason}
        _, new = CardBlock.objects.get_or_create(business=business, number=number, defaults=said)
        if new:
            _touch(business, card.member_id, now)

    in_transaction(block)


def _touch(business: Business, member_id: UUID, now: datetime) -> None:
    """Whoever keeps a copy of the members must see that something has changed."""
    Member.objects.filter(business=business, id=member_id).update(updated_at=now)

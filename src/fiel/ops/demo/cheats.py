"""Cheats among the demo's honest customers, so that the watch for abuse has something to find.

Three members of the supermarket, each cheating in one way; everybody else is honest. `PLANTED` says who is to be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.hand.entries import open_balance
from fiel.members.enrol import Newcomer, enrol
from fiel.members.find import find
from fiel.ops.demo.dice import Dice
from fiel.ops.demo.shop import Shop
from fiel.rewards.give import issue, redeem
from fiel.sales.incoming import Incoming
from fiel.sales.link import link_member
from fiel.sales.models import Receipt
from fiel.sales.record import Recorded, record
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import Business
from fiel.trail.acting import Actor, acting

__all__ = ["PLANTED", "plant"]

PLANTED = {
    "90001": ("Nilton Prado", frozenset({"many_a_day", "one_cashier"})),
    "90002": ("Sueli Amaral", frozenset({"linked_late"})),
    "90003": ("Otávio Reis", frozenset({"returns"})),
}
"""By member number: the name, and for what they must be found."""

_CASHIER, _STORE, _TILL = "Nilton", "S1", "5"
_DAYS = (2, 3, 5, 6, 9, 10, 12, 16, 17, 20)
_LINKED = 7
_RETURNED = 4
_GIFT, _GIFT_PRICE = "chocolate", 350


def plant(shop: Shop, business: Business, receipts: Sequence[Incoming], dice: Dice, now: datetime) -> None:
    """Let them cheat, in the last weeks before `now`. May be repeated; what is there already stays as it is."""
    today = now.astimezone(shop.zone).date()
    people = [Newcomer(code=code, name=name) for code, (name, _) in PLANTED.items()]
    with transaction.atomic():
        enrol(business, people, now=now, today=today, source="demo", by="demo")
    found = find(business.id, [Identity("code", code) for code in PLANTED])
    cashier, linked, farmer = (found[Identity("code", code)].member_id for code in PLANTED)
    strangers = [receipt for receipt in receipts if receipt.member is None and not receipt.vouchers]
    _use_own_card(shop, business, cashier, strangers, dice, now)
    _link_late(business, linked, now)
    _farm_returns(shop, business, farmer, strangers, today)


def _use_own_card(
    shop: Shop, business: Business, member_id: UUID, strangers: Sequence[Incoming], dice: Dice, now: datetime
) -> None:
    """A cashier shows a card of his own at strangers' sales, some four to six times on a day."""
    sales = []
    for ago in _DAYS:
        day = now.astimezone(shop.zone).date() - timedelta(days=ago)
        for number in range(dice.randint(4, 6)):
            at = datetime.combine(day, time(10 + number, dice.randrange(60)), shop.zone)
            sale = replace(dice.choice(strangers), member=Identity("id", str(member_id)), occurred_at=at)
            sales.append(replace(sale, store=_STORE, till=_TILL, cashier=_CASHIER, number=f"N{ago:02}{number}"))
    _recorded(record(business, sales, history=True))


def _link_late(business: Business, member_id: UUID, now: datetime) -> None:
    """Somebody names a friend for sales that nobody was named for, at the end of the day."""
    lately = Receipt.objects.filter(business=business, member_id=None, occurred_at__gte=now - timedelta(days=5))
    if Receipt.objects.filter(business=business, member_id=member_id).exists():
        return
    with acting(Actor("paloma")):
        ids = list(lately.order_by("id").values_list("id", flat=True))
        for receipt_id in ids[:: max(1, len(ids) // _LINKED)][:_LINKED]:
            link_member(business, receipt_id, member_id)


def _farm_returns(shop: Shop, business: Business, member_id: UUID, strangers: Sequence[Incoming], today: date) -> None:
    """Somebody buys, fetches a gift, and brings back what was bought."""
    if Receipt.objects.filter(business=business, member_id=member_id).exists():
        return
    held = Fraction(2 * _RETURNED * _GIFT_PRICE)
    open_balance(business, member_id, "points", held, expires_on=None, reference="demo", by="demo")
    for number in range(_RETURNED):
        at = datetime.combine(today - timedelta(days=number + 1), time(11 + number), shop.zone)
        who = Identity("id", str(member_id))
        sale = replace(strangers[number], member=who, occurred_at=at, number=f"R{number}", till=_TILL)
        [recorded] = _recorded(record(business, [sale], history=True))
        redeem(business, issue(business, member_id, _GIFT).code, by="demo")
        take_back(business, recorded.id, IncomingReturn(f"DR{number}", clock.now(), cashier=sale.cashier))


def _recorded(answers: Sequence[Recorded | Refused]) -> list[Recorded]:
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return [answer for answer in answers if isinstance(answer, Recorded)]

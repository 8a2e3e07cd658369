"""What happens beside the receipts: gifts are fetched, things are brought back, days end.

Looked at after each group of receipts, which ends with a day: for every customer what is posted here follows upon the
last visit of the group, so that the movements stand in the order of time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.programme import Programme
from fiel.core.returns import Returned
from fiel.ledger.post import Books, open_books, post
from fiel.members.find import lock
from fiel.ops.demo.dice import Dice
from fiel.ops.demo.gifts import Gift
from fiel.programme.versions import rules_now
from fiel.rewards.awards import AwardBook, open_award_book
from fiel.rewards.deliveries import Place, deliver, delivery_of
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.vouchers import Price, close
from fiel.sales.models import Receipt, ReceiptLine
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import Business

__all__ = ["Afterwards"]

FETCHES_VOUCHER = 0.45
FOLLOWS_INVITATION = 0.5
WISHES = 0.09
USES_AT_ONCE = 0.75
A_MOMENT = timedelta(seconds=40)
A_WHILE = timedelta(minutes=35)


@dataclass(slots=True)
class Afterwards:
    """One business's gifts and returns. `returns`: of a thousand visits, after how many something comes back."""

    business: Business
    gifts: Sequence[Gift]
    returns: int
    dice: Dice

    def follow(self, receipts: Sequence[Receipt]) -> None:
        """See to what follows from receipts that have just been recorded, in the order of time."""
        with transaction.atomic():
            self._fetch_vouchers(receipts)
            last = {receipt.member_id: receipt for receipt in receipts if receipt.member_id}
            self._give(list(last.values()))
        for receipt in last.values():
            if self.dice.randrange(1000) < self.returns:
                self._bring_back(receipt)

    def _fetch_vouchers(self, receipts: Sequence[Receipt]) -> None:
        """Whoever has a voucher uses it on a later visit, or forgets it once more."""
        members = {receipt.member_id for receipt in receipts if receipt.member_id}
        open_ones: dict[UUID, list[Voucher]] = {}
        for voucher in Voucher.objects.filter(business=self.business, member_id__in=members, state="issued"):
            open_ones.setdefault(voucher.member_id, []).append(voucher)
        for receipt in receipts:
            waiting = open_ones.get(receipt.member_id, []) if receipt.member_id else []
            good = [each for each in waiting if each.issued_at < receipt.occurred_at and _is_good(each, receipt.day)]
            if good and self.dice.random() < FETCHES_VOUCHER:
                waiting.remove(good[0])
                self._use(good[0], receipt)

    def _use(self, voucher: Voucher, receipt: Receipt) -> None:
        at, by = receipt.occurred_at + A_MOMENT, f"{receipt.store}/{receipt.till}"
        close(voucher, "redeemed", at=at, by=by, today=receipt.day)
        place = Place(store=receipt.store, till=receipt.till)
        deliver([delivery_of(voucher, place, at=at, by=by)], news=False)

    def _give(self, visits: Sequence[Receipt]) -> None:
        """Treats for those who were invited and came, gifts for those who wish to spend their points."""
        now = clock.now()
        compiled = rules_now(self.business.id, now)
        if compiled is None or not visits:
            return
        members = [receipt.member_id for receipt in visits if receipt.member_id]
        lock(self.business.id, members)
        books = open_books(self.business.id, members)
        awards = open_award_book(self.business, compiled.programme, members)
        rewards = {reward.code: reward for reward in Reward.objects.filter(business=self.business)}
        given: list[tuple[Voucher, Receipt]] = []
        for receipt, member_id in zip(visits, members, strict=True):
            wish = self._wish(receipt, member_id, compiled.programme, books, awards)
            if wish is None:
                continue
            at, reward = receipt.occurred_at + A_MOMENT, rewards[wish.reward]
            voucher, _ = awards.vouchers.issue(
                books, member_id, reward, wish.price, at=at, today=receipt.day, award=wish.award
            )
            if wish.award:
                awards.close(member_id, wish.award, "given")
            else:
                awards.look_at_invitations(compiled.programme, books, member_id, at=at)
            given.append((voucher, receipt))
        post(books, recorded_at=now)
        awards.write(now=visits[-1].occurred_at)
        for voucher, receipt in given:
            if self.dice.random() < USES_AT_ONCE:
                self._use(voucher, receipt)

    def _wish(
        self, receipt: Receipt, member_id: UUID, programme: Programme, books: Books, awards: AwardBook
    ) -> _Wish | None:
        """What somebody takes home on this visit beside the purchase."""
        for award in programme.awards:
            invited = award.mode == "invite" and (member_id, award.code) in awards.open
            if invited and self.dice.random() < FOLLOWS_INVITATION:
                return _Wish(award.reward, Price(award.unit, award.every), award.code)
        # Points of today's purchase may be pending: what can be spent today counts.
        affordable = [
            gift
            for gift in self.gifts
            if gift.unit and books.holding(member_id, gift.unit).available(receipt.day) >= gift.price
        ]
        if affordable and self.dice.random() < WISHES:
            gift = self.dice.choice(affordable)
            return _Wish(gift.code, Price(gift.unit, gift.price))
        return None

    def _bring_back(self, receipt: Receipt) -> None:
        """One line comes back a while later."""
        at = receipt.occurred_at + A_WHILE
        lines = ReceiptLine.objects.filter(business=self.business, receipt_id=receipt.id, net__gt=0).order_by("number")
        if at > clock.now() or not lines:
            return
        line = self.dice.choice(list(lines))
        returned = (Returned(line.number, line.quantity),)
        take_back(self.business, receipt.id, IncomingReturn(f"D{receipt.number}", at, returned, receipt.cashier))


@dataclass(frozen=True, slots=True)
class _Wish:
    """A reward, what it takes, and the award whose invitation it follows."""

    reward: str
    price: Price
    award: str = ""


def _is_good(voucher: Voucher, day: date) -> bool:
    return voucher.valid_until is None or day <= voucher.valid_until

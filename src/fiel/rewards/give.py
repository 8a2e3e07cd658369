"""Giving a reward to a member at a door: issue, redeem, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from fiel import clock
from fiel.core.programme import Programme
from fiel.core.refusals import Fault, Refused
from fiel.ledger.post import Books, Movement, open_books, post
from fiel.members.find import lock_one
from fiel.programme.versions import rules_now
from fiel.rewards.awards import AwardBook, open_award_book
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.prices import price_of
from fiel.rewards.vouchers import Price, close, find_voucher, give_price_back
from fiel.shops.models import Business

__all__ = ["Issued", "cancel", "issue", "redeem"]


@dataclass(frozen=True, slots=True)
class Issued:
    """A voucher, its code as it is shown, and what it took."""

    voucher: Voucher
    code: str
    moved: tuple[Movement, ...]


def issue(business: Business, member_id: UUID, reward_code: str) -> Issued:
    """Issue a voucher for a reward. Its price goes at once; who was invited for it pays what the award asks.

    Raises `member_not_found`, `not_found` for the reward, `not_enough`.
    """
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        reward = Reward.objects.filter(business=business, code=reward_code).first()
        if reward is None:
            raise Refused("not_found", f"There is no reward {reward_code!r}.", [Fault("/reward", "name a reward")])
        programme, today = _programme(business, now)
        books = open_books(business.id, [member.id])
        awards = open_award_book(business, programme, [member.id])
        price, award = _price(reward, programme, awards, member.id)
        voucher, movement = awards.vouchers.issue(books, member.id, reward, price, at=now, today=today, award=award)
        if award:
            awards.close(member.id, award, "given")
        if programme:
            awards.close_not_due(programme, books, member.id)
        post(books, recorded_at=now)
        awards.write(now=now)
    return Issued(voucher, awards.vouchers.codes[voucher.id], (movement,) if movement else ())


def _programme(business: Business, now: datetime) -> tuple[Programme | None, date]:
    compiled = rules_now(business.id, now)
    zone = compiled.programme.timezone if compiled else ZoneInfo(business.timezone)
    return (compiled.programme if compiled else None), now.astimezone(zone).date()


def _price(reward: Reward, programme: Programme | None, awards: AwardBook, member_id: UUID) -> tuple[Price, str]:
    """What the reward costs the member, and the award whose invitation it fulfils."""
    invited = {award for who, award in awards.open if who == member_id}
    price = price_of(reward, programme, invited)
    if price is None:
        raise Refused("not_enough", f"{reward} is given by award only.", [Fault("/reward", "it has no price")])
    return price


def redeem(business: Business, code: str, *, by: str) -> Voucher:
    """Use a voucher, without a sale. Raises `voucher_not_redeemable`."""
    now = clock.now()
    with transaction.atomic():
        voucher = find_voucher(business, code)
        _, today = _programme(business, now)
        close(voucher, "redeemed", at=now, by=by, today=today)
    voucher.refresh_from_db()
    return voucher


def cancel(business: Business, code: str, *, by: str) -> tuple[Voucher, Movement | None]:
    """Cancel a voucher that was not used: its price comes back to its lots. Raises `voucher_not_redeemable`."""
    now = clock.now()
    with transaction.atomic():
        voucher = find_voucher(business, code)
        member = lock_one(business.id, voucher.member_id)
        programme, today = _programme(business, now)
        close(voucher, "cancelled", at=now, by=by, today=today)
        books: Books = open_books(business.id, [member.id])
        movement = give_price_back(books, member.id, voucher, at=now)
        post(books, recorded_at=now)
        _look_at_invitations(business, programme, books, member.id, now)
    voucher.refresh_from_db()
    return voucher, movement


def _look_at_invitations(
    business: Business, programme: Programme | None, books: Books, member_id: UUID, now: datetime
) -> None:
    """Open and close invitations by the balance; vouchers by award are left to the next sale or daily run."""
    if programme is not None:
        awards = open_award_book(business, programme, [member_id])
        awards.look_at_invitations(programme, books, member_id, at=now)
        awards.write(now=now)

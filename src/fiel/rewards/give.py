"""Giving a reward to a member at a door: issue, redeem, cancel."""

from __future__ import annotations

from collections.abc import Collection
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
from fiel.members.models import Member
from fiel.members.proving import check_spending
from fiel.programme.versions import rules_now
from fiel.rewards.awards import AwardBook, open_award_book
from fiel.rewards.deliveries import Place, deliver, delivery_of
from fiel.rewards.models import Delivery, Reward, Voucher
from fiel.rewards.partners import price_for
from fiel.rewards.prices import price_of, standing_of, why_not, why_text
from fiel.rewards.stock import give_stock_back, stock_freed_by
from fiel.rewards.telling import tell_spent
from fiel.rewards.vouchers import Price, VoucherBook, check_place, close, find_voucher, give_price_back, money_off
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["Issued", "cancel", "give_freely", "issue", "redeem"]


@dataclass(frozen=True, slots=True)
class Issued:
    """A voucher, its code as it is shown, and what it took."""

    voucher: Voucher
    code: str
    moved: tuple[Movement, ...]


def issue(
    business: Business, member_id: UUID, reward_code: str, *, amount: int | None = None, proof: str | None = None
) -> Issued:
    """Issue a voucher for a reward. Its price goes at once; who was invited for it pays what the award asks.

    `amount`: of cashback, the money it shall be worth, in minor units. `proof`: at a till, the code that the member's
    phone shows, empty where there is none; None where the member is signed in, or was invited. Raises
    `member_not_found`, `not_found` for the reward, `reward_not_available`, `not_enough`, `proof_needed`, `invalid` for
    the amount.
    """
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        reward = Reward.objects.filter(business=business, code=reward_code).first()
        if reward is None:
            raise Refused("not_found", f"There is no reward {reward_code!r}.", [Fault("/reward", "name a reward")])
        programme, today = _programme(business, now)
        _check_available(reward, member, programme, today)
        books = open_books(business.id, [member.id])
        awards = open_award_book(business, programme, [member.id])
        price, award = _price(reward, programme, awards, member.id, amount)
        if proof is not None and programme is not None and price.steps and not award:
            spent = {price.unit: price.steps}
            check_spending(business, member.id, spent, programme.units, proof=proof, now=now)
        voucher, movement = awards.vouchers.issue(
            books, member.id, reward, price, at=now, today=today, award=award, amount=amount
        )
        if award:
            awards.close(member.id, award, "given")
        if programme:
            awards.close_not_due(programme, books, member.id)
        post(books, recorded_at=now)
        awards.write(now=now)
        tell_spent(books, now=now)
        if reward.stock is not None and not voucher.from_stock:
            raise _not_available(reward, ["out_of_stock"])
    return Issued(voucher, awards.vouchers.codes[voucher.id], (movement,) if movement else ())


def give_freely(business: Business, member_id: UUID, reward_code: str) -> Issued:
    """Issue a voucher for a reward as a gift: it takes nothing from the member's accounts.

    Raises `member_not_found`, `not_found` for the reward, `reward_not_available`.
    """
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        reward = Reward.objects.filter(business=business, code=reward_code).first()
        if reward is None:
            raise Refused("not_found", f"There is no reward {reward_code!r}.", [Fault("/reward", "name a reward")])
        programme, today = _programme(business, now)
        _check_available(reward, member, programme, today)
        book = VoucherBook(business.id)
        voucher, _ = book.issue(open_books(business.id, []), member.id, reward, None, at=now, today=today)
        book.write()
        if reward.stock is not None and not voucher.from_stock:
            raise _not_available(reward, ["out_of_stock"])
    return Issued(voucher, book.codes[voucher.id], ())


def _check_available(reward: Reward, member: Member, programme: Programme | None, today: date) -> None:
    why = why_not(reward, standing_of(reward.business_id, member, [reward], programme, today))
    if why:
        raise _not_available(reward, why)


def _not_available(reward: Reward, why: Collection[str]) -> Refused:
    told = " ".join(why_text(code) for code in why)
    return Refused("reward_not_available", f"{reward}: {told}", [Fault("/reward", why_text(code)) for code in why])


def _programme(business: Business, now: datetime) -> tuple[Programme | None, date]:
    compiled = rules_now(business.id, now)
    zone = compiled.programme.timezone if compiled else ZoneInfo(business.timezone)
    return (compiled.programme if compiled else None), now.astimezone(zone).date()


def _price(
    reward: Reward, programme: Programme | None, awards: AwardBook, member_id: UUID, amount: int | None
) -> tuple[Price, str]:
    """What the reward costs the member, and the award whose invitation it fulfils."""
    invited = {award for who, award in awards.open if who == member_id}
    price = price_of(reward, programme, invited, amount)
    if price is None:
        raise Refused("not_enough", f"{reward} is given by award only.", [Fault("/reward", "it has no price")])
    return price


def redeem(
    business: Business,
    code: str,
    *,
    by: str,
    place: Place = Place(),  # noqa: B008 - frozen
    amount: int | None = None,
    receipt_id: UUID | None = None,
) -> tuple[Voucher, Delivery]:
    """Use a voucher: alone, at a partner, or beside a sale that is in the books; and record that it was handed over.

    `amount`: what the purchase comes to, in minor units; the delivery tells what is taken off. `receipt_id`: the sale
    with which it goes, which the caller has looked up. Raises `voucher_not_redeemable`, `invalid` for the place or the
    amount.
    """
    now = clock.now()
    if place.partner and receipt_id:
        raise Refused("invalid", "A sale of ours is not a partner's.", [Fault("/sale", "leave this out")])
    with transaction.atomic():
        voucher = find_voucher(business, code)
        _, today = _programme(business, now)
        reward = Reward.objects.get(business=business, code=voucher.reward)
        check_place(reward, place)
        off = money_off(voucher, reward, amount)
        price = price_for(business.id, place.partner, voucher.reward, today) if place.partner else None
        close(voucher, "redeemed", at=now, by=by, today=today, receipt_id=receipt_id)
        delivery = delivery_of(voucher, place, at=now, by=by, receipt_id=receipt_id, amount=off, price=price)
        deliver([delivery])
    voucher.refresh_from_db()
    return voucher, delivery


def cancel(business: Business, code: str, *, by: str, reason: str = "") -> tuple[Voucher, Movement | None]:
    """Cancel a voucher that was not used: its price comes back to its lots. Raises `voucher_not_redeemable`.

    `reason`: kept in the trail.
    """
    now = clock.now()
    with transaction.atomic():
        voucher = find_voucher(business, code)
        member = lock_one(business.id, voucher.member_id)
        programme, today = _programme(business, now)
        close(voucher, "cancelled", at=now, by=by, today=today)
        give_stock_back(business.id, stock_freed_by([voucher]))
        books: Books = open_books(business.id, [member.id])
        movement = give_price_back(books, member.id, voucher, at=now)
        post(books, recorded_at=now)
        _look_at_invitations(business, programme, books, member.id, now)
        after = {"reward": voucher.reward, "reason": reason}
        note(business.id, "voucher.cancelled", about=voucher.id, after=after, now=now)
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

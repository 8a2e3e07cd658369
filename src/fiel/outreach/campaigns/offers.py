"""What a campaign gives: a voucher, a bonus at once, or a boost of the next purchase. Each is given once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from fiel.core.compiled import Compiled
from fiel.core.lots import LotKey, lot_of
from fiel.core.refusals import Fault, Refused
from fiel.ledger.post import Cause, open_books, post
from fiel.members.find import lock
from fiel.outreach.models import Campaign, Inclusion
from fiel.programme.versions import rules_now
from fiel.rewards.awards import open_award_book
from fiel.rewards.models import Reward
from fiel.rewards.vouchers import VoucherBook
from fiel.sales.measures import earned_of
from fiel.sales.models import Receipt
from fiel.shops.models import Business
from fiel.tables.read import in_groups

__all__ = ["OFFERS", "check_offer", "give_boosts", "give_offer"]

OFFERS = ("text", "voucher", "bonus", "boost")
_MOST_FACTOR = 10
_GROUP = 500


def check_offer(business: Business, offer: dict[str, Any], now: datetime) -> None:
    """Raise `invalid` where an offer cannot be given."""
    kind = offer.get("kind")
    if kind not in OFFERS:
        raise Refused("invalid", "Choose what is offered.", [Fault("/kind", "choose one")])
    if kind == "voucher" and not Reward.objects.filter(business=business, code=offer.get("reward", "")).exists():
        raise Refused("invalid", "Choose a reward.", [Fault("/reward", "choose one of the rewards")])
    if kind in ("bonus", "boost"):
        compiled = rules_now(business.id, now)
        if compiled is None or offer.get("unit") not in compiled.programme.units:
            raise Refused("invalid", "Choose what is given more of.", [Fault("/unit", "name a unit of the programme")])
    if kind == "bonus" and not (type(offer.get("steps")) is int and offer["steps"] > 0):
        raise Refused("invalid", "Say how much is given.", [Fault("/amount", "more than 0")])
    if kind == "boost" and not 1 < _factor(offer) <= _MOST_FACTOR:
        raise Refused("invalid", "A boost multiplies by more than 1.", [Fault("/factor", f"up to {_MOST_FACTOR}")])


def _factor(offer: dict[str, Any]) -> Fraction:
    try:
        return Fraction(str(offer.get("factor", "")))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


def give_offer(campaign: Campaign, inclusions: Sequence[Inclusion], *, now: datetime) -> None:
    """Give to a group of members, whom the caller has locked, what is given at once; in the caller's transaction."""
    compiled = rules_now(campaign.business_id, now)
    kind = campaign.offer["kind"]
    if not inclusions or compiled is None:
        return
    if kind == "bonus":
        steps = campaign.offer["steps"]
        _give_bonus(campaign, [(each, steps) for each in inclusions], compiled, now)
    elif kind == "voucher":
        _give_vouchers(campaign, inclusions, compiled, now)


def _give_vouchers(campaign: Campaign, inclusions: Sequence[Inclusion], compiled: Compiled, now: datetime) -> None:
    """A promise, as an award's: it comes whatever the stock."""
    reward = Reward.objects.get(business_id=campaign.business_id, code=campaign.offer["reward"])
    book, books = VoucherBook(campaign.business_id), open_books(campaign.business_id, [])
    today = now.astimezone(compiled.programme.timezone).date()
    for each in inclusions:
        voucher, _ = book.issue(books, each.member_id, reward, None, at=now, today=today)
        each.voucher_id = voucher.id
    book.write()


def _give_bonus(campaign: Campaign, given: Sequence[tuple[Inclusion, int]], compiled: Compiled, now: datetime) -> None:
    unit = compiled.programme.units[campaign.offer["unit"]]
    today = now.astimezone(compiled.programme.timezone).date()
    members = [each.member_id for each, _ in given]
    books = open_books(campaign.business_id, members)
    awards = open_award_book(campaign.business, compiled.programme, members)
    lot = LotKey(lot_of(unit, today).expires_on, today)
    for each, steps in given:
        books.put(each.member_id, unit.code, steps, lot, kind="bonus", cause=Cause("campaign", each.id, now))
        awards.look_at_invitations(compiled.programme, books, each.member_id, at=now)
    post(books, recorded_at=now)
    awards.write(now=now)


def give_boosts(campaign: Campaign, *, now: datetime) -> int:
    """Give those their bonus who have bought since: what the first purchase earned, times the factor less one.

    Rounded down to a step. It stays where the purchase is brought back later.
    """
    if campaign.offer["kind"] != "boost":
        return 0
    waiting = Inclusion.objects.filter(
        business=campaign.business, campaign_id=campaign.id, control=False, boosted_at=None
    ).order_by("member_id")
    return sum(_boost(campaign, group, now) for group in in_groups(waiting.iterator(), _GROUP))


def _boost(campaign: Campaign, group: Sequence[Inclusion], now: datetime) -> int:
    compiled = rules_now(campaign.business_id, now)
    if compiled is None or campaign.offer["unit"] not in compiled.programme.units:
        return 0
    with transaction.atomic():
        lock(campaign.business_id, [each.member_id for each in group])
        first = _first_receipts(campaign.business_id, group)
        unit, factor = campaign.offer["unit"], _factor(campaign.offer) - 1
        given = []
        for each in group:
            receipt = first.get(each.member_id)
            if receipt is None:
                continue
            steps = int(earned_of(receipt.outcome, receipt.standing).get(unit, 0) * factor)
            _row = Inclusion.objects.filter(business=campaign.business, id=each.id, boosted_at=None)
            if _row.update(boosted_at=now) and steps > 0:
                given.append((each, steps))
        _give_bonus(campaign, given, compiled, now)
    return len(given)


def _first_receipts(business_id: int, group: Sequence[Inclusion]) -> dict[UUID, Receipt]:
    """The first purchase of each within the time that counts."""
    since = {each.member_id: each for each in group}
    sales = Receipt.objects.filter(
        business_id=business_id, member_id__in=list(since), gone=False, version__isnull=False,
        occurred_at__gt=min(each.at for each in group), occurred_at__lte=max(each.counts_until for each in group),
    )  # fmt: skip
    found: dict[UUID, Receipt] = {}
    for receipt in sales.order_by("occurred_at", "id"):
        if (
            receipt.member_id
            and since[receipt.member_id].at < receipt.occurred_at <= since[receipt.member_id].counts_until
        ):
            found.setdefault(receipt.member_id, receipt)
    return found

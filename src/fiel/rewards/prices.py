"""What a reward costs a member, whether they can have it now, and how far it is where they cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext, gettext_noop

from fiel.core.programme import Programme, Unit
from fiel.core.refusals import Fault, Refused
from fiel.core.tiers import effective
from fiel.ledger.read import balances
from fiel.members.find import known_as
from fiel.members.models import Member
from fiel.members.tiers import tier_state
from fiel.rewards.kinds import KINDS
from fiel.rewards.models import PartnerPrice, Reward, Voucher
from fiel.rewards.read import open_invitations
from fiel.rewards.stock import HOLDS_STOCK
from fiel.rewards.vouchers import Price

__all__ = ["WHY_NOT", "Reach", "Standing", "price_of", "reach_of", "standing_of", "why_not", "why_text"]

WHY_NOT = {
    "too_early": gettext_noop("It can be had from a later day on."),
    "over": gettext_noop("Its time is over."),
    "tier": gettext_noop("It is for members of another tier."),
    "limit": gettext_noop("This member has had it as often as one can."),
    "out_of_stock": gettext_noop("There is none left."),
    "not_agreed": gettext_noop("No price has been agreed with a partner who gives it."),
    "award_only": gettext_noop("It comes by itself and cannot be bought."),
    "not_enough": gettext_noop("There is not enough on the account."),
}
"""Why a member cannot have a reward, in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides what a member can have on a day. `had`: vouchers that count, by reward.

    `agreed`: the rewards for which a price has been agreed with a partner.
    """

    today: date
    tier: str
    had: Mapping[str, int] = field(default_factory=dict)
    agreed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a member can have a reward now, and why not; `missing`: what they lack of a unit, where that is known."""

    can_have: bool
    missing: Price | None
    why: tuple[str, ...] = ()


def price_of(
    reward: Reward, programme: Programme | None, invited: Collection[str], amount: int | None = None
) -> tuple[Price, str] | None:
    """What a reward costs who is invited by these awards, and the award that it then fulfils; None: it is not sold.

    `amount`: the money it shall be worth, in minor units, of a kind that leaves this to the member. Raises `invalid`
    where that is not said, or said of another kind.
    """
    awards = [
        award
        for award in (programme.awards if programme else ())
        if award.reward == reward.code and award.code in invited
    ]
    unit = programme.units.get(reward.price_unit) if programme else None
    if KINDS[reward.kind].any_amount:
        return Price(reward.price_unit, _steps_for(reward, unit, amount)), ""
    if amount is not None:
        raise Refused("invalid", f"{reward} has a price of its own.", [Fault("/amount", "leave this out")])
    if reward.price_unit:
        return Price(reward.price_unit, reward.price_steps), awards[0].code if awards else ""
    if awards:
        return Price(awards[0].unit, awards[0].every), awards[0].code
    return None


def _steps_for(reward: Reward, unit: Unit | None, amount: int | None) -> int:
    """The steps that so much money takes, rounded up. Raises `invalid`."""
    least, most = reward.floor or 1, reward.ceiling
    if amount is None or amount < least or (most is not None and amount > most):
        bounds = f"at least {least}" + (f", at most {most}" if most is not None else "")
        detail = f"Say how much {reward} shall be worth, in minor units: {bounds}."
        raise Refused("invalid", detail, [Fault("/amount", bounds)])
    if unit is None or unit.value is None:
        raise Refused("invalid", f"{reward.price_unit} have no value in the programme any more.")
    return -(-amount * unit.value.denominator // unit.value.numerator)


def standing_of(
    business_id: int, member: Member, rewards: Sequence[Reward], programme: Programme | None, today: date
) -> Standing:
    """What decides what a member can have of these rewards. At most two queries, none where nothing asks."""
    tier = effective(programme, tier_state(member), today) if programme else ""
    bounded = [reward.code for reward in rewards if reward.per_member is not None]
    had: dict[str, int] = {}
    if bounded:
        # What was cancelled, revoked or lapsed unused was not had.
        rows = Voucher.objects.filter(business_id=business_id, reward__in=bounded, state__in=HOLDS_STOCK)
        ours = rows.filter(member_id__in=list(known_as(business_id, [member.id]))).order_by()
        had = dict(ours.values_list("reward").annotate(Count("id")))
    partners = {code for reward in rewards for code in reward.partners}
    agreed: set[str] = set()
    if partners:
        prices = PartnerPrice.objects.filter(business_id=business_id, partner__in=partners, valid_from__lte=today)
        pairs = set(prices.values_list("reward", "partner"))
        agreed = {reward.code for reward in rewards if any((reward.code, each) in pairs for each in reward.partners)}
    return Standing(today, tier, had, agreed)


def why_not(reward: Reward, standing: Standing) -> list[str]:
    """Why a member cannot have a reward, whatever is on the account; in the order of `WHY_NOT`."""
    by_partners_only = reward.partners and not reward.stores
    holds = {
        "too_early": reward.starts_on is not None and standing.today < reward.starts_on,
        "over": reward.ends_on is not None and standing.today > reward.ends_on,
        "tier": bool(reward.tiers) and standing.tier not in reward.tiers,
        "limit": reward.per_member is not None and standing.had.get(reward.code, 0) >= reward.per_member,
        "out_of_stock": reward.stock == 0,
        "not_agreed": bool(by_partners_only) and reward.code not in standing.agreed,
    }
    return [code for code in WHY_NOT if holds.get(code)]


def why_text(code: str) -> str:
    """Why a member cannot have a reward, in the reader's language."""
    return gettext(WHY_NOT[code])


def reach_of(
    business_id: int, member: Member, rewards: Sequence[Reward], programme: Programme | None, today: date
) -> Mapping[str, Reach]:
    """How far each of these rewards is for a member, by code. A few queries, however many rewards there are."""
    invited = set(open_invitations(business_id, member.id))
    held = {each.unit: each.holding.available(today) for each in balances(business_id, [member.id])}
    standing = standing_of(business_id, member, rewards, programme, today)
    return {reward.code: _reach(reward, programme, invited, held, standing) for reward in rewards}


def _reach(
    reward: Reward, programme: Programme | None, invited: set[str], held: Mapping[str, int], standing: Standing
) -> Reach:
    why = why_not(reward, standing)
    least = (reward.floor or 1) if KINDS[reward.kind].any_amount else None
    try:
        price = price_of(reward, programme, invited, least)
    except Refused:
        # Cashback in a unit that has no value any more.
        return Reach(False, None, (*why, "not_enough"))
    if price is not None:
        missing = _missing(price[0], held)
        why += ["not_enough"] if missing else []
        return Reach(not why, missing, tuple(why))
    # By award only: what it still takes until the award comes by itself.
    far = [_missing(each, held) for each in _awarded(reward, programme)]
    nearest = min((each for each in far if each), key=lambda each: each.steps, default=None)
    return Reach(False, nearest, (*why, "award_only"))


def _awarded(reward: Reward, programme: Programme | None) -> Iterator[Price]:
    for award in programme.awards if programme else ():
        if award.reward == reward.code:
            yield Price(award.unit, award.every)


def _missing(price: Price, held: Mapping[str, int]) -> Price | None:
    steps = price.steps - held.get(price.unit, 0)
    return Price(price.unit, steps) if steps > 0 else None

"""What a reward costs a member, whether they can have it now, and how far it is where they cannot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fiel.core.programme import Programme
from fiel.ledger.read import balances
from fiel.rewards.models import Reward
from fiel.rewards.read import open_invitations
from fiel.rewards.vouchers import Price

__all__ = ["Reach", "price_of", "reach_of"]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a member can have a reward now; `missing`: what they lack of a unit, in steps, where that is known."""

    can_have: bool
    missing: Price | None


def price_of(reward: Reward, programme: Programme | None, invited: Collection[str]) -> tuple[Price, str] | None:
    """What a reward costs who is invited by these awards, and the award that it then fulfils; None: it is not sold."""
    awards = [
        award
        for award in (programme.awards if programme else ())
        if award.reward == reward.code and award.code in invited
    ]
    if reward.price_unit:
        return Price(reward.price_unit, reward.price_steps), awards[0].code if awards else ""
    if awards:
        return Price(awards[0].unit, awards[0].every), awards[0].code
    return None


def reach_of(
    business_id: int, member_id: UUID, rewards: Sequence[Reward], programme: Programme | None, today: date
) -> Mapping[str, Reach]:
    """How far each of these rewards is for a member, by code. A few queries, however many rewards there are."""
    invited = set(open_invitations(business_id, member_id))
    held = {each.unit: each.holding.available(today) for each in balances(business_id, [member_id])}
    return {reward.code: _reach(reward, programme, invited, held) for reward in rewards}


def _reach(reward: Reward, programme: Programme | None, invited: set[str], held: Mapping[str, int]) -> Reach:
    price = price_of(reward, programme, invited)
    if price is not None:
        missing = _missing(price[0], held)
        return Reach(missing is None, missing)
    # By award only: what it still takes until the award comes by itself.
    far = [_missing(each, held) for each in _awarded(reward, programme)]
    return Reach(False, min((each for each in far if each), key=lambda each: each.steps, default=None))


def _awarded(reward: Reward, programme: Programme | None) -> Iterator[Price]:
    for award in programme.awards if programme else ():
        if award.reward == reward.code:
            yield Price(award.unit, award.every)


def _missing(price: Price, held: Mapping[str, int]) -> Price | None:
    steps = price.steps - held.get(price.unit, 0)
    return Price(price.unit, steps) if steps > 0 else None

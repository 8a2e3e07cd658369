"""Lists of rewards and vouchers, a page at a time, by where the last one ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q

from fiel.members.find import known_as
from fiel.rewards.models import Reward, Voucher

__all__ = ["REWARD_STATES", "named_rewards", "rewards_listed", "vouchers_listed"]

REWARD_STATES = ("on", "coming", "ended", "out_of_stock")


def rewards_listed(
    business_id: int, *, typed: str = "", state: str = "", today: date, after: str = "", limit: int
) -> list[Reward]:
    """Rewards by code: those whose name or code has what was typed, in a state of `REWARD_STATES` on a day.

    `after`: the code of the last one of the page before.
    """
    rows = Reward.objects.filter(business_id=business_id, code__gt=after)
    if typed:
        rows = rows.filter(Q(name__icontains=typed) | Q(code__icontains=typed))
    if state in REWARD_STATES:
        rows = rows.filter(_in_state(today)[state])
    return list(rows.order_by("code")[:limit])


def _in_state(today: date) -> dict[str, Q]:
    coming, ended, out = Q(starts_on__gt=today), Q(ends_on__lt=today), Q(stock=0)
    return {
        "on": (Q(starts_on=None) | Q(starts_on__lte=today))
        & (Q(ends_on=None) | Q(ends_on__gte=today))
        & (Q(stock=None) | Q(stock__gt=0)),
        "coming": coming,
        "ended": ended,
        "out_of_stock": out,
    }


def vouchers_listed(
    business_id: int,
    *,
    reward: str = "",
    state: str = "",
    member_id: UUID | None = None,
    before: UUID | None = None,
    limit: int,
) -> list[Voucher]:
    """Vouchers, those issued last first; of one reward, in one state, of one member, or all.

    `before`: the id of the last one of the page before.
    """
    rows = Voucher.objects.filter(business_id=business_id)
    if member_id is not None:
        rows = rows.filter(member_id__in=list(known_as(business_id, [member_id])))
    if reward:
        rows = rows.filter(reward=reward)
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def named_rewards(business_id: int, codes: Iterable[str]) -> dict[str, str]:
    """What rewards are called, by code; one query."""
    return {reward.code: str(reward) for reward in Reward.objects.filter(business_id=business_id, code__in=set(codes))}

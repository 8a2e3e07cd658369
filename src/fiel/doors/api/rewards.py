"""Calls about rewards: what there is, and what a member can have."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import RewardAnswer, RewardIn, RewardsAnswer
from fiel.doors.present import Present
from fiel.members.read import member_by_id
from fiel.rewards.change import put_reward
from fiel.rewards.models import Reward
from fiel.rewards.prices import reach_of

__all__ = ["router"]

router = Router(tags=["Rewards and vouchers"])

RewardCode = Annotated[
    str, Path(description="The reward's code.", max_length=50, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f]$")
]
_WHAT = ("departments", "products", "brands", "tags")


@router.get("/rewards", response=RewardsAnswer, operation_id="list_rewards", summary="List rewards")
def get_rewards(
    request: HttpRequest,
    limit: Limit,
    cursor: Cursor,
    member: Annotated[
        str, Query("", max_length=50, description="A member's id: tell of each whether they can have it now.")
    ],
) -> HttpResponse:
    """The rewards, by code; of a member that is named, also which they can have now, and what they lack for others."""
    key = key_of(request)
    now = Present(key.business, clock.now())
    found = member_by_id(key.business_id, member) if member else None
    if member and found is None:
        raise Refused("member_not_found", "No member has this id.", [Fault("/member", "check it")])
    ended = read_cursor(cursor, str)
    rows = Reward.objects.filter(business=key.business_id)
    if ended:
        rows = rows.filter(code__gt=ended[0])
    rewards, next_cursor = page(list(rows.order_by("code")[: limit + 1]), limit, lambda reward: (reward.code,))
    items = [_told(reward, now) for reward in rewards]
    if found:
        reach = reach_of(key.business_id, found.id, rewards, now.programme, now.today)
        for told in items:
            each = reach[told["code"]]
            missing = each.missing and _amount(each.missing.unit, each.missing.steps, now)
            told |= {"can_have": each.can_have, "missing": missing}
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.get("/rewards/{code}", response=RewardAnswer, operation_id="read_reward", summary="Read a reward")
def get_reward(request: HttpRequest, code: RewardCode) -> HttpResponse:
    """A reward: what it is, what it costs, how long its voucher is good."""
    key = key_of(request)
    reward = Reward.objects.filter(business=key.business_id, code=code).first()
    if reward is None:
        raise Refused("not_found", "No reward has this code.")
    return reply(200, _told(reward, Present(key.business, clock.now())))


@router.put("/rewards/{code}", response=RewardAnswer, operation_id="put_reward", summary="Make or change a reward")
def put_reward_call(request: HttpRequest, code: RewardCode, body: RewardIn) -> HttpResponse:
    """Make a reward, or set it to what is said here; what is left out is emptied.

    Vouchers that were issued keep what they took and their last day.
    """
    key = key_of(request)
    reward = put_reward(
        key.business,
        code,
        kind=body.kind,
        name=body.name or "",
        items={what: getattr(body.items, what) or () for what in _WHAT} if body.items else {},
        price=(body.price.unit, body.price.amount) if body.price else None,
        valid_days=body.valid_days,
        on_expire=body.on_expire or "lapse",
    )
    return reply(200, _told(reward, Present(key.business, clock.now())))


def _told(reward: Reward, now: Present) -> dict[str, Any]:
    return {
        "code": reward.code,
        "kind": reward.kind,
        "name": reward.name,
        "items": {what: reward.items.get(what, []) for what in _WHAT},
        "price": _amount(reward.price_unit, reward.price_steps, now) if reward.price_unit else None,
        "valid_days": reward.valid_days,
        "on_expire": reward.on_expire,
    }


def _amount(unit: str, steps: int, now: Present) -> dict[str, str]:
    return {"unit": unit, "amount": amount_text(steps, now.units[unit])}

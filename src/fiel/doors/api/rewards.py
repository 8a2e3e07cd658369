"""Calls about rewards: what there is, and what a member can have."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import PictureAnswer, PictureIn, RewardAnswer, RewardIn, RewardsAnswer
from fiel.doors.api.telling import value_told
from fiel.doors.present import Present
from fiel.members.read import member_by_id
from fiel.rewards.change import RewardRow, put_reward
from fiel.rewards.models import Reward, RewardPicture
from fiel.rewards.pictures import drop_picture, picture_digests, picture_of, put_picture
from fiel.rewards.prices import reach_of, why_text

__all__ = ["router"]

router = Router(by_alias=True, tags=["Rewards and vouchers"])

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
    pictures = _pictures(key.business_id, rewards)
    items = [_told(reward, now, pictures) for reward in rewards]
    if found:
        reach = reach_of(key.business_id, found, rewards, now.programme, now.today)
        for told in items:
            each = reach[told["code"]]
            missing = each.missing and _amount(each.missing.unit, each.missing.steps, now)
            why = [{"code": code, "text": why_text(code)} for code in each.why]
            told |= {"can_have": each.can_have, "missing": missing, "why_not": why}
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.get("/rewards/{code}", response=RewardAnswer, operation_id="read_reward", summary="Read a reward")
def get_reward(request: HttpRequest, code: RewardCode) -> HttpResponse:
    """A reward: what it is, what it costs, how long its voucher is good."""
    key = key_of(request)
    reward = Reward.objects.filter(business=key.business_id, code=code).first()
    if reward is None:
        raise Refused("not_found", "No reward has this code.")
    return reply(200, _told(reward, Present(key.business, clock.now()), _pictures(key.business_id, [reward])))


@router.put("/rewards/{code}", response=RewardAnswer, operation_id="put_reward", summary="Make or change a reward")
def put_reward_call(request: HttpRequest, code: RewardCode, body: RewardIn) -> HttpResponse:
    """Make a reward, or set it to what is said here; what is left out is emptied, but for the picture.

    Vouchers that were issued keep what they took, what they promise and their last day.
    """
    key = key_of(request)
    reward = put_reward(key.business, code, _row(body))
    return reply(200, _told(reward, Present(key.business, clock.now()), _pictures(key.business_id, [reward])))


@router.get(
    "/rewards/{code}/picture", response=PictureAnswer, operation_id="read_picture", summary="Read a reward's picture"
)
def get_picture(request: HttpRequest, code: RewardCode) -> HttpResponse:
    """The picture of a reward, and what kind of file it is."""
    picture = picture_of(key_of(request).business_id, code)
    if picture is None:
        raise Refused("not_found", "There is no picture of such a reward.")
    return reply(200, _picture(picture))


@router.put(
    "/rewards/{code}/picture", response=PictureAnswer, operation_id="put_picture", summary="Give a reward its picture"
)
def put_picture_call(request: HttpRequest, code: RewardCode, body: PictureIn) -> HttpResponse:
    """Give a reward its picture, in the place of the one it has."""
    try:
        data = base64.b64decode(body.data, validate=True)
    except ValueError:  # of letters beyond ASCII no binascii.Error, of which it is the parent
        raise Refused("invalid", "This is no base64.", [Fault("/data", "send the file in base64")]) from None
    return reply(200, _picture(put_picture(key_of(request).business, code, data)))


@router.delete(
    "/rewards/{code}/picture", response={204: None}, operation_id="drop_picture", summary="Take a reward's picture away"
)
def delete_picture(request: HttpRequest, code: RewardCode) -> HttpResponse:
    """Take the picture of a reward away; the reward stays as it is."""
    drop_picture(key_of(request).business, code)
    return HttpResponse(status=204)


def _row(body: RewardIn) -> RewardRow:
    value = body.value
    return RewardRow(
        kind=body.kind,
        name=body.name or "",
        text=body.text or "",
        translations={
            language: {"name": said.name or "", "text": said.text or ""}
            for language, said in (body.translations or {}).items()
        },
        items={what: getattr(body.items, what) or () for what in _WHAT} if body.items else {},
        price=(body.price.unit, body.price.amount) if body.price else None,
        value=value.amount if value else None,
        percent=value.percent if value else None,
        floor=value.floor if value else None,
        ceiling=value.ceiling if value else None,
        valid_days=body.valid_days,
        on_expire=body.on_expire or "lapse",
        stock=body.stock,
        starts_on=body.from_,
        ends_on=body.to,
        tiers=body.tiers or (),
        stores=body.stores or (),
        partners=body.partners or (),
        per_member=body.limit,
    )


def _pictures(business_id: int, rewards: Sequence[Reward]) -> dict[str, str]:
    return picture_digests(business_id, [reward.code for reward in rewards])


def _picture(picture: RewardPicture) -> dict[str, str]:
    data = base64.b64encode(picture.data).decode("ascii")
    return {"type": picture.type, "data": data, "digest": picture.digest}


def _told(reward: Reward, now: Present, pictures: Mapping[str, str]) -> dict[str, Any]:
    said = {"value": reward.value, "percent": reward.percent, "floor": reward.floor, "ceiling": reward.ceiling}
    return {
        "code": reward.code,
        "kind": reward.kind,
        "name": reward.name,
        "text": reward.text,
        "translations": reward.translations,
        "items": {what: reward.items.get(what, []) for what in _WHAT},
        "price": _price(reward, now) if reward.price_unit else None,
        "value": value_told({name: figure for name, figure in said.items() if figure is not None}),
        "valid_days": reward.valid_days,
        "on_expire": reward.on_expire,
        "stock": reward.stock,
        "from": reward.starts_on.isoformat() if reward.starts_on else None,
        "to": reward.ends_on.isoformat() if reward.ends_on else None,
        "tiers": reward.tiers,
        "stores": reward.stores,
        "partners": reward.partners,
        "limit": reward.per_member,
        "picture": pictures.get(reward.code),
    }


def _price(reward: Reward, now: Present) -> dict[str, str | None]:
    if not reward.price_steps:
        return {"unit": reward.price_unit, "amount": None}
    return {**_amount(reward.price_unit, reward.price_steps, now)}


def _amount(unit: str, steps: int, now: Present) -> dict[str, str]:
    return {"unit": unit, "amount": amount_text(steps, now.units[unit])}

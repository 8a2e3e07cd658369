"""Calls about bringing customers: a member's code and link, and whom they brought."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from fiel import clock
from fiel.core.identity import display_name
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of
from fiel.doors.api.members import MemberId, member_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import Nothing, UnitAmount
from fiel.doors.present import Present
from fiel.sales.bringing import Brought, brought_by, referral_code, referral_link
from fiel.wire.fields import Answer

__all__ = ["router"]

router = Router(tags=["Members"])


class ReferralAnswer(Answer):
    """What a member gives to those they bring."""

    code: str = Field(description="For `referred_by` at the enrolment.", examples=["K7QM2XWA"])
    link: str = Field(description="Where a customer joins, brought by this member.")


class BroughtAnswer(Answer):
    """Somebody who was brought."""

    display_name: str = Field(examples=["Rui S."])
    joined: str
    state: str = Field(
        description="`waiting` for the first sale that qualifies; `pending` until that sale is past returning; "
        "`given`; `capped`: this month's gifts had been had; `taken_back` with the sale."
    )
    gift: UnitAmount | None
    available_on: str | None = Field(description="The day from which the gift can be spent.")


class ReferralsAnswer(Answer):
    """A page of those whom a member brought."""

    items: list[BroughtAnswer]
    next_cursor: str | None


@router.post(
    "/members/{member_id}/referral",
    response=ReferralAnswer,
    operation_id="referral_code",
    summary="A member's referral code and link",
)
def post_referral(request: HttpRequest, member_id: MemberId, body: Nothing | None = None) -> HttpResponse:
    """The code and the link by which a member brings others; made the first time, then always the same."""
    key = key_of(request)
    code = referral_code(key.business, member_of(key, member_id).id)
    return reply(200, {"code": code, "link": referral_link(key.business, code)})


@router.get(
    "/members/{member_id}/referrals",
    response=ReferralsAnswer,
    operation_id="list_referrals",
    summary="Whom a member brought",
)
def get_referrals(request: HttpRequest, member_id: MemberId, limit: Limit, cursor: Cursor) -> HttpResponse:
    """Those whom a member brought, who joined last first, and what became of the gift for each."""
    key = key_of(request)
    now, member = Present(key.business, clock.now()), member_of(key, member_id)
    ended = read_cursor(cursor, date, UUID)
    after = (ended[0], ended[1]) if ended else None
    rows = brought_by(key.business_id, member.id, now.programme, now.today, after=after, limit=limit + 1)
    found, next_cursor = page(rows, limit, lambda each: (each.member.joined, each.member.id))
    return reply(200, {"items": [_told(each, now) for each in found], "next_cursor": next_cursor})


def _told(each: Brought, now: Present) -> dict[str, Any]:
    gift = {"unit": each.unit, "amount": amount_text(each.steps, now.units[each.unit])} if each.steps else None
    return {
        "display_name": display_name(each.member.name),
        "joined": each.member.joined.isoformat(),
        "state": each.state,
        "gift": gift,
        "available_on": each.available_on.isoformat() if each.available_on else None,
    }

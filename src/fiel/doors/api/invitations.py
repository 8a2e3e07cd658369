"""Calls about whom to invite: the list, and what was done about somebody on it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import ConfigDict, Field

from fiel import clock
from fiel.core.identity import display_name
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of, spoken_for
from fiel.doors.api.members import MemberId, member_of
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.present import Present
from fiel.outreach.invitations.listing import page_of
from fiel.outreach.invitations.outcome import find_invitation, give_gift, invited, not_interested, put_off
from fiel.rewards.models import Invitation
from fiel.rewards.read import codes_of
from fiel.sales.answer import time_text
from fiel.wire.fields import Answer, Body, Day

__all__ = ["router"]

router = Router(tags=["Members"])


class InvitationAnswer(Answer):
    """Somebody on the list, and what was done so far."""

    id: str
    member: str
    display_name: str = Field(examples=["Ana S."])
    why: str = Field(description="`goal`, `birthday`, `away`, `lapsing`, `tier` or `campaign`.", examples=["goal"])
    award: str | None
    gift: str | None = Field(description="The reward that is given to them.")
    budget: int | None = Field(description="What it may cost, in minor units.")
    until: str | None = Field(description="The last day on which it makes sense.")
    opened_at: str
    invited_at: str | None
    invited_by: str | None
    invited_how: str | None = Field(description="`whatsapp`, `call`, `sms`, `email` or `person`.")
    came_at: str | None
    later_until: str | None
    ended: str | None = Field(
        description="Why it ended: `given`, `came`, `not_due`, `not_interested`, `over` and so on."
    )
    voucher: str | None = Field(None, description="The gift's voucher, in the answer to `give` alone.")


class InvitationsAnswer(Answer):
    """A page of the list."""

    items: list[InvitationAnswer]
    next_cursor: str | None


class InvitationActIn(Body):
    """What was done: `invited` (with `how`), `later` (with `until`), `not_interested`, or `give`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"act": "invited", "how": "call"}]})

    act: Literal["invited", "later", "not_interested", "give"]
    how: Literal["whatsapp", "call", "sms", "email", "person"] | None = None
    until: Day | None = None


@router.get(
    "/invitations", response=InvitationsAnswer, operation_id="list_invitations", summary="Whom the shop should invite"
)
def get_invitations(
    request: HttpRequest,
    show: Annotated[
        Literal["due", "invited", "later", "done"],
        Query(
            "due", description="`due`: to be invited now; `invited`: still awaited; `later`: put off; `done`: ended."
        ),
    ],
    limit: Limit,
    cursor: Cursor,
) -> HttpResponse:
    """The list, those who have waited longest first; of what is done with, the latest."""
    key = key_of(request)
    ended = read_cursor(cursor, UUID)
    today = Present(key.business, clock.now()).today
    found = page_of(key.business_id, show, today=today, after=ended[0] if ended else None, limit=limit + 1)
    rows, next_cursor = page(found.rows, limit, lambda each: (each.id,))
    return reply(200, {"items": [_told(each) for each in rows], "next_cursor": next_cursor})


@router.post(
    "/members/{member_id}/invitations/{invitation_id}",
    response=InvitationAnswer,
    operation_id="act_on_invitation",
    summary="Say what was done about an invitation",
)
def post_act(
    request: HttpRequest,
    member_id: MemberId,
    invitation_id: Annotated[str, Path(description="The invitation's id.", max_length=64)],
    body: InvitationActIn,
    idempotency_key: Idempotency,
) -> HttpResponse:
    """Note that the member was invited, put it off, end it, or give the gift: its voucher is in the answer, ready to be
    used in the next sale."""
    key = key_of(request)

    def doing() -> tuple[int, dict[str, Any]]:
        found = find_invitation(key.business, member_of(key, member_id).id, _id(invitation_id))
        now = clock.now()
        issued = None
        if body.act == "invited":
            invited(found, body.how or "person", by=spoken_for(key), now=now)
        elif body.act == "later":
            if body.until is None:
                raise Refused("invalid", "Say until when.", [Fault("/until", "a day that is still to come")])
            put_off(found, body.until, today=Present(key.business, now).today, now=now)
        elif body.act == "not_interested":
            not_interested(found, now=now)
        else:
            issued = give_gift(found, now=now)
        again = find_invitation(key.business, found.member_id, found.id)
        return 200, {**_told(again), "voucher": str(issued.voucher.id) if issued else None}

    def with_code(told: dict[str, Any]) -> dict[str, Any]:
        voucher = told["voucher"]
        codes = codes_of(key.business_id, [UUID(voucher)]) if voucher else {}
        return {**told, "voucher": codes.get(UUID(voucher)) if voucher else None}

    return once(request, idempotency_key, doing, finish=with_code)


def _id(text: str) -> UUID:
    """An id as it was sent. Raises `not_found`: one that is none leads nowhere either."""
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not_found", "There is no such invitation.") from None


def _told(row: Invitation) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "member": str(row.member_id),
        "display_name": display_name(row.member.name),
        "why": row.why,
        "award": row.award or None,
        "gift": row.gift or None,
        "budget": row.budget,
        "until": row.until.isoformat() if row.until else None,
        "opened_at": time_text(row.opened_at),
        "invited_at": time_text(row.invited_at) if row.invited_at else None,
        "invited_by": row.invited_by or None,
        "invited_how": row.invited_how or None,
        "came_at": time_text(row.came_at) if row.came_at else None,
        "later_until": row.later_until.isoformat() if row.later_until else None,
        "ended": row.closed_why or None,
        "voucher": None,
    }

"""What the office does by hand: adjustments, opening balances, tiers, merges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel.core.programme import Unit
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of, spoken_for
from fiel.doors.api.hand_shapes import (
    AdjustmentAnswer,
    AdjustmentIn,
    AdjustmentsAnswer,
    MergeAnswer,
    MergeIn,
    OpeningAnswer,
    OpeningIn,
    RefusalIn,
    TierAnswer,
    TierIn,
)
from fiel.doors.api.members import MemberId, member_of, named_member
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import Nothing
from fiel.doors.api.telling import movements_told
from fiel.hand.entries import adjust, agree, open_balance, refuse
from fiel.hand.merge import merge
from fiel.hand.models import HandEntry
from fiel.hand.read import adjustments
from fiel.hand.tier import give_tier
from fiel.ledger.post import Movement
from fiel.programme.units import units_of

__all__ = ["router"]

router = Router(tags=["By hand"])


@router.post(
    "/adjustments",
    response={201: AdjustmentAnswer, 202: AdjustmentAnswer},
    operation_id="adjust",
    summary="Adjust an account",
)
def post_adjustment(request: HttpRequest, body: AdjustmentIn, idempotency_key: Idempotency) -> HttpResponse:
    """Put an account right by hand, up or down, never below zero.

    202: it is above the business's limit, nothing has moved, and it waits for another key to agree.
    """
    key = key_of(request)

    def adjusting() -> tuple[int, dict[str, Any]]:
        member = named_member(key, body.member)
        by = spoken_for(key)
        entry, moved = adjust(key.business, member.id, body.unit, body.amount, reason=body.reason, by=by)
        return (202 if moved is None else 201), _adjustment_told(entry, moved)

    return once(request, idempotency_key, adjusting)


@router.get("/adjustments", response=AdjustmentsAnswer, operation_id="list_adjustments", summary="List adjustments")
def get_adjustments(
    request: HttpRequest,
    limit: Limit,
    cursor: Cursor,
    state: Annotated[
        Literal["waiting", "posted", "refused"] | None,
        Query(
            None,
            description="`waiting`: for a second person; `posted`: those that moved; `refused`: those that never do.",
        ),
    ],
) -> HttpResponse:
    """Adjustments, the newest first, with who entered them and who agreed. Their movements are the member's entries."""
    key = key_of(request)
    ended = read_cursor(cursor, UUID)
    rows, next_cursor = page(
        adjustments(
            key.business_id,
            state=state or "",
            after=ended[0] if ended else None,
            limit=limit + 1,
        ),
        limit,
        lambda entry: (entry.id,),
    )
    units = units_of(key.business_id)
    return reply(200, {"items": [_told(entry, units, None) for entry in rows], "next_cursor": next_cursor})


@router.post(
    "/adjustments/{adjustment_id}/agree",
    response=AdjustmentAnswer,
    operation_id="agree_to_adjustment",
    summary="Agree to an adjustment",
)
def post_agree(
    request: HttpRequest,
    adjustment_id: Annotated[str, Path(description="The adjustment's id.")],
    idempotency_key: Idempotency,
    body: Nothing | None = None,
) -> HttpResponse:
    """Let an adjustment that waits be posted, once. The key that entered it cannot agree to it (`forbidden`)."""
    key = key_of(request)

    def agreeing() -> tuple[int, dict[str, Any]]:
        entry, moved = agree(key.business, _id(adjustment_id), by=spoken_for(key))
        return 200, _adjustment_told(entry, moved)

    return once(request, idempotency_key, agreeing)


@router.post(
    "/adjustments/{adjustment_id}/refuse",
    response=AdjustmentAnswer,
    operation_id="refuse_adjustment",
    summary="Refuse an adjustment",
)
def post_refuse(
    request: HttpRequest,
    adjustment_id: Annotated[str, Path(description="The adjustment's id.")],
    idempotency_key: Idempotency,
    body: RefusalIn,
) -> HttpResponse:
    """Say no to an adjustment that waits, with a reason: it is never posted."""
    key = key_of(request)

    def refusing() -> tuple[int, dict[str, Any]]:
        return 200, _adjustment_told(
            refuse(key.business, _id(adjustment_id), reason=body.reason, by=spoken_for(key)), None
        )

    return once(request, idempotency_key, refusing)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not_found", "There is no such adjustment.") from None


@router.post(
    "/openings",
    response={200: OpeningAnswer, 201: OpeningAnswer},
    operation_id="open_balance",
    summary="Bring a balance over",
)
def post_opening(request: HttpRequest, body: OpeningIn, idempotency_key: Idempotency) -> HttpResponse:
    """Bring a balance over from another system, with its own last day.

    200 with `duplicate`: the reference was brought over before with the same figures, and nothing was done; with
    others: 409 `conflict`.
    """
    key = key_of(request)

    def opening() -> tuple[int, dict[str, Any]]:
        entry, moved = open_balance(
            key.business,
            named_member(key, body.member).id,
            body.unit,
            body.amount,
            expires_on=body.expires_on,
            reference=body.reference,
            by=spoken_for(key),
        )
        units = units_of(key.business_id)
        return (200 if moved is None else 201), {
            "id": str(entry.id),
            "duplicate": moved is None,
            "member": str(entry.member_id),
            "unit": entry.unit,
            "amount": amount_text(entry.steps, units[entry.unit]),
            "expires_on": entry.expires_on.isoformat() if entry.expires_on else None,
            "reference": entry.reference,
            "movements": movements_told([moved], units),
        }

    return once(request, idempotency_key, opening)


@router.post("/members/{member_id}/tier", response=TierAnswer, operation_id="give_tier", summary="Give a member a tier")
def post_tier(request: HttpRequest, member_id: MemberId, body: TierIn, idempotency_key: Idempotency) -> HttpResponse:
    """Give a member a tier by hand, up to and including a day. What they reach by buying may be higher."""
    key = key_of(request)

    def giving() -> tuple[int, dict[str, Any]]:
        member = member_of(key, member_id)
        tier = give_tier(key.business, member.id, body.tier, until=body.until, reason=body.reason, by=spoken_for(key))
        return 200, {"member": str(member.id), "tier": tier}

    return once(request, idempotency_key, giving)


@router.post(
    "/members/{member_id}/merge", response=MergeAnswer, operation_id="merge_members", summary="Merge two members"
)
def post_merge(request: HttpRequest, member_id: MemberId, body: MergeIn, idempotency_key: Idempotency) -> HttpResponse:
    """Merge another member into this one: accounts with their dates, cards, vouchers; the higher tier stays.

    The one that is gone is no member any more: their id, phone and cards lead to the one who stays.
    """
    key = key_of(request)

    def merging() -> tuple[int, dict[str, Any]]:
        into, gone = member_of(key, member_id), _gone(body.gone)
        try:
            moved = merge(key.business, into=into.id, gone=gone, by=spoken_for(key))
        except Refused as refused:
            raise _at_gone(refused) from None
        told = movements_told(moved, units_of(key.business_id))
        return 200, {
            "member": str(into.id),
            "gone": str(gone),
            "movements": [{**each, "member": str(of.member_id)} for each, of in zip(told, moved, strict=True)],
        }

    return once(request, idempotency_key, merging)


def _gone(text: str) -> UUID:
    """The id of the one who goes: of nobody else, even where it leads to somebody by now."""
    try:
        return UUID(text)
    except ValueError:
        raise _at_gone(Refused("member_not_found", "There is no such member.")) from None


def _at_gone(refused: Refused) -> Refused:
    if refused.code == "member_not_found":
        return Refused(refused.code, refused.detail, [Fault("/gone", "check the id")])
    return refused


def _adjustment_told(entry: HandEntry, moved: Movement | None) -> dict[str, Any]:
    return _told(entry, units_of(entry.business_id), moved)


def _told(entry: HandEntry, units: Mapping[str, Unit], moved: Movement | None) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "member": str(entry.member_id),
        "unit": entry.unit,
        "amount": amount_text(entry.steps, units[entry.unit]),
        "reason": entry.reason,
        "state": "posted" if entry.posted_at else "refused" if entry.refused_at else "waiting",
        "entered_by": entry.entered_by,
        "agreed_by": entry.agreed_by or None,
        "refused_by": entry.refused_by or None,
        "refused_why": entry.refused_why or None,
        "movements": movements_told([moved], units),
    }

"""Calls about a sale that was recorded: what comes back of it, and who it was."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from fiel.core.refusals import Refused
from fiel.core.returns import Returned
from fiel.doors.api.access import key_of
from fiel.doors.api.once import Idempotency, once
from fiel.doors.api.reward_shapes import ReturnAnswer, ReturnIn
from fiel.doors.api.sale_shapes import SaleAnswer
from fiel.members.read import members_by_id
from fiel.sales.answer import sale_answer, terms_of
from fiel.sales.link import link_member
from fiel.sales.read import receipt_by_id
from fiel.sales.return_answer import return_answer
from fiel.sales.take_back import IncomingReturn, take_back
from fiel.shops.models import ApiKey
from fiel.wire.identities import read_named
from fiel.wire.sales import MemberRef

__all__ = ["router"]

router = Router(tags=["Sales"])

SaleId = Annotated[str, Path(description="The sale's id.")]


@router.post(
    "/sales/{sale_id}/returns",
    response={200: ReturnAnswer, 201: ReturnAnswer},
    operation_id="return_sale",
    summary="Return a sale, or part of it",
)
def post_return(request: HttpRequest, sale_id: SaleId, body: ReturnIn, idempotency_key: Idempotency) -> HttpResponse:
    """Count the sale again as if what comes back had never been on it, by the rules of its day; the difference goes.

    What the sale spent on it comes back to where it was. 200 with `duplicate`: this number was there for the sale with
    the same content; the answer is the stored one. With other content: 409 `conflict`.
    """
    key = key_of(request)
    receipt_id = _sale_id(key, sale_id)
    incoming = IncomingReturn(
        number=body.number,
        occurred_at=body.occurred_at,
        lines=None if body.lines is None else tuple(Returned(each.line, each.quantity) for each in body.lines),
        cashier=body.cashier or "",
    )

    def returning() -> tuple[int, dict[str, Any]]:
        row, duplicate = take_back(key.business, receipt_id, incoming)
        return (200 if duplicate else 201), return_answer(row, terms_of(key.business), duplicate=duplicate)

    return once(request, idempotency_key, returning)


@router.post(
    "/sales/{sale_id}/member", response=SaleAnswer, operation_id="link_sale", summary="Say whose an anonymous sale was"
)
def post_member(request: HttpRequest, sale_id: SaleId, body: MemberRef, idempotency_key: Idempotency) -> HttpResponse:
    """Link a sale that was recorded without member to one, once, within the programme's `late_days`.

    It is counted by the rules then in force, for the member as they are now. A sale that has a member, or of which
    something was returned, is not linked: 409 `conflict`.
    """
    key = key_of(request)
    receipt_id = _sale_id(key, sale_id)
    [(kind, text)] = body.given().items()

    def linking() -> tuple[int, dict[str, Any]]:
        receipt = link_member(key.business, receipt_id, read_named(key.business, kind, text))
        member_id = receipt.member_id
        member = members_by_id(key.business_id, [member_id]).get(member_id) if member_id else None
        return 200, sale_answer(receipt, member, terms_of(key.business, [receipt]))

    return once(request, idempotency_key, linking)


def _sale_id(key: ApiKey, text: str) -> UUID:
    """The id of a sale, as somebody wrote it. Raises `not_found`, for one of another business as for any unknown."""
    receipt = receipt_by_id(key.business_id, text)
    if receipt is None:
        raise Refused("not_found", "No sale has this id.")
    return receipt.id

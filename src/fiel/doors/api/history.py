"""What happened on a member's accounts, and at which sales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from fiel import clock
from fiel.core.identity import display_name
from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of
from fiel.doors.api.members import MemberId, is_masked, member_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.sale_shapes import EntriesAnswer, SalesInShort
from fiel.ledger.read import entries_of
from fiel.printing.statement import rules_now, statements_of, statements_pdf
from fiel.sales.answer import Terms, reasons_of, sale_in_short, terms_of, time_text
from fiel.sales.models import Receipt
from fiel.sales.read import receipts_by_id, receipts_of_member
from fiel.wire.fields import Day

__all__ = ["router"]

router = Router(tags=["Members"])
_PDF = {"type": "string", "format": "binary", "description": "The statement, on A4."}
_STATEMENT = timedelta(days=92)


@router.get(
    "/members/{member_id}/entries", response=EntriesAnswer, operation_id="list_entries", summary="A member's movements"
)
def get_entries(request: HttpRequest, member_id: MemberId, limit: Limit, cursor: Cursor) -> HttpResponse:
    """All movements of a member's accounts, the newest first, with the reasons of the sale that earned them."""
    key = key_of(request)
    member = member_of(key, member_id)
    ended = read_cursor(cursor, datetime, str, int)
    before = (ended[0], ended[1], ended[2]) if ended else None
    rows, next_cursor = page(
        entries_of(key.business_id, member.id, limit=limit + 1, before=before),
        limit,
        lambda entry: (entry.recorded_at, entry.unit, entry.number),
    )
    receipts = receipts_by_id(key.business_id, [entry.cause for entry in rows if entry.cause_kind == "sale"])
    terms = terms_of(key.business)
    return reply(200, {"items": [_entry(each, receipts, terms) for each in rows], "next_cursor": next_cursor})


@router.get(
    "/members/{member_id}/statement.pdf",
    operation_id="print_statement",
    summary="A member's statement",
    openapi_extra={
        "responses": {
            200: {
                "content": {"application/pdf": {"schema": _PDF}},
            }
        }
    },
)
def get_statement(
    request: HttpRequest,
    member_id: MemberId,
    from_: Annotated[Day | None, Query(None, alias="from", description="The first day; left out: three months ago.")],
    to: Annotated[Day | None, Query(None, description="The last day; left out: today.")],
) -> HttpResponse:
    """What the member has and what moved it, as a PDF on A4 in their language. A till's key gets a masked name."""
    key = key_of(request)
    member, rules = member_of(key, member_id), rules_now(key.business, clock.now())
    last = to or rules.today
    first = from_ or last - _STATEMENT
    if first > last:
        raise Refused("invalid", "The time ends before it begins.", [Fault("/to", "not before the first day")])
    [told] = statements_of(key.business, [member], rules, first, last)
    if is_masked(key):
        told = replace(told, who=display_name(member.name) or member.code)
    content = statements_pdf(key.business, [told], letters=False, progress=lambda done: None)
    return HttpResponse(content, content_type="application/pdf")


@router.get(
    "/members/{member_id}/sales", response=SalesInShort, operation_id="list_member_sales", summary="A member's sales"
)
def get_member_sales(request: HttpRequest, member_id: MemberId, limit: Limit, cursor: Cursor) -> HttpResponse:
    """A member's sales, the newest first. `GET /sales/{sale_id}` tells the whole of one."""
    key = key_of(request)
    member = member_of(key, member_id)
    ended = read_cursor(cursor, datetime, UUID)
    rows, next_cursor = page(
        receipts_of_member(key.business_id, member.id, after=(ended[0], ended[1]) if ended else None, limit=limit + 1),
        limit,
        lambda receipt: (receipt.occurred_at, receipt.id),
    )
    terms = terms_of(key.business)
    return reply(200, {"items": [sale_in_short(each, terms) for each in rows], "next_cursor": next_cursor})


def _entry(entry: Any, receipts: Mapping[UUID, Receipt], terms: Terms) -> dict[str, Any]:
    unit, receipt = terms.units[entry.unit], receipts.get(entry.cause)
    cause = {"kind": entry.cause_kind, "id": str(entry.cause)}
    if receipt is not None:
        cause |= {"store": receipt.store, "till": receipt.till, "number": receipt.number}
    return {
        "unit": entry.unit,
        "number": entry.number,
        "kind": entry.kind,
        "amount": amount_text(entry.steps, unit),
        "balance": amount_text(entry.balance, unit),
        "occurred_at": time_text(entry.occurred_at),
        "recorded_at": time_text(entry.recorded_at),
        "available_on": entry.available_on.isoformat() if entry.available_on else None,
        "expires_on": entry.expires_on.isoformat() if entry.expires_on else None,
        "cause": cause,
        "reasons": list(reasons_of(receipt, terms, entry.unit)) if receipt and entry.kind == "earn" else [],
    }

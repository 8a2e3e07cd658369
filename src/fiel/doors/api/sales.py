"""Calls about sales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of, limited_guesses, place_of, refuse_guesses
from fiel.doors.api.once import Idempotency, in_hand, key_of_request, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.problems import problem_told
from fiel.doors.api.receipts import read_batch, read_quote, read_sale
from fiel.doors.api.sale_shapes import BatchAnswer, BatchIn, QuoteAnswer, SaleAnswer, SaleRead, SalesAnswer
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.programme.versions import Versions
from fiel.sales.answer import receipt_told, sale_answer, terms_of
from fiel.sales.models import Receipt
from fiel.sales.queue import record_with_others
from fiel.sales.read import contents_of, receipt_by_id, receipts_by_id, receipts_of_document
from fiel.sales.record import Recorded, quote, record
from fiel.sales.return_answer import return_in_short
from fiel.shops.models import Business
from fiel.wire.fields import Day
from fiel.wire.sales import QuoteIn, SaleIn

__all__ = ["router"]

router = Router(tags=["Sales"])


@router.post("/quote", response=QuoteAnswer, operation_id="quote", summary="Ask what a sale would give")
def post_quote(request: HttpRequest, body: QuoteIn) -> HttpResponse:
    """What a sale would earn and what packs would cover, with nothing written: for the till's screen while it rings."""
    key = key_of(request)
    incoming = read_quote(key, body, clock.now())
    with limited_guesses(key, incoming.vouchers):
        receipt = quote(key.business, incoming)
    recorded = not receipt._state.adding
    [told] = _answers(key.business, [(receipt, recorded)])
    return reply(200, {**told, "id": told["id"] if recorded else None})


@router.post("/sales", response={200: SaleAnswer, 201: SaleAnswer}, operation_id="record_sale", summary="Record a sale")
def post_sale(request: HttpRequest, body: SaleIn, idempotency_key: Idempotency) -> HttpResponse:
    """Record a sale, and learn what it gave and why.

    201: it is in the books now. 200 with `duplicate`: this receipt (store, till, number, the store's date) was there
    with the same content; the answer is the stored one. With other content: 409 `conflict`. Send a sale again until
    it is answered: it is never counted twice.
    """
    key, idempotency = key_of(request), key_of_request(request, idempotency_key)
    incoming = read_sale(key, body, idempotency)
    with limited_guesses(key, incoming.vouchers):
        with in_hand(key.business_id, idempotency):
            recorded = record_with_others(key.business, incoming)
        if isinstance(recorded, Refused):
            raise recorded
    [told] = _recorded_told(key.business, [recorded])
    return reply(200 if recorded.duplicate else 201, told, replayed=recorded.replayed)


@router.post("/sales/batch", response={207: BatchAnswer}, operation_id="record_sales", summary="Record many sales")
def post_batch(request: HttpRequest, body: BatchIn) -> HttpResponse:
    """Record up to 1,000 sales; each stands alone, and the answers come in the order of the sales.

    A batch sent again does no harm: what is in the books is answered as a duplicate. With `"history": true`, for which
    the key needs the scope `office`, receipts may be of any age. The pointers of a problem lead into its own sale.
    """
    key = key_of(request)
    if body.history and "office" not in key.scopes:
        fault = Fault("/history", "leave this out")
        raise Refused("forbidden", "Bringing in history needs a key with the scope office.", [fault])
    # Left as they came: each is looked at by itself.
    sales: Any = body.sales
    # Who guesses codes must not try a thousand at once.
    read = refuse_guesses(key, read_batch(key, sales, request.odd), lambda each: each.vouchers)  # type: ignore[attr-defined]
    waiting = [each for each in read if not isinstance(each, Refused)]
    recorded = iter(record(key.business, waiting, history=bool(body.history)))
    ended = [each if isinstance(each, Refused) else next(recorded) for each in read]
    told = iter(_recorded_told(key.business, [each for each in ended if isinstance(each, Recorded)]))
    items = [
        {"status": each.kind.status, "problem": problem_told(request, each)}
        if isinstance(each, Refused)
        else {"status": 200 if each.duplicate else 201, "sale": next(told)}
        for each in ended
    ]
    return reply(207, {"items": items})


@router.get("/sales", response=SalesAnswer, operation_id="find_sales", summary="Find a sale by its receipt")
def get_sales(
    request: HttpRequest,
    number: Annotated[str, Query(min_length=1, max_length=64, description="The receipt's number.")],
    limit: Limit,
    cursor: Cursor,
    store: Annotated[str, Query("", max_length=50, description="Left out: the key's.")],
    till: Annotated[str, Query("", max_length=50, description="Left out: the key's.")],
    day: Annotated[Day | None, Query(None, description="The store's date.")],
) -> HttpResponse:
    """The sales of a receipt's number, the newest first: a till may begin anew each day."""
    key = key_of(request)
    store, till = place_of(key, store, till)
    ended = read_cursor(cursor, date)
    rows, next_cursor = page(
        receipts_of_document(
            key.business_id,
            store=store,
            till=till,
            number=number,
            day=day,
            after=ended[0] if ended else None,
            limit=limit + 1,
        ),
        limit,
        lambda receipt: (receipt.day,),
    )
    return reply(200, {"items": _read_told(key.business, rows), "next_cursor": next_cursor})


@router.get("/sales/{sale_id}", response=SaleRead, operation_id="read_sale", summary="Read a sale")
def get_sale(request: HttpRequest, sale_id: Annotated[str, Path(description="The sale's id.")]) -> HttpResponse:
    """A sale with what it gave and why, as it was counted then, and the receipt itself."""
    key = key_of(request)
    receipt = receipt_by_id(key.business_id, sale_id)
    if receipt is None:
        raise Refused("not_found", "No sale has this id.")
    [told] = _read_told(key.business, [receipt])
    return reply(200, told)


def _recorded_told(business: Business, recorded: Sequence[Recorded]) -> list[dict[str, Any]]:
    """The answers of recorded sales; those that were there before are read first, all at once."""
    before = receipts_by_id(business.id, [each.id for each in recorded if each.receipt is None])
    return _answers(
        business,
        [(each.receipt or before[each.id], each.duplicate) for each in recorded],
        members={each.member.id: each.member for each in recorded if each.member},
        versions=next((each.versions for each in recorded if each.versions), None),
    )


def _answers(
    business: Business,
    receipts: Iterable[tuple[Receipt, bool]],
    *,
    members: Mapping[UUID, Member] | None = None,
    versions: Versions | None = None,
) -> list[dict[str, Any]]:
    """The answers about receipts; `members` and `versions` as far as they have been read already."""
    pairs = list(receipts)
    members = dict(members or {})
    members |= members_by_id(business.id, {each.member_id for each, _ in pairs if each.member_id} - members.keys())
    terms = terms_of(business, [receipt for receipt, _ in pairs], versions)
    return [
        sale_answer(receipt, members.get(receipt.member_id) if receipt.member_id else None, terms, duplicate=again)
        for receipt, again in pairs
    ]


def _read_told(business: Business, receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    contents = contents_of(business.id, [receipt.id for receipt in receipts])
    answers = _answers(business, [(receipt, False) for receipt in receipts])
    terms = terms_of(business, receipts)
    return [
        {
            **told,
            **receipt_told(receipt, contents[receipt.id]),
            "returns": [return_in_short(row, terms) for row in contents[receipt.id].returns],
        }
        for receipt, told in zip(receipts, answers, strict=True)
    ]

"""The call of the shop's agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pydantic
from django.http import HttpRequest, HttpResponse
from ninja import Router

from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of, place_of, refuse_guesses
from fiel.doors.api.once import reply
from fiel.doors.api.paper_shapes import PaperItemIn, PapersAnswer, PapersIn, item_of
from fiel.doors.api.problems import problem_told
from fiel.intake.files import Placed
from fiel.intake.rows import Row
from fiel.intake.run import Outcome, take_each
from fiel.sales.incoming import Incoming
from fiel.shops.models import ApiKey
from fiel.wire.faults import ODD, pointer, refused_by_model
from fiel.wire.identities import chosen
from fiel.wire.sales import SaleIn, incoming_of, ways_named

__all__ = ["router"]

router = Router(tags=["Papers"])

_TILL = "import"


@router.post("/papers", response={207: PapersAnswer}, operation_id="take_papers", summary="Bring in papers")
def post_papers(request: HttpRequest, body: PapersIn) -> HttpResponse:
    """Bring in up to 500 papers that were read in the shop, as `fiel watch` does; the answers come in their order.

    Each stands alone: receipts, cancellations, returns, sales. Papers sent again do no harm. What time or somebody may
    make good is kept aside and needs no sending again (202): a receipt that came too late or does not add up, one of a
    store that is not known yet, a cancellation before its sale. A key that is bound to a store brings in that store's
    papers alone. The pointers of a problem lead into its own paper.
    """
    key = key_of(request)
    read = _read(key, body.items, request.odd)  # type: ignore[attr-defined]
    fit = [each for each in read if not isinstance(each, Refused)]
    outcomes = iter(take_each(key.business, fit, store=key.store))
    ended = [Outcome("refused", each) if isinstance(each, Refused) else next(outcomes) for each in read]
    return reply(207, {"items": [_told(request, each) for each in ended]})


def _told(request: HttpRequest, outcome: Outcome) -> dict[str, Any]:
    if outcome.refused is None:
        return {"status": 201 if outcome.state == "new" else 200, "state": outcome.state}
    status = 202 if outcome.state == "waits" else outcome.refused.kind.status
    return {"status": status, "state": outcome.state, "problem": problem_told(request, outcome.refused)}


def _read(key: ApiKey, items: Sequence[Any], odd: Iterable[Sequence[Any]]) -> list[Placed | Refused]:
    """Each by itself: what it is, or why it cannot be right, with pointers into it."""
    faults: dict[int, list[Fault]] = {}
    for _, index, *path in odd:
        faults.setdefault(index, []).append(Fault(pointer(path), ODD))
    read = [_item(each, faults.get(index, ())) for index, each in enumerate(items)]
    sales = [(index, each.sale) for index, each in enumerate(read) if isinstance(each, PaperItemIn) and each.sale]
    members = _members(key, sales)
    placed = [
        each if isinstance(each, Refused) else _placed(key, each, members.get(index)) for index, each in enumerate(read)
    ]
    # Who guesses codes must not try hundreds at once.
    return refuse_guesses(key, placed, _vouchers)


def _item(sent: Any, odd: Sequence[Fault]) -> PaperItemIn | Refused:
    if odd:
        return Refused("invalid", ODD, odd)
    try:
        return PaperItemIn.model_validate(sent)
    except pydantic.ValidationError as error:
        return refused_by_model(error.errors(include_url=False, include_input=False))


def _members(key: ApiKey, sales: Sequence[tuple[int, SaleIn]]) -> Mapping[int, Identity | Refused | None]:
    """Who bought, of the sales among them, by their place: one query for all."""
    result: dict[int, Identity | Refused | None] = {}
    ways: dict[int, tuple[Identity, ...]] = {}
    for index, sale in sales:
        try:
            ways[index] = ways_named(key.business, sale.member)
        except Refused as refused:
            result[index] = refused
    return result | dict(zip(ways, chosen(key.business, list(ways.values())), strict=True))


def _placed(key: ApiKey, item: PaperItemIn, member: Identity | Refused | None) -> Placed | Refused:
    found = item_of(item)
    if not isinstance(found, SaleIn):
        return Placed(item.file or "", Row(item.row or "", found))
    if isinstance(member, Refused):
        return member
    try:
        store, till = place_of(key, found.store, found.till or key.till or _TILL)
    except Refused as refused:
        return refused
    return Placed(
        item.file or "", Row(item.row or "", incoming_of(found, member, store=store, till=till, channel="agent"))
    )


def _vouchers(placed: Placed) -> tuple[str, ...]:
    return placed.row.item.vouchers if isinstance(placed.row.item, Incoming) else ()

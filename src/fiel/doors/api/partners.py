"""Calls about partners and what is settled with them."""

from __future__ import annotations

import base64
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.api.access import key_of, spoken_for
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.partner_shapes import (
    CorrectionIn,
    MonthIn,
    PaperAnswer,
    PartnerAnswer,
    PartnerIn,
    PartnersAnswer,
    SettlementAnswer,
    SettlementsAnswer,
    StateIn,
)
from fiel.doors.present import Present
from fiel.printing.settlement import settlement_csv, settlement_pdf
from fiel.rewards.models import Partner, Settlement
from fiel.rewards.partners import PartnerRow, PartnerTold, partner_named, partners_told, put_partner
from fiel.rewards.settlement import NEXT, correct, draft_settlements, month_of, move, settlement_told, settlements
from fiel.sales.answer import time_text
from fiel.shops.models import Business

__all__ = ["router"]

router = Router(by_alias=True, tags=["Partners"])

PartnerCode = Annotated[
    str, Path(description="The partner's code.", max_length=50, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f]$")
]
SettlementId = Annotated[str, Path(description="The settlement's id.")]


@router.get("/partners", response=PartnersAnswer, operation_id="list_partners", summary="List partners")
def get_partners(request: HttpRequest, limit: Limit, cursor: Cursor) -> HttpResponse:
    """The partners, by code, with their places, clerks and agreed prices."""
    key = key_of(request)
    ended = read_cursor(cursor, str)
    rows = Partner.objects.filter(business=key.business_id)
    if ended:
        rows = rows.filter(code__gt=ended[0])
    found, next_cursor = page(list(rows.order_by("code")[: limit + 1]), limit, lambda partner: (partner.code,))
    told = partners_told(key.business_id, found)
    return reply(200, {"items": [_partner(each) for each in told], "next_cursor": next_cursor})


@router.get("/partners/{code}", response=PartnerAnswer, operation_id="read_partner", summary="Read a partner")
def get_partner(request: HttpRequest, code: PartnerCode) -> HttpResponse:
    """A partner with its places, clerks and agreed prices."""
    business_id = key_of(request).business_id
    [told] = partners_told(business_id, [partner_named(business_id, code)])
    return reply(200, _partner(told))


@router.put("/partners/{code}", response=PartnerAnswer, operation_id="put_partner", summary="Make or change a partner")
def put_partner_call(request: HttpRequest, code: PartnerCode, body: PartnerIn) -> HttpResponse:
    """Make a partner, or set it to what is said here; prices are added to those agreed before.

    Make the reward first, then agree on its price here, then name the partner in the reward.
    """
    key, now = key_of(request), clock.now()
    row = PartnerRow(
        name=body.name,
        tax_id=body.tax_id or "",
        email=body.email or "",
        ended=bool(body.ended),
        stores={store.code: store.name or "" for store in body.stores or ()},
        clerks={clerk.email: clerk.store or "" for clerk in body.clerks or ()},
        prices=[(each.reward, each.from_, each.price) for each in body.prices or ()],
    )
    partner = put_partner(key.business, code, row, now=now, today=Present(key.business, now).today)
    [told] = partners_told(key.business_id, [partner])
    return reply(200, _partner(told))


@router.get("/settlements", response=SettlementsAnswer, operation_id="list_settlements", summary="List settlements")
def get_settlements(
    request: HttpRequest,
    limit: Limit,
    cursor: Cursor,
    partner: Annotated[str, Query("", max_length=50, description="With this partner alone.")],
    month: Annotated[str, Query("", max_length=7, description="Of this month alone, as 2026-11.")],
) -> HttpResponse:
    """The settlements, the latest month first; of one partner or month, or of all."""
    key = key_of(request)
    rows = settlements(key.business_id, partner=partner, month=month_of(month) if month else None)
    ended = read_cursor(cursor, date, str)
    if ended:
        rows = rows.filter(Q(month__lt=ended[0]) | Q(month=ended[0], partner__gt=ended[1]))
    found, next_cursor = page(list(rows[: limit + 1]), limit, lambda each: (each.month, each.partner))
    return reply(200, {"items": [_short(each) for each in found], "next_cursor": next_cursor})


@router.post(
    "/settlements", response=SettlementsAnswer, operation_id="draft_settlements", summary="Make a month's settlements"
)
def post_settlements(request: HttpRequest, body: MonthIn, idempotency_key: Idempotency) -> HttpResponse:
    """Make the settlements of a month, or bring those that are still drafts up to date. Twice does no harm."""
    key = key_of(request)

    def drafting() -> tuple[int, dict[str, Any]]:
        made = draft_settlements(
            key.business, month_of(body.month), by=spoken_for(key), now=clock.now(), partner=body.partner or ""
        )
        return 200, {"items": [_short(each) for each in made], "next_cursor": None}

    return once(request, idempotency_key, drafting)


@router.get(
    "/settlements/{settlement_id}",
    response=SettlementAnswer,
    operation_id="read_settlement",
    summary="Read a settlement",
)
def get_settlement(request: HttpRequest, settlement_id: SettlementId) -> HttpResponse:
    """A settlement with its lines, as both sides see them, and the steps it took."""
    key = key_of(request)
    return reply(200, _told(key.business, _id(settlement_id)))


@router.get(
    "/settlements/{settlement_id}/paper",
    response=PaperAnswer,
    operation_id="print_settlement",
    summary="Print a settlement",
)
def get_paper(request: HttpRequest, settlement_id: SettlementId) -> HttpResponse:
    """A settlement as PDF and as CSV, in the business's language."""
    business = key_of(request).business
    told = settlement_told(business, _id(settlement_id), now=clock.now())
    name = f"{told.partner.code}-{told.settlement.month:%Y-%m}"
    pdf = base64.b64encode(settlement_pdf(business, told)).decode("ascii")
    return reply(200, {"name": name, "csv": settlement_csv(business, told), "pdf": pdf})


@router.post(
    "/settlements/{settlement_id}/state",
    response=SettlementAnswer,
    operation_id="move_settlement",
    summary="Take a settlement a step on",
)
def post_state(
    request: HttpRequest, settlement_id: SettlementId, body: StateIn, idempotency_key: Idempotency
) -> HttpResponse:
    """Send a settlement, or enter what the partner answered; its own desk does that by itself.

    `draft` → `sent` → `accepted`, or `disputed` → `corrected` → `agreed` or `disputed` again. Else: `conflict`.
    """
    key = key_of(request)
    side = next(steps[body.state] for steps in NEXT.values() if body.state in steps)

    def moving() -> tuple[int, dict[str, Any]]:
        said, by, now = body.note or "", spoken_for(key), clock.now()
        moved = move(key.business, _id(settlement_id), body.state, side=side, by=by, now=now, said=said)
        return 200, _told(key.business, moved.id)

    return once(request, idempotency_key, moving)


@router.post(
    "/settlements/{settlement_id}/corrections",
    response={201: SettlementAnswer},
    operation_id="correct_settlement",
    summary="Correct a settlement",
)
def post_correction(
    request: HttpRequest, settlement_id: SettlementId, body: CorrectionIn, idempotency_key: Idempotency
) -> HttpResponse:
    """Add a line to a settlement that is a draft or disputed; what is in it stays as it is."""
    key = key_of(request)

    def correcting() -> tuple[int, dict[str, Any]]:
        by, now = spoken_for(key), clock.now()
        corrected = correct(key.business, _id(settlement_id), amount=body.amount, reason=body.reason, by=by, now=now)
        return 201, _told(key.business, corrected.id)

    return once(request, idempotency_key, correcting)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not_found", "There is no such settlement.") from None


def _partner(told: PartnerTold) -> dict[str, Any]:
    partner = told.partner
    return {
        "code": partner.code,
        "name": partner.name,
        "tax_id": partner.tax_id,
        "email": partner.email,
        "ended_at": time_text(partner.ended_at) if partner.ended_at else None,
        "stores": [{"code": code, "name": name} for code, name in told.stores.items()],
        "clerks": [{"email": email, "store": store or None} for email, store in told.clerks.items()],
        "prices": [
            {"reward": reward, "from": day.isoformat(), "price": price}
            for reward, agreed in told.prices.items()
            for day, price in agreed
        ],
    }


def _short(settlement: Settlement) -> dict[str, Any]:
    return {
        "id": str(settlement.id),
        "partner": settlement.partner,
        "month": f"{settlement.month:%Y-%m}",
        "state": settlement.state,
        "total": settlement.total,
    }


def _told(business: Business, settlement_id: UUID) -> dict[str, Any]:
    told = settlement_told(business, settlement_id, now=clock.now())
    return {
        **_short(told.settlement),
        "lines": [
            {
                "number": line.number,
                "at": time_text(line.at),
                "amount": line.amount,
                "reward": line.reward or None,
                "name": line.name or None,
                "voucher": line.voucher or None,
                "store": line.store or None,
                "by": line.by,
                "reason": line.reason or None,
            }
            for line in told.lines
        ],
        "steps": [
            {
                "state": step.state,
                "side": step.side,
                "at": time_text(step.at),
                "by": step.by,
                "note": step.note or None,
            }
            for step in told.steps
        ],
    }

"""Calls about vouchers: issued, read, redeemed, cancelled."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel.core.refusals import Fault, Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import key_of, limited_guesses, spoken_for
from fiel.doors.api.members import named_member
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import DeliveriesAnswer, Nothing, RedeemIn, VoucherIn, VoucherMoved, VoucherTold
from fiel.doors.api.telling import movements_told, value_told
from fiel.members.find import known_as
from fiel.programme.units import units_of
from fiel.rewards.deliveries import Place, deliveries, standing_deliveries
from fiel.rewards.give import cancel, issue, redeem
from fiel.rewards.models import Delivery, Reward, Voucher
from fiel.rewards.qr import qr_svg, qr_text
from fiel.rewards.read import codes_of
from fiel.rewards.vouchers import find_voucher
from fiel.sales.answer import time_text
from fiel.sales.read import receipt_by_id
from fiel.shops.models import ApiKey, Business

__all__ = ["router"]

router = Router(tags=["Rewards and vouchers"])

_LONGEST_BY = 200

VoucherCode = Annotated[str, Path(description="The voucher's code, however it was typed.", max_length=64)]


@router.post("/vouchers", response={201: VoucherMoved}, operation_id="issue_voucher", summary="Issue a voucher")
def post_voucher(request: HttpRequest, body: VoucherIn, idempotency_key: Idempotency) -> HttpResponse:
    """Give a member a reward as a voucher; its price goes at once. Send the code in a sale's `vouchers`, or redeem it.

    Who was invited for a reward that has no price pays with it what the award asks.
    """
    key = key_of(request)

    def issuing() -> tuple[int, dict[str, Any]]:
        member_id = named_member(key, body.member).id
        issued = issue(key.business, member_id, body.reward, amount=body.amount, proof=body.proof or "")
        return 201, _told(key.business, issued.voucher) | {
            "movements": movements_told(issued.moved, units_of(key.business_id))
        }

    return once(request, idempotency_key, issuing, finish=partial(_with_code, key.business_id))


@router.get("/vouchers/{code}", response=VoucherTold, operation_id="read_voucher", summary="Read a voucher")
def get_voucher(request: HttpRequest, code: VoucherCode) -> HttpResponse:
    """A voucher by its code. A code that there is not is refused; after 10 of them a key waits for the next minute."""
    key = key_of(request)
    with limited_guesses(key, [code]):
        voucher = find_voucher(key.business, code)
    return reply(200, _with_code(key.business_id, _told(key.business, voucher)))


@router.post("/vouchers/{code}/redeem", response=VoucherTold, operation_id="redeem_voucher", summary="Redeem a voucher")
def post_redeem(
    request: HttpRequest, code: VoucherCode, idempotency_key: Idempotency, body: RedeemIn | None = None
) -> HttpResponse:
    """Use a voucher, once: of two who try, one is refused (`voucher_not_redeemable`) and told by whom and when.

    Without a sale, or beside one that is in the books (`sale`); in a store, or at a partner (`partner`, which needs a
    key with the scope `office`). What was handed over, by whom, when and where, is kept.
    """
    key = key_of(request)
    said = body or RedeemIn.model_validate({})

    def redeeming() -> tuple[int, dict[str, Any]]:
        voucher = find_voucher(key.business, code)
        receipt_id = _sale_of(key, voucher, said.sale) if said.sale else None
        by = f"{said.cashier}, {spoken_for(key)}"[:_LONGEST_BY] if said.cashier else spoken_for(key)
        redeemed, _ = redeem(
            key.business, code, by=by, place=_place(key, said), amount=said.amount, receipt_id=receipt_id
        )
        return 200, _told(key.business, redeemed)

    with limited_guesses(key, [code]):
        return once(request, idempotency_key, redeeming, finish=partial(_with_code, key.business_id))


@router.post(
    "/vouchers/{code}/cancel", response=VoucherMoved, operation_id="cancel_voucher", summary="Cancel a voucher"
)
def post_cancel(
    request: HttpRequest, code: VoucherCode, idempotency_key: Idempotency, body: Nothing | None = None
) -> HttpResponse:
    """Cancel a voucher that was not used: its price comes back, with the dates it had."""
    key = key_of(request)

    def cancelling() -> tuple[int, dict[str, Any]]:
        voucher, moved = cancel(key.business, code, by=spoken_for(key))
        return 200, _told(key.business, voucher) | {"movements": movements_told([moved], units_of(key.business_id))}

    with limited_guesses(key, [code]):
        return once(request, idempotency_key, cancelling, finish=partial(_with_code, key.business_id))


@router.get("/deliveries", response=DeliveriesAnswer, operation_id="list_deliveries", summary="List what was given")
def get_deliveries(
    request: HttpRequest,
    limit: Limit,
    cursor: Cursor,
    member: Annotated[str, Query("", max_length=50, description="Of this member alone, by id.")],
    reward: Annotated[str, Query("", max_length=50, description="Of this reward alone.")],
    partner: Annotated[str, Query("", max_length=50, description="At this partner alone.")],
) -> HttpResponse:
    """What was handed over, the latest first: who, what, when, where."""
    key = key_of(request)
    who = named_member(key, member).id if member else None
    ended = read_cursor(cursor, datetime, UUID)
    before = (ended[0], ended[1]) if ended else None
    rows = deliveries(key.business_id, member_id=who, reward=reward, partner=partner, before=before)
    found, next_cursor = page(list(rows[: limit + 1]), limit, lambda row: (row.at, row.id))
    return reply(200, {"items": [_delivery(row) for row in found], "next_cursor": next_cursor})


def _place(key: ApiKey, said: RedeemIn) -> Place:
    """Where it is handed over. Raises `forbidden` for another store or till than the key's, and for partners."""
    if said.partner:
        if "office" not in key.scopes:
            fault = Fault("/partner", "leave this out")
            raise Refused("forbidden", "Speaking for a partner needs a key with the scope office.", [fault])
        return Place(partner=said.partner, partner_store=said.partner_store or "")
    for name, bound, named in (("store", key.store, said.store), ("till", key.till, said.till)):
        if bound and named and named != bound:
            fault = Fault(f"/{name}", f"the key is bound to {bound!r}: leave this out")
            raise Refused("forbidden", f"This key is for the {name} {bound!r} alone.", [fault])
    return Place(store=key.store or said.store or "", till=key.till or said.till or "")


def _sale_of(key: ApiKey, voucher: Voucher, sale: str) -> UUID:
    """The id of the sale with which a voucher goes: one of its member. Raises `invalid`."""
    receipt = receipt_by_id(key.business_id, sale)
    ours = known_as(key.business_id, [voucher.member_id])
    if receipt is None or receipt.gone or receipt.member_id not in ours:
        fault = Fault("/sale", "name a sale of the member who has it")
        raise Refused("invalid", "The voucher cannot go with this sale.", [fault])
    return receipt.id


def _with_code(business_id: int, told: dict[str, Any]) -> dict[str, Any]:
    """The answer with the voucher's code, which is kept encrypted only: not with the answer."""
    [code] = codes_of(business_id, [UUID(told["id"])]).values()
    return {**told, "code": code, "qr": qr_text(code), "qr_svg": qr_svg(code)}


def _told(business: Business, voucher: Voucher) -> dict[str, Any]:
    unit = voucher.price_unit
    delivery = standing_deliveries(business.id, [voucher.id]).get(voucher.id)
    price = {"unit": unit, "amount": amount_text(voucher.price_steps, units_of(business.id)[unit])} if unit else None
    return {
        "id": str(voucher.id),
        "reward": voucher.reward,
        "name": str(Reward.objects.get(business=business, code=voucher.reward)),
        "member": str(voucher.member_id),
        "state": voucher.state,
        "issued_at": time_text(voucher.issued_at),
        "valid_until": voucher.valid_until.isoformat() if voucher.valid_until else None,
        "closed_at": time_text(voucher.closed_at) if voucher.closed_at else None,
        "closed_by": voucher.closed_by or None,
        "price": price,
        "value": value_told(voucher.terms),
        "delivery": _delivery(delivery) if delivery else None,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "voucher": str(row.voucher_id),
        "reward": row.reward,
        "member": str(row.member_id),
        "at": time_text(row.at),
        "by": row.by,
        "store": row.store or None,
        "till": row.till or None,
        "partner": row.partner or None,
        "partner_store": row.partner_store or None,
        "sale": str(row.receipt_id) if row.receipt_id else None,
        "amount": row.amount,
        "price": row.price,
        "undone_at": time_text(row.undone_at) if row.undone_at else None,
    }

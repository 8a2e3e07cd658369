"""Calls about vouchers: issued, read, redeemed, cancelled."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from fiel.core.refusals import Refused
from fiel.core.written import amount_text
from fiel.doors.api.access import count_guess, key_of, refuse_guessing, spoken_for
from fiel.doors.api.members import named_member
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.reward_shapes import Nothing, VoucherIn, VoucherMoved, VoucherTold
from fiel.doors.api.telling import movements_told
from fiel.programme.units import units_of
from fiel.rewards.give import cancel, issue, redeem
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.read import codes_of
from fiel.rewards.vouchers import find_voucher
from fiel.sales.answer import time_text
from fiel.shops.models import ApiKey, Business

__all__ = ["router"]

router = Router(tags=["Rewards and vouchers"])

VoucherCode = Annotated[str, Path(description="The voucher's code, however it was typed.", max_length=64)]


@router.post("/vouchers", response={201: VoucherMoved}, operation_id="issue_voucher", summary="Issue a voucher")
def post_voucher(request: HttpRequest, body: VoucherIn, idempotency_key: Idempotency) -> HttpResponse:
    """Give a member a reward as a voucher; its price goes at once. Send the code in a sale's `vouchers`, or redeem it.

    Who was invited for a reward that has no price pays with it what the award asks.
    """
    key = key_of(request)

    def issuing() -> tuple[int, dict[str, Any]]:
        issued = issue(key.business, named_member(key, body.member).id, body.reward)
        return 201, _told(key.business, issued.voucher) | {
            "movements": movements_told(issued.moved, units_of(key.business_id))
        }

    return once(request, idempotency_key, issuing, finish=partial(_with_code, key.business_id))


@router.get("/vouchers/{code}", response=VoucherTold, operation_id="read_voucher", summary="Read a voucher")
def get_voucher(request: HttpRequest, code: VoucherCode) -> HttpResponse:
    """A voucher by its code. A code that there is not is refused; after 10 of them a key waits for the next minute."""
    key = key_of(request)
    return reply(200, _with_code(key.business_id, _told(key.business, _found(key, code))))


@router.post("/vouchers/{code}/redeem", response=VoucherTold, operation_id="redeem_voucher", summary="Redeem a voucher")
def post_redeem(
    request: HttpRequest, code: VoucherCode, idempotency_key: Idempotency, body: Nothing | None = None
) -> HttpResponse:
    """Use a voucher without a sale, once: of two who try, one is refused (`voucher_not_redeemable`)."""
    key = key_of(request)

    def redeeming() -> tuple[int, dict[str, Any]]:
        _found(key, code)
        return 200, _told(key.business, redeem(key.business, code, by=spoken_for(key)))

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
        _found(key, code)
        voucher, moved = cancel(key.business, code, by=spoken_for(key))
        return 200, _told(key.business, voucher) | {"movements": movements_told([moved], units_of(key.business_id))}

    return once(request, idempotency_key, cancelling, finish=partial(_with_code, key.business_id))


def _found(key: ApiKey, code: str) -> Voucher:
    """The voucher of a code. Whoever tries codes is stopped: raises `rate_limited` besides `voucher_not_redeemable`."""
    refuse_guessing(key)
    try:
        return find_voucher(key.business, code)
    except Refused:
        count_guess(key)
        raise


def _with_code(business_id: int, told: dict[str, Any]) -> dict[str, Any]:
    """The answer with the voucher's code, which is kept encrypted only: not with the answer."""
    [code] = codes_of(business_id, [UUID(told["id"])]).values()
    return {**told, "code": code, "qr": code}


def _told(business: Business, voucher: Voucher) -> dict[str, Any]:
    unit = voucher.price_unit
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
    }

"""Undoing what was handed over by mistake, within minutes: the voucher is good again, and the reason is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fiel.core.refusals import Refused
from fiel.rewards.deliveries import undo_deliveries
from fiel.rewards.models import Delivery, SettlementLine, Voucher
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["UNDO_REASONS", "UNDO_WITHIN", "undo_redemption"]

UNDO_WITHIN = timedelta(minutes=15)
UNDO_REASONS = ("wrong_voucher", "not_done", "changed_mind", "trying")
"""Why something is undone. Codes, no free text: the trail cannot be erased, and must not name a customer."""


def undo_redemption(business: Business, delivery_id: UUID, *, partner: str, reason: str, now: datetime) -> Delivery:
    """Undo a partner's redemption of the last minutes: its voucher can be used again.

    Raises `not_found` for what is no redemption of this partner's, `invalid` for the reason, `conflict` where it is too
    late: the time is over, it was undone already, or it stands in a settlement.
    """
    if reason not in UNDO_REASONS:
        raise Refused("invalid", f"Say why: {', '.join(UNDO_REASONS)}.")
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(no_key=True).filter(business=business, partner=partner)
        delivery = rows.filter(id=delivery_id).first()
        if delivery is None or not partner:
            raise Refused("not_found", "There is no such redemption.")
        if delivery.undone_at is not None or now - delivery.at > UNDO_WITHIN:
            raise Refused("conflict", "This can no longer be undone.")
        if SettlementLine.objects.filter(business=business, delivery_id=delivery.id).exists():
            raise Refused("conflict", "This stands in a settlement: dispute that instead.")
        used = Voucher.objects.filter(business=business, id=delivery.voucher_id, state="redeemed", receipt_id=None)
        used.update(state="issued", closed_at=None, closed_by="")
        undo_deliveries(business.id, [delivery.voucher_id], at=now)
        note(business.id, "delivery.undone", about=delivery.id, after={"partner": partner, "reason": reason}, now=now)
    delivery.undone_at = now
    return delivery

"""Linking a sale that nobody was named for to a member: once, and as if the member had been named at the till."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from fiel import clock
from fiel.core.engine import Part
from fiel.core.identity import Identity
from fiel.core.refusals import Refused
from fiel.core.sale import Sale
from fiel.events.changes import Counted, note_receipts
from fiel.programme.versions import rules_of, versions_of
from fiel.sales.gather import Known, gather, late_days
from fiel.sales.incoming import Incoming
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment, Return
from fiel.sales.record import count_for, write_moved
from fiel.sales.stored import settled_of
from fiel.shops.models import Business
from fiel.tables.again import in_transaction
from fiel.trail.acting import actor

__all__ = ["link_member"]

log = logging.getLogger("fiel.sales")


def link_member(business: Business, receipt_id: UUID, member_id: UUID) -> Receipt:
    """Count a recorded sale of nobody for a member, by the rules then in force and the member as they are now.

    Raises `not_found`, `member_not_found`, `conflict` for a sale that has a member or of which something was returned,
    and `too_late`.
    """
    receipt = in_transaction(lambda: _link(business, receipt_id, member_id))
    log.info("linked", extra={"fields": {"sale": str(receipt_id), "member": str(receipt.member_id)}})
    return receipt


def _link(business: Business, receipt_id: UUID, member_id: UUID) -> Receipt:
    receipt = Receipt.objects.filter(business=business, id=receipt_id).first()
    if receipt is None:
        raise Refused("not_found", "There is no such sale.")
    _check_free(receipt)
    now = clock.now()
    days = late_days(versions_of(business.id), now)
    if receipt.occurred_at < now - timedelta(days=days):
        raise Refused("too_late", f"A sale can be linked to a member for {days} days.")
    ours = {"business": business, "receipt_id": receipt_id}
    lines = list(ReceiptLine.objects.filter(**ours).order_by("number"))
    payments = list(ReceiptPayment.objects.filter(**ours).order_by("number"))
    identity = Identity("id", str(member_id))
    known = gather(business, [_incoming(receipt, identity)], now)
    if known.refused:
        raise known.refused[0]
    if identity not in known.found:
        raise Refused("member_not_found", "There is no such member.")
    if receipt.cashier.casefold() in known.own.get(known.found[identity].member_id, ()):
        raise Refused("forbidden", "Nobody credits their own card with a sale they made.")
    # Read again under the lock: somebody else was maybe first.
    receipt = Receipt.objects.select_for_update(no_key=True).get(business=business, id=receipt_id)
    _check_free(receipt)
    receipt.member_id = known.found[identity].member_id
    _count(known, receipt, lines, payments)
    return receipt


def _check_free(receipt: Receipt) -> None:
    if receipt.member_id is not None:
        raise Refused("conflict", "This sale has a member; it is linked once.")
    if Return.objects.filter(business=receipt.business_id, receipt_id=receipt.id).exists():
        raise Refused("conflict", "Something of this sale was returned; it cannot be linked any more.")


def _incoming(receipt: Receipt, member: Identity) -> Incoming:
    """What is to be looked up. The lines stay out: the catalogue has spoken when the sale was recorded."""
    return Incoming(
        store=receipt.store,
        till=receipt.till,
        number=receipt.number,
        occurred_at=receipt.occurred_at,
        lines=(),
        member=member,
    )


def _count(known: Known, receipt: Receipt, lines: Sequence[ReceiptLine], payments: Sequence[ReceiptPayment]) -> None:
    """Count the sale for the member who stands on the receipt by now, and write what comes of it."""
    receipt.version = known.version(receipt.occurred_at)
    receipt.outcome = {"alerts": []}
    if receipt.member_id is not None and receipt.version is not None:
        compiled = rules_of(known.business.id, receipt.version)
        sale = _sale(known, settled_of(receipt, lines, payments, known.zones[receipt.store]).sale)
        outcome = count_for(known, receipt, sale, known.members[receipt.member_id], compiled)
        receipt.spend = outcome.spend
        _settle(lines, outcome.parts)
        write_moved(known)
    receipt.linked_at, receipt.linked_by = known.now, actor().who
    changed = ("member_id", "version", "facts", "outcome", "used", "spend", "linked_at", "linked_by")
    receipt.save(update_fields=changed)
    note_receipts(known.business.id, [Counted(receipt.id, None, sign=-1), Counted(receipt.id, receipt.member_id)])


def _sale(known: Known, sale: Sale) -> Sale:
    """The sale with the departments above those that its lines were recorded with."""
    lines = [
        line._replace(departments=known.catalogue.way_up(line.departments[0] if line.departments else ""))
        for line in sale.lines
    ]
    return replace(sale, lines=tuple(lines))


def _settle(lines: Sequence[ReceiptLine], parts: Sequence[Part]) -> None:
    """Note with the lines what payments that are rewards paid of them: of a sale of nobody, nobody had asked."""
    for line, part in zip(lines, parts, strict=True):
        line.covered, line.paid = part.covered, part.paid
    ReceiptLine.objects.bulk_update(lines, ["covered", "paid"])

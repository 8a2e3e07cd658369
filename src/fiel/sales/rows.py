"""The rows of a recorded sale: receipt, lines, payments, idempotency key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fiel.core.engine import Outcome, Part
from fiel.core.sale import Line, Sale
from fiel.events.changes import Counted, note_receipts
from fiel.sales.incoming import Key
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment
from fiel.shops.models import IdempotencyKey
from fiel.tables.write import insert

__all__ = ["CountedSale", "write_receipts"]


@dataclass(frozen=True, slots=True)
class CountedSale:
    """A sale that has been counted and is to be written."""

    receipt: Receipt
    sale: Sale
    outcome: Outcome
    key: Key | None


def write_receipts(counted: Sequence[CountedSale]) -> None:
    """Insert a business's receipts with their lines, payments and keys: a statement for each table."""
    insert(Receipt, _RECEIPT, [_receipt_row(each.receipt) for each in counted])
    insert(ReceiptLine, _LINE, [row for each in counted for row in _line_rows(each)])
    insert(ReceiptPayment, _PAYMENT, [row for each in counted for row in _payment_rows(each)])
    if counted:
        business_id = counted[0].receipt.business_id
        note_receipts(business_id, [Counted(each.receipt.id, each.receipt.member_id) for each in counted])
    insert(IdempotencyKey, _KEY, [_key_row(each.receipt, each.key) for each in counted if each.key])


_RECEIPT = (
    "business",
    "id",
    "store",
    "till",
    "number",
    "day",
    "occurred_at",
    "recorded_at",
    "member_id",
    "channel",
    "cashier",
    "discount",
    "total",
    "spend",
    "version",
    "digest",
    "facts",
    "outcome",
    "used",
)
_LINE = (
    "business",
    "receipt_id",
    "number",
    "product",
    "description",
    "department",
    "brand",
    "tags",
    "quantity",
    "amount",
    "discount",
    "tax_rate",
    "net",
    "covered",
    "paid",
)
_PAYMENT = ("business", "receipt_id", "number", "kind", "amount", "unit")
_KEY = ("business", "key", "fingerprint", "status", "receipt", "created_at")
_CREATED = 201

Rows = list[tuple[object, ...]]


def _receipt_row(receipt: Receipt) -> tuple[object, ...]:
    return (receipt.business_id, *(getattr(receipt, name) for name in _RECEIPT[1:]))


def _line_rows(each: CountedSale) -> Rows:
    business_id, receipt_id = each.receipt.business_id, each.receipt.id
    return [_line_row(business_id, receipt_id, x, p) for x, p in zip(each.sale.lines, each.outcome.parts, strict=True)]


def _line_row(business_id: int, receipt_id: UUID, line: Line, part: Part) -> tuple[object, ...]:
    return (
        business_id,
        receipt_id,
        line.number,
        line.product,
        line.description,
        line.departments[0] if line.departments else "",
        line.brand,
        ",".join(sorted(line.tags)) if line.tags else "",
        line.quantity,
        line.amount,
        line.discount,
        line.tax_rate,
        part.net,
        part.covered,
        part.paid,
    )


def _payment_rows(each: CountedSale) -> Rows:
    return [
        (each.receipt.business_id, each.receipt.id, index, payment.kind, payment.amount, payment.unit)
        for index, payment in enumerate(each.sale.payments, 1)
    ]


def _key_row(receipt: Receipt, key: Key) -> tuple[object, ...]:
    return (receipt.business_id, key.key, key.fingerprint, _CREATED, receipt.id, receipt.recorded_at)

"""Reading receipts as they were recorded. A page of them costs as many queries as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from fiel.members.find import known_as
from fiel.sales.models import Receipt, ReceiptLine, ReceiptPayment, Return

__all__ = ["Content", "contents_of", "receipt_by_id", "receipts_by_id", "receipts_of_document", "receipts_of_member"]


@dataclass(slots=True)
class Content:
    """What stands on a receipt, in its order, and what came back of it."""

    lines: list[ReceiptLine] = field(default_factory=list)
    payments: list[ReceiptPayment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)


def receipts_by_id(business_id: int, receipt_ids: Iterable[UUID]) -> dict[UUID, Receipt]:
    """Receipts by their ids; one query, none where there are no ids."""
    wanted = set(receipt_ids)
    rows = Receipt.objects.filter(business_id=business_id, id__in=wanted) if wanted else ()
    return {receipt.id: receipt for receipt in rows}


def receipt_by_id(business_id: int, text: str) -> Receipt | None:
    """The receipt with an id, as somebody wrote it."""
    try:
        receipt_id = UUID(text)
    except ValueError:
        return None
    return receipts_by_id(business_id, [receipt_id]).get(receipt_id)


def receipts_of_member(
    business_id: int, member_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Receipt]:
    """A member's receipts, the newest first, a page at a time; `after`: when and what the last one was.

    Those of members who were merged into this one are among them.
    """
    rows = Receipt.objects.filter(business_id=business_id, member_id__in=list(known_as(business_id, [member_id])))
    if after is not None:
        at, id_ = after
        rows = rows.filter(occurred_at__lte=at).filter(Q(occurred_at__lt=at) | Q(id__lt=id_))
    return list(rows.order_by("-occurred_at", "-id")[:limit])


def receipts_of_document(
    business_id: int,
    *,
    store: str,
    till: str,
    number: str,
    day: date | None,
    after: date | None,
    limit: int,
) -> list[Receipt]:
    """The receipts of a number, which comes at most once a day, the newest first. `after`: the day of the last one."""
    rows = Receipt.objects.filter(business_id=business_id, store=store, till=till, number=number)
    if day is not None:
        rows = rows.filter(day=day)
    if after is not None:
        rows = rows.filter(day__lt=after)
    return list(rows.order_by("-day")[:limit])


def contents_of(business_id: int, receipt_ids: Iterable[UUID]) -> dict[UUID, Content]:
    """What stands on the receipts, and what came back of them: three queries."""
    contents = {receipt_id: Content() for receipt_id in receipt_ids}
    ours = {"business_id": business_id, "receipt_id__in": list(contents)}
    for line in ReceiptLine.objects.filter(**ours).order_by("receipt_id", "number"):
        contents[line.receipt_id].lines.append(line)
    for payment in ReceiptPayment.objects.filter(**ours).order_by("receipt_id", "number"):
        contents[payment.receipt_id].payments.append(payment)
    for back in Return.objects.filter(**ours).order_by("receipt_id", "id"):
        contents[back.receipt_id].returns.append(back)
    return contents

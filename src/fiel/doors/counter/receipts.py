"""Receipts of this till: the one just made with what it gave, today's, and taking back what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.core.returns import Returned
from fiel.doors.counter.desk import Desk, at_desk
from fiel.doors.counter.numbers import new_number
from fiel.doors.counter.outcome import gave_of, outcome_of
from fiel.doors.counter.sentences import Said, sentence_of
from fiel.doors.counter.typed import NUMBER, quantity_of
from fiel.doors.look import figure
from fiel.doors.words import PAYMENTS
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.sales.models import Receipt, ReceiptLine, Return
from fiel.sales.read import contents_of
from fiel.sales.take_back import IncomingReturn, take_back

__all__ = ["give_back", "last_of", "receipt", "today"]

_PIECE = 1000
_PAGE = 20
_UNDO = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Row:
    """A receipt in a list: when, who, how much, what it gave."""

    id: UUID
    occurred_at: datetime
    name: str
    total: int
    gave: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Left:
    """A line of a receipt, and how much of it is left; None: nothing."""

    number: int
    name: str
    amount: int
    quantity: str
    left: str | None
    whole: bool


def _receipts(desk: Desk) -> QuerySet[Receipt]:
    """The receipts of this till."""
    return Receipt.objects.filter(business=desk.business, store=desk.store.code, till=desk.till)


def last_of(desk: Desk, *, most: int, after: str = "") -> list[Row]:
    """The till's receipts of today, the newest first; `after`: the id of the last one of the page before."""
    midnight = datetime.combine(desk.day(clock.now()), time(), desk.zone)
    rows = _receipts(desk).filter(occurred_at__gte=midnight)
    before = _receipts(desk).filter(id=after).first() if _is_id(after) else None
    if before is not None:
        at = before.occurred_at
        rows = rows.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, id__lt=before.id))
    found = list(rows.order_by("-occurred_at", "-id")[:most])
    members = members_by_id(desk.business.id, {each.member_id for each in found if each.member_id})
    return [_row(desk, each, members.get(each.member_id) if each.member_id else None) for each in found]


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _row(desk: Desk, receipt: Receipt, member: Member | None) -> Row:
    return Row(
        id=receipt.id,
        occurred_at=receipt.occurred_at,
        name=desk.name_of(member) if member else "",
        total=receipt.total,
        gave=", ".join(gave_of(desk, receipt).gives),
        gone=receipt.gone,
    )


@require_safe
@at_desk
def today(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Today's receipts of this till, a page at a time."""
    rows = last_of(desk, most=_PAGE + 1, after=request.GET.get("after", ""))
    more = rows[_PAGE - 1].id if len(rows) > _PAGE else None
    return render(request, "counter/receipts.html", {"rows": rows[:_PAGE], "more": more})


@require_safe
@at_desk
def receipt(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """A receipt: what it gave and why; how to undo it, for some minutes; how to take something back."""
    return render(request, "counter/receipt.html", _page(desk, _receipt(desk, receipt_id)))


@require_POST
@at_desk
def give_back(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """Take back a sale, whole or some lines of it, once, however often the form is sent."""
    row = _receipt(desk, receipt_id)
    try:
        _take_back(desk, row, request.POST)
    except Refused as refused:
        page = _page(desk, row) | {"refused": sentence_of(refused), "open": True}
        return render(request, "counter/receipt.html", page, status=refused.kind.status)
    return redirect("counter-receipt", desk.business.slug, receipt_id)


def _receipt(desk: Desk, receipt_id: UUID) -> Receipt:
    found = Receipt.objects.filter(business=desk.business, store=desk.store.code, id=receipt_id).first()
    if found is None:
        raise Http404
    return found


def _page(desk: Desk, row: Receipt) -> dict[str, Any]:
    now = clock.now()
    member = members_by_id(desk.business.id, [row.member_id])[row.member_id] if row.member_id else None
    content = contents_of(desk.business.id, [row.id])[row.id]
    lines = _lines(row, content.lines)
    return {
        "receipt": row,
        "member": member,
        "name": desk.name_of(member) if member else "",
        "outcome": outcome_of(desk, row),
        "lines": lines,
        "payments": [(PAYMENTS.get(each.kind, each.kind), each.amount) for each in content.payments],
        "can_undo": not row.gone and row.standing is None and now - row.recorded_at < _UNDO,
        "can_return": not row.gone,
        "some_back": row.standing is not None,
        "number": new_number(now),
        "fresh": now - row.recorded_at < _UNDO,
    }


def _lines(row: Receipt, lines: list[ReceiptLine]) -> list[Left]:
    """The lines, with what earlier returns have left of each."""
    left = row.standing["left"] if row.standing else [line.quantity for line in lines]
    return [
        Left(
            number=line.number,
            name=line.description or line.product or _("Amount"),
            amount=line.net,
            quantity=figure(Fraction(line.quantity, _PIECE)),
            left=None if remains is None else figure(Fraction(remains, _PIECE)),
            whole=line.quantity == _PIECE,
        )
        for line, remains in zip(lines, left, strict=True)
    ]


def _take_back(desk: Desk, row: Receipt, form: QueryDict) -> None:
    number = form.get("number", "")
    if not NUMBER.fullmatch(number):
        raise Said("invalid", _("The form is not whole; load the page anew."))
    if Return.objects.filter(business=desk.business, receipt_id=row.id, number=number).exists():
        return
    lines = None if form.get("whole") else _returned(form)
    incoming = IncomingReturn(number=number, occurred_at=clock.now(), lines=lines, cashier=desk.cashier)
    take_back(desk.business, row.id, incoming)


def _returned(form: QueryDict) -> tuple[Returned, ...]:
    """The lines that come back, by what is ticked, and how much of each. Raises `invalid`."""
    ticked = [text for text in form.getlist("line") if text.isdecimal()]
    faults: list[Fault] = []
    returned: list[Returned] = []
    for text in ticked:
        try:
            at = f"/quantity-{text}"
            returned.append(Returned(int(text), quantity_of(form.get(f"quantity-{text}", ""), at)))
        except Refused as refused:
            faults.extend(refused.faults)
    if not ticked:
        faults.append(Fault("/line", _("Tick what comes back.")))
    if faults:
        raise Said("invalid", faults[0].detail, faults)
    return tuple(returned)

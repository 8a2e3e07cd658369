"""Recording a sale at the counter: the member's page, what the sale would give, the sale itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fiel import clock
from fiel.core.identity import Identity, guesses
from fiel.core.refusals import Refused
from fiel.doors.counter.desk import Desk, at_desk
from fiel.doors.counter.glance import Glance
from fiel.doors.counter.items import change, start
from fiel.doors.counter.numbers import new_number
from fiel.doors.counter.outcome import Gave, gave_of
from fiel.doors.counter.sentences import faults_of, said, sentence_of
from fiel.doors.counter.typed import PAID_WITH, Row, Typed, rows_of, typed_of
from fiel.doors.words import PAYMENTS
from fiel.members.find import find_one
from fiel.members.models import Member
from fiel.members.read import member_by_id
from fiel.sales.incoming import Incoming, Key
from fiel.sales.models import Receipt
from fiel.sales.queue import record_with_others
from fiel.sales.read import receipts_by_id, receipts_of_document
from fiel.sales.record import quote

__all__ = ["ask", "items", "member", "sell"]


@dataclass(frozen=True, slots=True)
class Counted:
    """The sale as it stands in the form: what it would give, or why it cannot be."""

    total: int = 0
    gave: Gave | None = None
    refused: str = ""


@require_safe
@at_desk
def member(request: HttpRequest, desk: Desk, member_id: UUID) -> HttpResponse:
    """The member at a glance, and the form for the sale."""
    found = _member(desk, member_id)
    rows = start(desk, found, request.GET)
    page = _page(desk, found, rows, QueryDict()) | {"new": "new" in request.GET, "shown": "shown" in request.GET}
    return render(request, "counter/member.html", page)


@require_POST
@at_desk
def items(request: HttpRequest, desk: Desk, member_id: UUID) -> HttpResponse:
    """Put an item on the counter, or take one off: by its code, from a pack, by a voucher. Answers the whole form."""
    found = _member(desk, member_id)
    rows, refused = rows_of(request.POST), ""
    try:
        rows = change(desk, found, rows, request.POST)
    except Refused as no:
        refused = sentence_of(no)
    page = _page(desk, found, rows, request.POST) | {"refused": refused}
    template = "counter/sale.html" if request.headers.get("HX-Request") else "counter/member.html"
    return render(request, template, page)


@require_POST
@at_desk
def ask(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What the sale in the form would give, with nothing written."""
    return render(request, "counter/quote.html", {"counted": _count(desk, request.POST, rows_of(request.POST))})


@require_POST
@at_desk
def sell(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Record the sale in the form, once, however often it is sent. Answers with its receipt.

    A browser that sends what it kept while the network was away asks for JSON.
    """
    as_json = request.headers.get("Accept", "").startswith("application/json")
    try:
        receipt = _recorded(desk, request.POST)
    except Refused as refused:
        if as_json:
            told = {"code": refused.code, "said": sentence_of(refused)}
            return JsonResponse(told, status=refused.kind.status)
        return _again(request, desk, refused)
    url = reverse("counter-receipt", args=[desk.business.slug, receipt.id])
    if as_json:
        return JsonResponse({"url": url, "said": gave_of(desk, receipt).in_short})
    return redirect(url)


def _again(request: HttpRequest, desk: Desk, refused: Refused) -> HttpResponse:
    """The form as it was typed, with what is wrong."""
    told = sentence_of(refused)
    found = member_by_id(desk.business.id, request.POST.get("member", ""))
    if found is None:
        return render(request, "counter/home.html", {"refused": told}, status=refused.kind.status)
    page = _page(desk, found, rows_of(request.POST), request.POST)
    wrong = {fault.pointer.strip("/"): fault.detail for fault in faults_of(refused)}
    page |= {"refused": told, "wrong": wrong}
    return render(request, "counter/member.html", page, status=refused.kind.status)


def _member(desk: Desk, member_id: UUID) -> Member:
    found = member_by_id(desk.business.id, str(member_id))
    if found is None:
        raise Http404
    return found


def _page(desk: Desk, found: Member, rows: Sequence[Row], typed: QueryDict) -> dict[str, Any]:
    number = typed.get("number") or new_number(clock.now())
    return {
        "glance": Glance(desk, found),
        "rows": rows,
        "number": number,
        "amount": typed.get("amount", ""),
        "payment": typed.get("payment", ""),
        "payments": [(code, PAYMENTS[code]) for code in PAID_WITH],
        "own": found.id == desk.own_member,
        "counted": _count(desk, typed, rows) if typed or rows else Counted(),
    }


# Counting


def _count(desk: Desk, form: QueryDict, rows: Sequence[Row]) -> Counted:
    """What the form's sale would give; nothing while a price is still to be typed."""
    if any(not row.price for row in rows) or not (rows or form.get("amount", "").strip()):
        return Counted()
    try:
        typed = typed_of(form, desk.business.currency, rows=rows, with_number=False)
        receipt = quote(desk.business, _incoming(desk, typed, number="?"))
    except Refused as refused:
        return Counted(refused=sentence_of(refused))
    return Counted(total=receipt.total, gave=gave_of(desk, receipt))


def _recorded(desk: Desk, form: QueryDict) -> Receipt:
    """The receipt of the form's sale, recorded now or before. Raises why it cannot be."""
    typed = typed_of(form, desk.business.currency)
    before = _before(desk, typed)
    if before is not None:
        return before
    incoming = _incoming(desk, typed, number=typed.number)
    _refuse_own(desk, incoming)
    answer = record_with_others(desk.business, incoming)
    if isinstance(answer, Refused):
        raise answer
    return answer.receipt or receipts_by_id(desk.business.id, [answer.id])[answer.id]


def _before(desk: Desk, typed: Typed) -> Receipt | None:
    """The receipt of this number, whatever its day: a form made its number once, and sends it as often as it must."""
    ours = {"store": desk.store.code, "till": desk.till, "number": typed.number}
    found = receipts_of_document(desk.business.id, **ours, day=None, after=None, limit=1)
    if not found:
        return None
    if found[0].total != typed.total:
        detail = _("This sale was recorded already, with another amount. Return it, or begin a new sale.")
        raise said("conflict", detail, "/number")
    return found[0]


def _incoming(desk: Desk, typed: Typed, *, number: str) -> Incoming:
    member = typed.member or _named(desk, typed.who, enrol=typed.enrol)
    return Incoming(
        store=desk.store.code,
        till=desk.till,
        number=number,
        occurred_at=typed.occurred_at or clock.now(),
        lines=typed.lines,
        member=member,
        payments=typed.payments,
        vouchers=typed.vouchers,
        use_packs=typed.use_packs,
        enrol=typed.enrol,
        channel="counter",
        cashier=desk.cashier,
        proof=desk.proof_of(UUID(member.value)) if member and member.kind == "id" else "",
        key=Key(f"counter:{desk.store.code}:{desk.till}:{number}", typed.fingerprint()),
    )


def _named(desk: Desk, who: str, *, enrol: bool) -> Identity | None:
    """Whom a sale means that was typed without the network. Raises `member_not_found`: nobody must lose points."""
    if not who:
        return None
    ways = guesses(who, region=desk.business.country, country=desk.business.country)
    found = find_one(desk.business.id, ways)
    phone = next((way for way in ways if way.kind == "phone"), None) if enrol else None
    if found or phone:
        return found[0] if found else phone
    raise said("member_not_found", _("Nobody here is known by %(who)s.") % {"who": who}, "/who")


def _refuse_own(desk: Desk, incoming: Incoming) -> None:
    """Nobody gives themselves points. Raises `forbidden`."""
    if desk.own_member is None or incoming.member is None:
        return
    found = find_one(desk.business.id, [incoming.member])
    if found and found[1].member_id == desk.own_member:
        raise said("forbidden", _("This is your own account: a colleague has to record your purchases."))

"""What is owed to partners, month by month: made, sent, disputed, corrected, agreed; as CSV and PDF."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.amounts import amount_of
from fiel.doors.asked import number_in
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.words import SETTLEMENTS
from fiel.printing.settlement import settlement_csv, settlement_pdf
from fiel.rewards.models import Partner
from fiel.rewards.settlement import NEXT, correct, draft_settlements, month_of, move, settlement_told, settlements
from fiel.shops.roles import May

__all__ = ["settlement", "settlement_paper", "settlements_listed"]

with_place = with_place_(may=May.SHOP)

_PAGE = 30
_LINES = 100
_LONGEST = 500

_STEPS = {
    "sent": gettext_lazy("Send it to the partner"),
    "corrected": gettext_lazy("It is corrected: send it again"),
}
_SAID = {
    "sent": gettext_lazy("Sent. The partner looks at it now."),
    "corrected": gettext_lazy("Sent again. The partner looks at it now."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def settlements_listed(request: HttpRequest, place: Place) -> HttpResponse:
    """The months of all partners, the latest first; posted: the month whose settlements are to be made."""
    if request.method == "POST":
        return _make(request, place)
    today = Present(place.business, clock.now()).today
    rows = list(settlements(place.business.pk, behind=_behind(request))[: _PAGE + 1])
    named = Partner.objects.filter(business=place.business, code__in={row.partner for row in rows})
    names = {each.code: str(each) for each in named}
    last = rows[_PAGE - 1] if len(rows) > _PAGE else None
    page = {
        "rows": [(row, names[row.partner], SETTLEMENTS[row.state]) for row in rows[:_PAGE]],
        "following": f"{last.month:%Y-%m},{last.partner}" if last else "",
        "month": f"{today.replace(day=1) - timedelta(days=1):%Y-%m}",
        "this_month": f"{today:%Y-%m}",
    }
    return render(request, "office/settlements.html", page)


def _make(request: HttpRequest, place: Place) -> HttpResponse:
    try:
        month = month_of(request.POST.get("month", ""))
        made = draft_settlements(place.business, month, by=place.person.email, now=clock.now())
    except Refused:
        messages.error(request, _("Choose a month that has begun."))
    else:
        none = _("Nothing was redeemed at a partner in this month.")
        messages.success(request, _("The settlements of the month are up to date.") if made else none)
    return redirect("settlements", place.business.slug)


def _behind(request: HttpRequest) -> tuple[date, str] | None:
    month, _sign, partner = request.GET.get("behind", "").partition(",")
    try:
        return (month_of(month), partner) if partner else None
    except Refused:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def settlement(request: HttpRequest, place: Place, settlement_id: UUID) -> HttpResponse:
    """One month of one partner: its lines, what both sides did, and the next step."""
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            _do(request, place, settlement_id)
        except Refused as refused:
            if refused.code == "not_found":
                raise Http404 from None
            wrong = _told(refused)
        else:
            return redirect("settlement-of", place.business.slug, settlement_id)
    after = number_in(request.GET.get("after", "")) or 0
    try:
        told = settlement_told(place.business, settlement_id, now=clock.now(), after=after, limit=_LINES + 1)
    except Refused:
        raise Http404 from None
    state = told.settlement.state
    page: dict[str, Any] = {
        "told": told,
        "lines": told.lines[:_LINES],
        "following": told.lines[_LINES - 1].number if len(told.lines) > _LINES else None,
        "state": SETTLEMENTS[state],
        "steps": [(step, SETTLEMENTS[step.state]) for step in told.steps],
        "actions": [(to, _STEPS[to]) for to, side in NEXT[state].items() if side == "business"],
        "correctable": state in ("draft", "disputed"),
        "zone": str(told.zone),
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "office/settlement.html", page, status=422 if wrong else 200)


def _do(request: HttpRequest, place: Place, settlement_id: UUID) -> None:
    """Take the step that was asked for, or add a correction."""
    by, now, business = place.person.email, clock.now(), place.business
    state = request.POST.get("state", "")
    if state:
        move(business, settlement_id, state, side="business", by=by, now=now)
        messages.success(request, str(_SAID.get(state, "")))
        return
    amount = amount_of(request.POST.get("amount", ""), business.currency)
    signed = -amount if request.POST.get("way") == "less" else amount
    reason = request.POST.get("reason", "").strip()[:_LONGEST]
    correct(business, settlement_id, amount=signed, reason=reason, by=by, now=now)
    messages.success(request, _("The correction is added."))


def _told(refused: Refused) -> dict[str, str]:
    """What is wrong, by field; under "state" what stands at the steps."""
    at = refused.faults[0].pointer[1:] if refused.faults else "state"
    sentences = {
        "reason": _("Say why: the partner reads it."),
        "amount": _("Write an amount above zero."),
        "state": _("This cannot be done now: the month is not over, or the partner was first. Load the page anew."),
    }
    own = refused.detail if at == "amount" and refused.faults[0].detail == refused.detail else ""
    return {at: own or sentences.get(at, refused.detail)}


@require_safe
@with_place
def settlement_paper(request: HttpRequest, place: Place, settlement_id: UUID, kind: str) -> HttpResponse:
    """The same on paper: CSV or PDF."""
    if kind not in ("csv", "pdf"):
        raise Http404
    try:
        told = settlement_told(place.business, settlement_id, now=clock.now())
    except Refused:
        raise Http404 from None
    name = f"{told.settlement.partner}-{told.settlement.month:%Y-%m}.{kind}"
    content: str | bytes = (
        settlement_csv(place.business, told) if kind == "csv" else settlement_pdf(place.business, told)
    )
    content_type = "text/csv; charset=utf-8" if kind == "csv" else "application/pdf"
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )

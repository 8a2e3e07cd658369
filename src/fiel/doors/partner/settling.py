"""What is owed for a month: looked at, accepted or disputed, taken along as CSV or PDF."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fiel.core.refusals import Refused
from fiel.doors.partner.desk import AtDesk, at_desk, sentence_of
from fiel.printing.settlement import settlement_csv, settlement_pdf
from fiel.rewards.settlement import NEXT, move, settlement_told, settlements

__all__ = ["paper", "settlement", "settlements_listed"]

STATES = {
    "sent": gettext_lazy("To be looked at"),
    "accepted": gettext_lazy("Accepted"),
    "disputed": gettext_lazy("Disputed"),
    "corrected": gettext_lazy("Corrected: to be looked at again"),
    "agreed": gettext_lazy("Agreed"),
    "draft": gettext_lazy("Being made"),
}
_LAST = 60
_LONGEST_NOTE = 500


@require_safe
@at_desk
def settlements_listed(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """The months that were sent, the latest first: five years of them."""
    rows = settlements(desk.business.pk, partner=desk.partner.code, drafts=False)[:_LAST]
    return render(request, "partner/settlements.html", {"rows": [(each, STATES[each.state]) for each in rows]})


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def settlement(request: HttpRequest, desk: AtDesk, settlement_id: UUID) -> HttpResponse:
    """One month with its lines and steps; the partner accepts it, or says what is wrong."""
    partner, refused, status = desk.partner.code, "", 200
    note = request.POST.get("note", "")[:_LONGEST_NOTE]
    if request.method == "POST":
        state = request.POST.get("state", "")
        try:
            asked = settlement_id, state
            move(desk.business, *asked, side="partner", by=desk.by, now=desk.now, said=note, partner=partner)
        except Refused as why:
            if why.code == "not_found":
                raise
            refused = _("Say what is wrong with it.") if why.code == "invalid" else sentence_of(why)
            status = why.kind.status
        else:
            messages.success(request, _("Your answer was sent to %(business)s.") % {"business": desk.business.name})
            return redirect("partner-settlement", desk.business.slug, settlement_id)
    told = settlement_told(desk.business, settlement_id, now=desk.now, partner=partner)
    steps = [to for to, side in NEXT[told.settlement.state].items() if side == "partner"]
    page = {
        "told": told,
        "zone": str(told.zone),
        "state": STATES[told.settlement.state],
        "steps": [(step, STATES[step.state]) for step in told.steps if step.state != "draft"],
        "agree": next((step for step in steps if step != "disputed"), ""),
        "dispute": "disputed" in steps,
        "refused": refused,
        "note": note,
    }
    return render(request, "partner/settlement.html", page, status=status)


@require_safe
@at_desk
def paper(request: HttpRequest, desk: AtDesk, settlement_id: UUID, kind: str) -> HttpResponse:
    """The same on paper: CSV or PDF."""
    if kind not in ("csv", "pdf"):
        raise Http404
    told = settlement_told(desk.business, settlement_id, now=desk.now, partner=desk.partner.code)
    name = f"{desk.business.slug}-{told.settlement.month:%Y-%m}.{kind}"
    content: str | bytes = settlement_csv(desk.business, told) if kind == "csv" else settlement_pdf(desk.business, told)
    content_type = "text/csv; charset=utf-8" if kind == "csv" else "application/pdf"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=disposition)

"""Watch for abuse: what was found by night, on what it rests, and saying that it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from fiel.core.refusals import Refused
from fiel.doors.look import figure
from fiel.doors.office.receipts import last_receipts
from fiel.doors.people import Place, stores_of
from fiel.doors.people import with_place as with_place_
from fiel.insight.models import Suspicion
from fiel.insight.watch import dismiss
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.programme.units import units_of
from fiel.shops.roles import May

__all__ = ["WHYS", "suspicion", "watch"]

with_place = with_place_(may=May.MEMBERS)

_MOST = 200
_SHOWN = 50

WHYS: dict[str, Promise] = {
    "many_a_day": gettext_lazy("Many sales on one day"),
    "one_cashier": gettext_lazy("Often at one cashier, several times a day"),
    "linked_late": gettext_lazy("Often named after the sale"),
    "returns": gettext_lazy("Brings back after spending"),
    "adjustments": gettext_lazy("Adjusted upwards again and again"),
    "odd_hours": gettext_lazy("Buys when hardly anybody does"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A suspicion in the list: of whom, what it is called, on how much it rests."""

    suspicion: Suspicion
    member: Member
    why: Promise
    times: str


@require_safe
@with_place
def watch(request: HttpRequest, place: Place) -> HttpResponse:
    """What was found and nobody dismissed; below, what was dismissed last."""
    ours = Suspicion.objects.filter(business=place.business)
    page: dict[str, Any] = {
        "rows": _rows(place, list(ours.filter(dismissed_at=None).order_by("-last_at", "id")[:_MOST])),
        "dismissed": _rows(place, list(ours.exclude(dismissed_at=None).order_by("-dismissed_at")[:_SHOWN])),
        "zone": place.business.timezone,
    }
    return render(request, "office/watch.html", page)


def _rows(place: Place, found: list[Suspicion]) -> list[Row]:
    members = members_by_id(place.business.id, [each.member_id for each in found])
    return [Row(each, members[each.member_id], WHYS[each.why], _times(len(each.receipts))) for each in found]


def _times(n: int) -> str:
    return ngettext("%(n)s time", "%(n)s times", n) % {"n": figure(n)}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def suspicion(request: HttpRequest, place: Place, suspicion_id: UUID) -> HttpResponse:
    """On what it rests, receipt by receipt; dismissing it takes a reason."""
    found = Suspicion.objects.filter(business=place.business, id=suspicion_id).first()
    if found is None:
        raise Http404
    wrong = ""
    if request.method == "POST":
        try:
            dismiss(place.business, suspicion_id, reason=request.POST.get("reason", ""))
        except Refused as refused:
            wrong = _(refused.detail)
        else:
            messages.success(request, _("Dismissed. Only what happens from now on is looked at."))
            return redirect("watch", place.business.slug)
    [row] = _rows(place, [found])
    ids = [UUID(id_) for id_ in found.receipts[:_SHOWN]]
    page = {
        "row": row,
        "receipts": last_receipts(place, stores_of(place), units_of(place.business.id), most=_SHOWN, only=ids),
        "wrong": wrong,
        "zone": place.business.timezone,
    }
    return render(request, "office/suspicion.html", page, status=422 if wrong else 200)

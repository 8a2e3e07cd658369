"""Who did what in a business, page by page, the latest first."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fiel.doors.asked import number_in
from fiel.doors.office.trail_acts import ACTS
from fiel.doors.office.trail_told import rows_of
from fiel.doors.people import Place, with_place
from fiel.members.search import members_named
from fiel.rewards.models import Partner, Reward
from fiel.shops.models import Business, Store
from fiel.shops.roles import May
from fiel.trail.models import Act

__all__ = ["trail"]

_AT_ONCE = 50
_MOST_NAMED = 50
_LOOKED_THROUGH = 100_000
"""Among how many acts a page looks for what was typed."""


@require_safe
@with_place(may=May.LOG)
def trail(request: HttpRequest, place: Place) -> HttpResponse:
    """The trail; `q` looks in who, what and about, `before` is the number that the page starts below."""
    q = request.GET.get("q", "").strip()[:100]
    acts, following = _found(place.business, q, number_in(request.GET.get("before", "")))
    page = {
        "rows": rows_of(place, acts),
        "next": following,
        "zone": place.business.timezone,
        "q": q,
    }
    return render(request, "office/trail.html", page)


def _found(business: Business, q: str, before: int | None) -> tuple[list[Act], int | None]:
    """Acts below a number, the latest first, and the number below which the next page begins.

    What is looked for may stand nowhere: then a page ends after so many acts, and the next one looks on from there.
    """
    rows = Act.objects.filter(business=business).order_by("-number")
    rows = rows if before is None else rows.filter(number__lt=before)
    looked_to, newest = 0, rows.first() if q else None
    if newest is not None:
        looked_to = newest.number - _LOOKED_THROUGH
        rows = rows.filter(_with(business, q), number__gt=looked_to)
    acts = list(rows[: _AT_ONCE + 1])
    if len(acts) > _AT_ONCE:
        return acts[:_AT_ONCE], acts[_AT_ONCE - 1].number
    return acts, looked_to + 1 if looked_to > 0 else None


def _with(business: Business, q: str) -> Q:
    """Acts of which what was typed is part of the name, of who did it, or of what it was done to."""
    words = [code for code, word in ACTS.items() if q.casefold() in str(word).casefold()]
    about = [str(member.id) for member in members_named(business.pk, q, limit=_MOST_NAMED)]
    for model in (Partner, Reward, Store):
        named = model._default_manager.filter(business=business, name__icontains=q)
        about += named.values_list("code", flat=True)[:_MOST_NAMED]
    return Q(who__icontains=q) | Q(what__icontains=q) | Q(about__icontains=q) | Q(what__in=words) | Q(about__in=about)

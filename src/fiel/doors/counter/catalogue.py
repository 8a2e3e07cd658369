"""Looking for items of the catalogue by name or code, a few at a time, searched in the database."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fiel.catalogue.models import Product
from fiel.doors.counter.desk import Desk, at_desk

__all__ = ["search"]

_PAGE = 12
_SHORTEST = 2


@require_safe
@at_desk
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Items whose name holds every word that was typed, or whose code begins with it; `after`: the last one's code."""
    typed = request.GET.get("typed", "").strip()[:64]
    found: list[Product] = []
    if len(typed) >= _SHORTEST:
        by_name = Q(*(Q(name__icontains=word) for word in typed.split()))
        rows = Product.objects.filter(by_name | Q(code__startswith=typed), business=desk.business)
        after = request.GET.get("after", "")
        rows = rows.filter(code__gt=after) if after else rows
        found = list(rows.order_by("code")[: _PAGE + 1])
    more = found[_PAGE - 1].code if len(found) > _PAGE else ""
    return render(request, "counter/matches.html", {"products": found[:_PAGE], "q": typed, "more": more})

"""Every product that sold: searched, sorted, and read on, by the database."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fiel.doors.office.reports.choice import choice_of
from fiel.doors.office.reports.goods import best_table, sold_as
from fiel.doors.office.reports.pages import today_of, with_place
from fiel.doors.people import Place
from fiel.insight.assortment import names_of, products_found

__all__ = ["products_sold"]

_PAGE = 50
_LONGEST = 100
_LAST_PAGE = 1_000
_SORTS: dict[str, Promise] = {
    "total": gettext_lazy("What sold for most"),
    "pieces": gettext_lazy("Most pieces"),
    "members": gettext_lazy("Most to members"),
    "rising": gettext_lazy("What sells better"),
    "falling": gettext_lazy("What sells worse"),
    "code": gettext_lazy("By code"),
}


@require_safe
@with_place
def products_sold(request: HttpRequest, place: Place) -> HttpResponse:
    """A page of them; what makes no sense in the address is as if it were not said."""
    choice, business = choice_of(request, place, today_of(place)), place.business
    q = request.GET.get("q", "").strip()[:_LONGEST]
    by = request.GET.get("by", "")
    by = by if by in _SORTS else "total"
    page_number = _number(request.GET.get("page", ""))
    asked = sold_as(business, choice)
    found = products_found(asked, q=q, by=by, skip=_PAGE * page_number, most=_PAGE + 1)
    called = names_of(business.id, "product", [each.code for each in found])
    table = best_table(business, "products", _("Which products sell?"), found[:_PAGE], choice, called)
    table.shown = _PAGE
    page: dict[str, Any] = {
        "table": table,
        "choice": choice,
        "q": q,
        "by": by,
        "sorts": _SORTS.items(),
        "next": page_number + 1 if len(found) > _PAGE else None,
        "before": page_number - 1 if page_number else None,
    }
    fragment = "HX-Request" in request.headers
    return render(request, "office/products_sold_found.html" if fragment else "office/products_sold.html", page)


def _number(text: str) -> int:
    return min(int(text), _LAST_PAGE) if text.isascii() and text.isdecimal() and len(text) < 6 else 0

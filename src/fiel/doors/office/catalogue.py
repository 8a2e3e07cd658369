"""The catalogue in the office: departments as a tree, and products that wait for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from fiel.catalogue.change import put_departments, put_products
from fiel.catalogue.models import Department, UnknownProduct
from fiel.core.refusals import Refused
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.shops.roles import May

__all__ = ["catalogue", "tree"]

with_place = with_place_(may=May.SHOP)

_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def catalogue(request: HttpRequest, place: Place) -> HttpResponse:
    """Departments, and what receipts named that the catalogue does not know."""
    if request.method == "POST":
        if "codes" in request.POST:
            _classify(request, place)
        elif "code" in request.POST:
            _put_department(request, place)
        return redirect("catalogue", place.business.slug)
    after = request.GET.get("after", "")[:64]
    unknown = list(UnknownProduct.objects.filter(business=place.business, code__gt=after).order_by("code")[: _PAGE + 1])
    page = {
        "departments": list(tree(Department.objects.filter(business=place.business).order_by("name", "code"))),
        "unknown": unknown[:_PAGE],
        "after": unknown[_PAGE - 1].code if len(unknown) > _PAGE else None,
    }
    return render(request, "office/catalogue.html", page)


def _classify(request: HttpRequest, place: Place) -> None:
    """Put the products that were ticked into a department."""
    codes, department = request.POST.getlist("codes")[:_PAGE], request.POST.get("department", "")
    waiting = UnknownProduct.objects.filter(business=place.business, code__in=codes)
    rows = [(each.code, each.description, department, "", ()) for each in waiting.order_by("code")]
    if not department:
        messages.error(request, _("Choose a department."))
        return
    put = [each for each in put_products(place.business, rows) if not isinstance(each, Refused)]
    text = ngettext("%(n)s product has its department now.", "%(n)s products have their department now.", len(put))
    messages.success(request, text % {"n": len(put)})


def _put_department(request: HttpRequest, place: Place) -> None:
    """Make a department, or change its name and where it belongs."""
    code, name, parent = (request.POST.get(each, "").strip() for each in ("code", "name", "parent"))
    [answer] = put_departments(place.business, [(code, name, parent or None)])
    if isinstance(answer, Refused):
        messages.error(request, _("A department has a code of 1 to 50 characters, and cannot lie within itself."))
    else:
        messages.success(request, _("The department %(name)s is kept.") % {"name": name or code})


def tree(rows: Iterable[Department]) -> Iterator[tuple[str, Department]]:
    """Departments below those that they belong to, each with a dash for each level."""
    below: dict[str | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent, []).append(row)

    def walk(parent: str | None, depth: int) -> Iterator[tuple[str, Department]]:
        for row in below.get(parent, ()):
            yield "– " * depth, row
            yield from walk(row.code, depth + 1)

    return walk(None, 0)

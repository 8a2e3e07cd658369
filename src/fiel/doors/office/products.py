"""Products of the catalogue, searched and changed many at a time; groups of goods and their department."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from fiel.catalogue.change import edit_products
from fiel.catalogue.find import products_by
from fiel.catalogue.groups import put_groups
from fiel.catalogue.models import Department, GoodsGroup
from fiel.core.refusals import Refused
from fiel.doors.look import figure
from fiel.doors.office.catalogue import tree
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.shops.roles import May

__all__ = ["groups", "products"]

with_place = with_place_(may=May.SHOP)

_PAGE = 50
_LONGEST = 100
_APART = "\x1f"


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def products(request: HttpRequest, place: Place) -> HttpResponse:
    """The products by what was typed so far, and a form that changes those that are ticked."""
    if request.method == "POST":
        _edit(request, place)
        return redirect(request.get_full_path())
    asked = {name: request.GET.get(name, "").strip()[:_LONGEST] for name in ("q", "department", "after")}
    without = asked["department"] == "-"
    found = list(products_by(place.business.id, without_department=without, **asked)[: _PAGE + 1])
    page: dict[str, Any] = {
        **asked,
        "rows": found[:_PAGE],
        "next": found[_PAGE - 1].code if len(found) > _PAGE else None,
        "departments": _departments(place),
    }
    fragment = "HX-Request" in request.headers
    return render(request, "office/products_found.html" if fragment else "office/products.html", page)


def _departments(place: Place) -> list[tuple[str, Department]]:
    return list(tree(Department.objects.filter(business=place.business).order_by("name", "code")))


def _edit(request: HttpRequest, place: Place) -> None:
    codes = request.POST.getlist("codes")[:_PAGE]
    said = {name: request.POST.get(name, "").strip() for name in ("department", "brand", "tag", "without_tag")}
    if not codes or not any(said.values()):
        messages.error(request, _("Tick products, and say what is to change."))
        return
    answers = edit_products(place.business, codes, **said)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    if refused:
        messages.error(request, _("A brand has at most 100 characters, a tag at most 40 and no comma."))
        return
    changed = sum(answer == "changed" for answer in answers)
    text = ngettext("%(n)s product is changed.", "%(n)s products are changed.", changed)
    messages.success(request, text % {"n": figure(changed)})


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def groups(request: HttpRequest, place: Place) -> HttpResponse:
    """Groups of goods as files name them: those that wait for a department first."""
    if request.method == "POST":
        _put_groups(request, place)
        return redirect(request.get_full_path())
    ours = GoodsGroup.objects.filter(business=place.business)
    waiting = "all" not in request.GET
    scheme, _apart, code = request.GET.get("after", "").partition(_APART)
    rows = (ours.filter(department=None) if waiting else ours).order_by("scheme", "code")
    if code:
        rows = rows.filter(scheme=scheme, code__gt=code) | rows.filter(scheme__gt=scheme)
    found = list(rows[: _PAGE + 1])
    page = {
        "rows": [(f"{row.scheme}{_APART}{row.code}", row) for row in found[:_PAGE]],
        "next": f"{found[_PAGE - 1].scheme}{_APART}{found[_PAGE - 1].code}" if len(found) > _PAGE else None,
        "waiting": waiting,
        "departments": _departments(place),
    }
    return render(request, "office/groups.html", page)


def _put_groups(request: HttpRequest, place: Place) -> None:
    department = request.POST.get("department", "")
    named = [each.partition(_APART) for each in request.POST.getlist("groups")[:_PAGE]]
    typed = request.POST.get("code", "").strip()
    rows = [(scheme, code, department) for scheme, _apart, code in named]
    if typed:
        rows.append(("ncm", typed.replace(".", ""), department))
    if not rows or not department:
        messages.error(request, _("Tick groups or type a code, and choose a department."))
        return
    put = [answer for answer in put_groups(place.business, rows) if not isinstance(answer, Refused)]
    text = ngettext("%(n)s group has its department now.", "%(n)s groups have their department now.", len(put))
    messages.success(request, text % {"n": len(put)})

"""Pick lists: what is ticked stays, and what is typed finds more of it, so that nobody has to know a code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fiel.catalogue.models import Department, Product
from fiel.doors.people import Place, with_place
from fiel.rewards.models import Reward
from fiel.shops.models import Store

__all__ = ["PICKED_FROM", "Choice", "choices_of", "pick", "picked_names"]

_SHOWN = 12
_MOST = 1000
_LONGEST = 100

PICKED_FROM = {"departments": Department, "products": Product, "rewards": Reward, "stores": Store}
"""What can be picked, and the table that it stands in by business, code and name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to tick: its code, what it is called, and whether it is ticked."""

    code: str
    name: str
    ticked: bool


@require_safe
@with_place
def pick(request: HttpRequest, place: Place, what: str) -> HttpResponse:
    """The boxes of a pick list for what was typed: those that are ticked, then those that are found."""
    if what not in PICKED_FROM:
        raise Http404
    field = request.GET.get("field", what)[:_LONGEST]
    ticked = request.GET.getlist(field)[:_MOST]
    typed = request.GET.get("q", "").strip()[:_LONGEST]
    page = {"field": field, "choices": choices_of(place.business.pk, what, ticked, typed), "typed": typed}
    return render(request, "office/picked.html", page)


def choices_of(business_id: int, what: str, ticked: Sequence[str], typed: str = "") -> list[Choice]:
    """What is ticked, also what is not there yet, then at most a dozen others that have what was typed.

    Of products none is offered before something was typed: there are too many to begin with any.
    """
    rows = _rows(business_id, what)
    named = picked_names(business_id, what, ticked)
    found = rows.exclude(code__in=ticked)
    if typed:
        found = found.filter(Q(code__istartswith=typed) | Q(name__icontains=typed))
    if what == "products" and not typed:
        found = found.none()
    others = found.order_by("code").values_list("code", "name")[:_SHOWN]
    kept = [Choice(code, named.get(code) or code, ticked=True) for code in dict.fromkeys(ticked)]
    return kept + [Choice(code, name or code, ticked=False) for code, name in others]


def picked_names(business_id: int, what: str, codes: Sequence[str]) -> dict[str, str]:
    """How what was picked is called, by its code; what has no name has an empty one, what is not there none."""
    return dict(_rows(business_id, what).filter(code__in=codes).values_list("code", "name"))


def _rows(business_id: int, what: str) -> QuerySet[Department] | QuerySet[Product] | QuerySet[Reward] | QuerySet[Store]:
    return PICKED_FROM[what].objects.filter(business_id=business_id)  # type: ignore[attr-defined, no-any-return]

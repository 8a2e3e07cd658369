"""The first pages: for a stranger, and for who has just signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from fiel import clock
from fiel.core.programme import Programme, Unit
from fiel.doors.look import LANGUAGES
from fiel.doors.office.figures import figures_of, waiting_of
from fiel.doors.office.first_steps import first_steps
from fiel.doors.office.receipts import last_receipts
from fiel.doors.people import Place, person_of, places_of, stores_of, with_place
from fiel.programme.versions import rules_of, versions_of
from fiel.shops.models import ApiKey, Business, Person

__all__ = ["business", "language", "office", "start"]

_RECEIPTS = 10
_KEYS = 20


@require_safe
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """What this installation offers."""
    return render(
        request,
        "start.html",
        {"person": person_of(request), "new": not Business.objects.exists(), "sign_up": settings.SIGN_UP == "open"},
    )


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose a language: kept with the person who is signed in, and in this browser."""
    chosen, back = request.POST.get("language", ""), request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = HttpResponseRedirect(back)
    person = person_of(request)
    if chosen in LANGUAGES and check_for_language(chosen):
        if person:
            Person.objects.filter(pk=person.pk).update(language=chosen)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=365 * 24 * 60 * 60,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return answer


@require_safe
@never_cache
@login_required
def office(request: HttpRequest) -> HttpResponse:
    """The business of who has one place; a choice for who has several."""
    places = places_of(request)
    if len(places) == 1:
        return business(request, places[0].business.slug)
    return render(request, "office/choose.html", {"places": places})


@require_safe
@with_place
def business(request: HttpRequest, place: Place) -> HttpResponse:
    """How a business stands: its figures, the last receipts, and what it is made of."""
    now = clock.now()
    rules = _rules(place, now)
    stores = stores_of(place)
    keys = _keys(place, now)
    receipts = last_receipts(place, stores, rules.units, most=_RECEIPTS)
    page: dict[str, Any] = {
        "zone": place.business.timezone,
        "today": now.astimezone(ZoneInfo(place.business.timezone)).date(),
        "rules": rules,
        "stores": stores,
        "keys": keys,
        "receipts": receipts,
        "figures": figures_of(place, now) if receipts else None,
        "waits": waiting_of(place, now) if receipts else [],
        "steps": first_steps(place),
    }
    return render(request, "office/business.html", page)


@dataclass(frozen=True, slots=True)
class Rules:
    """The programme as it is in force: its number and since when; `newest`: the last that was published."""

    programme: Programme | None
    number: int
    since: datetime | None
    newest: int
    newest_from: datetime | None
    units: dict[str, Unit]


def _rules(place: Place, now: datetime) -> Rules:
    """The programme and the units it counts in, those of a version that is still to come too."""
    versions = versions_of(place.business.id)
    from_ = dict(zip(versions.numbers, versions.moments, strict=True))
    number, newest = versions.number_at(now), max(versions.numbers, default=0)
    units: dict[str, Unit] = {}
    for each in sorted({number or 0, newest} - {0}):
        units.update(rules_of(place.business.id, each).programme.units)
    return Rules(
        programme=rules_of(place.business.id, number).programme if number else None,
        number=number or 0,
        since=from_.get(number or 0),
        newest=newest,
        newest_from=from_.get(newest),
        units=units,
    )


def _keys(place: Place, now: datetime) -> list[ApiKey]:
    in_use = Q(expires_at=None) | Q(expires_at__gt=now)
    rows = ApiKey.objects.filter(in_use, business=place.business, revoked_at=None)
    if place.stores:
        rows = rows.filter(store__in=place.stores)
    return list(rows.order_by("-created_at", "id")[:_KEYS])

"""The counter's first page, and what makes it an app on a phone: manifest, service worker, the page for no network."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fiel.doors.brand import manifest_of
from fiel.doors.counter.desk import Desk, at_desk
from fiel.doors.counter.receipts import last_of
from fiel.doors.counter.typed import PAID_WITH
from fiel.doors.devices import device_of
from fiel.doors.inviting import to_invite
from fiel.doors.people import CounterPlace, choose_store, open_stores_of, place_of, places_of, with_counter
from fiel.doors.words import PAYMENTS
from fiel.shops.roles import May

__all__ = ["away", "choose", "home", "manifest", "state", "store", "worker"]

_LAST = 3
# What the page for no network is made of.
_KEPT = (
    "vendor/tabler-1.4.0/tabler.min.css",
    "fiel/fiel.css",
    "fiel/theme.js",
    "fiel/mark.svg",
    "counter/counter.css",
    "counter/counter.js",
    "counter/outbox.js",
)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The counter of a paired device's business, or of who serves in one; a choice for who serves in several."""
    device = device_of(request)
    if device is not None:
        return redirect("counter", device.business.slug)
    return _choose(request)


@login_required
def _choose(request: HttpRequest) -> HttpResponse:
    places = [place for staff in places_of(request) if (place := place_of(staff)).may(May.SELL)]
    if len(places) == 1:
        return redirect("counter", places[0].business.slug)
    return render(request, "counter/choose.html", {"places": places})


@require_http_methods(["GET", "POST"])
@with_counter
def store(request: HttpRequest, place: CounterPlace) -> HttpResponse:
    """Choose the store in which one serves."""
    if choose_store(request, place, request.POST.get("store", "")):
        return redirect("counter", place.business.slug)
    return render(request, "counter/store.html", {"stores": open_stores_of(place)})


@require_safe
@at_desk
def home(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One field for whoever comes; below it the last receipts of this till."""
    page = {"last": last_of(desk, most=_LAST), "to_invite": to_invite(desk.place)}
    return render(request, "counter/home.html", page)


@require_safe
@at_desk
def away(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The page that the browser keeps for when the network is away. Nothing about a customer stands on it."""
    return render(request, "counter/away.html", {"payments": [(code, PAYMENTS[code]) for code in PAID_WITH]})


@require_safe
@at_desk
def state(request: HttpRequest, desk: Desk) -> HttpResponse:
    """That the network is there, who serves, and the token with which what was kept can be sent."""
    return JsonResponse({"token": get_token(request), "serves": desk.cashier})


@require_safe
@at_desk
def manifest(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What a phone must know to put the counter on its home screen."""
    start = reverse("counter", args=[desk.business.slug])
    told = manifest_of(desk.business, start=start, name=f"{desk.business.name} · {_('Counter')}")
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
def worker(request: HttpRequest, business: str) -> HttpResponse:
    """The service worker. It says nothing of the business, not even whether there is one."""
    kept = [static(name) for name in _KEPT]
    page = {
        "scope": reverse("counter", args=[business]),
        "away": reverse("counter-away", args=[business]),
        "kept": kept,
        "version": hashlib.sha256("".join(kept).encode()).hexdigest()[:12],
    }
    answer = render(request, "counter/worker.js", page, content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer

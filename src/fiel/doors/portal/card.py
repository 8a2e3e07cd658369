"""The digital card, and what makes the portal an app on a phone: manifest and service worker."""

from __future__ import annotations

import hashlib
from typing import Any

import barcode
import segno
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from fiel.doors.brand import manifest_of
from fiel.doors.portal.place import Here, at_portal, with_member
from fiel.doors.portal.wallet import card_number, wallets
from fiel.members.cards import give_card
from fiel.members.turning import turning_code

__all__ = ["card", "manifest", "turn", "worker"]

_EAN_13 = 13
_KEPT = ("vendor/tabler-1.4.0/tabler.min.css", "fiel/fiel.css", "fiel/theme.js", "fiel/mark.svg", "portal/portal.css")


@require_http_methods(["GET", "HEAD", "POST"])
@with_member
def card(request: HttpRequest, here: Here) -> HttpResponse:
    """The card that is shown at the till, as barcode and QR code or as a code that turns."""
    number = card_number(here)
    if request.method == "POST":
        if not number:
            give_card(here.business, here.member.id, None, now=here.moment)
        return redirect("portal-card", here.business.slug)
    if here.business.turning_card or ("spend" in request.GET and here.business.turns):
        return render(request, "portal/turning.html", {"qr": _turning(here)})
    page: dict[str, Any] = {"number": number, "bars": _bars(number), "qr": _qr(number) if number else ""}
    page["wallets"] = wallets(here.business) if number else []
    return render(request, "portal/card.html", page)


@require_safe
@with_member
def turn(request: HttpRequest, here: Here) -> HttpResponse:
    """The code of this moment, for the page that shows it."""
    if not here.business.turns:
        raise Http404
    return HttpResponse(_turning(here))


def _turning(here: Here) -> SafeString:
    return _qr(turning_code(here.business, here.member.id, now=here.moment))


def _bars(number: str) -> SafeString:
    """The number as an EAN-13 that fills what it is put into; empty for numbers of other lengths."""
    if len(number) != _EAN_13 or not number.isdecimal():
        return SafeString("")
    modules = barcode.get("ean13", number).build()[0]
    bars = "".join(f'<rect x="{11 + x}" width="1" height="60"/>' for x, bit in enumerate(modules) if bit in "1G")
    width = len(modules) + 22  # the quiet zones that readers need
    return mark_safe(f'<svg viewBox="0 0 {width} 60" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>')  # noqa: S308 - digits only


def _qr(number: str) -> SafeString:
    drawn: str = segno.make(number, error="m", micro=False).svg_inline(scale=4, omitsize=True, border=4)
    return mark_safe(drawn)  # noqa: S308 - drawn here


@require_safe
@at_portal
def manifest(request: HttpRequest, here: Here) -> HttpResponse:
    """What a phone must know to put the portal on its home screen."""
    start = reverse("portal", args=[here.business.slug])
    told = manifest_of(here.business, start=start, name=here.business.name)
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
def worker(request: HttpRequest, business: str) -> HttpResponse:
    """The service worker. It says nothing of the business, not even whether there is one."""
    kept = [static(name) for name in _KEPT]
    start = reverse("portal", args=[business])
    version = hashlib.sha256("".join(kept).encode()).hexdigest()[:12]
    page = {"start": start, "kept": kept, "version": version}
    answer = render(request, "portal/worker.js", page, content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer

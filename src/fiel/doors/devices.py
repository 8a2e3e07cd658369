"""A paired device's browser, and who serves there: signed in by name and PIN, for as long as they keep at it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from fiel import clock
from fiel.shops.devices import device_with
from fiel.shops.models import Device, Staff
from fiel.shops.roles import May, roles_that

__all__ = ["PIN_LASTS", "cashier_at", "cashiers_of", "device_of", "keep_secret", "leave", "sit_down"]

PIN_LASTS = timedelta(minutes=5)
"""After so long without use the PIN is asked for again."""

_CASHIER = "cashier"
_COOKIE_AGE = 400 * 24 * 60 * 60  # the longest that browsers keep one
_NOTE_EVERY = timedelta(seconds=30)


def device_of(request: HttpRequest) -> Device | None:
    """The paired device that this browser is; looked up once a request."""
    if not hasattr(request, "paired_device"):
        secret = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
        found = device_with(secret, now=clock.now()) if secret else None
        request.paired_device = found  # type: ignore[attr-defined]
    device: Device | None = request.paired_device  # type: ignore[attr-defined]
    return device


def keep_secret(answer: HttpResponse, secret: str) -> None:
    """Let the browser keep the device's secret, out of every script's reach."""
    answer.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        secret,
        max_age=_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cashiers_of(device: Device) -> list[Staff]:
    """Who may sign in there: those of its store who sell and have a PIN, by name."""
    rows = Staff.objects.select_related("business", "person").filter(
        business=device.business, role__in=roles_that(May.SELL), person__is_active=True
    )
    ours = [staff for staff in rows.exclude(pin="") if not staff.stores or device.store in staff.stores]
    return sorted(ours, key=lambda staff: (str(staff.person).casefold(), staff.person_id))


def sit_down(request: HttpRequest, device: Device, staff: Staff) -> None:
    """Somebody serves there from now on. They are known to the counter alone, not to the office."""
    request.session.cycle_key()
    request.session[_CASHIER] = {
        "device": str(device.id),
        "person": staff.person_id,
        "pin": _mark(staff),
        "seen": clock.now().isoformat(),
    }


def leave(request: HttpRequest) -> None:
    """Nobody serves there until the next PIN."""
    request.session.pop(_CASHIER, None)


def cashier_at(request: HttpRequest, device: Device) -> Staff | None:
    """Who serves at the device. None where nobody does, or nobody did for five minutes, or their PIN was changed."""
    said: dict[str, Any] = request.session.get(_CASHIER) or {}
    if said.get("device") != str(device.id):
        return None
    now, seen = clock.now(), datetime.fromisoformat(said["seen"])
    if now - seen >= PIN_LASTS:
        leave(request)
        return None
    staff = next((each for each in cashiers_of(device) if each.person_id == said["person"]), None)
    if staff is None or not constant_time_compare(_mark(staff), said["pin"]):
        leave(request)
        return None
    if now - seen >= _NOTE_EVERY:
        request.session[_CASHIER] = {**said, "seen": now.isoformat()}
    return staff


def _mark(staff: Staff) -> str:
    """Changes when the PIN does."""
    return salted_hmac("fiel.pin", staff.pin).hexdigest()[:20]

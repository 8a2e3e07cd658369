"""At the device itself: pairing it by a code, and signing in there by name and PIN."""

from __future__ import annotations

from math import ceil

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors import tries
from fiel.doors.devices import cashier_at, cashiers_of, device_of, keep_secret, leave, sit_down
from fiel.doors.people import speak
from fiel.shops.devices import pair as pair_device
from fiel.shops.devices import waiting_for
from fiel.shops.models import Device, Staff
from fiel.shops.pins import check_pin, is_locked, set_pin
from fiel.tables.walls import enter
from fiel.trail.acting import Actor, act_as, actor

__all__ = ["change_pin", "leave_counter", "pair", "pin"]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pair(request: HttpRequest, code: str = "") -> HttpResponse:
    """Pair this browser. Opening the link uses nothing up, the button does, once."""
    if request.method != "POST":
        return render(request, "pair.html", {"code": code})
    code = request.POST.get("code", "")
    wait = _wait(request, "pair")
    if wait:
        return render(request, "pair.html", {"code": code, "error": wait}, status=429)
    found = pair_device(code, now=clock.now()) if waiting_for(code, now=clock.now()) else None
    if found is None:
        error = _("This code is not good. A code works once, for 15 minutes: ask the office for a new one.")
        return render(request, "pair.html", {"code": code, "error": error})
    _forget(request, "pair")
    device, secret = found
    answer = redirect("pin")
    keep_secret(answer, secret)
    leave(request)
    messages.success(request, _("This device is now %(name)s.") % {"name": device.name})
    return answer


@never_cache
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
def pin(request: HttpRequest) -> HttpResponse:
    """Sign in at a paired device: choose one's name, give one's PIN."""
    device = device_of(request)
    if device is None:
        return redirect("pair")
    enter(device.business_id)
    speak(request, device.business.language)
    next_ = request.POST.get("next") or request.GET.get("next", "")
    cashiers, chosen = cashiers_of(device), request.POST.get("person", "")
    page = {"device": device, "cashiers": cashiers, "next": next_, "chosen": chosen}
    if request.method != "POST":
        return render(request, "pin.html", page)
    staff = next((each for each in cashiers if str(each.person_id) == chosen), None)
    if staff is None:
        return render(request, "pin.html", {**page, "error": _("Choose your name.")})
    error, status = _try(request, device, staff, request.POST.get("pin", ""))
    if error:
        return render(request, "pin.html", {**page, "error": error}, status=status)
    sit_down(request, device, staff)
    return HttpResponseRedirect(_onward(device, next_))


@require_POST
def leave_counter(request: HttpRequest) -> HttpResponse:
    """The next one signs in."""
    leave(request)
    return redirect("pin")


@never_cache
@sensitive_post_parameters("pin", "old")
@require_http_methods(["GET", "HEAD", "POST"])
def change_pin(request: HttpRequest) -> HttpResponse:
    """Whoever serves sets a PIN of their own, with the old one in hand."""
    device = device_of(request)
    if device:
        enter(device.business_id)
    staff = cashier_at(request, device) if device else None
    if device is None or staff is None:
        return redirect("pin")
    speak(request, staff.person.language or device.business.language)
    if request.method != "POST":
        return render(request, "change_pin.html", {"staff": staff})
    error, status = _try(request, device, staff, request.POST.get("old", ""))
    new = request.POST.get("pin", "")
    if not error and not new:
        error, status = _("Write a new PIN."), 200
    if not error:
        act_as(Actor(staff.person.email, staff.person_id, actor().address))
        try:
            set_pin(staff, new, now=clock.now())
        except Refused:
            error, status = _("Four to six digits, not all the same, and not in a row like 1234."), 200
    if error:
        return render(request, "change_pin.html", {"staff": staff, "error": error}, status=status)
    staff.refresh_from_db()
    sit_down(request, device, staff)
    messages.success(request, _("Your PIN is changed."))
    return HttpResponseRedirect(_onward(device, ""))


def _try(request: HttpRequest, device: Device, staff: Staff, given: str) -> tuple[str, int]:
    """What is wrong with a PIN, and the status to say it with; nothing where it is right."""
    locked = _("This PIN is locked after too many wrong tries. Somebody who manages the staff can set a new one.")
    if is_locked(staff):
        return locked, 429
    account = f"pin:{device.id}:{staff.person_id}"
    wait = _wait(request, account)
    if wait:
        return wait, 429
    if check_pin(staff, given):
        _forget(request, account)
        return "", 200
    return _("This PIN is not right."), 200


def _wait(request: HttpRequest, account: str) -> str:
    """Take one of the tries; where there is none, how long to wait."""
    wait = tries.take(_address(request, account), account)
    if wait is None:
        return ""
    minutes = ceil(wait.total_seconds() / 60)
    text = ngettext(
        "Too many wrong tries. Wait %(minutes)s minute, then try again.",
        "Too many wrong tries. Wait %(minutes)s minutes, then try again.",
        minutes,
    )
    return text % {"minutes": minutes}


def _forget(request: HttpRequest, account: str) -> None:
    tries.forget(_address(request, account), account)


def _address(request: HttpRequest, account: str) -> str:
    """A device's tries are its own, wherever it is; a stranger's code is tried from an address."""
    return "" if account.startswith("pin:") else str(request.META.get("REMOTE_ADDR", ""))


def _onward(device: Device, next_: str) -> str:
    """Back to what was asked for, else to the counter."""
    if next_ and url_has_allowed_host_and_scheme(next_, allowed_hosts=None):
        return next_
    try:
        return reverse("counter", args=[device.business.slug])
    except NoReverseMatch:
        return reverse("start")

"""The office's paired devices: a code to pair one, which there are, and taking one back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.people import Place, open_stores_of, stores_of
from fiel.doors.people import with_place as with_place_
from fiel.shops.devices import make_code, revoke_device
from fiel.shops.models import Device
from fiel.shops.roles import May

__all__ = ["devices", "revoke"]

with_place = with_place_(may=May.SHOP)


class DeviceForm(forms.Form):
    """A device to be paired."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("So that you know it again: Ana's phone.")
    )
    store = forms.ChoiceField(label=gettext_lazy("Store"), widget=forms.Select(attrs={"class": "form-select"}))
    till = forms.CharField(
        label=gettext_lazy("Till"),
        max_length=50,
        help_text=gettext_lazy("Sales made there stand under this till. Each device has its own."),
    )

    def __init__(self, *said: Any, place: Place, **options: Any) -> None:
        super().__init__(*said, **options)
        choices = [(store.code, str(store)) for store in open_stores_of(place)]
        self.fields["store"].choices = choices  # type: ignore[attr-defined]
        self.business = place.business

    def clean(self) -> dict[str, Any]:
        """Two devices that count receipts on one till would take each other's numbers."""
        said = super().clean() or {}
        ours = Device.objects.filter(business=self.business, revoked_at=None)
        if ours.filter(store=said.get("store", ""), till=said.get("till", "").strip()).exists():
            self.add_error("till", _("Another device has this till. Choose another name for this one."))
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def devices(request: HttpRequest, place: Place) -> HttpResponse:
    """The devices, and a form for one more; once it is sent, the code and its picture, shown this once."""
    sent = None if "again" in request.POST else request.POST or None
    form = DeviceForm(sent, place=place)
    made = None
    if request.method == "POST":
        made = _again(request, place) if "again" in request.POST else _made(place, form)
    if made:
        form = DeviceForm(place=place)
    rows = Device.objects.filter(business=place.business, revoked_at=None).order_by("store", "till", "id")
    names = {store.code: str(store) for store in stores_of(place)}
    mine = [(row, names[row.store]) for row in rows if row.store in names]
    page = {"form": form, "rows": mine, "zone": place.business.timezone, "made": made, "now": clock.now()}
    return render(request, "office/devices.html", page)


@require_POST
@with_place
def revoke(request: HttpRequest, place: Place, device_id: UUID) -> HttpResponse:
    """Take a device back: its browser no longer serves."""
    _device(place, device_id)
    try:
        revoke_device(place.business, device_id, now=clock.now())
    except Refused:
        raise Http404 from None
    messages.success(request, _("The device is taken back. Nobody serves there any more."))
    return redirect("devices", place.business.slug)


def _made(place: Place, form: DeviceForm) -> dict[str, Any] | None:
    return _code(place, **form.cleaned_data) if form.is_valid() else None


def _again(request: HttpRequest, place: Place) -> dict[str, Any]:
    """A new code for a device that there is: its browser was emptied, or it was not paired in time."""
    try:
        device = _device(place, UUID(request.POST["again"]))
    except ValueError:
        raise Http404 from None
    return _code(place, name=device.name, store=device.store, till=device.till, device_id=device.id)


def _code(place: Place, **said: Any) -> dict[str, Any]:
    device, code = make_code(place.business, **said, now=clock.now())
    link = f"{settings.PUBLIC_URL.rstrip('/')}/pair/{code}/"
    picture = segno.make(link, micro=False, error="m").svg_data_uri(scale=5, border=4, light="white")
    return {"device": device, "code": code, "link": link, "picture": picture}


def _device(place: Place, device_id: UUID) -> Device:
    device = Device.objects.filter(business=place.business, id=device_id, revoked_at=None).first()
    if device is None or not place.has_store(device.store):
        raise Http404
    return device

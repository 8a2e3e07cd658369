"""Stores and their tills: made, changed, closed and opened again."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.people import Place, stores_of
from fiel.doors.people import with_place as with_place_
from fiel.shops.change import StoreRow, close_store, open_store, put_stores
from fiel.shops.models import Store, Till
from fiel.shops.roles import May

__all__ = ["store", "store_closed", "stores", "till"]

with_place = with_place_(may=May.SHOP)

_CODE = forms.RegexField(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    label=gettext_lazy("Code"),
    max_length=50,
    help_text=gettext_lazy("Short, as it stands on receipts: S1. It stays for ever."),
    error_messages={"invalid": gettext_lazy("Write letters and digits without spaces.")},
)


class StoreForm(forms.Form):
    """What a store is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    tax_id = forms.CharField(
        label=gettext_lazy("Tax number"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("As it stands on fiscal receipts; by it they find their store."),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text=gettext_lazy("Empty: as the business."),
    )

    def clean_timezone(self) -> str:
        """One that there is."""
        zone = str(self.cleaned_data["timezone"]).strip()
        if zone and zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone. Choose one of the list, as America/Manaus."))
        return zone


class NewStoreForm(StoreForm):
    """With the code, which stays."""

    code = _CODE
    field_order = ("name", "code", "tax_id", "timezone")


class TillForm(forms.Form):
    """A till of a store."""

    code = _CODE
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def stores(request: HttpRequest, place: Place) -> HttpResponse:
    """The stores, and a form for one more."""
    rows = stores_of(place)
    form = NewStoreForm(request.POST or None, initial={"code": _next_code(rows)})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if place.stores or Store.objects.filter(business=place.business, code=said["code"]).exists():
            form.add_error("code", _("There is a store with this code already."))
        else:
            put_stores(place.business, [StoreRow(**said)])
            messages.success(request, _("The store %(name)s is made.") % {"name": said["name"]})
            return redirect("stores", place.business.slug)
    tills = Till.objects.filter(business=place.business).values_list("store").annotate(Count("code")).order_by()
    count = dict(tills)
    told = [
        (row, ngettext("%(n)s till", "%(n)s tills", n) % {"n": n}) for row in rows for n in [count.get(row.code, 0)]
    ]
    page = {"rows": told, "form": form, "zones": _zones(place)}
    return render(request, "office/stores.html", page, status=422 if form.errors else 200)


def _tills(number: int) -> str:
    return ngettext("%(n)s till", "%(n)s tills", number) % {"n": number}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def store(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """One store: what it is, and its tills."""
    row = _store(place, code)
    was = {name: getattr(row, name) for name in StoreForm.base_fields}
    form = StoreForm(request.POST or None, initial=was)
    if request.method == "POST" and form.is_valid():
        put_stores(place.business, [StoreRow(row.code, **form.cleaned_data)])
        messages.success(request, _("It is kept."))
        return redirect("store", place.business.slug, row.code)
    return _page(request, place, row, form, TillForm())


@require_POST
@with_place
def till(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """Make a till, or give one another name."""
    row = _store(place, code)
    form = TillForm(request.POST)
    if not form.is_valid():
        return _page(request, place, row, StoreForm(initial=vars(row)), form)
    named = {form.cleaned_data["code"]: form.cleaned_data["name"]}
    put_stores(place.business, [StoreRow(row.code, row.name, row.timezone, row.tax_id, named)])
    messages.success(request, _("It is kept."))
    return redirect("store", place.business.slug, row.code)


@require_POST
@with_place
def store_closed(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """Close a store, or open it again."""
    row = _store(place, code)
    try:
        if "open" in request.POST:
            open_store(place.business, row.code, now=clock.now())
        else:
            close_store(place.business, row.code, now=clock.now())
            messages.success(request, _("The store is closed. Its devices and keys are out of use."))
    except Refused:
        pass  # somebody else was quicker: it is as it should be
    return redirect("store", place.business.slug, row.code)


def _page(request: HttpRequest, place: Place, row: Store, form: forms.Form, till_form: forms.Form) -> HttpResponse:
    tills = Till.objects.filter(business=place.business, store=row.code).order_by("code")
    page: dict[str, Any] = {"row": row, "form": form, "till_form": till_form, "tills": tills, "zones": _zones(place)}
    page["zone"] = place.business.timezone
    return render(request, "office/store.html", page, status=422 if form.errors or till_form.errors else 200)


def _store(place: Place, code: str) -> Store:
    row = Store.objects.filter(business=place.business, code=code).first()
    if row is None or not place.has_store(row.code):
        raise Http404
    return row


def _zones(place: Place) -> list[str]:
    """The time zones of the business's part of the world."""
    begins = place.business.timezone.partition("/")[0]
    return sorted(zone for zone in available_timezones() if zone.startswith(f"{begins}/"))


def _next_code(rows: list[Store]) -> str:
    codes = {row.code for row in rows}
    return next(code for n in range(1, len(codes) + 2) if (code := f"S{n}") not in codes)

"""API keys: made for a till or a program, shown once, and taken out of use."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.doors.office.second_step import asks_again
from fiel.doors.people import Place, open_stores_of
from fiel.doors.people import with_place as with_place_
from fiel.shops.keys import create_key, revoke_key
from fiel.shops.models import ApiKey
from fiel.shops.roles import May

__all__ = ["SCOPES", "key_revoke", "keys"]

with_place = with_place_(may=May.KEYS)

SCOPES: dict[str, Promise] = {
    "till": gettext_lazy("A till: finds members, sends sales, redeems vouchers"),
    "import": gettext_lazy("The shop's agent: sends receipts that a till wrote"),
    "read": gettext_lazy("Reads everything, changes nothing"),
    "office": gettext_lazy("The office's program: may change nearly everything"),
}
_MOST = 200


class KeyForm(forms.Form):
    """What a key is for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("So that you know it again: till 1, web shop."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    store = forms.ChoiceField(
        label=gettext_lazy("Store"),
        required=False,
        help_text=gettext_lazy("A key of a store cannot speak for another one."),
    )
    till = forms.CharField(label=gettext_lazy("Till"), max_length=50, required=False)

    def __init__(self, *said: Any, place: Place, **options: Any) -> None:
        super().__init__(*said, **options)
        stores = [(store.code, str(store)) for store in open_stores_of(place)]
        self.fields["store"].choices = [("", _("All stores")), *stores]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A till is in a store."""
        said = super().clean() or {}
        if said.get("till") and not said.get("store"):
            self.add_error("store", _("Choose the till's store too."))
        return said


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
@asks_again
def keys(request: HttpRequest, place: Place) -> HttpResponse:
    """The keys in use, and a form for one more; once it is sent, the key, shown this once."""
    form = KeyForm(request.POST or None, place=place, initial={"scopes": ["till"]})
    made = None
    if request.method == "POST" and form.is_valid():
        made = create_key(place.business, **form.cleaned_data, now=clock.now())
        form = KeyForm(place=place, initial={"scopes": ["till"]})
    rows = ApiKey.objects.filter(business=place.business, revoked_at=None).order_by("-created_at", "id")[:_MOST]
    page = {
        "form": form,
        "made": made,
        "rows": [(row, [SCOPES[scope] for scope in row.scopes]) for row in rows],
        "now": clock.now(),
        "zone": place.business.timezone,
    }
    return render(request, "office/keys.html", page, status=422 if form.errors else 200)


@require_POST
@with_place
def key_revoke(request: HttpRequest, place: Place, key_id: UUID) -> HttpResponse:
    """Take a key out of use."""
    if not ApiKey.objects.filter(business=place.business, id=key_id).exists():
        raise Http404
    revoke_key(place.business, key_id, now=clock.now())
    messages.success(request, _("The key is out of use. What held it is refused from now on."))
    return redirect("keys", place.business.slug)

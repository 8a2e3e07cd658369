"""Logo and colour of the business, as every door wears them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from fiel.core.refusals import Refused
from fiel.doors.brand import Brand
from fiel.doors.people import Place, with_place
from fiel.shops.brand import LOGO_MOST_BYTES, drop_logo, put_colour, put_logo
from fiel.shops.change import turn_card
from fiel.shops.roles import May

__all__ = ["brand"]

_SENTENCES: dict[str, Promise] = {
    "too_large": gettext_lazy("This picture is too large. Send one of at most 8 MB, or make it smaller first."),
    "invalid": gettext_lazy("This is no picture that we can read. Send a PNG, JPEG or WebP file."),
}


class BrandForm(forms.Form):
    """A file for the logo, if there is to be another, and a colour."""

    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=gettext_lazy("A PNG, JPEG or WebP file; a photograph will do. Without one we show the initials."),
    )
    colour = forms.RegexField(
        r"^#[0-9a-fA-F]{6}$",
        label=gettext_lazy("Colour"),
        widget=forms.TextInput(attrs={"type": "color"}),
        help_text=gettext_lazy("We take the nearest shade that can be read well, by day and in the dark."),
        error_messages={"invalid": gettext_lazy("Write # and six digits, as #0b5fb8.")},
    )

    def clean_logo(self) -> Any:
        """Nothing larger is read into memory."""
        file = self.cleaned_data.get("logo")
        if file and file.size > LOGO_MOST_BYTES:
            raise forms.ValidationError(str(_SENTENCES["too_large"]))
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@with_place(may=May.SHOP)
def brand(request: HttpRequest, place: Place) -> HttpResponse:
    """Choose them, and see them at once: by day, in the dark, and as a phone's icon."""
    business = place.business
    if request.POST.get("drop") == "logo":
        drop_logo(business)
        messages.success(request, _("The logo is gone. The initials stand in its place."))
        return redirect("office-brand", business.slug)
    if "card" in request.POST:
        turn_card(business, turning=request.POST["card"] == "turning")
        return redirect("office-brand", business.slug)
    if request.POST.get("drop") == "colour":
        put_colour(business, "")
        return redirect("office-brand", business.slug)
    form = BrandForm(request.POST or None, request.FILES or None, initial={"colour": Brand(business).colour})
    if request.method == "POST" and form.is_valid():
        try:
            _keep(place, form.cleaned_data)
        except Refused as refused:
            form.add_error("logo", str(_SENTENCES[refused.code]))
        else:
            messages.success(request, _("Every page wears this now."))
            return redirect("office-brand", business.slug)
    return render(request, "office/brand.html", {"form": form})


def _keep(place: Place, said: dict[str, Any]) -> None:
    if said["logo"]:
        put_logo(place.business, said["logo"].read())
    if said["colour"].lower() != Brand(place.business).colour:
        put_colour(place.business, said["colour"])

"""Setting the business up: where everything of it is found, what it says of itself, what it tells about data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.doors.look import LANGUAGES
from fiel.doors.people import Place, with_place
from fiel.shops.ages import AGES
from fiel.shops.change import change_business
from fiel.shops.roles import May
from fiel.shops.texts import MOST_LETTERS, put_text, texts_of

__all__ = ["of_business", "privacy_text", "setup"]


class BusinessForm(forms.Form):
    """What a business says of itself."""

    name = forms.CharField(label=gettext_lazy("Name of the business"), max_length=200)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=list(LANGUAGES.items()),
        help_text=gettext_lazy("In which letters are written and pages begin; everybody may choose another."),
    )
    hand_limit = forms.IntegerField(
        label=gettext_lazy("Adjustments by hand above"),
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        help_text=gettext_lazy("In whole units. What is above waits for a second person. Empty: nothing waits."),
    )
    spend_limit = forms.IntegerField(
        label=gettext_lazy("Spending at a till above"),
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        help_text=gettext_lazy(
            "In whole units at once. What is above needs the code that changes on the member's phone: a photograph of "
            "their card is not enough. Empty: the card or the phone number always is."
        ),
    )
    minimum_age = forms.IntegerField(
        label=gettext_lazy("Minimum age for offers, in years"),
        min_value=AGES.start,
        max_value=AGES.stop - 1,
        help_text=gettext_lazy(
            "Whoever is known to be younger gets points like everybody, but no offers, and their purchases are not "
            "looked at."
        ),
    )


class TextForm(forms.Form):
    """What customers are told, in one language."""

    text = forms.CharField(
        label=gettext_lazy("What you tell customers about their data"),
        required=False,
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=gettext_lazy("Who you are, what you keep and for how long, and whom they may ask. Plain text."),
    )


@require_safe
@with_place(may=May.SHOP)
def setup(request: HttpRequest, place: Place) -> HttpResponse:
    """Where everything is found."""
    return render(request, "office/setup.html")


@require_http_methods(["GET", "HEAD", "POST"])
@with_place(may=May.BUSINESS)
def of_business(request: HttpRequest, place: Place) -> HttpResponse:
    """Its name, its language, its limits."""
    business = place.business
    was = {name: getattr(business, name) for name in BusinessForm.base_fields}
    form = BusinessForm(request.POST or None, initial=was)
    if request.method == "POST" and form.is_valid():
        change_business(business, **form.cleaned_data)
        messages.success(request, _("It is kept."))
        return redirect("setup-business", business.slug)
    texts = texts_of(business.id, "privacy")
    page: dict[str, Any] = {"form": form, "texts": [(code, name, code in texts) for code, name in LANGUAGES.items()]}
    return render(request, "office/setup_business.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place(may=May.BUSINESS)
def privacy_text(request: HttpRequest, place: Place, language: str) -> HttpResponse:
    """What customers are told about their data, in a language."""
    if language not in LANGUAGES:
        return redirect("setup-business", place.business.slug)
    form = TextForm(request.POST or None, initial={"text": texts_of(place.business.id, "privacy").get(language, "")})
    if request.method == "POST" and form.is_valid():
        put_text(place.business, "privacy", language, form.cleaned_data["text"], now=clock.now())
        messages.success(request, _("Customers read it from now on."))
        return redirect("setup-business", place.business.slug)
    page = {"form": form, "language_name": LANGUAGES[language]}
    return render(request, "office/setup_text.html", page, status=422 if form.errors else 200)

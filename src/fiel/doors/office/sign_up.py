"""A business that opens itself, where the installation allows it: a form, a letter to its owner, and it is open."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_tasks import task

from fiel import clock
from fiel.core.money import CURRENCIES
from fiel.doors import letters, tries
from fiel.doors.look import LANGUAGES
from fiel.doors.office.forms import EmailField
from fiel.doors.office.second_step import sign_in_as
from fiel.doors.office.sign_in import let_set_password
from fiel.jobs.letters import again
from fiel.programme.first import first_programme
from fiel.programme.versions import publish
from fiel.shops.models import Business, Person
from fiel.shops.opening import open_business, put_store
from fiel.tables.walls import enter
from fiel.trail.acting import Actor, acting

__all__ = ["open_it", "sign_up", "write_to_owner"]

_SALT = "fiel.sign-up"
_LINK_LASTS_S = 24 * 60 * 60
_PLACES = {
    "BR": (gettext_lazy("Brazil"), "America/Sao_Paulo"),
    "PT": (gettext_lazy("Portugal"), "Europe/Lisbon"),
    "ES": (gettext_lazy("Spain"), "Europe/Madrid"),
    "GB": (gettext_lazy("United Kingdom"), "Europe/London"),
    "US": (gettext_lazy("United States"), "America/New_York"),
}
"""Countries to choose from, with the time zone to begin with."""


class SignUpForm(forms.Form):
    """What it takes to open a business."""

    name = forms.CharField(label=gettext_lazy("Name of the business"), max_length=200)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), choices=[(code, name) for code, (name, _zone) in _PLACES.items()]
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=list(LANGUAGES.items()))
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=[(code, code) for code in ("BRL", "EUR", "GBP", "USD", *CURRENCIES)]
    )
    email = EmailField(label=gettext_lazy("Your e-mail"), help_text=gettext_lazy("A letter with a link goes there."))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """The form. Nothing is opened before the letter was read."""
    _refuse_closed()
    language = get_language() or "en"
    country = {"pt-br": "BR", "pt": "PT", "es": "ES"}.get(language, "GB")
    currency = {"BR": "BRL", "GB": "GBP"}.get(country, "EUR")
    form = SignUpForm(request.POST or None, initial={"language": language, "country": country, "currency": currency})
    if request.method != "POST" or not form.is_valid():
        return render(request, "sign_up.html", {"form": form})
    said = form.cleaned_data | {"slug": _free_slug(form.cleaned_data["name"])}
    if tries.take(str(request.META.get("REMOTE_ADDR", "")), "sign-up") is None:
        write_to_owner.enqueue(said)
    return render(request, "sign_up.html", {"sent": True, "email": said["email"]})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_it(request: HttpRequest, token: str) -> HttpResponse:
    """The letter's link: a page with one button, which opens the business and signs its owner in."""
    _refuse_closed()
    try:
        said = signing.loads(token, salt=_SALT, max_age=_LINK_LASTS_S)
    except signing.BadSignature:
        said = None
    if said is None or Business.objects.filter(slug=said["slug"]).exists():
        return render(request, "sign_up_open.html", {"said": None}, status=404)
    if request.method != "POST":
        return render(request, "sign_up_open.html", {"said": said})
    owner = _open(said, str(request.META.get("REMOTE_ADDR", "")))
    messages.success(request, _("%(name)s is open, with a programme to start from.") % {"name": said["name"]})
    if owner.has_usable_password():
        return redirect("office")  # by the page for signing in: the letter alone opens no account that has a password
    let_set_password(request, owner)
    return sign_in_as(request, owner, by="link", to=reverse("password"))


def _open(said: dict[str, Any], address: str) -> Person:
    now, zone = clock.now(), _PLACES[said["country"]][1]
    with transaction.atomic(), acting(Actor(said["email"], address=address)):
        business, owner = open_business(
            slug=said["slug"],
            name=said["name"],
            currency=said["currency"],
            timezone=zone,
            country=said["country"],
            language=said["language"],
            owner_email=said["email"],
            now=now,
        )
        enter(business.pk)
        put_store(business, "1", name=said["name"])
        publish(business, first_programme(business), by=said["email"], now=now)
    return owner


def _free_slug(name: str) -> str:
    """The business's short name in addresses: its own, with a number where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "shop"
    taken = set(Business.objects.filter(slug__startswith=slug).values_list("slug", flat=True))
    return next(each for each in (slug, *(f"{slug}-{n}" for n in range(2, len(taken) + 3))) if each not in taken)


def _refuse_closed() -> None:
    if settings.SIGN_UP != "open":
        raise Http404


@task
def write_to_owner(said: dict[str, Any], tries: int = 0) -> None:
    """Send the link by which the business is opened."""
    link = f"{settings.PUBLIC_URL.rstrip('/')}/sign-up/{signing.dumps(said, salt=_SALT, compress=True)}/"
    if not letters.send_letter("sign_up", said["email"], language=said["language"], name=said["name"], link=link):
        again(write_to_owner, tries, said)

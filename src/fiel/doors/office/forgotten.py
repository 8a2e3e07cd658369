"""A forgotten password: a letter with a one-time link to who has an account, and one answer for everybody."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_tasks import task

from fiel import clock
from fiel.doors import letters, tries
from fiel.doors.office.forms import EmailField
from fiel.jobs.letters import again
from fiel.shops.models import Person
from fiel.shops.opening import make_sign_in_link

__all__ = ["forgotten", "write_link"]


class ForgottenForm(forms.Form):
    """Whose password it is."""

    email = EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link. Known or not, the answer is the same, and as quick: what differs is done afterwards."""
    form = ForgottenForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "forgotten.html", {"form": form})
    email = form.cleaned_data["email"]
    if tries.take(str(request.META.get("REMOTE_ADDR", "")), f"forgotten:{email}") is None:
        write_link.enqueue(email, translation.get_language() or "en")
    return render(request, "forgotten.html", {"sent": True, "email": email})


@task
def write_link(email: str, language: str, tries: int = 0) -> None:
    """Send the link, to who has an account."""
    person = Person.objects.filter(email=email, is_active=True).first()
    if person is not None:
        link = make_sign_in_link(person, public_url=settings.PUBLIC_URL, now=clock.now())
        if not letters.send_letter("forgotten", email, language=person.language or language, link=f"{link}/"):
            again(write_link, tries, email, language)

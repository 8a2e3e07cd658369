"""Joining the staff by the link of an invitation: name and password, or just a yes of who is known already."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fiel import clock
from fiel.doors.brand import wear
from fiel.doors.look import ROLES
from fiel.doors.office.second_step import sign_in_as
from fiel.doors.people import person_of, speak
from fiel.shops.models import Person
from fiel.shops.staff import accept, invitation_of

__all__ = ["join"]


class NewcomerForm(forms.Form):
    """Who they are, and the password they will sign in with."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200, help_text=gettext_lazy("As on receipts."))
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters; several words are good."),
    )

    def __init__(self, *said: Any, email: str, **options: Any) -> None:
        super().__init__(*said, **options)
        self.email = email

    def clean_password(self) -> str:
        """Neither common nor like the name."""
        password = str(self.cleaned_data["password"])
        password_validation.validate_password(password, Person(email=self.email, name=self.data.get("name", "")))
        return password


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Accept an invitation. Looking at the page uses nothing up.

    Who has a password already signs in with it first: the link proves that a letter was read, not who they are.
    """
    now = clock.now()
    asked = invitation_of(secret, now=now)
    if asked is None:
        return render(request, "join.html", {"asked": None}, status=404)
    if not person_of(request):
        speak(request, asked.business.language)
    known = Person.objects.filter(email=asked.email).first()
    fresh = known is None or not known.has_usable_password()
    wear(request, asked.business)
    form = NewcomerForm(request.POST or None, email=asked.email) if fresh else None
    signed_in = person_of(request)
    may = form.is_valid() if form else signed_in == known
    if request.method == "POST" and may:
        with transaction.atomic():
            person = _made(known, asked.email, form.cleaned_data) if form else known
            staff = accept(secret, person, now=now) if person else None
        if staff and person:
            messages.success(request, _("Welcome to %(business)s.") % {"business": asked.business.name})
            return sign_in_as(request, person, by="password") if form else redirect("office")
    page = {
        "asked": asked,
        "role": ROLES[asked.role],
        "form": form,
        "signed_in": signed_in,
        "theirs": signed_in == known,
    }
    return render(request, "join.html", page)


def _made(known: Person | None, email: str, said: dict[str, Any]) -> Person:
    person = known or Person(email=email, created_at=clock.now())
    person.name = said["name"]
    person.set_password(said["password"])
    person.save()
    return person

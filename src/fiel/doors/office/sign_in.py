"""Signing in and out: by password, by a one-time link, and setting a password."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fiel import clock
from fiel.doors.office import links
from fiel.doors.office.forms import SignInForm
from fiel.doors.office.second_step import sign_in_as
from fiel.doors.people import person_of
from fiel.shops.models import Person

__all__ = ["SignIn", "let_set_password", "password", "sign_in_by_link"]

_BY_LINK = "by_link"


class SignIn(LoginView):
    """The page that asks for e-mail address and password."""

    template_name = "sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """The password is right: on to the second step of who has one."""
        return sign_in_as(self.request, form.get_user(), by="password", to=self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        """What was typed stays, but for the password; who must wait is told so by the status too."""
        response = super().form_invalid(form)
        if form.has_error("__all__", "wait"):
            response.status_code = 429
        return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A page with one button. Only the button uses the link up: programs that look at letters open links too."""
    now = clock.now()
    if request.method != "POST":
        good = links.is_good(secret, now=now)
        return render(request, "sign_in_by_link.html", {"good": good}, status=200 if good else 404)
    person = links.use(secret, now=now)
    if person is None:
        return render(request, "sign_in_by_link.html", {"good": False}, status=404)
    if person_of(request) not in (None, person):
        logout(request)
    let_set_password(request, person)
    return sign_in_as(request, person, by="link", to=reverse("password"))


def let_set_password(request: HttpRequest, person: Person) -> None:
    """Who came by a letter may set a password without the old one."""
    request.session[_BY_LINK] = person.pk


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set a password: who came by a link proved who they are; anybody else gives the old one."""
    person = cast("Person", request.user)
    by_link = request.session.get(_BY_LINK) == person.pk
    form_of = SetPasswordForm if by_link else PasswordChangeForm
    form: Any = form_of(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        request.session.pop(_BY_LINK, None)
        update_session_auth_hash(request, person)
        messages.success(request, _("Your password is set. From now on you sign in with it."))
        return HttpResponseRedirect("/office/")
    later = by_link and person.has_usable_password()
    return render(request, "password.html", {"form": form, "by_link": by_link, "later": later})

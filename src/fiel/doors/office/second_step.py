"""The second step of signing in: an app's code or a passkey, by django-allauth, in this house's words and bounds.

allauth keeps the secrets, checks codes and keys, and walks a person from password to second step. Here stands what it
leaves to its user: how secrets are kept, how often one may try, and that nobody goes without one where it is required.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import Login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel.doors import tries
from fiel.shops.models import Person

__all__ = [
    "AccountAdapter",
    "CodeForm",
    "SecondStepAdapter",
    "asks_again",
    "has_second_step",
    "second_step_due",
    "sign_in_as",
]

_DUE = "second_step_due"
_LASTS_S = 120  # of a code, with the steps before and after that are taken too
_FREE = ("/account/", "/sign-out/", "/sign-in/", "/language/", "/password/")
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in_as(request: HttpRequest, person: Person, *, by: str, to: str = "") -> HttpResponse:
    """Sign somebody in who gave a password or opened a letter (`by`): to the second step where they have one.

    `to`: where they go then. Having just proved who they are, they need not do so again for what asks it.
    """
    person.backend = _BACKEND
    record_authentication(request, person, method=by, reauthenticated=True)
    answer: HttpResponse = perform_login(request, Login(user=person, redirect_url=to or reverse("office")))
    return answer


def asks_again(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For what is sensitive: a change is made by who proved within ten minutes that it is them; others are asked to.

    What they sent is kept meanwhile, and done when they have.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *said: Any, **more: Any) -> HttpResponse:
        if request.method == "POST":
            raise_if_reauthentication_required(request, app="fiel")
        return view(request, *said, **more)

    return wrapped


def has_second_step(person: Person) -> bool:
    """Whether an app or a passkey is set up."""
    return bool(is_mfa_enabled(person, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]))


def second_step_due(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Leads whoever signed in without a second step to setting one up, where it is required, and nowhere else."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.session.get(_DUE) and request.user.is_authenticated:
            if has_second_step(request.user):
                del request.session[_DUE]
            elif not request.path.startswith(_FREE):
                return redirect("mfa_index")
        return get_response(request)

    return middleware


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """How allauth signs people in here."""

    def post_login(self, request: HttpRequest, user: Person, **said: Any) -> Any:
        """Note whether a second step is still to be set up."""
        if settings.SECOND_STEP == "required" and not has_second_step(user):
            request.session[_DUE] = True
        return super().post_login(request, user, **said)

    def add_message(self, *said: Any, **more: Any) -> None:
        """The pages show what happened."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The server has already taken the proxy's word where it may."""
        return str(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - no address to listen at


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How allauth keeps second steps here."""

    error_messages = {  # noqa: RUF012 - allauth's way
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("This code is not right. It changes every 30 seconds."),
    }

    def encrypt(self, text: str) -> str:
        """Secrets stand in the database only so that a copy of it is of no use without the secret key."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The other way."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys are good for the public address alone, whatever host a request names."""
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "localhost", "name": "Fiel"}

    def generate_authenticator_name(self, user: Person, type: Authenticator.Type) -> str:
        """What a passkey is called until its holder names it."""
        return _("Passkey %(number)s") % {
            "number": Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        }


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """An app's code or a recovery code: five tries in a quarter of an hour for all processes, each code once."""

    def clean_code(self) -> str:
        """Take a try, then look at the code, then see that it was not used."""
        account = f"second-step:{self.user.pk}"
        if tries.take("", account) is not None:
            raise ValidationError(_("Too many wrong tries. Wait a quarter of an hour, then try again."), code="wait")
        code = str(super().clean_code()).replace(" ", "")
        used = salted_hmac("fiel.second-step", f"{self.user.pk} {code}").hexdigest()
        if not caches["sign-in"].add(f"used:{used}", "y", _LASTS_S):
            raise ValidationError(_("This code was used already. Wait for the next one."), code="used")
        tries.forget("", account)
        return code


def _cipher() -> Fernet:
    key = salted_hmac("fiel.second-step.secrets", "key", algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(key))

"""What a person types to sign in; an e-mail address, wherever one is typed."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fiel.core.identity import email
from fiel.core.refusals import Refused
from fiel.doors import tries

__all__ = ["EmailField", "SignInForm"]


class EmailField(forms.CharField):
    """An e-mail address as `core.identity.email` reads it, in small letters; Django's field has rules of its own."""

    widget = forms.EmailInput

    def to_python(self, value: Any) -> str:
        """The address, empty where none was typed."""
        text = str(super().to_python(value))
        try:
            return email(text) if text else ""
        except Refused:
            raise forms.ValidationError(_("Write an e-mail address, as rui@example.com."), code="invalid") from None


class SignInForm(AuthenticationForm):
    """E-mail address and password. Whatever is wrong with them, known account or not, is answered alike."""

    username = EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    error_messages = {  # noqa: RUF012 - Django's way
        "invalid_login": _(
            "This e-mail address and password do not go together. Check both: a password tells capitals from small "
            "letters."
        ),
        "inactive": "",
    }

    def clean(self) -> dict[str, Any]:
        """Take one of the tries, then look whether the password is right."""
        account, address = self.cleaned_data.get("username"), self._address()
        if account is None or not self.cleaned_data.get("password"):
            return self.cleaned_data
        wait = tries.take(address, account)
        if wait is not None:
            minutes = ceil(wait.total_seconds() / 60)
            text = ngettext(
                "Too many wrong tries. Wait %(minutes)s minute, then try again.",
                "Too many wrong tries. Wait %(minutes)s minutes, then try again.",
                minutes,
            )
            raise forms.ValidationError(text % {"minutes": minutes}, code="wait")
        cleaned = super().clean()
        tries.forget(address, account)
        return cleaned

    def _address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""

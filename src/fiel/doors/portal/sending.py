"""Reaching a member: codes and notices, by the channels that there are.

A channel takes where to (a phone or an e-mail address) and sends a letter there. Text messages are, for now, only
written where the installation's letters are: to the console or a folder. Where letters leave, a phone's code goes to
the e-mail address that the member's account has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language

from fiel.core.identity import Identity
from fiel.doors import letters
from fiel.members.models import Identifier
from fiel.shops.models import Business

__all__ = ["CHANNELS", "can_text", "send_code", "tell_member"]


def _by_email(to: str, letter: str, language: str, said: dict[str, Any]) -> None:
    letters.send_letter(letter, to, language=language, **said)


def _by_phone(to: str, letter: str, language: str, said: dict[str, Any]) -> None:
    # No address of this form leaves the machine: `can_text` holds where letters are only written.
    letters.send_letter(letter, f"{to}@phone.invalid", language=language, **said)


CHANNELS: dict[str, Callable[[str, str, str, dict[str, Any]], None]] = {"email": _by_email, "phone": _by_phone}
"""The ways to reach somebody, by the kind of what they gave."""


def can_text() -> bool:
    """Whether text messages are written here."""
    return not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend")


def send_code(business: Business, identity: Identity, member_id: UUID | None, code: str, *, joins: bool) -> None:
    """Send a code after the answer, to who has the identity. To a stranger only where somebody joins."""
    if member_id is None and not joins:
        return
    letters.later(_send_code, business, identity, member_id, code, get_language() or "en")


def _send_code(business: Business, identity: Identity, member_id: UUID | None, code: str, language: str) -> None:
    kind, to = identity.kind, identity.value
    if kind == "phone" and not can_text():
        kind, to = "email", _email_of(business, member_id)
    if to:
        CHANNELS[kind](to, "portal_code", language, {"code": code, "business": business.name})


def tell_member(business: Business, member_id: UUID, what: str, *, to: str = "", **said: Any) -> None:
    """Tell a member by e-mail what happened to their account, after the answer; `to`: the address, if not today's."""
    letters.later(_tell, business, member_id, what, to, get_language() or "en", said)


def _tell(business: Business, member_id: UUID, what: str, to: str, language: str, said: dict[str, Any]) -> None:
    address = to or _email_of(business, member_id)
    if address:
        link = f"{settings.PUBLIC_URL.rstrip('/')}/c/{business.slug}/"
        CHANNELS["email"](address, f"portal_{what}", language, {"business": business.name, "link": link, **said})


def _email_of(business: Business, member_id: UUID | None) -> str:
    if member_id is None:
        return ""
    ours = Identifier.objects.filter(business=business, kind="email", member_id=member_id)
    return ours.values_list("value", flat=True).first() or ""

"""Reaching a member who is at the portal: codes, and the last letter to who leaves, by the channels that there are.

A channel takes where to (a phone or an e-mail address) and sends a letter there. Text messages are, for now, only
written where the installation's letters are: to the console or a folder. Where letters leave, a phone's code goes to
the e-mail address that the member's account has.

A worker sends them: the answer takes as long whoever it is about, and a code that was asked for is not lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import get_language
from django_tasks import task

from fiel import clock
from fiel.core.identity import Identity
from fiel.doors import letters
from fiel.jobs.letters import again
from fiel.members.models import Identifier, LoginCode
from fiel.shops.models import Business
from fiel.tables.sealed import open_sealed, seal
from fiel.tables.walls import of_one_business

__all__ = ["CHANNELS", "can_text", "send_code", "tell_of_leaving", "write_code", "write_of_leaving"]

_SEAL = b"letter of the portal"


def _by_email(to: str, letter: str, language: str, said: dict[str, Any]) -> bool:
    return letters.send_letter(letter, to, language=language, **said)


def _by_phone(to: str, letter: str, language: str, said: dict[str, Any]) -> bool:
    # No address of this form leaves the machine: `can_text` holds where letters are only written.
    return letters.send_letter(letter, f"{to}@phone.invalid", language=language, **said)


CHANNELS: dict[str, Callable[[str, str, str, dict[str, Any]], bool]] = {"email": _by_email, "phone": _by_phone}
"""The ways to reach somebody, by the kind of what they gave; each says whether it went."""


def can_text() -> bool:
    """Whether text messages are written here."""
    return not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend")


def send_code(business: Business, code_id: UUID, code: str, *, joins: bool) -> None:
    """Have a code sent to who has the identity that it was made for. To a stranger only where somebody joins."""
    sealed = seal(code, purpose=_SEAL)
    write_code.enqueue(business.pk, str(code_id), sealed, get_language() or "en", joins)


@task
@of_one_business
def write_code(business_id: int, code_id: str, sealed: str, language: str, joins: bool, tries: int = 0) -> None:
    """Send a code, as long as it is good."""
    ours = LoginCode.objects.filter(business_id=business_id, id=UUID(code_id), used_at=None)
    row = ours.filter(expires_at__gt=clock.now()).select_related("business").first()
    if row is None or (row.member_id is None and not joins):
        return
    identity = Identity(row.kind, row.value)
    if identity.kind == "phone" and not can_text():
        identity = Identity("email", _email_of(row.business, row.member_id))
    said = {"code": open_sealed(sealed, purpose=_SEAL), "business": row.business.name}
    if identity.value and not CHANNELS[identity.kind](identity.value, "portal_code", language, said):
        again(write_code, tries, business_id, code_id, sealed, language, joins)


def tell_of_leaving(business: Business, to: str) -> None:
    """Have it written to a member who left, at the address that is kept nowhere else by now."""
    write_of_leaving.enqueue(business.pk, seal(to, purpose=_SEAL), get_language() or "en")


@task
@of_one_business
def write_of_leaving(business_id: int, sealed: str, language: str, tries: int = 0) -> None:
    """Write the last letter."""
    said = {"business": Business.objects.get(pk=business_id).name}
    if not CHANNELS["email"](open_sealed(sealed, purpose=_SEAL), "portal_left", language, said):
        again(write_of_leaving, tries, business_id, sealed, language)


def _email_of(business: Business, member_id: UUID | None) -> str:
    if member_id is None:
        return ""
    ours = Identifier.objects.filter(business=business, kind="email", member_id=member_id)
    return ours.values_list("value", flat=True).first() or ""

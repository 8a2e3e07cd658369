"""Saying stop: the address under each message, which knows whom it was sent to without anybody signing in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from fiel.core.refusals import Refused
from fiel.members.consenting import answer_consents
from fiel.members.find import lock_one
from fiel.members.models import Member
from fiel.members.newcomer import Notice
from fiel.outreach.messages.queue import drop_waiting
from fiel.shops.models import Business

__all__ = ["STOPS", "member_of", "stop", "stop_link"]

_SALT = "fiel.outreach.stop"

STOPS = {"offers": ("marketing",), "all": ("marketing", "notices")}
"""What can be stopped, and which purposes that ends."""


def stop_link(business: Business, member_id: UUID) -> str:
    """The address at which a member stops messages; good for as long as the member is one."""
    token = signing.Signer(salt=_SALT).sign(f"{business.id}.{member_id.hex}")
    return settings.PUBLIC_URL.rstrip("/") + reverse("portal-stop", args=[business.slug, token])


def member_of(business: Business, token: str) -> UUID:
    """Whom an address was made for. Raises `not_found`."""
    try:
        of, _, member = signing.Signer(salt=_SALT).unsign(token).partition(".")
        if of == str(business.id):
            return UUID(member)
    except (signing.BadSignature, ValueError):
        pass
    raise Refused("not_found", "There is no such address.")


def stop(business: Business, member_id: UUID, what: str, *, notice: Notice, now: datetime) -> None:
    """Keep the member's no, and drop what waits to be sent. Raises `member_not_found`."""
    with transaction.atomic():
        member: Member = lock_one(business.id, member_id)
        answers = dict.fromkeys(STOPS[what], False)
        answer_consents([(member, answers, notice)], now=now, source="portal", by="member")
        drop_waiting(business.id, "said_stop", member_id=member.id, purposes=STOPS[what])

"""Telling members what concerns the safety of their account, by letter; nobody chooses not to be told.

A door does not tell: what changes the account does, wherever it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override
from django_tasks import task

from fiel.jobs.letters import again, send
from fiel.members.logins import end_sessions, hold
from fiel.members.models import Identifier, Member
from fiel.shops.models import Business
from fiel.tables.sealed import open_sealed, seal
from fiel.tables.walls import of_one_business

__all__ = ["Reached", "portal_link", "reached", "secure"]

_SEAL = b"address of a letter"


@dataclass(frozen=True, slots=True)
class Reached:
    """A member whom a letter can reach: where, and in which language."""

    member_id: UUID
    email: str
    language: str


def reached(business: Business, member_ids: Iterable[UUID]) -> Iterator[Reached]:
    """Those of these members that have an e-mail address."""
    rows = Identifier.objects.filter(business=business, kind="email", member_id__in=list(member_ids))
    emails = dict(rows.values_list("member_id", "value"))
    languages = Member.objects.filter(business=business, id__in=list(emails)).values_list("id", "language")
    for member_id, language in languages:
        yield Reached(member_id, emails[member_id], language or business.language)


def portal_link(business: Business) -> str:
    """The address of a business's portal, for letters."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/c/{business.slug}/"


def secure(business: Business, member_id: UUID, *, email: str, now: datetime, session: str = "") -> None:
    """Something by which the member signs in was changed: they are told, and nothing is spent for a day.

    `email`: the address until now, empty: today's. `session`: the hash of the only one that stays signed in.
    """
    hold(business, member_id, now=now)
    end_sessions(business, member_id, but=session)
    write_of_change.enqueue(business.pk, str(member_id), seal(email, purpose=_SEAL))


@task
@of_one_business
def write_of_change(business_id: int, member_id: str, sealed: str, tries: int = 0) -> None:
    """Write to a member that phone, e-mail or password were changed: to the address from before, if there was one."""
    business = Business.objects.get(pk=business_id)
    member = Member.objects.filter(business=business, id=UUID(member_id)).first()
    to = open_sealed(sealed, purpose=_SEAL) or next((each.email for each in reached(business, [UUID(member_id)])), "")
    if member is None or not to:
        return
    with override(member.language or business.language):
        said = {"business": business.name, "link": portal_link(business)}
        subject = _("%(business)s: your sign-in was changed") % said
        body = _(
            "Phone, e-mail or password of your account was changed. For 24 hours nothing can be spent from the "
            "portal.\n%(link)s\n\nWas it not you? Tell %(business)s at once."
        )
        if not send(subject, body % said, to):
            again(write_of_change, tries, business_id, member_id, sealed)

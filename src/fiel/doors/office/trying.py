"""Trying words on a real member, before anybody is written to."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from fiel.doors.people import Place
from fiel.members.models import Member
from fiel.members.search import members_beginning, members_named
from fiel.outreach.messages.facts import person_known

__all__ = ["known_to_try", "member_to_try"]

_LONGEST = 100


def member_to_try(place: Place, q: str) -> Member | None:
    """The member whom a name or a number begins to tell, else the one of whom something changed last."""
    q = q.strip()[:_LONGEST]
    business_id = place.business.id
    found = members_beginning(business_id, q, country=place.business.country, limit=1) if q else []
    found = found or (members_named(business_id, q, limit=1) if q else [])
    newest = Member.objects.filter(business_id=business_id, merged_into=None).order_by("-updated_at", "-id")
    return found[0] if found else newest.first()


def known_to_try(place: Place, member: Member | None, language: str) -> dict[str, str]:
    """What words may name: what is known of the member, and examples of the rest in a language."""
    known = person_known(place.business, member) if member else {"business": place.business.name}
    with translation.override(language):
        examples = {
            "gift": _("a coffee"),
            "amount": _("120 points"),
            "balance": _("350 points"),
            "day": _("31 December"),
            "tier": _("Gold"),
            "code": "K7QM-2XWA-9D4",
        }
    return {**examples, **known}

"""What staff change of a person: name, contacts, address, consents. The trail says what changed, never into what."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.members.change import Change, change_member
from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["change_person"]


def change_person(business: Business, member_id: UUID, change: Change, *, today: date, by: str) -> Member:
    """Change a member as they asked for it in the shop. Raises `invalid`, `member_exists`.

    What identifies a person stays out of the trail, which nobody can erase; answers to consents are kept with it.
    """
    now = clock.now()
    with transaction.atomic():
        member = change_member(business, member_id, change, now=now, today=today, source="office", by=by)
        after = {"changed": sorted({*change.fields, *change.identifiers}), **change.consents}
        note(business.pk, "member.changed", about=member.id, after=after, now=now)
    return member

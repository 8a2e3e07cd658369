"""What whoever serves must say to somebody who was to be invited, and stands there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fiel.members.alerts import alert
from fiel.members.models import Member
from fiel.outreach.invitations.listing import open_ones_of

__all__ = ["waiting_alerts"]


def waiting_alerts(business_id: int, member: Member, today: date) -> Iterator[dict[str, str]]:
    """The gifts that are due, in one sentence; and that somebody was invited to come, without a gift."""
    found = open_ones_of(business_id, member.id, today=today)
    gifts = [each.award or each.gift for each in found if each.award or each.gift]
    if gifts:
        yield alert("invite", awards=", ".join(gifts))
    elif any(each.invited_at for each in found):
        yield alert("welcome")

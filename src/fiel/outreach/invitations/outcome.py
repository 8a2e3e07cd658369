"""What is done about an invitation: taken on, invited, put off, gift given, not wanted. The trail tells of each."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from fiel.core.refusals import Fault, Refused
from fiel.outreach.invitations.contact import HOWS
from fiel.rewards.give import Issued, give_freely, issue
from fiel.rewards.models import Invitation
from fiel.shops.models import Business, Person
from fiel.trail.note import note

__all__ = ["find_invitation", "give_gift", "invited", "not_interested", "put_off", "take_on"]


def find_invitation(business: Business, member_id: UUID, invitation_id: UUID) -> Invitation:
    """An invitation. Raises `not_found`."""
    found = _row(business, member_id, invitation_id).select_related("member").first()
    if found is None:
        raise Refused("not_found", "There is no such invitation.")
    return found


def _row(business: Business, member_id: UUID, invitation_id: UUID) -> QuerySet[Invitation]:
    return Invitation.objects.filter(business=business, member_id=member_id, id=invitation_id)


def _open(invitation: Invitation) -> QuerySet[Invitation]:
    return _row(invitation.business, invitation.member_id, invitation.id).filter(closed_at=None)


def _change(invitation: Invitation, what: str, *, now: datetime, **fields: object) -> None:
    """Change an open invitation and note it. Raises `conflict` where it has ended meanwhile."""
    with transaction.atomic():
        if not _open(invitation).update(**fields):
            raise Refused("conflict", "This invitation has ended meanwhile.")
        told = {name: value for name, value in fields.items() if isinstance(value, str | int) and value}
        note(invitation.business_id, f"invitation.{what}", about=invitation.member_id, after=told, now=now)


def invited(invitation: Invitation, how: str, *, by: str, now: datetime) -> None:
    """Note that the member was invited just now. Whether they come is counted from the first time on."""
    if how not in HOWS:
        raise Refused("invalid", "Say how they were invited.", [Fault("/how", ", ".join(HOWS))])
    fields: dict[str, object] = {"invited_how": how, "later_until": None}
    if invitation.invited_at is None:
        fields |= {"invited_at": now, "invited_by": by[:200], "came_at": None}
    _change(invitation, "invited", now=now, **fields)


def put_off(invitation: Invitation, until: date, *, today: date, now: datetime) -> None:
    """Leave it until a day, on which it is on the list again. Raises `invalid`."""
    if until <= today:
        raise Refused("invalid", "Choose a day that is still to come.", [Fault("/until", "a later day")])
    _change(invitation, "put_off", now=now, later_until=until)


def not_interested(invitation: Invitation, *, now: datetime) -> None:
    """End it: the member does not want it."""
    _change(invitation, "not_interested", now=now, closed_at=now, closed_why="not_interested")


def take_on(invitation: Invitation, person: Person | None, *, now: datetime) -> None:
    """Make it one person's, or everybody's again."""
    _change(invitation, "taken_on", now=now, person_id=person.pk if person else None)


def give_gift(invitation: Invitation, *, cost: int | None = None, now: datetime) -> Issued | None:
    """Give the gift as a voucher, and end the invitation; None where there is no gift to it.

    `cost`: what it costs the business, in minor units; unless it is said, what was foreseen. Raises what issuing does.
    """
    business, issued = invitation.business, None
    with transaction.atomic():
        if invitation.closed_at is not None:
            raise Refused("conflict", "This invitation has ended meanwhile.")
        if invitation.why == "goal":
            issued = issue(business, invitation.member_id, invitation.gift)
        elif invitation.gift:
            issued = give_freely(business, invitation.member_id, invitation.gift)
        row = _row(business, invitation.member_id, invitation.id)
        row.filter(closed_at=None).update(closed_at=now, closed_why="given")
        came = invitation.came_at or now
        row.update(cost=invitation.budget if cost is None else cost, came_at=came)
        note(business.id, "invitation.gift_given", about=invitation.member_id, after={"gift": invitation.gift}, now=now)
    return issued

"""The staff of a business: who is asked to join, who joins, what they are and where, and who leaves."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fiel.core.identity import email as read_email
from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business, Person, Role, Staff, StaffInvitation, Store
from fiel.tables.walls import unwalled, within
from fiel.trail.acting import Actor, acting, actor
from fiel.trail.note import note

__all__ = ["LASTS", "accept", "change", "invitation_of", "invite", "remove", "resend", "revoke", "set_member"]

LASTS = timedelta(days=7)
"""How long the link of an invitation is good."""


def invite(
    business: Business, email: str, *, role: str, stores: Sequence[str], by: Staff, now: datetime
) -> tuple[StaffInvitation, str]:
    """Ask somebody to join the staff: the invitation, and the secret of its link, which is told now and never again.

    `stores`: codes; empty: all of them. Raises `invalid`, `forbidden` for what `by` may not give, `conflict` for who
    is there already.
    """
    email = read_email(email)
    _check(business, role, stores)
    _refuse_owners_alone(by, role)
    with transaction.atomic():
        if Staff.objects.filter(business=business, person__email=email).exists():
            raise Refused("conflict", f"{email} works here already.", [Fault("/email", "change their role instead")])
        secret = secrets.token_urlsafe(32)
        open_ones = StaffInvitation.objects.filter(business=business, email=email, accepted_at=None, revoked_at=None)
        open_ones.update(revoked_at=now)
        invitation = StaffInvitation.objects.create(
            business=business,
            email=email,
            role=role,
            stores=list(stores),
            hash=_hash(secret),
            invited_by=actor().who,
            sent_at=now,
            expires_at=now + LASTS,
        )
        after = {"email": email, "role": role, "stores": list(stores)}
        note(business.id, "staff.invited", about=invitation.id, after=after, now=now)
    return invitation, secret


def resend(business: Business, invitation_id: UUID, *, by: Staff, now: datetime) -> tuple[StaffInvitation, str]:
    """A new link for an invitation; the one before no longer works. Raises `not_found`."""
    with transaction.atomic():
        invitation = _open(business, invitation_id)
        _refuse_owners_alone(by, invitation.role)
        secret = secrets.token_urlsafe(32)
        invitation.hash, invitation.sent_at, invitation.expires_at = _hash(secret), now, now + LASTS
        invitation.save(update_fields=["hash", "sent_at", "expires_at"])
        note(business.id, "staff.invited_again", about=invitation.id, after={"email": invitation.email}, now=now)
    return invitation, secret


def revoke(business: Business, invitation_id: UUID, *, by: Staff, now: datetime) -> None:
    """Take an invitation back. Raises `not_found`."""
    with transaction.atomic():
        invitation = _open(business, invitation_id)
        _refuse_owners_alone(by, invitation.role)
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        note(business.id, "staff.invitation_revoked", about=invitation.id, before={"email": invitation.email}, now=now)


@unwalled()
def invitation_of(secret: str, *, now: datetime) -> StaffInvitation | None:
    """The invitation that a link is of, while it can be accepted."""
    rows = StaffInvitation.objects.select_related("business")
    return rows.filter(hash=_hash(secret), accepted_at=None, revoked_at=None, expires_at__gt=now).first()


def accept(secret: str, person: Person, *, now: datetime) -> Staff | None:
    """Let somebody join, once; None where the link is no longer good, or is somebody else's."""
    with transaction.atomic():
        invitation = invitation_of(secret, now=now)
        if invitation is None or invitation.email != person.email:
            return None
        with within(invitation.business_id):
            return _accepted(invitation, person, now)


def _accepted(invitation: StaffInvitation, person: Person, now: datetime) -> Staff | None:
    ours = StaffInvitation.objects.filter(business=invitation.business, id=invitation.id, accepted_at=None)
    if not ours.update(accepted_at=now):
        return None
    staff, _ = Staff.objects.get_or_create(
        business=invitation.business,
        person=person,
        defaults={"role": invitation.role, "stores": invitation.stores, "since": now},
    )
    after = {"email": person.email, "role": staff.role, "stores": staff.stores}
    with acting(Actor(person.email, person.pk, actor().address)):
        note(invitation.business_id, "staff.joined", about=person.pk, after=after, now=now)
    return staff


def change(business: Business, person_id: int, *, role: str, stores: Sequence[str], by: Staff, now: datetime) -> Staff:
    """Set what somebody is and where. Raises `not_found`, `invalid`, `forbidden`; the last owner stays (`conflict`)."""
    _check(business, role, stores)
    with transaction.atomic():
        staff = _locked(business, person_id)
        _refuse_owners_alone(by, staff.role, role)
        if role != Role.OWNER:
            _keep_an_owner(staff)
        before = {"role": staff.role, "stores": staff.stores}
        staff.role, staff.stores = role, list(stores)
        Staff.objects.filter(business=business, person_id=person_id).update(role=role, stores=staff.stores)
        after = {"role": role, "stores": staff.stores}
        note(business.id, "staff.changed", about=person_id, before=before, after=after, now=now)
    return staff


def set_member(business: Business, person_id: int, member_id: UUID | None, *, now: datetime) -> None:
    """Say which member somebody of the staff is (None: none), so that they cannot credit their own card."""
    with transaction.atomic():
        staff = _locked(business, person_id)
        before = {"member": str(staff.member_id) if staff.member_id else None}
        Staff.objects.filter(business=business, person_id=person_id).update(member_id=member_id)
        after = {"member": str(member_id) if member_id else None}
        note(business.id, "staff.member_set", about=person_id, before=before, after=after, now=now)


def remove(business: Business, person_id: int, *, by: Staff, now: datetime) -> None:
    """Let somebody go, at once: their next page is none. Raises `not_found`; the last owner stays (`conflict`)."""
    with transaction.atomic():
        staff = _locked(business, person_id)
        _refuse_owners_alone(by, staff.role)
        _keep_an_owner(staff)
        before = {"email": staff.person.email, "role": staff.role, "stores": staff.stores}
        Staff.objects.filter(business=business, person_id=person_id).delete()
        note(business.id, "staff.removed", about=person_id, before=before, now=now)


def _check(business: Business, role: str, stores: Sequence[str]) -> None:
    if role not in Role.values:
        raise Refused("invalid", "There is no such role.", [Fault("/role", "choose one of those that there are")])
    known = set(Store.objects.filter(business=business, code__in=stores).values_list("code", flat=True))
    if set(stores) - known:
        raise Refused("invalid", "There is no such store.", [Fault("/stores", "name your own stores")])


def _refuse_owners_alone(by: Staff, *roles: str) -> None:
    """What an owner is only an owner gives and takes."""
    if Role.OWNER in roles and by.role != Role.OWNER:
        raise Refused("forbidden", "Only an owner decides who is an owner.")


def _locked(business: Business, person_id: int) -> Staff:
    """The row, held together with all owners of the business, so that two owners cannot remove each other at once."""
    Business.objects.select_for_update(no_key=True).get(pk=business.pk)
    staff = Staff.objects.select_related("person").filter(business=business, person_id=person_id).first()
    if staff is None:
        raise Refused("not_found", "Nobody of that name works here.")
    return staff


def _keep_an_owner(staff: Staff) -> None:
    others = Staff.objects.filter(business_id=staff.business_id, role=Role.OWNER).exclude(person_id=staff.person_id)
    if staff.role == Role.OWNER and not others.exists():
        raise Refused("conflict", "A business has at least one owner: make somebody else an owner first.")


def _open(business: Business, invitation_id: UUID) -> StaffInvitation:
    rows = StaffInvitation.objects.select_for_update(no_key=True).select_related(None)
    found = rows.filter(business=business, id=invitation_id, accepted_at=None, revoked_at=None).first()
    if found is None:
        raise Refused("not_found", "There is no such invitation.")
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

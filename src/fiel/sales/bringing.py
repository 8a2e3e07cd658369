"""Bringing customers: each member's code and link, and what became of those they brought."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from fiel.core.lots import lot_of
from fiel.core.programme import Programme
from fiel.members.find import follow, known_as
from fiel.members.models import Member
from fiel.sales.models import Referral, ReferralCode
from fiel.shops.models import Business

__all__ = ["Brought", "brought_by", "referral_code", "referral_link", "referrer_of_code"]

# A letter first: no code can be taken for a phone number.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ALPHABET = "23456789" + _LETTERS
_LONG = 8


@dataclass(frozen=True, slots=True)
class Brought:
    """Somebody whom a member brought. `steps` of `unit`: what the member got for it, so far as it stands.

    `state`: "waiting" for the first sale that qualifies; "pending" until `available_on`; "given"; "capped", as the
    month's gifts had been had; "taken_back" with the sale that was returned.
    """

    member: Member
    state: str
    unit: str = ""
    steps: int = 0
    available_on: date | None = None


def referral_code(business: Business, member_id: UUID) -> str:
    """A member's code for bringing customers; made when it is first asked for, and then always the same."""
    ours = ReferralCode.objects.filter(business=business, member_id=member_id)
    while (known := ours.values_list("code", flat=True).first()) is None:
        code = secrets.choice(_LETTERS) + "".join(secrets.choice(_ALPHABET) for _ in range(_LONG - 1))
        try:
            with transaction.atomic():
                ReferralCode.objects.create(business=business, code=code, member_id=member_id)
        except IntegrityError:
            # Somebody else has this code, or asked for the member's at the same moment.
            continue
    return known


def referral_link(business: Business, code: str) -> str:
    """The address at which a customer joins, brought by whoever has the code."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/c/{business.slug}/join?by={code}"


def referrer_of_code(business_id: int, text: str) -> UUID | None:
    """Who brings by a code, however it was typed; by now, if they were merged. None: it is nobody's code."""
    code = text.replace(" ", "").replace("-", "").upper()
    if len(code) != _LONG or code[0] not in _LETTERS:
        return None
    rows = ReferralCode.objects.filter(business_id=business_id, code=code)
    member_id = rows.values_list("member_id", flat=True).first()
    return None if member_id is None else follow(business_id, [member_id])[member_id]


def brought_by(
    business_id: int,
    member_id: UUID,
    programme: Programme | None,
    today: date,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int,
) -> list[Brought]:
    """Those whom a member brought, who joined last first. `after`: joined and id of the one where it goes on."""
    rows = Member.objects.filter(
        business_id=business_id, referred_by__in=list(known_as(business_id, [member_id])), merged_into=None
    )
    if after is not None:
        joined, id_ = after
        rows = rows.filter(Q(joined__lt=joined) | Q(joined=joined, id__lt=id_))
    brought = list(rows.order_by("-joined", "-id")[:limit])
    owner = known_as(business_id, [member.id for member in brought])
    gifts: dict[UUID, list[Referral]] = {member.id: [] for member in brought}
    for gift in Referral.objects.filter(business_id=business_id, referred_id__in=list(owner)).order_by("day"):
        gifts[owner[gift.referred_id]].append(gift)
    return [_brought(member, gifts, programme, today) for member in brought]


def _brought(member: Member, gifts: Mapping[UUID, list[Referral]], programme: Programme | None, today: date) -> Brought:
    had = gifts[member.id]
    standing = [gift for gift in had if gift.taken_at is None]
    if not standing:
        return Brought(member, "taken_back" if had else "waiting")
    last, steps = standing[-1], sum(gift.referrer_steps for gift in standing)
    if not steps:
        return Brought(member, "capped")
    unit = programme.units.get(last.unit) if programme else None
    on = lot_of(unit, last.day).available_on if unit else last.day
    return Brought(member, "pending" if on > today else "given", last.unit, steps, on)

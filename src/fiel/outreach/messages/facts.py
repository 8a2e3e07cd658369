"""What a message's words need to know, looked up when it is sent: rows as they are then, in the member's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format

from fiel.core.programme import Unit
from fiel.core.written import amount_text
from fiel.ledger.read import balances
from fiel.members.models import Member
from fiel.outreach.invitations.words import gift_name
from fiel.outreach.models import Message
from fiel.programme.units import units_of
from fiel.rewards.codes import open_code
from fiel.rewards.models import Reward, Voucher
from fiel.shops.models import Business

__all__ = ["Facts", "known_for", "person_known"]


@dataclass(frozen=True, slots=True)
class Facts:
    """A business's units, read once for many messages."""

    business: Business
    units: Mapping[str, Unit]

    @classmethod
    def of(cls, business: Business) -> Facts:
        """As they are."""
        return cls(business, units_of(business.id))

    def said(self, unit: str, steps: int) -> str:
        """Steps of a unit in words."""
        known = self.units.get(unit)
        return f"{amount_text(steps, known)} {unit.replace('-', ' ')}" if known else ""


def person_known(business: Business, member: Member) -> dict[str, str]:
    """What can be said in any message."""
    return {
        "name": (member.name.split() or [""])[0],
        "business": business.name,
        "link": settings.PUBLIC_URL.rstrip("/") + reverse("portal", args=[business.slug]),
    }


def known_for(facts: Facts, member: Member, message: Message) -> dict[str, str]:
    """What is known for a message's words, in the language that is spoken."""
    known, told = person_known(facts.business, member), message.facts
    if "amount" in told:
        unit, steps = told["amount"]
        known["amount"] = facts.said(unit, steps)
        held = {each.unit: each.holding.balance for each in balances(facts.business.id, [member.id])}
        known["balance"] = facts.said(unit, held.get(unit, 0))
    if "day" in told:
        known["day"] = date_format(date.fromisoformat(told["day"]), "DATE_FORMAT")
    if "tier" in told:
        known["tier"] = told["tier"]
    if "voucher" in told:
        known |= _voucher(facts.business, told["voucher"])
    return known


def _voucher(business: Business, voucher_id: str) -> dict[str, str]:
    voucher = Voucher.objects.filter(business=business, id=voucher_id).first()
    if voucher is None:
        return {}
    reward = Reward.objects.filter(business=business, code=voucher.reward).first()
    until = date_format(voucher.valid_until, "DATE_FORMAT") if voucher.valid_until else ""
    return {"gift": gift_name(reward), "code": open_code(voucher.sealed), "day": until}

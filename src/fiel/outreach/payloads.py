"""What an event says, in the shapes of the till API; made when it is sent, from the rows it leads to.

Voucher codes are left out: who has the code has the gift, and the API tells it to who asks with a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fiel.core.identity import display_name
from fiel.core.programme import Unit
from fiel.core.written import amount_text
from fiel.events.models import Event
from fiel.members.models import Member
from fiel.programme.units import units_of
from fiel.rewards.models import Invitation, Reward, Voucher
from fiel.sales.answer import Terms, movements_of, sale_answer, sale_in_short, time_text
from fiel.sales.models import Receipt
from fiel.shops.models import Business

__all__ = ["payloads"]

Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """The rows that some events lead to, read once for all of them."""

    business: Business
    units: Mapping[str, Unit]
    members: Mapping[UUID, Member]
    receipts: Mapping[UUID, Receipt]
    vouchers: Mapping[UUID, Voucher]
    invitations: Mapping[UUID, Invitation]
    rewards: Mapping[str, str]


def payloads(business: Business, events: Sequence[Event]) -> dict[UUID, Told]:
    """What each event says: its type, its moment, its data. Events whose rows are gone since say nothing."""
    known = _read(business, events)
    told: dict[UUID, Told] = {}
    for event in events:
        with suppress(KeyError):
            data = _DATA[event.kind](event, known)
            told[event.id] = {"type": event.kind, "timestamp": time_text(event.at), "data": data}
    return told


def _read(business: Business, events: Sequence[Event]) -> _Known:
    about: dict[str, set[UUID]] = {}
    for event in events:
        about.setdefault(event.kind.partition(".")[0], set()).add(event.about)
    receipts = _by_id(Receipt, business, about.get("sale", ()))
    vouchers = _by_id(Voucher, business, about.get("voucher", ()))
    buyers = {receipt.member_id for receipt in receipts.values() if receipt.member_id}
    rewards = Reward.objects.filter(business=business, code__in={voucher.reward for voucher in vouchers.values()})
    return _Known(
        business,
        units_of(business.id),
        _by_id(Member, business, about.get("member", set()) | buyers),
        receipts,
        vouchers,
        _by_id(Invitation, business, about.get("invitation", ())),
        {reward.code: str(reward) for reward in rewards},
    )


def _by_id(model: Any, business: Business, ids: Any) -> dict[UUID, Any]:
    return {row.id: row for row in model.objects.filter(business=business, id__in=ids)} if ids else {}


def _member(event: Event, known: _Known) -> Told:
    """A member by the id; whoever needs more asks for it with a key that may know."""
    member = known.members[event.about]
    return {
        "id": str(member.id),
        "code": member.code,
        "display_name": display_name(member.name),
        "types": list(member.types),
        "joined": member.joined.isoformat(),
        "referred_by": str(member.referred_by) if member.referred_by else None,
        "created_at": time_text(member.created_at),
    }


def _sale(event: Event, known: _Known) -> Told:
    receipt = known.receipts[event.about]
    member = known.members.get(receipt.member_id) if receipt.member_id else None
    terms = Terms(known.business, known.units)
    told = sale_answer(receipt, member, terms)
    del told["duplicate"], told["message"]  # words for the till
    return {**sale_in_short(receipt, terms), **told, "movements": movements_of(receipt, terms)}


def _points(event: Event, known: _Known) -> Told:
    kind, cause = event.facts["cause"]
    return {
        "member": str(event.about),
        "occurred_at": time_text(datetime.fromisoformat(event.facts["occurred_at"])),
        "cause": {"kind": kind, "id": cause},
        "movements": [
            {
                "unit": unit,
                "kind": what,
                "amount": amount_text(steps, known.units[unit]),
                "expires_on": expires_on,
                "balance": amount_text(balance, known.units[unit]),
            }
            for unit, what, steps, balance, expires_on in event.facts["moved"]
        ],
    }


def _voucher(event: Event, known: _Known) -> Told:
    voucher = known.vouchers[event.about]
    unit = voucher.price_unit
    price = {"unit": unit, "amount": amount_text(voucher.price_steps, known.units[unit])} if unit else None
    redeemed = event.kind == "voucher.redeemed"
    return {
        "id": str(voucher.id),
        "reward": voucher.reward,
        "name": known.rewards[voucher.reward],
        "member": str(voucher.member_id),
        "state": "redeemed" if redeemed else "issued",
        "issued_at": time_text(voucher.issued_at),
        "valid_until": voucher.valid_until.isoformat() if voucher.valid_until else None,
        "closed_at": time_text(event.at) if redeemed else None,
        "price": price,
    }


def _tier(event: Event, known: _Known) -> Told:
    facts = event.facts
    return {
        "member": str(event.about),
        "tier": facts["after"] or None,
        "before": facts["before"] or None,
        "on": facts["on"],
        "why": facts["why"],
    }


def _invitation(event: Event, known: _Known) -> Told:
    invitation = known.invitations[event.about]
    return {
        "id": str(invitation.id),
        "member": str(invitation.member_id),
        "why": invitation.why,
        "award": invitation.award or None,
        "gift": invitation.gift or None,
        "budget": invitation.budget,
        "until": invitation.until.isoformat() if invitation.until else None,
        "opened_at": time_text(invitation.opened_at),
    }


def _test(event: Event, known: _Known) -> Told:
    return {"business": known.business.slug}


_DATA: Mapping[str, Callable[[Event, _Known], Told]] = {
    "member.created": _member,
    "sale.recorded": _sale,
    "points.changed": _points,
    "voucher.issued": _voucher,
    "voucher.redeemed": _voucher,
    "tier.changed": _tier,
    "invitation.due": _invitation,
    "test": _test,
}

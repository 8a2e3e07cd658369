"""A member's data to take along, as JSON or as tables; its balances are checked against the movements."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from fiel.ledger.read import balances, entries_of
from fiel.members.find import known_as
from fiel.members.models import Consent, Member, TierChange
from fiel.members.read import profiles
from fiel.outreach.models import Message
from fiel.printing.cells import neutral
from fiel.privacy.models import Request
from fiel.rewards.deliveries import deliveries
from fiel.rewards.models import Invitation, Voucher
from fiel.sales.read import contents_of, receipts_of_member
from fiel.shops.models import Business

__all__ = ["export_member", "export_tables"]

_MOST = 1_000_000


def export_member(business: Business, member: Member) -> dict[str, Any]:
    """Everything that is kept of a member. Units in steps, money in minor units, times in UTC."""
    [profile] = profiles(business.pk, [member])
    everyone = list(known_as(business.pk, [member.id]))
    entries = entries_of(business.pk, member.id, limit=_MOST)
    return {
        "business": business.name,
        "member": {
            "id": str(member.id),
            "number": member.code,
            "name": member.name,
            "birth_date": member.birth_date.isoformat() if member.birth_date else None,
            "joined": member.joined.isoformat(),
            "language": member.language,
            "address": member.address.splitlines(),
            "types": member.types,
            "tier": member.tier,
            "brought_by": str(member.referred_by) if member.referred_by else None,
            **{kind: profile.identifiers.get(kind) for kind in ("phone", "email", "tax_id")},
        },
        "cards": [{"number": number, "blocked": blocked} for number, blocked in profile.cards.items()],
        "balances": _balances(business, member, entries),
        "movements": [
            {
                "at": entry.occurred_at.isoformat(),
                "unit": entry.unit,
                "number": entry.number,
                "kind": entry.kind,
                "steps": entry.steps,
                "balance": entry.balance,
                "expires_on": entry.expires_on.isoformat() if entry.expires_on else None,
            }
            for entry in reversed(entries)
        ],
        "receipts": _receipts(business, member),
        "vouchers": [
            {"reward": row.reward, "issued_at": row.issued_at.isoformat(), "state": row.state}
            for row in Voucher.objects.filter(business=business, member_id__in=everyone).order_by("id")
        ],
        "given": [
            {"reward": row.reward, "at": row.at.isoformat(), "store": row.store, "partner": row.partner}
            for row in deliveries(business.pk, member_id=member.id)
        ],
        "tiers": [
            {"day": row.day.isoformat(), "before": row.before, "after": row.after, "why": row.why}
            for row in TierChange.objects.filter(business=business, member_id__in=everyone).order_by("day", "id")
        ],
        **_written_to(business, everyone),
        **_asked_and_agreed(business, everyone),
    }


def _written_to(business: Business, everyone: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """For what they were invited, and what was written to them."""
    return {
        "invitations": [
            {"why": row.why, "opened_at": row.opened_at.isoformat(), "gift": row.gift, "ended": row.closed_why}
            for row in Invitation.objects.filter(business=business, member_id__in=everyone).order_by("opened_at", "id")
        ],
        "messages": [
            {
                "kind": row.kind,
                "channel": row.channel,
                "state": row.state,
                "sent_at": row.sent_at.isoformat() if row.sent_at else None,
            }
            for row in Message.objects.filter(business=business, member_id__in=everyone).order_by("created_at", "id")
        ],
    }


def _asked_and_agreed(business: Business, everyone: Collection[UUID]) -> dict[str, list[dict[str, Any]]]:
    """What they asked about their data, and what they agreed to or not, by which words."""
    return {
        "requests": [
            {
                "what": row.what,
                "words": row.words,
                "at": row.asked_at.isoformat(),
                "due_on": row.due_on.isoformat(),
                "answered_at": row.answered_at.isoformat() if row.answered_at else None,
                "answer": row.answer,
            }
            for row in Request.objects.filter(business=business, member_id__in=everyone).order_by("asked_at", "id")
        ],
        "consents": [
            {
                "purpose": row.purpose,
                "granted": row.granted,
                "channel": row.channel,
                "notice": row.notice_version,
                "notice_hash": row.notice_hash,
                "language": row.language,
                "recorded_by": row.recorded_by,
                "source": row.source,
                "at": row.recorded_at.isoformat(),
            }
            for row in Consent.objects.filter(business=business, member_id__in=everyone).order_by("recorded_at", "id")
        ],
    }


def _balances(business: Business, member: Member, entries: Any) -> list[dict[str, Any]]:
    """What each account holds, and what its movements come to; `agrees`: that both are the same."""
    moved: dict[str, int] = {}
    for entry in entries:
        moved[entry.unit] = moved.get(entry.unit, 0) + entry.steps
    return [
        {
            "unit": each.unit,
            "balance": each.holding.balance,
            "sum_of_movements": moved.get(each.unit, 0),
            "agrees": each.holding.balance == moved.get(each.unit, 0),
        }
        for each in balances(business.pk, [member.id])
    ]


def _receipts(business: Business, member: Member) -> list[dict[str, Any]]:
    rows = receipts_of_member(business.pk, member.id, after=None, limit=_MOST)
    contents = contents_of(business.pk, [row.id for row in rows])
    return [
        {
            "store": row.store,
            "number": row.number,
            "at": row.occurred_at.isoformat(),
            "total": row.total,
            "returned": row.gone,
            "items": [
                {"what": line.description or line.product, "quantity": line.quantity, "amount": line.net}
                for line in contents[row.id].lines
            ],
        }
        for row in rows
    ]


def export_tables(told: Mapping[str, Any]) -> bytes:
    """The same as CSV files in a ZIP, one for each kind of thing."""
    out = io.BytesIO()
    items = [
        {"number": receipt["number"], "at": receipt["at"], **item}
        for receipt in told["receipts"]
        for item in receipt["items"]
    ]
    receipts = [{key: value for key, value in each.items() if key != "items"} for each in told["receipts"]]
    tables = {**told, "member": [told["member"]], "receipts": receipts, "items": items}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, rows in tables.items():
            if isinstance(rows, list):
                packed.writestr(f"{name}.csv", _table(rows))
    return out.getvalue()


def _table(rows: list[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.writer(out)
        writer.writerow(rows[0])
        writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    """Text that no spreadsheet runs; figures as they are."""
    return neutral(value) if isinstance(value, str) else value

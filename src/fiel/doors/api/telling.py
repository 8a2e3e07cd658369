"""How members and their accounts are told: to the office whole, to a till masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fiel.core.identity import display_name, mask_phone
from fiel.core.programme import Unit
from fiel.core.written import amount_text, exact_text, thousandths_text
from fiel.doors.present import Present
from fiel.ledger.post import Movement
from fiel.members.read import Profile, Standing
from fiel.sales.answer import time_text
from fiel.shops.models import ApiKey, Store

__all__ = ["accounts_told", "member_told", "movements_told", "store_day", "value_told"]

_LAST = 4


def store_day(key: ApiKey, moment: datetime) -> date:
    """The date where the key is: by the store's clock, else the business's."""
    store = Store.objects.filter(business=key.business, code=key.store).first() if key.store else None
    zone = store.timezone if store and store.timezone else key.business.timezone
    return moment.astimezone(ZoneInfo(zone)).date()


def accounts_told(standings: Iterable[Standing]) -> Iterator[dict[str, Any]]:
    """Accounts in whole units, as text."""
    for account in standings:
        unit = account.unit
        told: dict[str, Any] = {
            "unit": unit.code,
            "kind": unit.kind,
            "balance": amount_text(account.balance, unit),
            "available": amount_text(account.available, unit),
            "pending": amount_text(account.pending, unit),
            "expiring": [
                {"on": day.isoformat(), "amount": amount_text(steps, unit)} for day, steps in account.expiring
            ],
            "carry": exact_text(account.carry, unit),
        }
        if account.debt:
            told["debt"] = amount_text(account.debt, unit)
        yield told


def movements_told(moved: Iterable[Movement | None], units: Mapping[str, Unit]) -> list[dict[str, Any]]:
    """What moved of accounts, signed, in whole units as text."""
    return [
        {
            "unit": each.unit,
            "kind": each.kind,
            "amount": amount_text(each.steps, units[each.unit]),
            "expires_on": each.expires_on.isoformat() if each.expires_on else None,
        }
        for each in moved
        if each is not None
    ]


def value_told(terms: Mapping[str, int]) -> dict[str, Any] | None:
    """Money off as a reward or a voucher promises it; None where it is no money."""
    if not terms:
        return None
    percent = terms.get("percent")
    return {
        "amount": terms.get("value"),
        "percent": None if percent is None else thousandths_text(percent),
        "floor": terms.get("floor"),
        "ceiling": terms.get("ceiling"),
    }


def member_told(profile: Profile, now: Present, *, masked: bool, listed: bool = False) -> dict[str, Any]:
    """A member. `masked`: as a till may see them; `listed`: among others, where a till sees no whole card either."""
    member, known = profile.member, profile.identifiers
    phone, email, tax_id = known.get("phone"), known.get("email"), known.get("tax_id")
    hide_cards = masked and listed
    return {
        "id": str(member.id),
        "code": member.code,
        "display_name": display_name(member.name),
        "name": display_name(member.name) if masked else member.name,
        "phone": mask_phone(phone) if masked and phone else phone,
        "email": re.sub(r"(?<=.)[^@]*(?=@)", "•••", email, count=1) if masked and email else email,
        "tax_id": _end(tax_id) if masked and tax_id else tax_id,
        "cards": [
            {"number": _end(number) if hide_cards else number, "blocked": blocked}
            for number, blocked in profile.cards.items()
        ],
        "birth_date": member.birth_date.isoformat() if member.birth_date and not masked else None,
        "language": member.language or None,
        "address": [] if masked else member.address.splitlines(),
        "types": list(member.types),
        "tier": now.tier(member),
        "referred_by": str(member.referred_by) if member.referred_by else None,
        "joined": member.joined.isoformat(),
        "consents": dict(profile.consents),
        "masked": masked,
        "created_at": time_text(member.created_at),
        "updated_at": time_text(member.updated_at),
    }


def _end(number: str) -> str:
    """The end of a number, and nothing of one that would be told by it."""
    return f"•••• {number[-_LAST:]}" if len(number) >= 2 * _LAST else "••••"

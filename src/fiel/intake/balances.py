"""Bringing balances over from another system: each once, whatever is brought in again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fiel import clock
from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.hand.entries import open_balance
from fiel.intake.rows import Brought
from fiel.members.find import find
from fiel.programme.versions import rules_now
from fiel.shops.models import Business

__all__ = ["open_balances"]


def open_balances(business: Business, rows: Sequence[Brought]) -> list[str | Refused | None]:
    """Open the balances of members who are there by now; for each "new", None (it was brought over) or why not."""
    found = find(business.id, [identity for row in rows for identity in _identities(row)])
    answers: list[str | Refused | None] = []
    for row in rows:
        member = next((found[identity].member_id for identity in _identities(row) if identity in found), None)
        try:
            if member is None:
                raise Refused("member_not_found", "No member is known by this.")
            _, movement = open_balance(
                business,
                member,
                row.unit or _only_unit(business),
                row.amount,
                expires_on=row.expires_on,
                reference=_reference(row),
                by="import",
            )
            answers.append("new" if movement else None)
        except Refused as refused:
            answers.append(refused)
    return answers


def _identities(row: Brought) -> list[Identity]:
    code = [Identity("code", row.newcomer.code)] if row.newcomer.code else []
    return [*code, *row.newcomer.identities]


def _reference(row: Brought) -> str:
    """What makes a repeat harmless: it tells the row, and nobody's number."""
    first = _identities(row)[0]
    told = f"{first.kind} {first.value} {row.unit} {row.expires_on or ''}"
    return f"import {hashlib.blake2b(told.encode(), digest_size=12).hexdigest()}"


def _only_unit(business: Business) -> str:
    """The unit that is meant where none is named: the first of the programme. Raises `invalid`."""
    compiled = rules_now(business.id, clock.now())
    if compiled is None:
        fault = Fault("/unit", "publish a programme first")
        raise Refused("invalid", "There is no programme yet, so nothing can be counted.", [fault])
    return next(iter(compiled.programme.units))

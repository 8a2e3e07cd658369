"""What is printed of many members, as it is read: their cards' faces, their statements, their lines in a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from openpyxl import Workbook

from fiel.core.tiers import effective
from fiel.core.written import amount_text
from fiel.hand.cards import give_each
from fiel.ledger.read import balances
from fiel.members.models import Member
from fiel.members.read import Profile, profiles
from fiel.members.tiers import tier_state
from fiel.printing.cards import CardFace
from fiel.printing.cells import neutral
from fiel.printing.statement import Rules
from fiel.shops.models import Business

__all__ = ["faces_of", "list_csv", "list_rows", "list_xlsx"]

_EAN_13 = 13
_FIRST = (
    "number",
    "name",
    "phone",
    "email",
    "document",
    "address",
    "birth",
    "joined",
    "tier",
    "types",
    "language",
    "cards",
)
_CONSENTS = ("marketing", "profiling", "partners")


def faces_of(business: Business, members: Sequence[Member], *, give: bool) -> Iterator[CardFace]:
    """The faces of members' cards; `give`: whoever has none gets one, else they are left out."""
    told = profiles(business.pk, members)
    numbers = {each.member.id: number for each in told if (number := _number(each))}
    if give:
        numbers |= give_each(business, [each.id for each in members if each.id not in numbers])
    for member in members:
        if member.id in numbers:
            language = member.language or business.language
            yield CardFace(numbers[member.id], str(member), member.code, language)


def _number(profile: Profile) -> str:
    """The card given last that is not blocked; one of our own make before any other."""
    good = [number for number, blocked in profile.cards.items() if not blocked]
    own = [number for number in good if len(number) == _EAN_13]
    return (own or good or [""])[-1]


# Lists


def list_rows(business: Business, members: Sequence[Member], rules: Rules) -> list[list[str]]:
    """Members as lines of a list, with what they hold of each unit: a few queries, however many they are."""
    held = {
        (each.member_id, each.unit): each.holding.balance
        for each in balances(business.pk, [member.id for member in members])
    }
    rows = []
    for each in profiles(business.pk, members):
        member = each.member
        tier = effective(rules.programme, tier_state(member), rules.today) if rules.programme else ""
        rows.append(
            [
                member.code,
                member.name,
                *(each.identifiers.get(kind, "") for kind in ("phone", "email", "tax_id")),
                ", ".join(member.address.splitlines()),
                _day(member.birth_date),
                _day(member.joined),
                tier,
                ", ".join(member.types),
                member.language,
                ", ".join(number for number, blocked in each.cards.items() if not blocked),
                *(_answer(each.consents.get(purpose)) for purpose in _CONSENTS),
                *(amount_text(held.get((member.id, unit.code), 0), unit) for unit in rules.units.values()),
            ]
        )
    return rows


def _head(rules: Rules) -> list[str]:
    return [*_FIRST, *_CONSENTS, *rules.units]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _answer(answer: bool | None) -> str:
    return "" if answer is None else "yes" if answer else "no"


def list_csv(parts: Iterable[list[list[str]]], rules: Rules) -> bytes:
    """The list as CSV in UTF-8, with a mark by which spreadsheets know it; no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_head(rules))
    for part in parts:
        writer.writerows([neutral(cell) for cell in row] for row in part)
    return out.getvalue().encode("utf-8-sig")


def list_xlsx(parts: Iterable[list[list[str]]], rules: Rules) -> bytes:
    """The list as a workbook; every cell is text, so that a phone or card keeps its digits."""
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("members")
    sheet.append(_head(rules))
    for part in parts:
        for row in part:
            sheet.append([neutral(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

"""A customer to enrol, as a door or a file states it; knows no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from fiel.core.identity import Identity

__all__ = ["CONSENTS", "NOTICE", "NOT_KNOWN", "Newcomer", "Notice"]

CONSENTS = ("marketing", "profiling", "partners")
NOTICE = "notice"
"""The purpose of the row that says that somebody who joined was told what happens to their data."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The words by which somebody was asked: their version, and the SHA-256 of each purpose's words."""

    version: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)
    language: str = ""


NOT_KNOWN = Notice()
"""Of whom a till or a file brings, the words are not known."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A customer to enrol. `identities`: phone, email, tax_id and card, already in their normal form.

    `code` empty: a member number is made. `new_card`: a card is made. `joined` None: today.
    `notice`: the words by which the consents were asked for, where they are known.
    """

    identities: tuple[Identity, ...] = ()
    code: str = ""
    name: str = ""
    birth_date: date | None = None
    joined: date | None = None
    language: str = ""
    address: str = ""
    types: tuple[str, ...] = ()
    referred_by: UUID | None = None
    consents: dict[str, bool] = field(default_factory=dict)
    notice: Notice = NOT_KNOWN
    new_card: bool = False

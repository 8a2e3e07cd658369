"""A customer to enrol, as a door or a file states it; knows no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from fiel.core.identity import Identity

__all__ = ["CONSENTS", "Newcomer"]

CONSENTS = ("marketing", "profiling", "partners")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A customer to enrol. `identities`: phone, email, tax_id and card, already in their normal form.

    `code` empty: a member number is made. `new_card`: a card is made. `joined` None: today.
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
    new_card: bool = False

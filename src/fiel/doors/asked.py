"""What an address or a form asks for; what makes no sense there is as if it had not been said."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

__all__ = ["mark_in", "number_in", "uuid_in"]

_MOST_DIGITS = 15


def uuid_in(text: str) -> UUID | None:
    """An id."""
    try:
        return UUID(text)
    except ValueError:
        return None


def number_in(text: str) -> int | None:
    """A whole number from 0 on, of so many digits as a database takes."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None


def mark_in(text: str) -> tuple[datetime, UUID] | None:
    """Where the page before ended, as "moment,id": the moment with its zone."""
    at, _, id_ = text.partition(",")
    try:
        moment, uuid = datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        return None
    return (moment, uuid) if moment.tzinfo else None

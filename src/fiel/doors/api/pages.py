"""Lists: a page at a time, by where the last one ended, never by counting from the start."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from ninja import Query

from fiel.core.refusals import Fault, Refused
from fiel.wire.faults import UNKEEPABLE

__all__ = ["Cursor", "Limit", "page", "read_cursor"]

T = TypeVar("T")

Limit = Annotated[int, Query(50, ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str, Query("", max_length=1000, description="`next_cursor` of the page before.")]

_READERS: dict[type, Callable[[Any], Any]] = {
    str: lambda value: value,
    int: lambda value: value,
    UUID: UUID,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
_WRITTEN_AS = {str: str, int: int, UUID: str, date: str, datetime: str}
_MOST = 2**31


def page(rows: Sequence[T], limit: int, ended: Callable[[T], Sequence[Any]]) -> tuple[Sequence[T], str | None]:
    """The rows of a page, and the cursor of the next, where one row more than `limit` was asked for and came.

    `ended`: what tells a row's place in the order.
    """
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], _write(ended(rows[limit - 1]))


def read_cursor(cursor: str, *kinds: type) -> tuple[Any, ...] | None:
    """Where the page before ended: values of these kinds; None for the first page. Raises `invalid`."""
    if not cursor:
        return None
    try:
        written = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")).decode("utf-8"))
        if not isinstance(written, list) or len(written) != len(kinds):
            raise ValueError
        return tuple(_read(value, kind) for value, kind in zip(written, kinds, strict=True))
    except (ValueError, binascii.Error, RecursionError):
        raise Refused(
            "invalid", "The cursor is none of ours.", [Fault("/cursor", "send next_cursor as it came")]
        ) from None


def _read(value: Any, kind: type) -> Any:
    if type(value) is not _WRITTEN_AS[kind]:
        raise ValueError
    read = _READERS[kind](value)
    if isinstance(read, datetime) and read.tzinfo is None:
        raise ValueError
    if isinstance(read, str) and UNKEEPABLE.search(read):
        raise ValueError
    if isinstance(read, int) and not 0 <= read < _MOST:
        raise ValueError
    return read


def _write(values: Sequence[Any]) -> str:
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    written = json.dumps([str(value) if isinstance(value, UUID) else value for value in plain])
    return base64.urlsafe_b64encode(written.encode()).decode("ascii")

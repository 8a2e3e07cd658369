"""Arrays as PostgreSQL reads them, for statements that take one for each column.

psycopg makes them too, but finds out anew for each value what it is and whether it must be quoted: a sixth of the
processor that recording takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

__all__ = ["array_text", "json_text"]


def array_text(values: Iterable[Any]) -> str:
    """Values of one column as the text of an array: numbers, texts, moments, days, ids, JSON and None."""
    return f"{{{','.join([_element(value) for value in values])}}}"


def json_text(value: Any) -> str:
    """A document, as columns hold it."""
    return json.dumps(value, separators=(",", ":"))


def _element(value: Any) -> str:
    write = _WRITTEN.get(type(value))
    if write is None:
        write = next((each for kind, each in _WRITTEN.items() if isinstance(value, kind)), None)
    if write is None:
        raise TypeError(f"No column takes a {type(value).__name__}.")
    return write(value)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: _quoted,
    bool: lambda value: "t" if value else "f",
    int: int.__repr__,
    UUID: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    dict: lambda value: _quoted(json_text(value)),
    list: lambda value: _quoted(json_text(value)),
    type(None): lambda value: "NULL",
}

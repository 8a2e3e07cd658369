"""A cursor for statements whose text is always the same."""

from __future__ import annotations

from typing import Any

from django.db import connection

from fiel.tables.postgresql.base import RepeatingCursor

__all__ = ["repeating_cursor"]


def repeating_cursor() -> Any:
    """A cursor, to be used with `with`, for a statement that is run again and again with other values.

    PostgreSQL parses and plans such a statement once for each connection: values go apart from the text. Django's own
    cursor writes them into the text, which is then another one every time. On SQLite, whose module keeps prepared
    statements by itself, it is Django's cursor.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    # As connection.cursor() does, for a cursor of another kind.
    return connection._prepare_cursor(RepeatingCursor(connection.connection))  # type: ignore[attr-defined]

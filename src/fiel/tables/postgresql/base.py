"""Django's PostgreSQL, whose cursors say which business is in sight before they say anything else.

The setting is kept by the connection, so it is said when it changes, and not again: an installation with one business
says it once for each connection. Where it changes it goes along with the statement, in the same round trip.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from fiel.tables.walls import SETTING, in_sight

__all__ = ["DatabaseWrapper", "RepeatingCursor"]

# Kept on psycopg's connection, which the pool hands from one thread to the next.
_SAID = "fiel_said"
_UNSURE = "fiel_unsure"

# Nothing goes before any other statement: some have to be a transaction's first, or none's.
_SEE_ROWS = ("SELECT", "(SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "EXPLAIN")


def _to_say(connection: Any) -> str:
    """The statement that is due before the next one; empty where the connection knows already."""
    status = connection.pgconn.transaction_status
    if getattr(connection, _UNSURE, False) and status == TransactionStatus.IDLE:
        _forget(connection)  # said in a transaction that may have been rolled back, and the setting with it
    wanted = in_sight()
    if getattr(connection, _SAID, None) == wanted or status == TransactionStatus.INERROR:
        return ""
    return f"SELECT set_config('{SETTING}', '{wanted}', false)"


def _note_said(connection: Any) -> None:
    setattr(connection, _SAID, in_sight())
    setattr(connection, _UNSURE, connection.pgconn.transaction_status != TransactionStatus.IDLE)


def _forget(connection: Any) -> None:
    setattr(connection, _SAID, None)
    setattr(connection, _UNSURE, False)


def _say(connection: Any) -> None:
    """Say it in a round trip of its own."""
    if due := _to_say(connection):
        psycopg.ClientCursor(connection).execute(due)
        _note_said(connection)


_Usual: Any = base.Cursor
_AtTheServer: Any = base.ServerSideCursor


class Cursor(_Usual):  # type: ignore[misc]
    """Django's own, whose statements are plain text: the setting goes before it in the same message."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        """Run a statement."""
        due = _to_say(self.connection)
        if not due or not isinstance(query, str) or not query.lstrip().startswith(_SEE_ROWS):
            return super().execute(query, params, **more)
        super().execute(f"{due}; {query}", params, **more)
        _note_said(self.connection)
        self.nextset()
        return self

    def executemany(self, *args: Any, **more: Any) -> Any:
        """Run a statement for each of many."""
        _say(self.connection)
        return super().executemany(*args, **more)

    def copy(self, *args: Any, **more: Any) -> Any:
        """Send or fetch many rows."""
        _say(self.connection)
        return super().copy(*args, **more)


class RepeatingCursor(psycopg.Cursor[Any]):
    """For `tables.cursor.repeating_cursor`: values go apart from the text, so the setting goes before it alone."""

    def execute(self, *args: Any, **more: Any) -> Any:
        """Run a statement."""
        _say(self.connection)
        return super().execute(*args, **more)


class NamedCursor(_AtTheServer):  # type: ignore[misc]
    """For rows that are fetched a handful at a time."""

    def execute(self, *args: Any, **more: Any) -> Any:
        """Run a statement."""
        _say(self.connection)
        return super().execute(*args, **more)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with these cursors."""

    def get_connection_params(self) -> dict[str, Any]:
        """How psycopg is to connect."""
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def create_cursor(self, name: str | None = None) -> Any:
        """A cursor; one with a name stays at the server."""
        if name is None:
            return super().create_cursor()
        cursor = super().create_cursor(name)
        cursor.__class__ = NamedCursor
        return cursor

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        _forget(self.connection)

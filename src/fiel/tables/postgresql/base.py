"""Django's PostgreSQL, whose cursors say which business is in sight before they say anything else.

The setting is kept by the connection, so it is said when it changes, and not again. Where it changes it goes along with
the statement, in the same round trip. It is not said at all by the owner of the tables, for whom no wall stands.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from fiel.tables.walls import SETTING, WALLED, in_sight

__all__ = ["DatabaseWrapper", "RepeatingCursor"]

# Kept on psycopg's connection, which the pool hands from one thread to the next.
_SAID = "fiel_said"
_UNSURE = "fiel_unsure"
_WALLED = "fiel_walled"
_SEEN = "fiel_seen"

_LOOK_AGAIN_S = 1.0
"""So long a connection that answered is believed to be alive: to ask before each request is a fifth of the request."""

# Nothing goes before any other statement: some have to be a transaction's first, or none's.
_SEE_ROWS = ("SELECT", "(SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "EXPLAIN")


def _to_say(connection: Any) -> str:
    """The statement that is due before the next one; empty where the connection knows already."""
    status = connection.pgconn.transaction_status
    if getattr(connection, _UNSURE, False) and status == TransactionStatus.IDLE:
        _forget(connection)  # said in a transaction that may have been rolled back, and the setting with it
    wanted = in_sight()
    if getattr(connection, _SAID, None) == wanted or status == TransactionStatus.INERROR or not _is_walled(connection):
        return ""
    return f"SELECT set_config('{SETTING}', '{wanted}', false)"


def _is_walled(connection: Any) -> bool:
    """Whether policies hold for who is connected: asked once, or again where there are no tables yet."""
    known: bool | None = getattr(connection, _WALLED, None)
    if known is None:
        row = psycopg.ClientCursor(connection).execute(WALLED).fetchone()
        known = row is None or row[0]
        if row is not None and connection.pgconn.transaction_status == TransactionStatus.IDLE:
            setattr(connection, _WALLED, known)
    return known


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
        if not isinstance(query, str) or not query.lstrip().startswith(_SEE_ROWS):
            return super().execute(query, params, **more)
        due = _to_say(self.connection)
        if not due:
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


def _look_alive(connection: Any) -> None:
    """Raise where a connection that has rested for a while is dead."""
    now = monotonic()
    if now - getattr(connection, _SEEN, -_LOOK_AGAIN_S) >= _LOOK_AGAIN_S:
        ConnectionPool.check_connection(connection)
        setattr(connection, _SEEN, now)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with these cursors."""

    @property
    def pool(self) -> Any:
        """The pool of this process; None where there is none."""
        pool = super().pool
        if pool is not None:
            pool._check = _look_alive  # Django chooses psycopg's own check, or none
        return pool

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

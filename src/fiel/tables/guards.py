"""Triggers that refuse to change or delete the rows of a table, on both databases.

SQLite drops a table's triggers when a migration makes the table anew: a migration that alters one of these tables
must install them again, and a test looks that they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

__all__ = ["guard", "missing", "unguard"]

_VERBS = ("UPDATE", "DELETE")
_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are only added to: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def guard(editor: BaseDatabaseSchemaEditor, tables: Iterable[str]) -> None:
    """Make the triggers."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_FUNCTION, params=None)
    for table, verb in _each(tables):
        name = _name(table, verb)
        editor.execute(f"DROP TRIGGER IF EXISTS {name}" + _on(editor.connection, table))
        if editor.connection.vendor == "postgresql":
            run = "EXECUTE FUNCTION ledger_refuse()"
        else:
            run = f"BEGIN SELECT RAISE(ABORT, 'the books are only added to: {verb} of {table} is refused'); END"
        editor.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {run}")


def unguard(editor: BaseDatabaseSchemaEditor, tables: Iterable[str]) -> None:
    """Take the triggers away."""
    for table, verb in _each(tables):
        editor.execute(f"DROP TRIGGER IF EXISTS {_name(table, verb)}" + _on(editor.connection, table))


def missing(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> list[str]:
    """The triggers that are not there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    return [name for name in (_name(*each) for each in _each(tables)) if name not in present]


def _each(tables: Iterable[str]) -> Sequence[tuple[str, str]]:
    return [(table, verb) for table in tables for verb in _VERBS]


def _name(table: str, verb: str) -> str:
    return f"{table}_no_{verb.lower()}"


def _on(connection: BaseDatabaseWrapper, table: str) -> str:
    return f" ON {table}" if connection.vendor == "postgresql" else ""

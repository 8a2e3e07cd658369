"""Triggers that refuse to change or delete the rows of a table, on both databases.

One way is left open: the rows of a business that goes for good may be deleted, from when it stands in `LEAVING`. So
nobody has to take the triggers away, which would take them away for every other business meanwhile.

SQLite drops a table's triggers when a migration makes the table anew: a migration that alters one of these tables
must install them again, and a test looks that they are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

__all__ = ["LEAVING", "guard", "missing", "unguard"]

LEAVING = "shops_leaving"
"""The table of the businesses that are being deleted."""

_VERBS = ("UPDATE", "DELETE")
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM {LEAVING} WHERE business_id = OLD.business_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the books are only added to: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""  # noqa: S608 - names of ours


def guard(editor: BaseDatabaseSchemaEditor, tables: Iterable[str]) -> None:
    """Make the triggers."""
    leaving = LEAVING in editor.connection.introspection.table_names()  # not yet while older migrations run
    if editor.connection.vendor == "postgresql":
        editor.execute(_FUNCTION, params=None)
    for table, verb in _each(tables):
        name = _name(table, verb)
        editor.execute(f"DROP TRIGGER IF EXISTS {name}" + _on(editor.connection, table))
        if editor.connection.vendor == "postgresql":
            run = "EXECUTE FUNCTION ledger_refuse()"
        else:
            unless = f"WHEN NOT EXISTS (SELECT 1 FROM {LEAVING} WHERE business_id = OLD.business_id) "  # noqa: S608
            run = unless if leaving and verb == "DELETE" else ""
            run += f"BEGIN SELECT RAISE(ABORT, 'the books are only added to: {verb} of {table} is refused'); END"
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

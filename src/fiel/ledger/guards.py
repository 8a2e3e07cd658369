"""Triggers that refuse to change or delete what is written in the books, on both databases.

SQLite drops a table's triggers when a migration makes the table anew: a migration that alters one of these tables
must install them again, and a test looks that they are there.
"""

from __future__ import annotations

from django.apps.registry import Apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

__all__ = ["GUARDED", "install_guards", "missing_guards", "remove_guards"]

GUARDED = ("ledger_entry", "ledger_draw")

_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are only added to: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def install_guards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers (for `RunPython` in migrations)."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_FUNCTION, params=None)
    for table in GUARDED:
        for verb in ("UPDATE", "DELETE"):
            name = _name(table, verb)
            editor.execute(f"DROP TRIGGER IF EXISTS {name}" + _on(editor.connection, table))
            if editor.connection.vendor == "postgresql":
                run = "EXECUTE FUNCTION ledger_refuse()"
            else:
                run = f"BEGIN SELECT RAISE(ABORT, 'the books are only added to: {verb} of {table} is refused'); END"
            editor.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW {run}")


def remove_guards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away (for going back a migration)."""
    for table in GUARDED:
        for verb in ("UPDATE", "DELETE"):
            editor.execute(f"DROP TRIGGER IF EXISTS {_name(table, verb)}" + _on(editor.connection, table))


def missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are not there. The audit and the server's start look at this."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {row[0] for row in cursor.fetchall()}
    wanted = [_name(table, verb) for table in GUARDED for verb in ("UPDATE", "DELETE")]
    return [name for name in wanted if name not in present]


def _name(table: str, verb: str) -> str:
    return f"{table}_no_{verb.lower()}"


def _on(connection: BaseDatabaseWrapper, table: str) -> str:
    return f" ON {table}" if connection.vendor == "postgresql" else ""

"""Consents are only added to: the database refuses to change or delete them; see `tables.guards`."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from fiel.tables.guards import guard, missing, unguard

__all__ = ["GUARDED", "install_guards", "missing_guards", "remove_guards"]

GUARDED = ("members_consent",)


def install_guards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers (for `RunPython` in migrations)."""
    guard(editor, GUARDED)


def remove_guards(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away (for going back a migration)."""
    unguard(editor, GUARDED)


def missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are not there. The audit looks at this."""
    return missing(connection, GUARDED)

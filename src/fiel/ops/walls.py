"""The second wall between businesses, as PostgreSQL keeps it: a policy for each table, a role that it holds for.

Nothing lists the tables: each that has a `business_id` is walled, so that a new one cannot be forgotten. The policies
hold for every role but the owner of the tables and those above policies (`fiel.tables.walls` says what they look at).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from psycopg import sql

from fiel.ops.databases import Database, django_database
from fiel.ops.environment import Environment
from fiel.ops.errors import CannotStart
from fiel.tables.walls import EVERY, SETTING, walled

__all__ = ["as_owner", "raise_walls", "require_walls", "unwalled_tables"]

log = logging.getLogger("fiel.walls")

POLICY = "fiel_one_business"

# The sub-queries are looked at once for each statement, not for each row.
_ONE_BUSINESS = f"""
    business_id = (SELECT nullif(nullif(current_setting('{SETTING}', true), ''), '{EVERY}')::bigint)
    OR (SELECT current_setting('{SETTING}', true) = '{EVERY}')
"""

_UNWALLED = """
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'business_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND NOT (
        c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s)
    )
    ORDER BY c.relname
"""

# What the app's role may do: everything with rows, nothing with tables.
_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
)


def unwalled_tables() -> list[str]:
    """The tables that have a business and no policy; none on SQLite, which has no policies."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNWALLED, [POLICY])
        return [name for (name,) in cursor.fetchall()]


def raise_walls(role: str = "") -> None:
    """Make the policies that are missing, and let the app's role in. To be called as the owner, after migrating."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for table in unwalled_tables():
            names = {"table": sql.Identifier(table), "policy": sql.Identifier(POLICY)}
            cursor.execute(sql.SQL("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY").format(**names))
            rule = sql.SQL(_ONE_BUSINESS)  # for reading and for writing alike
            cursor.execute(sql.SQL("CREATE POLICY {policy} ON {table} USING ({rule})").format(rule=rule, **names))
        if role:
            cursor.execute("SELECT current_schema()")
            schema = sql.Identifier(cursor.fetchone()[0])
            for grant in _GRANTS:
                cursor.execute(sql.SQL(grant).format(schema=schema, role=sql.Identifier(role)))


@contextmanager
def as_owner() -> Iterator[str]:
    """Work as the owner of the tables, where FIEL_DATABASE_OWNER_URL names one; gives the app's role to let in."""
    environment: Environment = settings.ENVIRONMENT
    owner = environment.database_owner
    if owner is None:
        yield ""
        return
    app = connection.settings_dict
    _turn_into({**app, **_names_of(owner)})
    try:
        yield environment.database.user
    finally:
        _turn_into(app)


def _names_of(owner: Database) -> dict[str, object]:
    return django_database(owner, threads=1)


def _turn_into(said: dict[str, object]) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict = said


def require_walls() -> None:
    """Raise CannotStart where there are to be two roles, and the wall does not stand for the one that serves."""
    environment: Environment = settings.ENVIRONMENT
    if environment.database_owner is None:
        if connection.vendor == "postgresql" and not walled():
            log.info("one role owns and serves: PostgreSQL's wall between businesses is off (FIEL_DATABASE_OWNER_URL)")
        return
    missing = unwalled_tables()
    if missing:
        raise CannotStart(f"PostgreSQL does not keep businesses apart in {', '.join(missing)}. Run fiel migrate.")
    if not walled():
        raise CannotStart(
            "The role of FIEL_DATABASE_URL owns the tables or stands above policies (SUPERUSER, BYPASSRLS): "
            "PostgreSQL would not keep businesses apart. Name a plain role."
        )

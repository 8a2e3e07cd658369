"""The schema, as the database has it: everything of a business is found by the business first.

So that its tables can be spread by business over many machines, so that one look-up never meets another business's
rows, and so that no row can point into another business. Whatever does not begin with the business stands below, each
with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

BUSINESS = "business_id"

# Tables that hold nothing of one business.
SHARED = {
    "shops_business": "the business itself",
    "shops_person": "somebody may work in several businesses, and signs in before one is chosen",
    "shops_signinlink": "signs in a person, before a business is chosen",
    "account_emailaddress": "allauth's: not used, made by allauth.account",
    "account_emailconfirmation": "allauth's: not used, made by allauth.account",
    "mfa_authenticator": "allauth's: a person's second step",
    "usersessions_usersession": "allauth's: where a person is signed in",
    "django_migrations": "Django's: what was applied",
    "django_content_type": "Django's: the names of models",
    "django_session": "Django's: a browser's session, of a person",
    "auth_group": "Django's: not used, made by django.contrib.auth",
    "auth_group_permissions": "Django's: not used, made by django.contrib.auth",
    "auth_permission": "Django's: not used, made by django.contrib.auth",
    "sqlite_sequence": "SQLite's own",
    "django_tasks_database_dbtaskresult": "the task queue's: work for a worker; what belongs to a business is its Job",
    "office_sign_in_tries": "a cache of tries to sign in, by address and e-mail, before a business is chosen",
}

# What begins with something else in a business's tables: (table, what, columns).
ELSEWHERE = {
    ("shops_apikey", "unique", ("hash",)): "the key is the credential: its hash leads to the business",
    ("shops_apikey", "index", ("hash",)): "Django's index for comparing the beginning of the hash",
    ("shops_device", "unique", ("hash",)): "the browser's secret is the credential: its hash leads to the business",
    ("shops_device", "index", ("hash",)): "Django's index for comparing the beginning of the hash",
    ("shops_device", "unique", ("code_hash",)): "the pairing code is the credential for some minutes",
    ("shops_device", "index", ("code_hash",)): "Django's index for comparing the beginning of the hash",
    ("shops_staffinvitation", "unique", ("hash",)): "the letter's link is the credential",
    ("shops_staffinvitation", "index", ("hash",)): "Django's index for comparing the beginning of the hash",
    ("intake_hook", "unique", ("id",)): "the address is all that a web shop sends; its signature proves the rest",
    ("shops_staff", "foreign key", ("person_id",)): "people are shared; where they work is looked up when they sign in",
    ("shops_staff", "index", ("person_id",)): "the businesses of a person",
    ("rewards_partnerclerk", "foreign key", ("person_id",)): "people are shared, as with staff",
    ("rewards_partnerclerk", "index", ("person_id",)): "the partners for which a person works",
}


class Part(NamedTuple):
    """A primary key, unique constraint, index or foreign key, with its columns in their order."""

    table: str
    what: str
    columns: tuple[str, ...]
    name: str


def asked(statement: str, *values: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def tables() -> list[str]:
    if connection.vendor == "postgresql":
        statement = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    else:
        statement = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return sorted(name for (name,) in asked(statement))


def parts(table: str) -> Iterator[Part]:
    yield from postgres_parts(table) if connection.vendor == "postgresql" else sqlite_parts(table)


def postgres_parts(table: str) -> Iterator[Part]:
    keys = """
        SELECT c.conname, (
            SELECT array_agg(a.attname ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(n, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n
        )
        FROM pg_constraint c WHERE c.conrelid = %s::regclass AND c.contype = 'f'
    """
    for name, columns in asked(keys, table):
        yield Part(table, "foreign key", tuple(columns), name)
    # An index on an expression has the expression where a column would stand.
    indexes = """
        SELECT i.indexrelid::regclass::text, i.indisprimary, i.indisunique,
            (SELECT array_agg(pg_get_indexdef(i.indexrelid, k::int, false) ORDER BY k)
                FROM generate_series(1, i.indnkeyatts) k)
        FROM pg_index i WHERE i.indrelid = %s::regclass
    """
    for name, primary, unique, columns in asked(indexes, table):
        what = "primary key" if primary else "unique" if unique else "index"
        yield Part(table, what, tuple(column.strip('"') for column in columns), name)


def sqlite_parts(table: str) -> Iterator[Part]:
    primary = sorted((place, name) for _, name, *_, place in asked(f"PRAGMA table_info({table})") if place)
    yield Part(table, "primary key", tuple(name for _, name in primary), "")
    keys: dict[int, list[tuple[int, str]]] = {}
    for number, place, _, column, *_ in asked(f"PRAGMA foreign_key_list({table})"):
        keys.setdefault(number, []).append((place, column))
    for columns in keys.values():
        yield Part(table, "foreign key", tuple(column for _, column in sorted(columns)), "")
    for _, name, unique, origin, _ in asked(f"PRAGMA index_list({table})"):
        columns = sorted((place, column) for place, _, column in asked(f"PRAGMA index_info({name})"))
        what = "primary key" if origin == "pk" else "unique" if unique else "index"
        yield Part(table, what, tuple(column or "(expression)" for _, column in columns), name)


def test_everything_of_a_business_begins_with_the_business():
    ours = [table for table in tables() if table not in SHARED]
    found = [part for table in ours for part in parts(table) if part.columns[:1] != (BUSINESS,)]
    assert [part for part in found if part[:3] not in ELSEWHERE] == []


def test_every_table_of_a_business_has_a_key_and_names_the_business():
    for table in tables():
        if table in SHARED:
            continue
        described = list(parts(table))
        assert [part for part in described if part.what == "primary key"], f"{table} has no primary key"
        description = connection.introspection.get_table_description(connection.cursor(), table)
        [business] = [column for column in description if column.name == BUSINESS]
        assert not business.null_ok, f"{table}: a row belongs to a business"


def test_no_business_shares_a_table_that_is_said_to_be_nobodys():
    with connection.cursor() as cursor:
        for table in set(SHARED) & set(tables()):
            columns = {column.name for column in connection.introspection.get_table_description(cursor, table)}
            assert BUSINESS not in columns, f"{table} has rows of businesses"


def test_the_exceptions_exist():
    everywhere = {part[:3] for table in tables() for part in parts(table)}
    only_postgres = {part for part in ELSEWHERE if part[1:] in {("index", ("hash",)), ("index", ("code_hash",))}}
    expected = set(ELSEWHERE) - (only_postgres if connection.vendor == "sqlite" else set())
    assert expected <= everywhere, "an exception that nothing needs is to be taken out"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE INDEX odd ON sales_receipt (day)", "index"),
        ("CREATE UNIQUE INDEX odd ON sales_receipt (id, business_id)", "unique"),
        ("CREATE INDEX odd ON sales_receipt (lower(number), business_id)", "index"),
        ("CREATE INDEX odd ON sales_receipt (number, business_id) WHERE version IS NULL", "index"),
        ("CREATE TABLE odd (id integer PRIMARY KEY, business_id bigint NOT NULL)", "primary key"),
        (
            "CREATE TABLE odd (business_id bigint PRIMARY KEY, other bigint REFERENCES shops_business (id))",
            "foreign key",
        ),
    ],
)
def test_the_check_sees_what_does_not_fit(statement, what, as_owner):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE" if connection.vendor == "postgresql" else "SELECT 1")
        cursor.execute(statement)
    table = "odd" if "TABLE odd" in statement else "sales_receipt"
    found = [part.what for part in parts(table) if part.columns[:1] != (BUSINESS,)]
    assert found == [what]

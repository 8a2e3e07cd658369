"""Fiel does not serve on a database that may forget a sale it has confirmed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from fiel.ops.durability import NotDurable, check_durability, postgres_problems, require_durable, sqlite_problems

SAFE_SQLITE = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
SAFE_POSTGRES = {
    "synchronous_commit": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "server_version_num": "150004",
    "server_encoding": "UTF8",
}

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite")
on_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="about PostgreSQL")


@pytest.mark.django_db
def test_the_database_fiel_sets_up_itself_is_safe():
    assert check_durability(connection) == []
    require_durable(connection)


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("pragma", "hint"),
    [
        ("synchronous=NORMAL", "PRAGMA synchronous=FULL"),
        ("synchronous=OFF", "PRAGMA synchronous=FULL"),
        ("foreign_keys=OFF", "PRAGMA foreign_keys=ON"),
        ("journal_mode=DELETE", "PRAGMA journal_mode=WAL"),
    ],
)
def test_an_unsafe_sqlite_is_refused_with_the_setting_to_change(pragma, hint, tmp_path):
    """On a file of its own: the journal's mode changes only where nobody else has the file open."""
    own = connection.copy("own")
    own.settings_dict["NAME"] = str(tmp_path / "own.sqlite3")
    require_durable(own)
    with closing(own), own.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        with pytest.raises(NotDurable, match=hint):
            require_durable(own)
    require_durable(own)
    own.close()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_sqlite_waits_for_the_other_writer_instead_of_refusing():
    assert asked("PRAGMA busy_timeout") == 20_000


@on_postgres
@pytest.mark.django_db
@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
def test_a_postgres_that_answers_too_early_is_refused_with_the_setting_to_change(setting):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL synchronous_commit = {setting}")
    with pytest.raises(NotDurable, match="Set synchronous_commit = on"):
        require_durable(connection)


@pytest.mark.parametrize(
    ("fact", "value", "hint"),
    [
        ("journal_mode", "delete", "journal_mode=WAL"),
        ("journal_mode", "memory", "journal_mode=WAL"),
        ("synchronous", "1", "synchronous=FULL"),
        ("foreign_keys", "0", "foreign_keys=ON"),
    ],
)
def test_each_unsafe_fact_of_sqlite_has_its_sentence(fact, value, hint):
    (problem,) = sqlite_problems(SAFE_SQLITE | {fact: value})
    assert hint in problem


def test_sqlite_may_be_even_safer():
    assert sqlite_problems(SAFE_SQLITE | {"synchronous": "3"}) == []


@pytest.mark.parametrize(
    ("fact", "value", "hint"),
    [
        ("synchronous_commit", "off", "synchronous_commit = on"),
        ("fsync", "off", "fsync = on"),
        ("full_page_writes", "off", "full_page_writes = on"),
        ("server_version_num", "140011", "PostgreSQL 14. Install 15"),
        ("server_encoding", "LATIN1", "ENCODING 'UTF8'"),
    ],
)
def test_each_unsafe_fact_of_postgres_has_its_sentence(fact, value, hint):
    (problem,) = postgres_problems(SAFE_POSTGRES | {fact: value})
    assert hint in problem


def test_postgres_may_wait_for_its_standby_too():
    assert postgres_problems(SAFE_POSTGRES | {"synchronous_commit": "remote_apply"}) == []


def test_everything_wrong_is_told_at_once():
    facts = {"journal_mode": "off", "synchronous": "0", "foreign_keys": "0"}
    assert len(sqlite_problems(facts)) == 3


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_sqlites_write_lock_is_taken_when_a_transaction_begins():
    from django.db import transaction

    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
    with closing(other), transaction.atomic(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")


def asked(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]

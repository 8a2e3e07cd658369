"""FIEL_DATABASE_URL: what it accepts, what it refuses, and what Django is told."""

from __future__ import annotations

import pytest

from fiel.ops.databases import WRITERS, Database, django_database, parse_database_url


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("sqlite:////srv/fiel/fiel.sqlite3", Database("sqlite", "/srv/fiel/fiel.sqlite3")),
        ("sqlite:////srv/my%20shop/a%3Fb.db", Database("sqlite", "/srv/my shop/a?b.db")),
        ("postgres://localhost/fiel", Database("postgresql", "fiel", host="localhost")),
        ("postgresql://ana@db.example:5433/fiel", Database("postgresql", "fiel", "ana", "", "db.example", "5433")),
        ("postgres://ana:p%40ss%2Fw%3Ard@[::1]/fiel", Database("postgresql", "fiel", "ana", "p@ss/w:rd", "::1")),
        ("postgres:///fiel?host=/run/postgresql", Database("postgresql", "fiel", host="/run/postgresql")),
        ("postgres://ana@:5433/fiel?host=%2Ftmp", Database("postgresql", "fiel", "ana", "", "/tmp", "5433")),
        (
            "postgres://ana@db1:5433,[::1]/fiel",
            Database(
                "postgresql",
                "fiel",
                "ana",
                host="db1,::1",
                port="5433,",
                options={"target_session_attrs": "read-write"},
            ),
        ),
        (
            "postgres:///fiel?host=/one,/two&target_session_attrs=primary",
            Database("postgresql", "fiel", host="/one,/two", options={"target_session_attrs": "primary"}),
        ),
        (
            "postgres://db/fiel?sslmode=verify-full&connect_timeout=2",
            Database("postgresql", "fiel", host="db", options={"sslmode": "verify-full", "connect_timeout": "2"}),
        ),
    ],
)
def test_a_url_names_a_database(url, database):
    assert parse_database_url(url) == database


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "must begin with"),
        ("fiel.sqlite3", "must begin with"),
        ("mysql://localhost/fiel", "must begin with"),
        ("sqlite://", "four slashes"),
        ("sqlite://:memory:", "four slashes"),
        ("sqlite:///fiel.sqlite3", "four slashes"),
        ("sqlite://server/fiel.sqlite3", "four slashes"),
        ("sqlite:////srv/fiel/", "names a folder"),
        ("sqlite:////srv/fiel?mode=ro", "no options"),
        ("postgres://localhost", "name of one database"),
        ("postgres://localhost/a/b", "name of one database"),
        ("postgres://localhost:port/fiel", "a port that is no number"),
        ("postgres://localhost:99999/fiel", "a port that is no number"),
        ("postgres://localhost/fiel?host=/tmp", "two hosts"),
        ("postgres:///fiel?host=db.example", "unix socket"),
        ("postgres:///fiel?host=/tmp,db.example", "unix socket"),
        ("postgres://one,two:port/fiel", "a port that is no number"),
        ("postgres://localhost/fiel?options=-c%20synchronous_commit%3Doff", "the option options"),
        ("postgres://localhost/fiel?sslmode", "not name=value"),
        ("postgres://localhost/fiel?sslmode=a&sslmode=b", "twice"),
        ("postgres://ana:p#w@localhost/fiel", "%23"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused_with_a_sentence(url, told):
    with pytest.raises(ValueError, match=told):
        parse_database_url(url)


def test_a_password_is_not_printed_with_the_database():
    assert "s3cret" not in repr(parse_database_url("postgres://ana:s3cret@db/fiel"))


def test_every_thread_of_a_postgres_process_can_have_a_connection_and_every_writer():
    told = django_database(parse_database_url("postgres://db/fiel?connect_timeout=9"), threads=7)
    assert told["OPTIONS"]["pool"]["max_size"] == 7 + WRITERS
    assert told["OPTIONS"]["connect_timeout"] == "9"
    assert "synchronous_commit" not in str(told)

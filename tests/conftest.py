"""Starts the database and Django before any test is read, and holds the fixtures every room uses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from tests import databases

databases.choose()
os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
django.setup()


def pytest_configure(config: pytest.Config) -> None:
    """Processes beside this one choose databases of their own: they must not set Django up with ours before that."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        databases.migrated()
        del os.environ["DJANGO_SETTINGS_MODULE"]


LONG = ("model", "browser", "docs", "ops", "intake")
"""The folders whose files take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files begin first, so that no process is left with one at the end while the others have nothing to do."""
    place = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.relative_to(item.config.rootpath).parts[1], len(LONG)))


def pytest_report_header() -> str:
    return f"database: {os.environ['FIEL_TEST_DATABASE']}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A migrated database. SQLite runs on a file: in memory is no write-ahead log, and threads would not contend."""
    from django.db import connection

    if connection.vendor == "sqlite":
        file = databases.folder() / "test.sqlite3"
        databases.new_file(file)
        connection.settings_dict["TEST"]["NAME"] = str(file)
    else:
        databases.new_database("test")
        connection.settings_dict["TEST"]["NAME"] = "test"


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The test's database is there already; it goes with the process's folder."""
    return True


@pytest.fixture(scope="session", autouse=True)
def _books_can_be_taken_back(django_db_setup: None, django_db_blocker: object) -> None:
    """After a test that commits, everything is deleted. SQLite asks the books' triggers and foreign keys about it."""
    from django.apps import apps
    from django.db import connection

    from fiel.ledger import guards as books
    from fiel.members import guards as consents
    from fiel.trail import guards as trail

    if connection.vendor != "sqlite":
        return
    of_sqlite = type(connection.ops)  # each thread and each event loop has a connection of its own
    delete = of_sqlite.execute_sql_flush

    def without_guards(self: object, statements: list[str]) -> None:
        for guards in (books, consents, trail):
            guards.remove_guards(apps, connection.schema_editor(atomic=False))
        connection.cursor().execute("PRAGMA foreign_keys = OFF")
        delete(self, statements)
        connection.cursor().execute("PRAGMA foreign_keys = ON")
        for guards in (books, consents, trail):
            guards.install_guards(apps, connection.schema_editor(atomic=False))

    of_sqlite.execute_sql_flush = without_guards


@pytest.fixture(scope="session", autouse=True)
def _behind_the_second_wall(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests on PostgreSQL run as the app's role, for which the policies hold; who needs the owner says `as_owner`."""
    from django.db import connection

    from fiel.ops.walls import raise_walls
    from fiel.tables.write import _can_copy

    if connection.vendor != "postgresql":
        yield
        return
    with django_db_blocker.unblock():
        raise_walls(databases.APP_ROLE)
        with connection.cursor() as cursor:  # for clearing up after tests that commit
            cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {databases.APP_ROLE}")
        be(databases.APP_ROLE)
        _can_copy()  # asked once by each process, which is not to be counted as some test's query
        yield
        be("")


def be(role: str) -> None:
    """Connect as another role from here on; empty: as the owner."""
    from django.db import connection

    connection.close()
    connection.close_pool()
    connection.settings_dict["OPTIONS"]["options"] = f"-c role={role}" if role else ""


@pytest.fixture
def as_owner(db: None) -> Iterator[None]:
    """The owner of the tables, for a test that changes them."""
    from django.db import connection

    if connection.vendor == "postgresql":
        connection.cursor().execute(f"SET ROLE {connection.settings_dict['USER']}")
    yield
    if connection.vendor == "postgresql":
        connection.cursor().execute(f"SET ROLE {databases.APP_ROLE}")


PASSWORD_COST = {name: getattr(Argon2PasswordHasher, name) for name in ("time_cost", "memory_cost", "parallelism")}


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Argon2 as weak as it can be: at its full strength each password costs a third of a second."""
    with pytest.MonkeyPatch.context() as patch:
        for name, cheap in zip(PASSWORD_COST, (1, 8, 1), strict=True):
            patch.setattr(Argon2PasswordHasher, name, cheap)
        yield


@pytest.fixture
def costly_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is outside tests."""
    for name, cost in PASSWORD_COST.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, cost)


class Clock:
    """The time the whole program takes as now."""

    def __init__(self, file: Path, start: datetime) -> None:
        self.file = file
        self.set(start)

    def set(self, moment: datetime | str) -> None:
        """Puts the program at a moment, given with its offset."""
        self.now = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        draft = self.file.with_suffix(".draft")
        draft.write_text(self.now.astimezone(UTC).isoformat().replace("+00:00", "Z"))
        draft.replace(self.file)  # at once, so that a running server never reads half a time

    def advance(self, **by: int) -> None:
        """Goes on by so many days, hours, minutes or seconds, as `timedelta` names them."""
        self.set(self.now + timedelta(**by))


@pytest.fixture(autouse=True)
def _forget_rules() -> None:
    """What a process keeps of published versions: a test's database is taken back, and its ids come again."""
    from fiel.programme.versions import rules_of

    rules_of.cache_clear()


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still at noon (UTC) of a Wednesday, until the test moves it."""
    file = tmp_path / "now"
    stopped = Clock(file, datetime(2026, 3, 4, 12, 0, tzinfo=UTC))
    monkeypatch.setenv("FIEL_CLOCK_FILE", str(file))
    return stopped


@pytest.fixture
def empty_environ(tmp_path: Path) -> dict[str, str]:
    """An environment of its own for a Fiel that is started as a process: new data folder, new database, both empty."""
    return databases.own_environ(tmp_path / "own" / "data", empty=True)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The same with a database that is migrated, which saves ten seconds."""
    return databases.own_environ(tmp_path / "own" / "data")

"""Starts the database and Django before any test is read, and holds the fixtures every room uses."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
import pytest

from tests import databases

databases.choose()
os.environ["DJANGO_SETTINGS_MODULE"] = "fiel.ops.settings"
django.setup()


def pytest_report_header() -> str:
    return f"database: {os.environ['FIEL_TEST_DATABASE']}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Tests on SQLite run on a file: in memory there would be no write-ahead log, and threads would not contend."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(databases.folder() / "test.sqlite3")


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
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment of its own for a Fiel that is started as a process: new data folder, new database."""
    data = tmp_path / "own" / "data"
    data.mkdir(parents=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FIEL_", "DJANGO_"))}
    own |= {"FIEL_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    if os.environ["FIEL_TEST_DATABASE"] == "postgres":
        own["FIEL_DATABASE_URL"] = databases.new_database(f"own_{os.urandom(6).hex()}")
    return own

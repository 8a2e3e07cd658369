"""Where the data is kept: from `FIEL_DATABASE_URL` to what Django needs to know.

One URL names the database; everything that makes an answered sale safe (WAL, FULL, IMMEDIATE) is added here, so that
nobody has to know it. `durability.py` checks that it took effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

__all__ = ["Database", "django_database", "parse_database_url"]

# What libpq may be told in the URL. `options` is left out on purpose: it could switch synchronous_commit off.
POSTGRES_OPTIONS = frozenset(
    {
        "application_name",
        "channel_binding",
        "connect_timeout",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)

# A sale waits this long for another writer before it is told to come again.
SQLITE_WAIT_S = 20

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # in WAL mode NORMAL forgets the last sales when the power fails
    "foreign_keys=ON",
    f"busy_timeout={SQLITE_WAIT_S * 1000}",
    "temp_store=MEMORY",
    "cache_size=-8000",  # 8 MB for each thread's connection
    "journal_size_limit=67108864",
)

# A door that has to wait longer than this for the database says 503, and the till tries again.
POSTGRES_WAIT_S = 5

# Threads of a serving process that record sales, while those that answer wait, each with a connection in hand.
WRITERS = 4


@dataclass(frozen=True, slots=True)
class Database:
    """One database, as its URL says."""

    kind: Literal["sqlite", "postgresql"]
    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = ""
    port: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def parse_database_url(text: str) -> Database:
    """Reads `sqlite:////path/to/file` or `postgres://user:password@host:port/name`.

    Of PostgreSQL there may be several hosts, with commas between: the one that takes writes is then looked for.

    Raises ValueError with what is wrong, worded to follow the setting's name.
    """
    parts = urlsplit(text)
    if parts.fragment:
        raise ValueError("has a # in it; write it as %23.")
    if parts.scheme == "sqlite":
        return _sqlite(parts)
    if parts.scheme in ("postgres", "postgresql"):
        return _postgres(parts)
    raise ValueError("must begin with sqlite:// or postgres://.")


def _sqlite(parts: SplitResult) -> Database:
    if parts.query:
        raise ValueError("takes no options after a SQLite file; a ? in its name is written %3F.")
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path.startswith("/") or "\0" in path:
        raise ValueError("must name the SQLite file by its whole path, with four slashes: sqlite:////srv/fiel.sqlite3.")
    if path.endswith("/"):
        raise ValueError("names a folder; name the SQLite file in it.")
    return Database(kind="sqlite", name=str(PurePosixPath(path)))


def _postgres(parts: SplitResult) -> Database:
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ValueError("must end with the name of one database: postgres://user:password@host:5432/fiel.")
    hosts, ports = _hosts(parts)
    options = _options(parts.query)
    sockets = options.pop("host", "")
    if sockets and not all(socket.startswith("/") for socket in sockets.split(",")):
        raise ValueError("may have ?host= only for the folder of a unix socket: ?host=/var/run/postgresql.")
    if sockets and any(hosts):
        raise ValueError("names two hosts, one before the database and one after ?host=; leave one out.")
    host = sockets or ",".join(hosts)
    if "," in host:
        options.setdefault("target_session_attrs", "read-write")  # a standby takes no sales
    return Database(
        kind="postgresql",
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=",".join(ports) if any(ports) else "",
        options=options,
    )


def _hosts(parts: SplitResult) -> tuple[list[str], list[str]]:
    """The hosts that are named, each with its port; empty where none is said."""
    named = [urlsplit(f"//{each}") for each in parts.netloc.rpartition("@")[2].split(",")]
    try:
        return [each.hostname or "" for each in named], [str(each.port or "") for each in named]
    except ValueError as error:
        raise ValueError("has a port that is no number from 1 to 65535.") from error


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as error:
        raise ValueError("has something after the ? that is not name=value.") from error
    options = dict(pairs)
    if len(options) != len(pairs):
        raise ValueError("names an option twice.")
    unknown = sorted(options.keys() - POSTGRES_OPTIONS - {"host"})
    if unknown:
        known = ", ".join(sorted(POSTGRES_OPTIONS | {"host"}))
        raise ValueError(f"has the option {unknown[0]}, which is none of: {known}.")
    return options


def django_database(database: Database, *, threads: int) -> dict[str, Any]:
    """The entry of Django's `DATABASES`. Each of the `threads` of a process, and each writer, can hold a connection."""
    if database.kind == "sqlite":
        return _django_sqlite(database)
    return _django_postgres(database, threads=threads)


def _django_sqlite(database: Database) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": database.name,
        "CONN_MAX_AGE": None,  # a file does not go away; opening it for each request costs more than the request
        "OPTIONS": {
            "timeout": SQLITE_WAIT_S,
            # Taking the write lock at the start means that nobody is refused half-way through a sale.
            "transaction_mode": "IMMEDIATE",
            "init_command": "; ".join(f"PRAGMA {pragma}" for pragma in SQLITE_PRAGMAS),
        },
    }


def _django_postgres(database: Database, *, threads: int) -> dict[str, Any]:
    return {
        "ENGINE": "fiel.tables.postgresql",
        "NAME": database.name,
        "USER": database.user,
        "PASSWORD": database.password,
        "HOST": database.host,
        "PORT": database.port,
        "CONN_MAX_AGE": 0,  # the pool keeps the connections
        "CONN_HEALTH_CHECKS": True,  # so that a restarted database is found again by itself
        "OPTIONS": {
            "connect_timeout": POSTGRES_WAIT_S,
            "prepare_threshold": 5,  # of what runs on a repeating cursor (tables/cursor.py); psycopg's own figure
            **database.options,
            "pool": {
                "min_size": 1,
                "max_size": threads + WRITERS,
                "timeout": POSTGRES_WAIT_S,
                # Given up soon and begun anew by the next request; else its pauses grow, to minutes in the end.
                "reconnect_timeout": POSTGRES_WAIT_S,
            },
        },
    }

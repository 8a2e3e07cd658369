"""Whether the database keeps what it has confirmed, even when the power fails.

A sale that was answered must be on disk. Both databases can be set to promise less for more speed; Fiel does not serve
on such a one, and says which setting to change.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

from fiel.ops.errors import CannotStart

__all__ = ["NotDurable", "check_durability", "require_durable"]

SQLITE_FACTS = ("journal_mode", "synchronous", "foreign_keys")
SQLITE_FULL = 2

# With `local` or `remote_write` a standby that takes over may lack sales that were answered.
POSTGRES_COMMITS = frozenset({"on", "remote_apply"})
POSTGRES_FACTS = ("synchronous_commit", "fsync", "full_page_writes", "server_version_num", "server_encoding")
POSTGRES_OLDEST = 150000


class NotDurable(CannotStart):
    """The database may lose answered sales. The message holds one sentence for each setting to change."""


def check_durability(connection: BaseDatabaseWrapper) -> list[str]:
    """One sentence, with the setting to change, for each way in which this database may lose answered sales."""
    if connection.vendor == "sqlite":
        return sqlite_problems({fact: _asked(connection, f"PRAGMA {fact}") for fact in SQLITE_FACTS})
    if connection.vendor == "postgresql":
        return postgres_problems({fact: _asked(connection, f"SHOW {fact}") for fact in POSTGRES_FACTS})
    return [f"The database is {connection.vendor}. Fiel keeps books on SQLite or PostgreSQL: set FIEL_DATABASE_URL."]


def require_durable(connection: BaseDatabaseWrapper) -> None:
    """Raises NotDurable unless what this database confirms is on disk. To be called before the first sale is taken."""
    problems = check_durability(connection)
    if problems:
        raise NotDurable(" ".join(problems))


def sqlite_problems(facts: Mapping[str, str]) -> list[str]:
    """What is wrong with a SQLite connection whose pragmas read as in `facts`."""
    problems = []
    if facts["journal_mode"].lower() != "wal":
        problems.append(
            f"SQLite's journal_mode is {facts['journal_mode']}: readers and the writer would block each other. "
            "Set PRAGMA journal_mode=WAL, on a disk of this machine (WAL does not work over a network)."
        )
    if int(facts["synchronous"]) < SQLITE_FULL:
        problems.append(
            f"SQLite's synchronous is {facts['synchronous']}: a sale could be answered before it is on disk. "
            "Set PRAGMA synchronous=FULL."
        )
    if facts["foreign_keys"] != "1":
        problems.append("SQLite does not check foreign keys. Set PRAGMA foreign_keys=ON.")
    return problems


def postgres_problems(facts: Mapping[str, str]) -> list[str]:
    """What is wrong with a PostgreSQL server whose settings read as in `facts`."""
    problems = []
    if facts["synchronous_commit"] not in POSTGRES_COMMITS:
        problems.append(
            f"PostgreSQL's synchronous_commit is {facts['synchronous_commit']}: a sale could be answered before it is "
            "safely on disk. Set synchronous_commit = on, in postgresql.conf and for Fiel's role and database."
        )
    if facts["fsync"] != "on":
        problems.append("PostgreSQL's fsync is off: a power cut can ruin the database. Set fsync = on.")
    if facts["full_page_writes"] != "on":
        problems.append(
            "PostgreSQL's full_page_writes is off: a power cut can leave torn pages. Set full_page_writes = on."
        )
    if int(facts["server_version_num"]) < POSTGRES_OLDEST:
        problems.append(f"This is PostgreSQL {int(facts['server_version_num']) // 10000}. Install 15 or newer.")
    if facts["server_encoding"] != "UTF8":
        problems.append(
            f"The database's encoding is {facts['server_encoding']}: names would be spoilt. "
            "Create it anew with ENCODING 'UTF8'."
        )
    return problems


def _asked(connection: BaseDatabaseWrapper, question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return str(row[0]) if row else ""

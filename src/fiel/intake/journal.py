"""The agent's memory: which files were read, what is still to be sent, and what was refused with which sentence.

One SQLite file. To lose it does no harm: everything is read and sent again, and the server knows it. What was sent and
answered is kept as 128 bits of a digest; its content is deleted.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fiel.intake.reading import Bundle

__all__ = ["Counts", "Journal", "JournalTaken", "Refusal", "Seen", "Waiting"]

_TABLES = """
CREATE TABLE IF NOT EXISTS terms (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, file TEXT NOT NULL, row TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS answered (digest BLOB PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
    path TEXT NOT NULL, file TEXT NOT NULL, row TEXT NOT NULL, digest BLOB NOT NULL, at TEXT NOT NULL,
    code TEXT NOT NULL, reason TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (file, row, digest)
);
"""
_BYTES = 16


class JournalTaken(Exception):
    """Another agent has this journal open."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a file lay there: its size in bytes, and when it was last written, in nanoseconds."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that is to be sent."""

    id: int
    file: str
    row: str
    body: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """What did not come in, and why."""

    at: str
    file: str
    row: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is: files read; things to send, taken, kept aside by the server, refused."""

    files: int = 0
    to_send: int = 0
    taken: int = 0
    aside: int = 0
    refused: int = 0


class Journal:
    """The journal of one folder, for one agent at a time."""

    def __init__(self, path: Path) -> None:
        """Open it, or begin a new one where there is none, or what lies there is broken. Raises `JournalTaken`."""
        self.path = path
        try:
            self._open()
        except sqlite3.OperationalError as error:
            raise JournalTaken(f"{path} is in use, or cannot be written ({error})") from error
        except sqlite3.DatabaseError:
            # Power failed while the disk wrote. What is lost is read again.
            path.replace(path.with_suffix(".broken"))
            self._open()

    def _open(self) -> None:
        self._db = sqlite3.connect(self.path, isolation_level=None, timeout=1)
        # One agent at a time; the lock goes with the process, however it ends.
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("PRAGMA journal_mode = WAL")
        # What a power cut takes is whole steps, and those are taken again: nothing here must be on disk at once.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
        [(state,)] = self._db.execute("PRAGMA quick_check(1)")
        if state != "ok":
            self._db.close()
            raise sqlite3.DatabaseError(state)

    def close(self) -> None:
        """Leave it to the next."""
        self._db.close()

    @contextmanager
    def _all_or_nothing(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def said(self, name: str) -> dict[str, str]:
        """What was noted under a name; empty if nothing."""
        found = self._db.execute("SELECT value FROM terms WHERE name = ?", (name,)).fetchone()
        return dict(json.loads(found[0])) if found else {}

    def note(self, name: str, value: dict[str, str]) -> None:
        """Note something that must be known when the network is away."""
        self._db.execute("INSERT OR REPLACE INTO terms VALUES (?, ?)", (name, json.dumps(value)))

    def files(self) -> dict[str, Seen]:
        """The files that were read, and how they lay there then."""
        rows = self._db.execute("SELECT path, size, mtime_ns FROM files")
        return {path: Seen(size, mtime_ns) for path, size, mtime_ns in rows}

    def forget_files(self, paths: Iterable[str]) -> None:
        """Files that are gone; what they said stays known."""
        with self._all_or_nothing() as db:
            db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])

    def read(self, path: str, seen: Seen, bundles: Iterable[Bundle], at: str) -> None:
        """Note that a file was read, and keep what it says until it is sent; all of it or nothing.

        What was answered before, or waits already, is not kept again.
        """
        with self._all_or_nothing() as db:
            db.execute("DELETE FROM refused WHERE path = ?", (path,))
            for bundle in bundles:
                digest = _digest(bundle.body or bundle.reason)
                if bundle.body:
                    db.execute(
                        "INSERT OR IGNORE INTO outbox (digest, file, row, body) SELECT ?1, ?2, ?3, ?4 "
                        "WHERE NOT EXISTS (SELECT 1 FROM answered WHERE digest = ?1)",
                        (digest, bundle.file, bundle.row, bundle.body),
                    )
                else:
                    said = (path, bundle.file, bundle.row, digest, at, bundle.code, bundle.reason, "")
                    db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?)", said)
            db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (path, seen.size, seen.mtime_ns))

    def waiting(self) -> int:
        """How many things are to be sent."""
        [(count,)] = self._db.execute("SELECT count(*) FROM outbox")
        return int(count)

    def next(self, most: int, most_bytes: int) -> list[Waiting]:
        """What is to be sent next: so many at most, and as long as they are no longer together; one at least."""
        result: list[Waiting] = []
        length = 0
        for row in self._db.execute("SELECT id, file, row, body FROM outbox ORDER BY id LIMIT ?", (most,)):
            length += len(row[3])
            if result and length > most_bytes:
                break
            result.append(Waiting(*row))
        return result

    def answer(self, answers: Sequence[tuple[Waiting, str, str, str]], at: str) -> None:
        """Note what became of what was sent: its state, and of what was refused the code and the sentence."""
        with self._all_or_nothing() as db:
            for waiting, state, code, reason in answers:
                digest = _digest(waiting.body)
                db.execute("INSERT OR REPLACE INTO answered VALUES (?, ?)", (digest, state))
                db.execute("DELETE FROM outbox WHERE id = ?", (waiting.id,))
                if state == "refused":
                    said = ("", waiting.file, waiting.row, digest, at, code, reason, waiting.body)
                    db.execute("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?)", said)

    def try_refused_again(self) -> None:
        """Put what was refused back among what is to be sent, and read anew the files that could not be read."""
        with self._all_or_nothing() as db:
            db.execute("DELETE FROM answered WHERE state = 'refused'")
            db.execute(
                "INSERT OR IGNORE INTO outbox (digest, file, row, body) "
                "SELECT digest, file, row, body FROM refused WHERE body <> '' ORDER BY at, file, row"
            )
            db.execute("DELETE FROM files WHERE path IN (SELECT path FROM refused)")
            db.execute("DELETE FROM refused")

    def refusals(self, most: int) -> list[Refusal]:
        """The latest of what did not come in, the newest first."""
        rows = self._db.execute(
            "SELECT at, file, row, code, reason FROM refused ORDER BY at DESC, file, row LIMIT ?", (most,)
        )
        return [Refusal(*row) for row in rows]

    def counts(self) -> Counts:
        """What there is."""
        states = dict(self._db.execute("SELECT state, count(*) FROM answered GROUP BY state"))
        [(files, to_send, refused)] = self._db.execute(
            "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM outbox), (SELECT count(*) FROM refused)"
        )
        taken = states.get("new", 0) + states.get("known", 0)
        return Counts(files, to_send, taken, states.get("waits", 0), refused)


def _digest(body: str) -> bytes:
    return hashlib.blake2b(body.encode(), digest_size=_BYTES).digest()

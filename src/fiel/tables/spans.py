"""Reading whole tables a part at a time: by the set, in flat memory, as they stood at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fiel.tables.write import for_sqlite

__all__ = ["Row", "Span", "as_uuid", "rows", "snapshot", "spans", "spans_of"]

Row = tuple[Any, ...]

_FIRST, _LAST = UUID(int=0), UUID(int=2**128 - 1)
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a business's rows: those whose id lies from `first` to `last`, both included."""

    business_id: int
    first: UUID
    last: UUID

    def rows(self, statement: str, **more: Any) -> Iterator[Row]:
        """The rows of a statement that names %(business)s, %(first)s and %(last)s, one after the other."""
        return rows(statement, business=self.business_id, first=self.first, last=self.last, **more)


def spans(business_id: int, cuts: Iterable[UUID]) -> list[Span]:
    """The parts of a business's rows that end at these ids, given in order, and one for what lies behind the last.

    Together they hold every id there can be, so that no row is left out, whatever is wrong with it.
    """
    first, found = _FIRST, []
    for last in cuts:
        found.append(Span(business_id, first, last))
        first = UUID(int=last.int + 1)
    return [*found, Span(business_id, first, _LAST)]


def spans_of(table: str, business_id: int, size: int) -> list[Span]:
    """A business's rows of a table with ids of its own, in parts of so many."""
    statement = f"""
        SELECT id FROM (
            SELECT id, row_number() OVER (ORDER BY id) AS place FROM {table} WHERE business_id = %(business)s
        ) r
        WHERE place %% %(size)s = 0 ORDER BY id
    """  # noqa: S608
    return spans(business_id, [as_uuid(id_) for (id_,) in rows(statement, business=business_id, size=size)])


def rows(statement: str, **values: Any) -> Iterator[Row]:
    """The rows of a statement, a handful at a time in memory. Values are the database's own; ids may be text."""
    if connection.vendor == "sqlite":
        values = {name: for_sqlite(value) for name, value in values.items()}
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        while found := cursor.fetchmany(_AT_ONCE):
            yield from found


def as_uuid(value: UUID | str) -> UUID:
    """An id as a database gives it."""
    return value if isinstance(value, UUID) else _read_uuid(value)


# A member has many sales, and reading an id costs more than finding it again.
_read_uuid = lru_cache(maxsize=16_384)(UUID)


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is of one moment, and nobody who writes waits for it. Inside a transaction: as it is."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Not `atomic`: on SQLite that takes the one write lock, and sales would wait until everything is read.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")

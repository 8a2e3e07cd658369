"""Writes by the set: one statement for a table, whatever the number of rows.

Rows are plain tuples in the order of the columns. PostgreSQL takes many inserts by COPY, and the rest by one statement
over arrays (unnest), whose text is made, and by the server planned, once; SQLite takes all by executemany.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from fiel.tables.arrays import array_text, json_text
from fiel.tables.cursor import repeating_cursor
from fiel.tables.walls import walled

__all__ = ["execute", "for_sqlite", "in_bulk", "insert", "update", "upsert"]

Row = Sequence[Any]
Names = tuple[str, ...]

# COPY costs three round trips and is planned each time; from here on it is the faster way all the same.
_COPY_FROM = 50


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows; `columns` are the model's field names. A constraint that a row breaks refuses them all."""
    if len(rows) >= _COPY_FROM and _can_copy():
        copy_in = f"COPY {model._meta.db_table} ({_columns(model, columns)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
            for row in rows:
                copy.write_row([_for_postgres(value) for value in row])
    elif rows:
        _run(_insert(connection.vendor, model, tuple(columns)), rows)


@cache
def _can_copy() -> bool:
    """PostgreSQL refuses to COPY into a table for whose role there are policies."""
    return connection.vendor == "postgresql" and not walled()


def upsert(
    model: type[models.Model],
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    add: Iterable[str] = (),
) -> None:
    """Insert rows, or set `columns` of those whose `keys` exist. Rows hold the keys first, then the columns.

    No two rows may have the same keys. Columns in `add` are added to what is there instead of replacing it.
    """
    if rows:
        _run(_upsert(connection.vendor, model, tuple(keys), tuple(columns), frozenset(add)), rows)


def update(model: type[models.Model], keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set `columns` of the rows that have the `keys`. Rows hold the keys first, then the columns."""
    if not rows:
        return
    if connection.vendor == "sqlite":
        rows = [(*row[len(keys) :], *row[: len(keys)]) for row in rows]
    _run(_update(connection.vendor, model, tuple(keys), tuple(columns)), rows)


def _run(statement: str, rows: Sequence[Row]) -> None:
    """Run a statement for rows: on PostgreSQL at once, with an array for each column; on SQLite for one by one."""
    if connection.vendor == "postgresql":
        with repeating_cursor() as cursor:
            cursor.execute(statement, [array_text(column) for column in zip(*rows, strict=True)])
        return
    # The connection's own cursor: Django's would turn each %s of the statement, which there are none of, at a cost
    # for each row.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.executemany(statement, map(_sqlite_row, rows))


@lru_cache(maxsize=256)
def _insert(vendor: str, model: type[models.Model], columns: Names) -> str:
    if vendor == "postgresql":
        values = f"SELECT * FROM unnest({_arrays(model, columns)})"  # noqa: S608 - names come from models
    else:
        values = f"VALUES ({', '.join('?' * len(columns))})"
    return f"INSERT INTO {model._meta.db_table} ({_columns(model, columns)}) {values}"


@lru_cache(maxsize=256)
def _upsert(vendor: str, model: type[models.Model], keys: Names, columns: Names, add: frozenset[str]) -> str:
    table = model._meta.db_table
    sets = ", ".join(_set(table, _column(model, name), adding=name in add) for name in columns)
    conflict = f"ON CONFLICT ({_columns(model, keys)}) DO " + (f"UPDATE SET {sets}" if sets else "NOTHING")
    return f"{_insert(vendor, model, (*keys, *columns))} {conflict}"


@lru_cache(maxsize=256)
def _update(vendor: str, model: type[models.Model], keys: Names, columns: Names) -> str:
    table = model._meta.db_table
    if vendor == "postgresql":
        names = (*keys, *columns)
        sets = ", ".join(f"{_column(model, name)} = w.c{place}" for place, name in enumerate(names) if name in columns)
        same = " AND ".join(f"t.{_column(model, name)} = w.c{place}" for place, name in enumerate(keys))
        places = ", ".join(f"c{place}" for place in range(len(names)))
        rows = f"unnest({_arrays(model, names)}) w ({places})"
        return f"UPDATE {table} t SET {sets} FROM {rows} WHERE {same}"  # noqa: S608
    sets = ", ".join(f"{_column(model, name)} = ?" for name in columns)
    same = " AND ".join(f"{_column(model, name)} = ?" for name in keys)
    return f"UPDATE {table} SET {sets} WHERE {same}"  # noqa: S608


def _arrays(model: type[models.Model], names: Iterable[str]) -> str:
    return ", ".join(f"%s::{_field(model, name).db_type(connection)}[]" for name in names)


def execute(statement: str, **values: Any) -> int:
    """Run a statement that names its values, as %(business)s; how many rows it wrote."""
    if connection.vendor == "sqlite":
        values = {name: for_sqlite(value) for name, value in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


@contextmanager
def in_bulk() -> Iterator[None]:
    """Inside a transaction: statements on whole tables. PostgreSQL joins by hashing, whatever it expects."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def _set(table: str, column: str, *, adding: bool) -> str:
    return f"{column} = {table}.{column} + excluded.{column}" if adding else f"{column} = excluded.{column}"


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _column(model: type[models.Model], name: str) -> str:
    return f'"{_field(model, name).column}"'


def _columns(model: type[models.Model], names: Sequence[str]) -> str:
    return ", ".join(_column(model, name) for name in names)


def _for_postgres(value: Any) -> Any:
    return json_text(value) if isinstance(value, dict | list) else value


def for_sqlite(value: Any) -> Any:
    """SQLite keeps what Django's fields would write: ids as 32 hex digits, times as UTC text without a zone."""
    write = _SQLITE.get(type(value))
    return value if write is None else write(value)


_SQLITE: dict[type, Callable[[Any], str]] = {
    UUID: lambda value: value.hex,
    datetime: lambda value: value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" "),
    date: date.isoformat,
    dict: json_text,
    list: json_text,
}


def _sqlite_row(row: Row) -> list[Any]:
    return [value if (write := _SQLITE.get(type(value))) is None else write(value) for value in row]

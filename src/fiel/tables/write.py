"""Writes by the set: one statement for a table, whatever the number of rows.

Rows are plain tuples in the order of the columns. PostgreSQL takes inserts by COPY and the rest by one statement over
arrays (unnest); SQLite takes both by executemany.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, models

__all__ = ["execute", "for_sqlite", "insert", "update", "upsert"]

Row = Sequence[Any]


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows; `columns` are the model's field names. A constraint that a row breaks refuses them all."""
    if not rows:
        return
    names = _columns(model, columns)
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_for_postgres(value) for value in row])
        return
    marks = ", ".join("?" * len(columns))
    _sqlite_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - names come from models


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
    if not rows:
        return
    table = model._meta.db_table
    adding = set(add)
    names = _columns(model, [*keys, *columns])
    sets = ", ".join(_set(table, _column(model, name), adding=name in adding) for name in columns)
    conflict = f"ON CONFLICT ({_columns(model, keys)}) DO " + (f"UPDATE SET {sets}" if sets else "NOTHING")
    if connection.vendor == "postgresql":
        types = [_field(model, name).db_type(connection) for name in (*keys, *columns)]
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        values = [[_for_postgres(value) for value in column] for column in zip(*rows, strict=True)]
        with connection.cursor() as cursor:
            statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}) {conflict}"  # noqa: S608
            cursor.execute(statement, values)
        return
    marks = ", ".join("?" * (len(keys) + len(columns)))
    _sqlite_many(f"INSERT INTO {table} ({names}) VALUES ({marks}) {conflict}", rows)  # noqa: S608


def update(model: type[models.Model], keys: Sequence[str], columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Set `columns` of the rows that have the `keys`. Rows hold the keys first, then the columns."""
    if not rows:
        return
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        names = [*keys, *columns]
        sets = ", ".join(f"{_column(model, name)} = w.c{place}" for place, name in enumerate(names) if name in columns)
        same = " AND ".join(f"t.{_column(model, name)} = w.c{place}" for place, name in enumerate(keys))
        arrays = ", ".join(f"%s::{_field(model, name).db_type(connection)}[]" for name in names)
        places = ", ".join(f"c{place}" for place in range(len(names)))
        statement = f"UPDATE {table} t SET {sets} FROM unnest({arrays}) w ({places}) WHERE {same}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(
                statement, [[_for_postgres(value) for value in column] for column in zip(*rows, strict=True)]
            )
        return
    sets = ", ".join(f"{_column(model, name)} = ?" for name in columns)
    same = " AND ".join(f"{_column(model, name)} = ?" for name in keys)
    statement = f"UPDATE {table} SET {sets} WHERE {same}"  # noqa: S608
    _sqlite_many(statement, [(*row[len(keys) :], *row[: len(keys)]) for row in rows])


def execute(statement: str, **values: Any) -> int:
    """Run a statement that names its values, as %(business)s; how many rows it wrote."""
    if connection.vendor == "sqlite":
        values = {name: for_sqlite(value) for name, value in values.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _set(table: str, column: str, *, adding: bool) -> str:
    return f"{column} = {table}.{column} + excluded.{column}" if adding else f"{column} = excluded.{column}"


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _column(model: type[models.Model], name: str) -> str:
    return f'"{_field(model, name).column}"'


def _columns(model: type[models.Model], names: Sequence[str]) -> str:
    return ", ".join(_column(model, name) for name in names)


def _for_postgres(value: Any) -> Any:
    return _json(value) if isinstance(value, dict | list) else value


def for_sqlite(value: Any) -> Any:
    """SQLite keeps what Django's fields would write: ids as 32 hex digits, times as UTC text without a zone."""
    write = _SQLITE.get(type(value))
    return value if write is None else write(value)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_SQLITE: dict[type, Callable[[Any], str]] = {
    UUID: lambda value: value.hex,
    datetime: lambda value: value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" "),
    date: date.isoformat,
    dict: _json,
    list: _json,
}


def _sqlite_many(statement: str, rows: Sequence[Row]) -> None:
    # The connection's own cursor: Django's would turn each %s of the statement, which there are none of, at a cost
    # for each row.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.executemany(statement, map(_sqlite_row, rows))


def _sqlite_row(row: Row) -> list[Any]:
    return [value if (write := _SQLITE.get(type(value))) is None else write(value) for value in row]

"""Reads by the set: the rows that have one of many keys, in one query, whose text is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models

from fiel.tables.arrays import array_text
from fiel.tables.cursor import repeating_cursor
from fiel.tables.write import for_sqlite

__all__ = ["by_unique", "in_groups", "locked", "matching", "rows_of"]

# SQLite binds at most 32,766 values in a statement.
_MOST_VALUES = 30_000

Row = tuple[Any, ...]
M = TypeVar("M", bound=models.Model)
T = TypeVar("T")


def in_groups(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of so many, the last one shorter."""
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group


def matching(
    model: type[models.Model],
    business_id: int,
    keys: Sequence[str],
    wanted: Iterable[Sequence[Any]],
    columns: Sequence[str],
    *,
    where: str = "",
) -> list[Row]:
    """The `columns` of a business's rows whose `keys` are one of the tuples wanted, keys first.

    Values come back as the fields' Python types. Field names, not columns, name what is read. `where`: a further
    condition, in SQL, on the columns of the table, which is called t.
    """
    end = f" AND {where}" if where else ""
    return _matching(model, business_id, tuple(keys), wanted, tuple(columns), end)


def locked(model: type[M], business_id: int, ids: Iterable[Any]) -> list[M]:
    """The rows of a business with these ids, in their order, locked until the caller's transaction ends.

    On SQLite the transaction itself is the lock.
    """
    names = _all_of(model)
    lock = " FOR NO KEY UPDATE OF t" if connection.vendor == "postgresql" else ""
    rows = _matching(model, business_id, ("id",), [(each,) for each in ids], names, f" ORDER BY t.id{lock}")
    return [model.from_db(connection.alias, names, row[1:]) for row in rows]


def rows_of(
    model: type[models.Model], business_id: int, columns: Sequence[str], *, order: Sequence[str] = ()
) -> list[Row]:
    """The `columns` of all rows of a business: for tables that stay small."""
    by = f" ORDER BY {', '.join(_field(model, name).column for name in order)}" if order else ""
    with repeating_cursor() as cursor:
        cursor.execute(f"{_select(model, tuple(columns))} WHERE business_id = %s{by}", [business_id])
        return _as_python(tuple(_field(model, name) for name in columns), cursor.fetchall())


def by_unique(model: type[M], name: str, value: Any, *, along: str) -> M | None:
    """The row whose field `name`, which is unique over all businesses, has a value: for what each request asks.

    `along`: a foreign key, by which the row that it leads to is read in the same query.
    """
    other = _field(model, along).related_model
    names, theirs = _all_of(model), _all_of(other)
    fields = tuple(_field(of, each) for of, all_of in ((model, names), (other, theirs)) for each in all_of)
    with repeating_cursor() as cursor:
        cursor.execute(_select_along(model, name, along), [value])
        rows = _as_python(fields, cursor.fetchall())
    if not rows:
        return None
    row = model.from_db(connection.alias, names, rows[0][: len(names)])
    setattr(row, along, other.from_db(connection.alias, theirs, rows[0][len(names) :]))
    return row


@lru_cache(maxsize=16)
def _select_along(model: type[models.Model], name: str, along: str) -> str:
    link = _field(model, along)
    pairs = [("t", model, each) for each in _all_of(model)]
    pairs += [("o", link.related_model, each) for each in _all_of(link.related_model)]
    columns = ", ".join(f'{table}."{_field(of, each).column}"' for table, of, each in pairs)
    joined = f"{model._meta.db_table} t JOIN {link.related_model._meta.db_table} o ON o.id = t.{link.column}"
    return f"SELECT {columns} FROM {joined} WHERE t.{_field(model, name).column} = %s"  # noqa: S608 - from models


def _matching(
    model: type[models.Model],
    business_id: int,
    keys: tuple[str, ...],
    wanted: Iterable[Sequence[Any]],
    columns: tuple[str, ...],
    end: str,
) -> list[Row]:
    tuples = list(dict.fromkeys(tuple(each) for each in wanted))
    if not tuples:
        return []
    found: list[Row] = []
    with repeating_cursor() as cursor:
        for count, values in _chunks(len(keys), tuples):
            cursor.execute(_statement(connection.vendor, model, keys, columns, count) + end, [*values, business_id])
            found.extend(cursor.fetchall())
    return _as_python(tuple(_field(model, name) for name in (*keys, *columns)), found)


@lru_cache(maxsize=1024)
def _statement(
    vendor: str, model: type[models.Model], keys: tuple[str, ...], columns: tuple[str, ...], count: int
) -> str:
    """The text of a query for so many tuples; on PostgreSQL, which takes them as arrays, their number is all one."""
    fields = [_field(model, name) for name in (*keys, *columns)]
    names = ", ".join(f't."{field.column}"' for field in fields)
    by_key = " AND ".join(f't."{field.column}" = w.k{index}' for index, field in enumerate(fields[: len(keys)]))
    if vendor == "postgresql":
        arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields[: len(keys)])
        values = f"SELECT * FROM unnest({arrays})"  # noqa: S608
    else:
        row = f"({', '.join(['%s'] * len(keys))})"
        values = f"VALUES {', '.join([row] * count)}"
    wanted = ", ".join(f"k{index}" for index in range(len(keys)))
    # Without statistics of its tables SQLite may go through all of a business's rows and look each up in `w`: a
    # thousand sales among 60,000 members then take 16 s. A cross join keeps the order that is written.
    join = "JOIN" if vendor == "postgresql" else "CROSS JOIN"
    joined = f"w {join} {model._meta.db_table} t ON t.business_id = %s AND {by_key}"
    return f"WITH w ({wanted}) AS ({values}) SELECT {names} FROM {joined}"  # noqa: S608


@lru_cache(maxsize=256)
def _select(model: type[models.Model], columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{_field(model, name).column}"' for name in columns)
    return f"SELECT {names} FROM {model._meta.db_table}"  # noqa: S608 - names come from models


@lru_cache(maxsize=64)
def _all_of(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


def _chunks(width: int, tuples: list[Row]) -> Iterator[tuple[int, list[Any]]]:
    """As many tuples as one statement takes, with their values."""
    if connection.vendor == "postgresql":
        yield 0, [array_text(column) for column in zip(*tuples, strict=True)]
        return
    size = _MOST_VALUES // width
    for start in range(0, len(tuples), size):
        chunk = tuples[start : start + size]
        yield len(chunk), [for_sqlite(value) for each in chunk for value in each]


Convert = Callable[[Any], Any]


def _as_python(fields: tuple[Any, ...], rows: list[Row]) -> list[Row]:
    """The rows with what the database keeps otherwise (JSON; on SQLite ids and times) as the fields' Python types."""
    converters = _converters(connection.vendor, fields)
    return [_python(row, converters) for row in rows] if converters else rows


@lru_cache(maxsize=256)
def _converters(vendor: str, fields: tuple[Any, ...]) -> list[tuple[int, Convert]]:
    """By place in the row what makes the field's Python type of what the database gives; those that need it."""
    return [(place, step) for place, field in enumerate(fields) if (step := _converter(field)) is not None]


def _converter(field: Any) -> Convert | None:
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert


def _python(row: Row, converters: Sequence[tuple[int, Convert]]) -> Row:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)

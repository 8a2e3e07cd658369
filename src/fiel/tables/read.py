"""Reads by the set: the rows that have one of many keys, in one query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, models

from fiel.tables.write import for_sqlite

__all__ = ["in_groups", "matching"]

T = TypeVar("T")

# SQLite binds at most 32,766 values in a statement.
_MOST_VALUES = 30_000


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
) -> list[tuple[Any, ...]]:
    """The `columns` of a business's rows whose `keys` are one of the tuples wanted, keys first.

    Values come back as the fields' Python types. Field names, not columns, name what is read.
    """
    tuples = list(dict.fromkeys(tuple(each) for each in wanted))
    if not tuples:
        return []
    fields: list[Any] = [model._meta.get_field(name) for name in (*keys, *columns)]
    names = ", ".join(f't."{field.column}"' for field in fields)
    by_key = " AND ".join(f't."{field.column}" = w.k{index}' for index, field in enumerate(fields[: len(keys)]))
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for values, parameters in _chunks(fields[: len(keys)], tuples):
            wanted_as = ", ".join(f"k{index}" for index in range(len(keys)))
            joined = f"w JOIN {model._meta.db_table} t ON t.business_id = %s AND {by_key}"
            statement = f"WITH w ({wanted_as}) AS ({values}) SELECT {names} FROM {joined}"  # noqa: S608
            cursor.execute(statement, [*parameters, business_id])
            found.extend(cursor.fetchall())
    converters = [(place, step) for place, field in enumerate(fields) if (step := _converter(field)) is not None]
    return [_python(row, converters) for row in found] if converters else found


def _chunks(fields: Sequence[Any], tuples: list[tuple[Any, ...]]) -> Iterable[tuple[str, list[Any]]]:
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
        yield f"SELECT * FROM unnest({arrays})", [list(column) for column in zip(*tuples, strict=True)]  # noqa: S608
        return
    size = _MOST_VALUES // len(fields)
    for start in range(0, len(tuples), size):
        chunk = tuples[start : start + size]
        row = f"({', '.join(['%s'] * len(fields))})"
        yield f"VALUES {', '.join([row] * len(chunk))}", [for_sqlite(value) for each in chunk for value in each]


Convert = Callable[[Any], Any]


def _converter(field: Any) -> Convert | None:
    """What makes the field's Python type of what the database gives (JSON is text); None where it is that already."""
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert


def _python(row: tuple[Any, ...], converters: Sequence[tuple[int, Convert]]) -> tuple[Any, ...]:
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    return tuple(values)

"""What was sold in some days, and in those held against, by department or product: from the fewest rows of kept sums.

Both functions give the rows of a statement that ends as one says, and reads from `sold`: code, total, quantity,
member_total, and before: the total in the days held against (0 without any).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from fiel.insight.days import Days
from fiel.insight.grains import Signs, in_days_and_months, in_months_and_halves
from fiel.insight.models import ALL_STORES
from fiel.tables.spans import Row, rows

__all__ = ["Asked", "departments_sold", "products_sold"]


@dataclass(frozen=True, slots=True)
class Asked:
    """The days, those held against, and the stores (none: all together)."""

    business_id: int
    days: Days
    before: Days | None = None
    stores: Collection[str] = ()


_OF_ALL = "insight_assortmentmonth"
"""The table that has the sums of all stores alone."""


def departments_sold(asked: Asked, end: str, **values: Any) -> Iterator[Row]:
    """Departments, in just these days."""
    days, months = _counts(in_days_and_months, asked)
    kept = (
        _Kept("insight_departmentday", "department", "day", days),
        _Kept("insight_departmentmonth", "department", "month", months),
    )
    return _sold(kept, asked, end, values)


def products_sold(asked: Asked, end: str, **values: Any) -> Iterator[Row]:
    """Products, in the whole months that the days touch."""
    months, halves = _counts(in_months_and_halves, asked)
    kept = (
        _Kept("insight_productmonth" if asked.stores else _OF_ALL, "product", "month", months),
        _Kept("insight_producthalf", "product", "half", halves),
    )
    return _sold(kept, asked, end, values)


class _Kept(NamedTuple):
    """Some rows of a table of sums, by the time that they begin: how often each time counts, now and before."""

    table: str
    code: str
    begins: str
    counts: dict[date, tuple[int, int]]


def _counts(split: Callable[[Days], tuple[Signs, Signs]], asked: Asked) -> Iterator[dict[date, tuple[int, int]]]:
    """Of finer times, then of coarser ones."""
    for now, then in zip(split(asked.days), split(asked.before) if asked.before else ({}, {}), strict=True):
        yield {time: (now.get(time, 0), then.get(time, 0)) for time in {**now, **then}}


def _sold(kept: Iterable[_Kept], asked: Asked, end: str, more: dict[str, Any]) -> Iterator[Row]:
    of_stores = {f"store_{n}": store for n, store in enumerate(asked.stores or [ALL_STORES])}
    values = {"business": asked.business_id, **of_stores, **more}
    queries = []
    for each in kept:
        times = {f"{each.begins}_{n}": time for n, time in enumerate(each.counts)}
        values |= times
        if times:
            queries.append(_query(each, times, of_stores))
    return rows(f"WITH sold AS ({_SUMS.format(' UNION ALL '.join(queries))}) {end}", **values)


_SUMS = """
    SELECT code, CAST(sum(now_ * total) AS bigint) AS total, CAST(sum(now_ * quantity) AS bigint) AS quantity,
        CAST(sum(now_ * member_total) AS bigint) AS member_total, CAST(sum(then_ * total) AS bigint) AS before
    FROM ({}) counted GROUP BY code
"""


def _query(kept: _Kept, times: Iterable[str], stores: Iterable[str]) -> str:
    """What was sold by these rows; `times`, `stores`: the names of the values."""
    counted = zip(times, kept.counts.values(), strict=True)
    counts = ", ".join(f"(%({time})s, {now}, {then})" for time, (now, then) in counted)
    of_stores = "" if kept.table == _OF_ALL else f"AND k.store IN ({', '.join(f'%({store})s' for store in stores)})"
    # A cross join is done by SQLite as it is written: the few times first, then their rows by the key.
    return f"""
        SELECT k.{kept.code} AS code, t.column2 AS now_, t.column3 AS then_, k.total, k.quantity, k.member_total
        FROM (VALUES {counts}) t CROSS JOIN {kept.table} k
        WHERE k.business_id = %(business)s AND k.{kept.begins} = t.column1 {of_stores}
    """  # noqa: S608 - the names of tables and columns stand above

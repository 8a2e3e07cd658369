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
    days, months = _split(in_days_and_months, asked)
    kept = (
        _Kept("insight_departmentday", "department", "day", *days),
        _Kept("insight_departmentmonth", "department", "month", *months),
    )
    return _sold(kept, asked, end, values)


def products_sold(asked: Asked, end: str, **values: Any) -> Iterator[Row]:
    """Products, in the whole months that the days touch."""
    months, halves = _split(in_months_and_halves, asked)
    kept = (
        _Kept("insight_productmonth" if asked.stores else _OF_ALL, "product", "month", *months),
        _Kept("insight_producthalf", "product", "half", *halves),
    )
    return _sold(kept, asked, end, values)


class _Kept(NamedTuple):
    """Some rows of a table of sums, by the column `begins`: which times count now, which before, with their signs."""

    table: str
    code: str
    begins: str
    now: Signs
    before: Signs


def _split(split: Callable[[Days], tuple[Signs, Signs]], asked: Asked) -> Iterator[tuple[Signs, Signs]]:
    """Of finer times, then of coarser ones: those of now, and those of before."""
    return zip(split(asked.days), split(asked.before) if asked.before else ({}, {}), strict=True)


def _sold(kept: Iterable[_Kept], asked: Asked, end: str, more: dict[str, Any]) -> Iterator[Row]:
    of_stores = {f"store_{n}": store for n, store in enumerate(asked.stores or [ALL_STORES])}
    values = {"business": asked.business_id, **of_stores, **more}
    queries = []
    for each in kept:
        times = {time: f"{each.begins}_{n}" for n, time in enumerate({**each.now, **each.before})}
        values |= {name: time for time, name in times.items()}
        if times:
            queries.append(_query(each, times, of_stores))
    return rows(f"WITH sold AS ({_SUMS.format(' UNION ALL '.join(queries))}) {end}", **values)


_SUMS = """
    SELECT code, CAST(sum(total) AS bigint) AS total, CAST(sum(quantity) AS bigint) AS quantity,
        CAST(sum(member_total) AS bigint) AS member_total, CAST(sum(before) AS bigint) AS before
    FROM ({}) counted GROUP BY code
"""


def _query(kept: _Kept, times: dict[date, str], stores: Iterable[str]) -> str:
    """What was sold by these rows; `times`, `stores`: the names of the values."""
    of_stores = "" if kept.table == _OF_ALL else f"AND store IN ({_named(stores)})"

    def sum_of(column: str, signs: Signs) -> str:
        return (
            " ".join(
                f"{sign} coalesce(sum({column}) FILTER (WHERE {kept.begins} IN ({_named(such)})), 0)"
                for sign, by in (("+", 1), ("-", -1))
                if (such := [times[time] for time in signs if signs[time] == by])
            )
            or "0"
        )

    return f"""
        SELECT {kept.code} AS code, {sum_of("total", kept.now)} AS total, {sum_of("quantity", kept.now)} AS quantity,
            {sum_of("member_total", kept.now)} AS member_total, {sum_of("total", kept.before)} AS before
        FROM {kept.table}
        WHERE business_id = %(business)s AND {kept.begins} IN ({_named(times.values())}) {of_stores}
        GROUP BY {kept.code}
    """  # noqa: S608 - the names of tables and columns stand above


def _named(values: Iterable[str]) -> str:
    return ", ".join(f"%({value})s" for value in values)

"""What sells: departments and products, by members and all; what rises and falls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from fiel.catalogue.find import products_by as find
from fiel.catalogue.models import Department, Product
from fiel.insight.days import Days
from fiel.insight.grains import Signs, in_days_and_months, in_months_and_halves
from fiel.insight.models import ALL_STORES, SegmentProduct
from fiel.tables.spans import Row, rows

__all__ = [
    "SORTS",
    "Goods",
    "Products",
    "departments",
    "names_of",
    "of_segments",
    "products",
    "products_by_code",
    "products_found",
]


class Goods(NamedTuple):
    """What was sold of a department or product. `quantity` in 1/1000; `before`: its total in the span held against."""

    code: str
    total: int
    quantity: int
    member_total: int
    before: int = 0


class Products(NamedTuple):
    """The products that sell best, and those whose total rose and fell most since the span held against."""

    best: list[Goods]
    rising: list[Goods]
    falling: list[Goods]


def departments(business_id: int, days: Days, before: Days | None, stores: Collection[str] = ()) -> list[Goods]:
    """Departments, the best-selling first."""
    of_days, of_months = _counts(in_days_and_months, days, before)
    kept = [
        _Kept("insight_departmentday", "department", "day", of_days),
        _Kept("insight_departmentmonth", "department", "month", of_months),
    ]
    best = "SELECT * FROM sold WHERE total <> 0 OR before <> 0 ORDER BY total DESC, code"
    return [Goods(*row) for row in _sold(kept, business_id, stores, best)]


def products(
    business_id: int, days: Days, before: Days | None, stores: Collection[str] = (), *, best: int, moved: int = 0
) -> Products:
    """Products in the whole months that the days touch: so many of the best-selling, and of those that moved most."""
    found: dict[str, list[Goods]] = {name: [] for name in Products._fields}
    kept = _of_products(days, before, stores)
    for which, *row in _sold(kept, business_id, stores, _BEST_AND_MOVED, best=best, moved=moved if before else 0):
        found[which].append(Goods(*row))
    return Products(**found)


_BEST_AND_MOVED = """
    SELECT * FROM (
        SELECT 'best', s.* FROM sold s WHERE total <> 0 OR before <> 0 ORDER BY total DESC, code LIMIT %(best)s
    ) b
    UNION ALL
    SELECT * FROM (
        SELECT 'rising', s.* FROM sold s WHERE total > before ORDER BY before - total, code LIMIT %(moved)s
    ) r
    UNION ALL
    SELECT * FROM (
        SELECT 'falling', s.* FROM sold s WHERE total < before ORDER BY total - before, code LIMIT %(moved)s
    ) f
"""


SORTS = {
    "total": "total DESC",
    "pieces": "quantity DESC",
    "members": "member_total DESC",
    "rising": "before - total",
    "falling": "total - before",
    "code": "code",
}
"""By what products can be sorted."""


def products_found(
    business_id: int,
    days: Days,
    before: Days | None,
    stores: Collection[str] = (),
    *,
    q: str = "",
    by: str = "total",
    skip: int = 0,
    most: int,
) -> list[Goods]:
    """So many products by one of `SORTS`, after so many, in the whole months that the days touch; `q`: as searched."""
    values: dict[str, Any] = {"skip": skip, "most": most}
    such = ""
    if q:
        # The catalogue's own search, as a query within this one: its values get names as all others have.
        query, named = find(business_id, q).values("code").order_by().query.sql_with_params()
        values |= {f"q_{n}": value for n, value in enumerate(named)}
        such = f"AND code IN ({query % tuple(f'%(q_{n})s' for n in range(len(named)))})"
    page = f"""
        SELECT * FROM sold WHERE (total <> 0 OR before <> 0) {such}
        ORDER BY {SORTS[by]}, code LIMIT %(most)s OFFSET %(skip)s
    """  # noqa: S608 - what is put in comes from above
    return [Goods(*row) for row in _sold(_of_products(days, before, stores), business_id, stores, page, **values)]


def products_by_code(
    business_id: int, days: Days, stores: Collection[str] = (), *, after: str | None, most: int
) -> list[Goods]:
    """So many products in the order of their codes, after a code, in the whole months that the days touch."""
    rest = "" if after is None else "AND code > %(after)s"
    page = f"SELECT * FROM sold WHERE total <> 0 {rest} ORDER BY code LIMIT %(most)s"  # noqa: S608 - both stand here
    found = _sold(_of_products(days, None, stores), business_id, stores, page, after=after, most=most)
    return [Goods(*row) for row in found]


class _Kept(NamedTuple):
    """Some rows of a table of sums, by the time that they begin: how often each time counts, now and before."""

    table: str
    code: str
    begins: str
    counts: dict[date, tuple[int, int]]


_OF_ALL = "insight_assortmentmonth"
"""The table that has the sums of all stores alone."""


def _of_products(days: Days, before: Days | None, stores: Collection[str]) -> list[_Kept]:
    months, halves = _counts(in_months_and_halves, days, before)
    by_month = "insight_productmonth" if stores else _OF_ALL
    return [_Kept(by_month, "product", "month", months), _Kept("insight_producthalf", "product", "half", halves)]


def _counts(
    split: Callable[[Days], tuple[Signs, Signs]], days: Days, before: Days | None
) -> Iterator[dict[date, tuple[int, int]]]:
    """Of finer times, then of coarser ones."""
    for now, then in zip(split(days), split(before) if before else ({}, {}), strict=True):
        yield {time: (now.get(time, 0), then.get(time, 0)) for time in {**now, **then}}


def _sold(kept: Iterable[_Kept], business_id: int, stores: Collection[str], end: str, **values: Any) -> Iterator[Row]:
    """The rows of a statement that ends so, and reads from `sold`: code, total, quantity, member_total, before."""
    of_stores = {f"store_{n}": store for n, store in enumerate(stores or [ALL_STORES])}
    values |= {"business": business_id, **of_stores}
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


def of_segments(business_id: int, most: int) -> dict[str, list[SegmentProduct]]:
    """The best-selling products of each segment, as of last night."""
    found: dict[str, list[SegmentProduct]] = {}
    for row in SegmentProduct.objects.filter(business_id=business_id).order_by("segment", "-total", "product"):
        if len(found.setdefault(row.segment, [])) < most:
            found[row.segment].append(row)
    return found


def names_of(business_id: int, what: str, codes: Collection[str]) -> dict[str, str]:
    """How departments or products are called; of those that the catalogue does not know: nothing."""
    model: type[Department] | type[Product] = Department if what == "department" else Product
    found = model.objects.filter(business_id=business_id, code__in=list(codes)).exclude(name="")
    return dict(found.values_list("code", "name"))

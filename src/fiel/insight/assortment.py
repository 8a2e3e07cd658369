"""What sells: departments and products, by members and all; what rises and falls."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from fiel.catalogue.find import products_by
from fiel.catalogue.models import Department, Product
from fiel.insight.models import SegmentProduct
from fiel.insight.sold import Asked, departments_sold, products_sold

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


def departments(asked: Asked) -> list[Goods]:
    """Departments, the best-selling first."""
    best = "SELECT * FROM sold WHERE total <> 0 OR before <> 0 ORDER BY total DESC, code"
    return [Goods(*row) for row in departments_sold(asked, best)]


def products(asked: Asked, *, best: int, moved: int = 0) -> Products:
    """Products in the whole months that the days touch: so many of the best-selling, and of those that moved most."""
    found: dict[str, list[Goods]] = {name: [] for name in Products._fields}
    for which, *row in products_sold(asked, _BEST_AND_MOVED, best=best, moved=moved if asked.before else 0):
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


def products_found(asked: Asked, *, q: str = "", by: str = "total", skip: int = 0, most: int) -> list[Goods]:
    """So many products, by one of `SORTS`, after so many, in the whole months that the days touch.

    `q`: those that the catalogue finds by this.
    """
    such, values = _found_by(asked.business_id, q) if q else ("", {})
    page = f"""
        SELECT * FROM sold WHERE (total <> 0 OR before <> 0) {such}
        ORDER BY {SORTS[by]}, code LIMIT %(most)s OFFSET %(skip)s
    """  # noqa: S608 - what is put in stands in this module
    return [Goods(*row) for row in products_sold(asked, page, most=most, skip=skip, **values)]


def _found_by(business_id: int, q: str) -> tuple[str, dict[str, Any]]:
    """The catalogue's own search as a condition of another query, and its values, named as all others there are."""
    query, found_by = products_by(business_id, q).values("code").order_by().query.sql_with_params()
    values = {f"q_{n}": value for n, value in enumerate(found_by)}
    return f"AND code IN ({query % tuple(f'%({name})s' for name in values)})", values


def products_by_code(asked: Asked, *, after: str | None, most: int) -> list[Goods]:
    """So many products in the order of their codes, after a code, in the whole months that the days touch."""
    rest = "" if after is None else "AND code > %(after)s"
    page = f"SELECT * FROM sold WHERE total <> 0 {rest} ORDER BY code LIMIT %(most)s"  # noqa: S608 - both stand here
    return [Goods(*row) for row in products_sold(asked, page, after=after, most=most)]


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

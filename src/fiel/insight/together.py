"""What is bought together: on how many sales of the last 90 days two departments, or two of the products sold most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q

from fiel.insight.days import Days
from fiel.insight.models import Together
from fiel.insight.overview import sold
from fiel.insight.sums import OF_DAYS, days_values, hold_in, of_receipts
from fiel.shops.models import Business
from fiel.tables.write import execute, in_bulk

__all__ = ["Pair", "keep_together", "pairs"]

DAYS = 90
PRODUCTS = 200
"""So many of the products that are on the most sales are looked at in pairs."""

_FEWEST = 5

_GOODS = """
    , goods AS (
        SELECT 'department' AS what, id, department AS code FROM parts WHERE department <> ''
        UNION
        SELECT 'product', id, product FROM parts WHERE product <> ''
    ),
    counted AS (
        SELECT what, code, row_number() OVER (PARTITION BY what ORDER BY count(*) DESC, code) AS place
        FROM goods GROUP BY what, code
    )
    SELECT what, id, code FROM goods
    WHERE (what, code) IN (SELECT what, code FROM counted WHERE place <= %(most)s)
"""
"""Each department and product that is looked at, once for each sale that it is on."""

# Without this index SQLite, which cannot know how many there are, holds each of them against all others.
_BY_SALE = "CREATE INDEX IF NOT EXISTS held_goods_by_sale ON held_goods (what, id, code)"

_PAIRS = """
    INSERT INTO insight_together (business_id, what, one, other, sales)
    SELECT %(business)s, a.what, a.code, b.code, count(*)
    FROM held_goods a JOIN held_goods b ON b.what = a.what AND b.id = a.id AND b.code >= a.code
    GROUP BY a.what, a.code, b.code
"""


def keep_together(business: Business, day: date) -> None:
    """Count anew, as of a day."""
    days = Days(day - timedelta(days=DAYS - 1), day)
    values = {"business": business.id, "most": PRODUCTS, **days_values(days, business.timezone)}
    with transaction.atomic(), in_bulk():
        for statement in hold_in("held_goods", of_receipts(_GOODS, OF_DAYS)):
            execute(statement, **values)
        execute(_BY_SALE)
        Together.objects.filter(business=business).delete()
        execute(_PAIRS, business=business.id)
        sales = sold(business.id, days).sales
        Together.objects.bulk_create(
            Together(business=business, what=what, one="", other="", sales=sales) for what in ("department", "product")
        )
        execute("DELETE FROM held_goods")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two things on `sales` receipts together; `one_sales`, `other_sales`: on how many each was, of `of` in all."""

    one: str
    other: str
    sales: int
    one_sales: int
    other_sales: int
    of: int

    @property
    def times(self) -> int:
        """How many hundredths as often as if the two had nothing to do with each other."""
        return 100 * self.sales * self.of // (self.one_sales * self.other_sales)


def pairs(business_id: int, what: str) -> list[Pair]:
    """What is bought together more often than by chance, the strongest first, where it is on a few sales at least."""
    enough = Q(sales__gte=_FEWEST) | Q(one=F("other"))
    rows = Together.objects.filter(enough, business_id=business_id, what=what).values_list("one", "other", "sales")
    found = list(rows)
    alone = {one: sales for one, other, sales in found if one == other}
    of = alone.pop("", 0)
    both = [Pair(one, other, sales, alone[one], alone[other], of) for one, other, sales in found if one != other]
    return sorted((each for each in both if each.times > 100), key=lambda each: (-each.times, each.one, each.other))

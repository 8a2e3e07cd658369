"""What is bought together: on how many sales of the last 90 days two departments, or two of the products sold most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q

from fiel.insight.days import Days
from fiel.insight.models import Together
from fiel.insight.sums import OF_DAYS, days_values, of_receipts
from fiel.shops.models import Business
from fiel.tables.write import execute, in_bulk

__all__ = ["Pair", "keep_together", "pairs"]

DAYS = 90
PRODUCTS = 200
"""So many of the products that are on the most sales are looked at in pairs."""

_FEWEST = 5

_QUERY = """
    , goods AS (SELECT DISTINCT id, [what] AS code FROM parts WHERE [what] <> ''),
    most AS (SELECT code FROM goods GROUP BY code ORDER BY count(*) DESC, code LIMIT %(most)s),
    looked_at AS (SELECT g.id, g.code FROM goods g JOIN most m ON m.code = g.code)
    SELECT a.code AS one, b.code AS other, count(*) AS sales
    FROM looked_at a JOIN looked_at b ON b.id = a.id AND b.code >= a.code GROUP BY 1, 2
    UNION ALL
    SELECT '', '', coalesce(sum(sales), 0) FROM whole
"""


def keep_together(business: Business, day: date) -> None:
    """Count anew, as of a day."""
    days = Days(day - timedelta(days=DAYS - 1), day)
    with transaction.atomic(), in_bulk():
        Together.objects.filter(business=business).delete()
        for what in ("department", "product"):
            execute(
                f"""
                INSERT INTO insight_together (business_id, what, one, other, sales)
                SELECT %(business)s, %(what)s, a.* FROM ({of_receipts(_QUERY.replace("[what]", what), OF_DAYS)}) a
                """,  # noqa: S608
                business=business.id,
                what=what,
                most=PRODUCTS,
                **days_values(days, business.timezone),
            )


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

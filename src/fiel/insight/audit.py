"""Whether the kept sums, with what waits to be taken in, are what receipts and entries make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fiel import clock
from fiel.insight.models import EVERYTHING, Keeping
from fiel.insight.sums import (
    ALL_MONTHS,
    CHANGES,
    ENTRIES,
    LOTS,
    LOTS_MOVED,
    OF_COHORTS,
    OF_LOTS,
    OF_UNITS,
    RECEIPTS,
    SUMS,
    UNITS,
    Sums,
    cohort_contributions,
    contributions,
    in_dialect,
    lot_contributions,
    unit_contributions,
)
from fiel.ledger.audit import Finding
from fiel.shops.ages import AGES, last_birthday
from fiel.shops.models import Business
from fiel.tables.spans import rows, spans
from fiel.tables.write import in_bulk

__all__ = ["BUSINESS_CHECKS"]


def sums_agree(business_id: int) -> Iterator[Finding]:
    """Every sum is what a recount makes of it. Of a business that is being counted anew nothing is said."""
    if not Keeping.objects.filter(business_id=business_id, receipts_to=EVERYTHING, members_to=EVERYTHING).exists():
        return
    [everything] = spans(business_id, ())
    business = Business.objects.get(id=business_id)
    values = {"business": business_id, "zone": business.timezone, "first": everything.first, "last": everything.last}
    with in_bulk():
        for sums in SUMS:
            recounted = contributions(sums, f"{RECEIPTS} UNION ALL {_BACKWARDS}")
            yield from _differences(sums, recounted, values)
        yield from _differences(OF_UNITS, unit_contributions(f"{ENTRIES} UNION ALL {_UNITS_BACKWARDS}"), values)
        yield from _differences(OF_LOTS, lot_contributions(f"{LOTS} UNION ALL {_LOTS_BACKWARDS}"), values)
        yield from _differences(OF_COHORTS, cohort_contributions(ALL_MONTHS), values)
        yield from _indicators(values, last_birthday(clock.now().date(), AGES.stop))


_BACKWARDS = CHANGES.replace(" sign ", " -sign ")
_LOTS_BACKWARDS = LOTS_MOVED.replace(" steps ", " -steps ")
_UNITS_BACKWARDS = UNITS.replace("entries, steps_in, steps_out", "-entries, -steps_in, -steps_out")


def _differences(sums: Sums, recounted: str, values: dict[str, object]) -> Iterator[Finding]:
    """The rows of a table that a recount makes otherwise. Merges that wait are seen through on both sides."""
    keys, columns = ", ".join(sums.keys), ", ".join(sums.sums)
    kept_keys = keys.replace("member_id", "coalesce(m.merged_into, k.member_id)")
    joined = "LEFT JOIN members_member m ON m.business_id = %(business)s AND m.id = k.member_id"
    statement = f"""
        SELECT {keys}, {", ".join(f"sum({name})" for name in sums.sums)}
        FROM (
            SELECT * FROM ({_named(recounted, sums)}) n
            UNION ALL
            SELECT {kept_keys}, {", ".join(f"-{name}" for name in sums.sums)} FROM {sums.table} k
            {joined if "member_id" in sums.keys else ""} WHERE k.business_id = %(business)s
        ) x
        GROUP BY {keys} HAVING {" OR ".join(f"sum({name}) <> 0" for name in sums.sums)} ORDER BY {keys}
    """  # noqa: S608 - names come from the list of sums
    for row in rows(statement, **values):
        key, off = row[: len(sums.keys)], row[len(sums.keys) :]
        wrong = ", ".join(f"{name} by {-by}" for name, by in zip(columns.split(", "), off, strict=True) if by)
        yield Finding("kept_sum", f"{sums.table} {'/'.join(map(str, key))}", f"The kept sum is off: {wrong}.")


def _named(query: str, sums: Sums) -> str:
    """The query, its columns named as the table's."""
    names = ", ".join((*sums.keys, *sums.sums))
    return f"WITH named ({names}) AS ({query}) SELECT * FROM named"  # noqa: S608


_MONTHS = """
    SELECT member_id, month, sum(visits), sum(sales), sum(total), sum(discounted) FROM (
        SELECT member_id, [month] AS month, 1 AS visits, sales, total, discounted
        FROM insight_memberday WHERE business_id = %(business)s AND sales > 0
        UNION ALL
        SELECT member_id, month, -visits, -sales, -total, -discounted
        FROM insight_membermonth WHERE business_id = %(business)s
    ) x GROUP BY member_id, month
    HAVING sum(visits) <> 0 OR sum(sales) <> 0 OR sum(total) <> 0 OR sum(discounted) <> 0
"""

# Both are told one below the other and grouped: joined in full, SQLite would hold each member against all others.
_WRONG_INDICATORS = """
    SELECT member_id FROM (
        SELECT d.member_id, 0 AS kept, max(CASE WHEN m.birth_date > %(born_by)s THEN 1 ELSE 0 END) AS young,
            min(d.day) AS first_visit, max(d.day) AS last_visit, count(*) AS visits, sum(d.sales) AS sales,
            sum(d.total) AS total, sum(d.discounted) AS discounted
        FROM insight_memberday d
        JOIN members_member m ON m.business_id = %(business)s AND m.id = d.member_id AND m.code NOT LIKE 'gone-%%'
        WHERE d.business_id = %(business)s AND d.sales > 0 GROUP BY d.member_id
        UNION ALL
        SELECT member_id, 1, 0, first_visit, last_visit, visits, sales, total, discounted
        FROM insight_memberindicators WHERE business_id = %(business)s
    ) x
    GROUP BY member_id
    HAVING (count(*) = 1 AND (max(kept) = 1 OR max(young) = 0)) OR min(first_visit) <> max(first_visit)
        OR min(last_visit) <> max(last_visit) OR min(visits) <> max(visits) OR min(sales) <> max(sales)
        OR min(total) <> max(total) OR min(discounted) <> max(discounted)
    ORDER BY member_id
"""


def _indicators(values: dict[str, object], born_by: date) -> Iterator[Finding]:
    """Months and indicators are what the days of members make; who may be too young for indicators may lack them."""
    for member_id, month, *_ in rows(in_dialect(_MONTHS), **values):
        yield Finding("kept_month", f"{member_id} {month}", "The month is not what its days make.")
    for (member_id,) in rows(_WRONG_INDICATORS, **values, born_by=born_by):
        yield Finding("kept_indicators", str(member_id), "The indicators are not what the member's days make.")


BUSINESS_CHECKS = (sums_agree,)

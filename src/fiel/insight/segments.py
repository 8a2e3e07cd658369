"""Segments by recency, frequency and money, with plain names; made anew each night, and kept for each month's end.

Scored are members with a visit in the last 365 days, each measure by where they stand among them: 1 to 5, equals
alike. Recency: the last visit; frequency: visits in these days; money: what they paid in them. The mean of the two
latter, half up, and recency make the segment. Who did not come for longer is lost; who came for the first time in the
last 60 days, and at most twice, is new.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Count

from fiel.insight.days import Days, days_of_month
from fiel.insight.models import MemberSegment, SegmentFlow, SegmentProduct
from fiel.insight.sums import OF_DAYS, days_values, of_receipts
from fiel.shops.models import Business
from fiel.tables.write import execute, in_bulk

__all__ = ["SEGMENTS", "keep_segments", "members_in"]

SEGMENTS = ("best", "regular", "promising", "new", "occasional", "slipping_best", "slipping", "sleeping", "lost")
"""From the best to the lost. `slipping_best`: bought much and often, and has not come for long."""

YEAR = timedelta(days=365)
NEW = timedelta(days=60)
GOODS = timedelta(days=90)
_MONTHS_KEPT = 12
_BEST_PRODUCTS = 50

_STANDING = """
    SELECT member_id, recency, frequency, money, CASE
        WHEN recency IS NULL THEN 'lost'
        WHEN first_visit > %(new_{n})s AND visits <= 2 THEN 'new'
        WHEN recency >= 4 AND worth >= 4 THEN 'best'
        WHEN recency >= 3 AND worth >= 3 THEN 'regular'
        WHEN recency >= 4 THEN 'promising'
        WHEN recency = 3 THEN 'occasional'
        WHEN worth >= 4 THEN 'slipping_best'
        WHEN worth = 3 THEN 'slipping'
        ELSE 'sleeping'
    END AS segment
    FROM (
        SELECT member_id, first_visit, visits, recency, frequency, money, (frequency + money + 1) / 2 AS worth FROM (
            SELECT member_id, first_visit, visits, CASE WHEN visits > 0 THEN
                1 + 5 * (rank() OVER (PARTITION BY visits > 0 ORDER BY last_visit) - 1) / n END AS recency,
                1 + 5 * (rank() OVER (PARTITION BY visits > 0 ORDER BY visits) - 1) / n AS frequency,
                1 + 5 * (rank() OVER (PARTITION BY visits > 0 ORDER BY total) - 1) / n AS money
            FROM (
                SELECT v.*, count(*) OVER (PARTITION BY visits > 0) AS n FROM (
                    SELECT i.member_id, i.first_visit, max(d.day) AS last_visit, count(d.day) AS visits,
                        sum(d.total) AS total
                    FROM insight_memberindicators i
                    LEFT JOIN insight_memberday d ON d.business_id = %(business)s AND d.member_id = i.member_id
                        AND d.day > %(since_{n})s AND d.day <= %(day_{n})s AND d.sales > 0
                    WHERE i.business_id = %(business)s AND i.first_visit <= %(day_{n})s
                    GROUP BY i.member_id, i.first_visit
                ) v
            ) counted
        ) ranked
    ) scored
"""


def keep_segments(business: Business, day: date) -> None:
    """Make the segments as of a day, and those of the months' ends that are missing."""
    business_id = business.id
    execute(
        f"""
        INSERT INTO insight_membersegment (business_id, member_id, recency, frequency, money, segment, since)
        SELECT %(business)s, member_id, coalesce(recency, 1), coalesce(frequency, 1), coalesce(money, 1), segment,
            %(day_0)s
        FROM ({_STANDING.format(n=0)}) s WHERE true
        ON CONFLICT (business_id, member_id) DO UPDATE SET
            recency = excluded.recency, frequency = excluded.frequency, money = excluded.money,
            segment = excluded.segment, since = CASE
                WHEN excluded.segment = insight_membersegment.segment THEN insight_membersegment.since
                ELSE excluded.since
            END
        """,  # noqa: S608 - the statement stands above
        business=business_id,
        **_moments(0, day),
    )
    gone = "DELETE FROM insight_membersegment WHERE business_id = %(business)s AND member_id NOT IN ({})"
    known = "SELECT member_id FROM insight_memberindicators WHERE business_id = %(business)s"
    execute(gone.format(known), business=business_id)
    for month in _months_due(business_id, day):
        _keep_month(business_id, month, day)
    _keep_products(business_id, business.timezone, day)


def _moments(n: int, day: date) -> dict[str, date]:
    return {f"day_{n}": day, f"since_{n}": day - YEAR, f"new_{n}": day - NEW}


def _months_due(business_id: int, day: date) -> list[date]:
    """This month, and of the eleven before those that are not there: at most a year's."""
    months = list(Days((day.replace(day=1) - timedelta(days=31 * (_MONTHS_KEPT - 1))).replace(day=1), day).months())
    there = SegmentFlow.objects.filter(business_id=business_id).order_by().values_list("month", flat=True).distinct()
    # The last one was maybe made before its month had ended.
    return sorted(set(months[-_MONTHS_KEPT:]) - set(sorted(there)[:-1]))


def _keep_month(business_id: int, month: date, day: date) -> None:
    end = min(day, days_of_month(month).last)
    SegmentFlow.objects.filter(business_id=business_id, month=month).delete()
    execute(
        f"""
        WITH now_ AS ({_STANDING.format(n=0)}), before AS ({_STANDING.format(n=1)})
        INSERT INTO insight_segmentflow (business_id, month, before, after, members)
        SELECT %(business)s, %(month)s, was, is_, count(*) FROM (
            SELECT max(was) AS was, max(is_) AS is_ FROM (
                SELECT member_id, '' AS was, segment AS is_ FROM now_
                UNION ALL
                SELECT member_id, segment, '' FROM before
            ) both_ GROUP BY member_id
        ) moved WHERE is_ <> '' GROUP BY was, is_
        """,  # noqa: S608
        business=business_id,
        month=month,
        **_moments(0, end),
        **_moments(1, month - timedelta(days=1)),
    )


def _keep_products(business_id: int, zone: str, day: date) -> None:
    """The best-selling products of each segment, by what its members paid for them."""
    query = """
        SELECT segment, product, quantity, total FROM (
            SELECT x.*, row_number() OVER (PARTITION BY segment ORDER BY total DESC, product) AS place FROM (
                SELECT s.segment, p.product, sum(p.quantity) AS quantity, sum(p.total) AS total FROM parts p
                JOIN insight_membersegment s ON s.business_id = %(business)s AND s.member_id = p.member_id
                WHERE p.product <> '' GROUP BY s.segment, p.product
            ) x
        ) y WHERE place <= %(most)s
    """
    days = Days(day - GOODS + timedelta(days=1), day)
    with transaction.atomic(), in_bulk():
        SegmentProduct.objects.filter(business_id=business_id).delete()
        execute(
            f"""
            INSERT INTO insight_segmentproduct (business_id, segment, product, quantity, total)
            SELECT %(business)s, a.* FROM ({of_receipts(query, OF_DAYS)}) a
            """,  # noqa: S608
            business=business_id,
            most=_BEST_PRODUCTS,
            **days_values(days, zone),
        )


def members_in(business_id: int) -> dict[str, int]:
    """How many members stand in each segment."""
    rows = MemberSegment.objects.filter(business_id=business_id).values_list("segment")
    return dict(rows.annotate(Count("member_id")).order_by())

"""What follows from a member's days and habits: months, and the indicators. Made anew for those who were touched."""

from __future__ import annotations

from typing import Any

from fiel.insight.sums import in_dialect
from fiel.tables.write import execute

__all__ = ["OF_CHANGES", "OF_GROWN", "OF_SPAN", "derive"]

OF_CHANGES = """
    SELECT DISTINCT d.member_id, [month] AS month
    FROM (
        SELECT coalesce(m.merged_into, c.member_id) AS member_id, r.day
        FROM events_change c
        JOIN members_member m ON m.business_id = %(business)s AND m.id = c.member_id
        JOIN sales_receipt r ON r.business_id = %(business)s AND r.id = c.receipt_id
        WHERE c.business_id = %(business)s AND c.id BETWEEN %(first)s AND %(last)s
        UNION
        SELECT d.member_id, d.day
        FROM events_change c
        JOIN members_member m ON m.business_id = %(business)s AND m.id = c.member_id
        JOIN insight_memberday d ON d.business_id = %(business)s AND d.member_id = m.merged_into
        WHERE c.business_id = %(business)s AND c.id BETWEEN %(first)s AND %(last)s AND c.receipt_id IS NULL
    ) d
"""
"""The members and months that waiting changes touch."""

OF_SPAN = """
    SELECT DISTINCT d.member_id, [month] AS month FROM insight_memberday d
    WHERE d.business_id = %(business)s AND d.member_id BETWEEN %(first)s AND %(last)s
"""
"""All months of the members between two ids."""

OF_GROWN = """
    SELECT DISTINCT d.member_id, [month] AS month FROM members_member m
    JOIN insight_memberday d ON d.business_id = %(business)s AND d.member_id = m.id
    WHERE m.business_id = %(business)s AND m.birth_date <= %(born_by)s AND m.merged_into IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM insight_memberindicators i WHERE i.business_id = %(business)s AND i.member_id = m.id
        )
"""
"""All months of those who have come of age and have no indicators yet."""

_MONTHS = """
WITH touched AS ([touched]),
made AS (
    SELECT d.member_id, t.month, count(*) AS visits, min(d.day) AS first_visit, max(d.day) AS last_visit,
        sum(d.sales) AS sales, sum(d.total) AS total, sum(d.discounted) AS discounted
    FROM touched t JOIN insight_memberday d ON d.business_id = %(business)s AND d.member_id = t.member_id
        AND d.day >= t.month AND d.day < [month_after]
    WHERE d.sales > 0
    GROUP BY d.member_id, t.month
)
INSERT INTO insight_membermonth
    (business_id, member_id, month, visits, first_visit, last_visit, sales, total, discounted)
SELECT %(business)s, member_id, month, visits, first_visit, last_visit, sales, total, discounted FROM made WHERE true
ON CONFLICT (business_id, member_id, month) DO UPDATE SET
    visits = excluded.visits, first_visit = excluded.first_visit, last_visit = excluded.last_visit,
    sales = excluded.sales, total = excluded.total, discounted = excluded.discounted
"""

_EMPTY_MONTHS = """
WITH touched AS ([touched])
DELETE FROM insight_membermonth WHERE business_id = %(business)s AND (member_id, month) IN (
    SELECT t.member_id, t.month FROM touched t WHERE NOT EXISTS (
        SELECT 1 FROM insight_memberday d WHERE d.business_id = %(business)s AND d.member_id = t.member_id
            AND d.day >= t.month AND d.day < [month_after] AND d.sales > 0
    )
)
"""

# By a cross join SQLite keeps the order that is written; else it goes through the habits of all members.
_INDICATORS = """
WITH touched AS ([touched]),
members AS (
    SELECT DISTINCT t.member_id FROM touched t
    JOIN members_member m ON m.business_id = %(business)s AND m.id = t.member_id AND m.code NOT LIKE 'gone-%%'
        AND (m.birth_date IS NULL OR m.birth_date <= %(born_by)s)
),
made AS (
    SELECT m.member_id, min(m.first_visit) AS first_visit, max(m.last_visit) AS last_visit, sum(m.visits) AS visits,
        sum(m.sales) AS sales, sum(m.total) AS total, sum(m.discounted) AS discounted
    FROM members w JOIN insight_membermonth m ON m.business_id = %(business)s AND m.member_id = w.member_id
    GROUP BY m.member_id
),
gaps AS (
    SELECT made.*, CASE WHEN visits > 1 THEN (2 * [days] + visits - 1) / (2 * (visits - 1)) END AS gap_days FROM made
),
ranked AS (
    SELECT h.member_id, h.what, h.value, row_number() OVER (
        PARTITION BY h.member_id, h.what ORDER BY h.times DESC, h.total DESC, h.value
    ) AS place
    FROM members w CROSS JOIN insight_memberhabit h
    WHERE h.business_id = %(business)s AND h.member_id = w.member_id AND h.times > 0
),
favourites AS (
    SELECT member_id, max(CASE WHEN what = 'department' THEN value END) AS department,
        max(CASE WHEN what = 'hour' THEN value END) AS hour,
        max(CASE WHEN what = 'payment' THEN value END) AS payment,
        max(CASE WHEN what = 'store' THEN value END) AS store
    FROM ranked WHERE place = 1 GROUP BY member_id
)
INSERT INTO insight_memberindicators (
    business_id, member_id, first_visit, last_visit, visits, gap_days, next_visit, sales, total, discounted,
    department, hour, payment, store
)
SELECT %(business)s, g.member_id, first_visit, last_visit, visits, gap_days, [next_visit], sales, total, discounted,
    coalesce(department, ''), coalesce(hour, ''), coalesce(payment, ''), coalesce(store, '')
FROM gaps g LEFT JOIN favourites f ON f.member_id = g.member_id
WHERE true
ON CONFLICT (business_id, member_id) DO UPDATE SET
    first_visit = excluded.first_visit, last_visit = excluded.last_visit, visits = excluded.visits,
    gap_days = excluded.gap_days, next_visit = excluded.next_visit, sales = excluded.sales, total = excluded.total,
    discounted = excluded.discounted, department = excluded.department, hour = excluded.hour,
    payment = excluded.payment, store = excluded.store
"""

_EMPTY_INDICATORS = """
WITH touched AS ([touched])
DELETE FROM insight_memberindicators WHERE business_id = %(business)s AND member_id IN (
    SELECT t.member_id FROM touched t WHERE NOT EXISTS (
        SELECT 1 FROM insight_membermonth m WHERE m.business_id = %(business)s AND m.member_id = t.member_id
    )
)
"""


def derive(touched: str, **values: Any) -> None:
    """Make months and indicators anew for the members and months of a query, one of those above.

    Whoever was born after `born_by` is too young for indicators.
    """
    for statement in (_MONTHS, _EMPTY_MONTHS, _INDICATORS, _EMPTY_INDICATORS):
        execute(in_dialect(statement.replace("[touched]", touched)), **values)

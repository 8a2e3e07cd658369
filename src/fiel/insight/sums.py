"""What receipts add to each table of sums, as SQL: one definition, for what changed, for a recount, and for the audit.

Each starts from a source of (id, receipt_id, member_id, left_, sign), as `events.Change` explains them: rows that wait
to be taken in, or receipts as they stand. What a return leaves of a line was counted by `core.returns`, and is read
from what the receipt keeps of it. Both databases run the same text but for a few words of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from fiel.insight.days import Days
from fiel.insight.models import ALL_STORES

__all__ = [
    "ALL_MONTHS",
    "CHANGES",
    "ENTRIES",
    "LOTS",
    "LOTS_MOVED",
    "MONTHS_OF_CHANGED",
    "MONTHS_OF_SPAN",
    "OF_COHORTS",
    "OF_DAYS",
    "OF_LOTS",
    "OF_UNITS",
    "RECEIPTS",
    "SUMS",
    "UNITS",
    "Sums",
    "cohort_contributions",
    "contributions",
    "contributions_of_held",
    "days_values",
    "hold",
    "hold_in",
    "in_dialect",
    "lot_contributions",
    "of_receipts",
    "unit_contributions",
]

# What each database says in its own way.
_WORDS = {
    "postgresql": {
        "left_of_line": "(s.left_ -> 'left' ->> (l.number - 1))::bigint",
        "net_of_line": "(s.left_ -> 'net' ->> (l.number - 1))::bigint",
        "hour": "extract(hour FROM w.occurred_at AT TIME ZONE w.zone)::int",
        "hour_text": "to_char(w.occurred_at AT TIME ZONE w.zone, 'HH24')",
        "day_of_quarter": "(q.quarter AT TIME ZONE %(zone)s)::date",
        "quarter_of_entry": "date_bin('15 minutes', e.occurred_at, '2000-01-01T00:00:00Z')",
        "month": "date_trunc('month', day::timestamp)::date",
        "half": "make_date(extract(year FROM day)::int, CASE WHEN extract(month FROM day) < 7 THEN 1 ELSE 7 END, 1)",
        "days": "(last_visit - first_visit)",
        "next_visit": "last_visit + gap_days::int",
        "month_after": "(t.month + interval '1 month')",
        "until_the_end": "ON COMMIT DELETE ROWS",
    },
    "sqlite": {
        "left_of_line": "json_extract(s.left_, '$.left[' || (l.number - 1) || ']')",
        "net_of_line": "json_extract(s.left_, '$.net[' || (l.number - 1) || ']')",
        "hour": "django_datetime_extract('hour', w.occurred_at, w.zone, 'UTC')",
        "hour_text": "printf('%%02d', django_datetime_extract('hour', w.occurred_at, w.zone, 'UTC'))",
        "day_of_quarter": "django_datetime_cast_date(q.quarter, %(zone)s, 'UTC')",
        "quarter_of_entry": (
            "substr(e.occurred_at, 1, 14) || printf('%%02d', substr(e.occurred_at, 15, 2) / 15 * 15) || ':00'"
        ),
        "month": "(substr(day, 1, 8) || '01')",
        "half": "(substr(day, 1, 5) || CASE WHEN substr(day, 6, 2) < '07' THEN '01-01' ELSE '07-01' END)",
        "days": "CAST(julianday(last_visit) - julianday(first_visit) AS integer)",
        "next_visit": "date(last_visit, '+' || gap_days || ' days')",
        "month_after": "date(t.month, '+1 month')",
        "until_the_end": "",
    },
}

CHANGES = """
    SELECT id, receipt_id, member_id, "left" AS left_, sign FROM events_change
    WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s AND receipt_id IS NOT NULL
"""
"""What waits to be taken in, between two ids."""

RECEIPTS = """
    SELECT r.id, r.id AS receipt_id, r.member_id, r.standing AS left_, 1 AS sign FROM sales_receipt r
    WHERE r.business_id = %(business)s AND r.id BETWEEN %(first)s AND %(last)s
"""
"""Receipts as they stand, between two ids."""

OF_DAYS = """
    SELECT r.id, r.id AS receipt_id, r.member_id, r.standing AS left_, 1 AS sign FROM sales_receipt r
    WHERE r.business_id = %(business)s AND r.occurred_at >= %(begin)s AND r.occurred_at < %(end)s
        AND r.day BETWEEN %(first_day)s AND %(last_day)s
"""
"""Receipts of some days as they stand; `days_values` has what it names."""

# Each line of a source's receipts with what is left of it (`q` null: nothing), and each receipt that has none.
_LINES = """
source AS ([source]),
sold AS (
    SELECT s.id, s.left_, s.sign, r.id AS receipt_id, r.store, r.day, r.cashier, r.occurred_at,
        coalesce(nullif(b.timezone, ''), %(zone)s) AS zone,
        coalesce(m.merged_into, s.member_id) AS member_id,
        m.code LIKE 'gone-%%' AS erased,
        CASE WHEN r.linked_at IS NOT NULL AND s.member_id IS NOT NULL THEN 1 ELSE 0 END AS linked
    FROM source s
    JOIN sales_receipt r ON r.business_id = %(business)s AND r.id = s.receipt_id
    JOIN shops_store b ON b.business_id = %(business)s AND b.code = r.store
    LEFT JOIN members_member m ON m.business_id = %(business)s AND m.id = s.member_id
),
rest AS (
    SELECT s.*, l.number, l.product, l.department, l.discount,
        CASE WHEN s.left_ IS NULL THEN l.quantity ELSE [left_of_line] END AS q,
        CASE WHEN s.left_ IS NULL THEN l.net ELSE [net_of_line] END AS paid
    FROM sold s LEFT JOIN sales_receiptline l ON l.business_id = %(business)s AND l.receipt_id = s.receipt_id
)
"""
_PARTS = """
parts AS (
    SELECT id, sign, store, day, member_id, erased, linked, receipt_id, number, product, department, discount,
        sign * q AS quantity, sign * paid AS total
    FROM rest WHERE q IS NOT NULL
)
"""
_WHOLE = """
whole AS (
    SELECT id, receipt_id, store, day, cashier, occurred_at, zone, member_id, erased, linked,
        sign * max(CASE WHEN left_ IS NULL OR q IS NOT NULL THEN 1 ELSE 0 END) AS sales,
        sign * coalesce(sum(CASE WHEN q IS NOT NULL THEN paid END), 0) AS total,
        sign * coalesce(sum(CASE WHEN q IS NOT NULL AND discount > 0 THEN paid END), 0) AS discounted
    FROM rest GROUP BY id, receipt_id, store, day, cashier, occurred_at, zone, member_id, erased, linked, sign
)
"""


@dataclass(frozen=True, slots=True)
class Sums:
    """A table of sums: its keys, what is added up by them, and the query that gives both.

    `beside`: the sums of all stores together are kept beside those of each, as of the store `ALL_STORES`.
    """

    table: str
    keys: tuple[str, ...]
    sums: tuple[str, ...]
    query: str
    beside: bool = False


_OF_GOODS = """
    sum(sign), sum(quantity), sum(total), sum(CASE WHEN discount > 0 THEN total ELSE 0 END),
    sum(CASE WHEN member_id IS NOT NULL THEN total ELSE 0 END)
    FROM parts
"""
_GOODS_SUMS = ("lines", "quantity", "total", "discounted", "member_total")

SUMS = (
    Sums(
        "insight_storehour",
        ("store", "day", "hour", "of_member"),
        ("sales", "total", "discounted"),
        """
        SELECT store, day, [hour], member_id IS NOT NULL, sum(sales), sum(total), sum(discounted)
        FROM whole w GROUP BY 1, 2, 3, 4
        """,
        beside=True,
    ),
    Sums(
        "insight_cashierday",
        ("store", "day", "cashier", "of_member"),
        ("sales", "linked", "total"),
        """
        SELECT store, day, cashier, member_id IS NOT NULL, sum(sales), sum(sales * linked), sum(total)
        FROM whole GROUP BY 1, 2, 3, 4
        """,
        beside=True,
    ),
    Sums(
        "insight_departmentday",
        ("store", "day", "department"),
        _GOODS_SUMS,
        f"SELECT store, day, department, {_OF_GOODS} GROUP BY 1, 2, 3",
        beside=True,
    ),
    Sums(
        "insight_departmentmonth",
        ("store", "month", "department"),
        _GOODS_SUMS,
        f"SELECT store, [month], department, {_OF_GOODS} GROUP BY 1, 2, 3",
        beside=True,
    ),
    Sums(
        "insight_productmonth",
        ("store", "month", "product"),
        _GOODS_SUMS,
        f"SELECT store, [month], product, {_OF_GOODS} GROUP BY 1, 2, 3",
    ),
    Sums(
        "insight_producthalf",
        ("store", "half", "product"),
        _GOODS_SUMS,
        f"SELECT store, [half], product, {_OF_GOODS} GROUP BY 1, 2, 3",
        beside=True,
    ),
    Sums(
        "insight_assortmentmonth",
        ("month", "product"),
        _GOODS_SUMS,
        f"SELECT [month], product, {_OF_GOODS} GROUP BY 1, 2",
    ),
    Sums(
        "insight_memberday",
        ("member_id", "day"),
        ("sales", "total", "discounted"),
        """
        SELECT member_id, day, sum(sales), sum(total), sum(discounted)
        FROM whole WHERE member_id IS NOT NULL GROUP BY 1, 2
        """,
    ),
    Sums(
        "insight_memberhabit",
        ("member_id", "what", "value"),
        ("times", "total"),
        """
        , known AS (SELECT * FROM whole WHERE member_id IS NOT NULL AND NOT erased)
        SELECT member_id, 'department' AS what, department AS value, sum(sign), sum(total)
        FROM parts WHERE member_id IS NOT NULL AND NOT erased AND department <> '' GROUP BY 1, 3
        UNION ALL
        SELECT member_id, 'hour', [hour_text], sum(sales), sum(total) FROM known w GROUP BY 1, 3
        UNION ALL
        SELECT member_id, 'store', store, sum(sales), sum(total) FROM known GROUP BY 1, 3
        UNION ALL
        SELECT w.member_id, 'payment', p.kind, sum(CASE WHEN p.once THEN w.sales ELSE 0 END), sum(w.sales * p.amount)
        FROM known w JOIN (
            SELECT receipt_id, kind, amount, number = min(number) OVER (PARTITION BY receipt_id, kind) AS once
            FROM sales_receiptpayment WHERE business_id = %(business)s AND receipt_id IN (SELECT receipt_id FROM known)
        ) p ON p.receipt_id = w.receipt_id
        GROUP BY 1, 3
        """,
    ),
)
"""What follows from receipts alone."""

UNITS = """
    SELECT unit, kind, quarter, entries, steps_in, steps_out FROM events_unitsmoved
    WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
"""
"""What entries moved and waits to be taken in, between two ids."""

ENTRIES = """
    SELECT e.unit, e.kind, [quarter_of_entry] AS quarter, count(*) AS entries,
        sum(CASE WHEN e.steps > 0 THEN e.steps ELSE 0 END) AS steps_in,
        sum(CASE WHEN e.steps < 0 THEN -e.steps ELSE 0 END) AS steps_out
    FROM ledger_entry e WHERE e.business_id = %(business)s GROUP BY 1, 2, 3
"""
"""What all entries moved."""

OF_UNITS = Sums("insight_unitday", ("day", "unit", "kind"), ("entries", "steps_in", "steps_out"), "")
"""What follows from entries alone."""


def unit_contributions(source: str) -> str:
    """The query of what entries add to `OF_UNITS`; `source`: `UNITS` or `ENTRIES`."""
    return in_dialect(
        f"""
        SELECT [day_of_quarter], unit, kind, sum(entries), sum(steps_in), sum(steps_out)
        FROM ({source}) q GROUP BY 1, 2, 3
        """  # noqa: S608 - the sources stand above
    )


LOTS_MOVED = """
    SELECT unit, expires_on, available_on, steps FROM events_lotsmoved
    WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
"""
"""By what lots changed and what waits to be taken in, between two ids."""

LOTS = "SELECT unit, expires_on, available_on, steps FROM ledger_lot WHERE business_id = %(business)s AND steps > 0"
"""What all lots hold."""

OF_LOTS = Sums("insight_heldday", ("unit", "expires_on", "available_on"), ("steps",), "")
"""What follows from lots alone."""


def lot_contributions(source: str) -> str:
    """The query of what lots add to `OF_LOTS`; `source`: `LOTS_MOVED` or `LOTS`."""
    return f"SELECT unit, expires_on, available_on, sum(steps) FROM ({source}) l GROUP BY 1, 2, 3"  # noqa: S608


ALL_MONTHS = "SELECT member_id, month, visits, 1 AS sign FROM insight_membermonth WHERE business_id = %(business)s"
"""The months of all members."""

MONTHS_OF_SPAN = f"{ALL_MONTHS} AND member_id BETWEEN %(first)s AND %(last)s"
"""The months of the members between two ids."""

MONTHS_OF_CHANGED = f"""{ALL_MONTHS} AND member_id IN (
        SELECT c.member_id FROM events_change c
        WHERE c.business_id = %(business)s AND c.id BETWEEN %(first)s AND %(last)s
        UNION
        SELECT m.merged_into FROM events_change c
        JOIN members_member m ON m.business_id = %(business)s AND m.id = c.member_id
        WHERE c.business_id = %(business)s AND c.id BETWEEN %(first)s AND %(last)s
    )
"""  # noqa: S608
"""The months of the members whom waiting changes touch."""

OF_COHORTS = Sums("insight_cohortmonth", ("first", "month"), ("members", "visits"), "")
"""What follows from the months of members."""


def cohort_contributions(source: str) -> str:
    """The query of what members add to `OF_COHORTS`; `source`: all months of each, as those above; `sign` as there."""
    return f"""
        SELECT first, month, sum(sign), sum(sign * visits) FROM (
            SELECT s.*, min(month) OVER (PARTITION BY member_id) AS first FROM ({source}) s
        ) x GROUP BY 1, 2
    """  # noqa: S608


def contributions(sums: Sums, source: str) -> str:
    """The query of what the receipts of a source add to a table: its keys, then what is added up."""
    return of_receipts(_with_all_stores(sums), source)


def of_receipts(query: str, source: str) -> str:
    """A query over `parts` (what is left of each line) and `whole` (of each receipt) of the receipts of a source."""
    return in_dialect(f"WITH {_LINES.replace('[source]', source)}, {_PARTS}, {_WHOLE} {query}")


def _with_all_stores(sums: Sums) -> str:
    """The query of a table's sums, with those of all stores beside them where they are kept so."""
    if not sums.beside:
        return sums.query
    keys, added = ", ".join(sums.keys), ", ".join(sums.sums)
    of_all = ", ".join(f"'{ALL_STORES}'" if key == "store" else key for key in sums.keys)
    groups = ", ".join(key for key in sums.keys if key != "store")
    return f"""
        , made ({keys}, {added}) AS ({sums.query})
        SELECT {keys}, {added} FROM made
        UNION ALL
        SELECT {of_all}, {", ".join(f"sum({name})" for name in sums.sums)} FROM made GROUP BY {groups}
    """  # noqa: S608 - names come from the list of sums


# What is taken in at once goes into many tables: its lines are looked up once, and held in tables of the connection's
# own until the transaction ends.

_REST = f"WITH {_LINES} SELECT * FROM rest"  # noqa: S608 - as all statements here, from what stands above
_WHOLE_OF_HELD = f"WITH rest AS (SELECT * FROM held_rest), {_WHOLE} SELECT * FROM whole"  # noqa: S608


def hold(source: str) -> Iterator[str]:
    """The statements that hold what the receipts of a source give, for `contributions_of_held`."""
    yield from hold_in("held_rest", in_dialect(_REST.replace("[source]", source)))
    yield from hold_in("held_whole", in_dialect(_WHOLE_OF_HELD))


def hold_in(table: str, query: str) -> Iterator[str]:
    """The statements that hold what a query gives in a table of the connection's own until the transaction ends."""
    yield in_dialect(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} [until_the_end] AS {query} LIMIT 0")
    yield f"DELETE FROM {table}"  # noqa: S608
    yield f"INSERT INTO {table} {query}"


def contributions_of_held(sums: Sums) -> str:
    """As `contributions`, of the source that is held."""
    held = f"rest AS (SELECT * FROM held_rest), {_PARTS}, whole AS (SELECT * FROM held_whole)"  # noqa: S608
    return in_dialect(f"WITH {held} {_with_all_stores(sums)}")


def days_values(days: Days, zone: str) -> dict[str, object]:
    """What `OF_DAYS` names. A store's day begins at most a day before the same day somewhere else."""
    begin, end = days.first - timedelta(days=1), days.last + timedelta(days=2)
    return {"zone": zone, "begin": begin, "end": end, "first_day": days.first, "last_day": days.last}


def in_dialect(statement: str) -> str:
    """The statement with the database's own words for `[hour]`, `[month]`, …"""
    for name, words in _WORDS[connection.vendor].items():
        statement = statement.replace(f"[{name}]", words)
    return statement

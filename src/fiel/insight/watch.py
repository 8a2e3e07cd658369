"""Watch for abuse: what looks like it, with what it rests on. A person looks, and dismisses it with a reason.

Looked at are the last 60 days, each night. Bounds are such that somebody who comes every day, to whoever happens to
serve, stays below them; `tests/insight/test_watch.py` plants cheats among regulars and prints how many are found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Refused
from fiel.insight.models import Suspicion
from fiel.insight.sums import in_dialect
from fiel.insight.young import born_by
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.spans import as_uuid, rows
from fiel.trail.acting import actor
from fiel.trail.note import note

__all__ = ["WHYS", "dismiss", "look"]

WHYS = ("many_a_day", "one_cashier", "linked_late", "returns", "adjustments", "odd_hours")

LOOKED_AT = timedelta(days=60)
MOST_KEPT = 200
"""So many ids of what it rests on are kept."""

_RECENT = """
    WITH recent AS (
        SELECT w.id, coalesce(m.merged_into, w.member_id) AS member_id, w.store, w.cashier, w.day, w.occurred_at,
            w.linked_at, w.linked_by, [hour] AS hour, d.until
        FROM (
            SELECT r.*, coalesce(nullif(b.timezone, ''), %(zone)s) AS zone FROM sales_receipt r
            JOIN shops_store b ON b.business_id = %(business)s AND b.code = r.store
            WHERE r.business_id = %(business)s AND r.occurred_at >= %(since)s AND r.occurred_at <= %(now)s
        ) w
        LEFT JOIN members_member m ON m.business_id = %(business)s AND m.id = w.member_id
        LEFT JOIN ([dismissed]) d ON d.member_id = coalesce(m.merged_into, w.member_id)
    ),
    looked_at AS (
        SELECT r.* FROM recent r
        JOIN members_member m ON m.business_id = %(business)s AND m.id = r.member_id
            AND (m.birth_date IS NULL OR m.birth_date <= %(born_by)s)
        WHERE until IS NULL OR occurred_at > until
    )
"""

_DISMISSED = """
    SELECT member_id, max(dismissed_at) AS until FROM insight_suspicion
    WHERE business_id = %(business)s AND why = %(why)s AND dismissed_at IS NOT NULL GROUP BY member_id
"""

# Each gives what it rests on: member, who, id, when. The bounds stand in the text, beside what they bound.
_EVIDENCE = {
    # Four sales a day, on two days at least; or seven on one.
    "many_a_day": """
        , days AS (
            SELECT member_id, day FROM (
                SELECT member_id, day, n, sum(CASE WHEN n >= 4 THEN 1 ELSE 0 END) OVER (PARTITION BY member_id) AS bad
                FROM (SELECT member_id, day, count(*) AS n FROM looked_at GROUP BY member_id, day) d
            ) x WHERE (n >= 4 AND bad >= 2) OR n >= 7
        )
        SELECT l.member_id, '', l.id, l.occurred_at FROM looked_at l
        JOIN days d ON d.member_id = l.member_id AND d.day = l.day
    """,
    # Ten sales at one cashier, four in five of the member's, and three or more on one day, on three days; while at
    # these hours a quarter of what the store sold at least was rung up by others.
    "one_cashier": """
        , at_one AS (
            SELECT member_id, cashier, count(*) AS n, sum(around) AS around, sum(own) AS own FROM (
                SELECT id, member_id, cashier, count(*) OVER (PARTITION BY store, day, hour) AS around,
                    count(*) OVER (PARTITION BY store, day, hour, cashier) AS own
                FROM recent
            ) r
            WHERE cashier <> '' AND id IN (SELECT id FROM looked_at) GROUP BY member_id, cashier
        ),
        thrice AS (
            SELECT member_id, cashier, count(*) AS days FROM (
                SELECT member_id, cashier, day FROM looked_at GROUP BY member_id, cashier, day HAVING count(*) > 2
            ) t GROUP BY member_id, cashier
        ),
        mine AS (SELECT member_id, count(*) AS n FROM looked_at GROUP BY member_id)
        SELECT l.member_id, l.cashier, l.id, l.occurred_at
        FROM at_one o
        JOIN mine m ON m.member_id = o.member_id AND o.n >= 10 AND 10 * o.n >= 8 * m.n
        JOIN thrice t ON t.member_id = o.member_id AND t.cashier = o.cashier AND t.days >= 3
        JOIN looked_at l ON l.member_id = o.member_id AND l.cashier = o.cashier
        WHERE 4 * o.own <= 3 * o.around
    """,
    # Four sales for which the member was named afterwards, three in ten of the member's.
    "linked_late": """
        , late AS (
            SELECT member_id FROM looked_at GROUP BY member_id
            HAVING sum(CASE WHEN linked_at IS NOT NULL THEN 1 ELSE 0 END) >= 4
                AND 10 * sum(CASE WHEN linked_at IS NOT NULL THEN 1 ELSE 0 END) >= 3 * count(*)
        )
        SELECT l.member_id, l.linked_by, l.id, l.occurred_at FROM looked_at l
        JOIN late ON late.member_id = l.member_id WHERE l.linked_at IS NOT NULL
    """,
    # Three sales that came back after something had been spent since the sale, three in ten of the member's.
    "returns": """
        , back AS (
            SELECT DISTINCT l.member_id, t.cashier, l.id, l.occurred_at FROM looked_at l
            JOIN sales_return t ON t.business_id = %(business)s AND t.receipt_id = l.id
            JOIN ledger_entry e ON e.business_id = %(business)s AND e.member_id = l.member_id AND e.kind = 'spend'
                AND e.occurred_at >= l.occurred_at AND e.occurred_at <= t.occurred_at AND e.cause <> l.id
        ),
        often AS (
            SELECT b.member_id FROM (SELECT member_id, count(DISTINCT id) AS n FROM back GROUP BY member_id) b
            JOIN (SELECT member_id, count(*) AS n FROM looked_at GROUP BY member_id) m ON m.member_id = b.member_id
            WHERE b.n >= 3 AND 10 * b.n >= 3 * m.n
        )
        SELECT b.member_id, b.cashier, b.id, b.occurred_at FROM back b JOIN often o ON o.member_id = b.member_id
    """,
    # Three adjustments upwards by one person.
    "adjustments": """
        , up AS (
            SELECT coalesce(m.merged_into, h.member_id) AS member_id, h.entered_by, h.id, h.posted_at
            FROM hand_handentry h JOIN members_member m ON m.business_id = %(business)s AND m.id = h.member_id
            LEFT JOIN ([dismissed]) d ON d.member_id = coalesce(m.merged_into, h.member_id)
            WHERE h.business_id = %(business)s AND h.kind = 'adjust' AND h.steps > 0 AND h.posted_at >= %(since)s
                AND h.posted_at <= %(now)s AND (d.until IS NULL OR h.posted_at > d.until)
        ),
        often AS (SELECT member_id, entered_by FROM up GROUP BY member_id, entered_by HAVING count(*) >= 3)
        SELECT u.member_id, u.entered_by, u.id, u.posted_at FROM up u
        JOIN often o ON o.member_id = u.member_id AND o.entered_by = u.entered_by
    """,
    # Three sales at hours in which the store sells less than one in two hundred of its sales, of 500 at least.
    "odd_hours": """
        , hours AS (SELECT store, hour, count(*) AS n FROM recent GROUP BY store, hour),
        stores AS (SELECT store, sum(n) AS n FROM hours GROUP BY store),
        odd AS (
            SELECT h.store, h.hour FROM hours h JOIN stores s ON s.store = h.store
            WHERE 200 * h.n < s.n AND s.n >= 500
        ),
        at_odd AS (SELECT l.* FROM looked_at l JOIN odd o ON o.store = l.store AND o.hour = l.hour)
        SELECT a.member_id, a.cashier, a.id, a.occurred_at FROM at_odd a
        JOIN (SELECT member_id FROM at_odd GROUP BY member_id HAVING count(*) >= 3) o ON o.member_id = a.member_id
    """,
}


@dataclass(slots=True)
class _Found:
    ids: list[str] = field(default_factory=list)
    who: dict[str, int] = field(default_factory=dict)
    moments: list[datetime] = field(default_factory=list)


def look(business: Business, *, now: datetime) -> int:
    """Look at the last 60 days; how many suspicions there are that nobody dismissed."""
    found = {(member_id, why): each for why in WHYS for member_id, each in _look_for(business, why, now).items()}
    open_ones = Suspicion.objects.filter(business=business, dismissed_at=None)
    with transaction.atomic():
        there = {(each.member_id, each.why): each for each in open_ones.select_for_update(no_key=True)}
        gone = [each.id for key, each in there.items() if key not in found]
        open_ones.filter(id__in=gone).delete()
        known = [_told(there[key], each) for key, each in found.items() if key in there]
        Suspicion.objects.bulk_update(known, ["who", "receipts", "first_at", "last_at"])
        Suspicion.objects.bulk_create(
            _told(Suspicion(business=business, id=new_id(), member_id=key[0], why=key[1], found_at=now), each)
            for key, each in found.items()
            if key not in there
        )
    return len(found)


def _look_for(business: Business, why: str, now: datetime) -> dict[UUID, _Found]:
    statement = in_dialect((_RECENT + _EVIDENCE[why]).replace("[dismissed]", _DISMISSED))
    values: dict[str, Any] = {"business": business.id, "zone": business.timezone, "why": why}
    values |= {"born_by": born_by(business, now), "now": now, "since": now - LOOKED_AT}
    found: dict[UUID, _Found] = {}
    for member_id, who, id_, at in rows(f"{statement} ORDER BY 4 DESC, 3", **values):
        each = found.setdefault(as_uuid(member_id), _Found())
        each.ids.append(str(as_uuid(id_)))
        each.who[who] = each.who.get(who, 0) + 1
        each.moments.append(_moment(at))
    return found


def _moment(at: datetime | str) -> datetime:
    """SQLite keeps moments in UTC, without saying so."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _told(suspicion: Suspicion, found: _Found) -> Suspicion:
    suspicion.who = max(found.who, key=lambda who: (found.who[who], who))
    suspicion.receipts = list(dict.fromkeys(found.ids))[:MOST_KEPT]
    suspicion.first_at, suspicion.last_at = min(found.moments), max(found.moments)
    return suspicion


def dismiss(business: Business, suspicion_id: UUID, *, reason: str) -> Suspicion:
    """Say that it is none, and why; only what happens from now on can raise it anew.

    Raises `not_found`, `invalid` without a reason, `conflict` where somebody said so before.
    """
    now = clock.now()
    if not reason.strip():
        raise Refused("invalid", "Say why this is no abuse.")
    with transaction.atomic():
        rows_ = Suspicion.objects.select_for_update(no_key=True).filter(business=business, id=suspicion_id)
        suspicion = rows_.first()
        if suspicion is None:
            raise Refused("not_found", "There is no such suspicion.")
        if suspicion.dismissed_at is not None:
            raise Refused("conflict", "This was dismissed before.")
        suspicion.dismissed_at, suspicion.dismissed_by, suspicion.reason = now, actor().who, reason.strip()[:500]
        suspicion.save(update_fields=["dismissed_at", "dismissed_by", "reason"])
        note(business.id, "suspicion.dismissed", about=suspicion.id, after={"why": suspicion.why}, now=now)
    return suspicion

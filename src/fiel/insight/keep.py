"""Keeping the sums up: what changed is added, exactly once; or everything is counted anew.

Rows that wait (`events.Change`, `events.UnitsMoved`, `events.LotsMoved`) are taken in and deleted in one transaction
that reads everything as it stood at one moment, so that each counts once, whoever dies when. A recount goes through
the receipts by their ids, a span in a transaction, and deletes what waits for the receipts of that span; what comes
meanwhile waits until it is done. Statements are a fixed number, whatever the number of receipts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from fiel.events.models import Change, LotsMoved, UnitsMoved
from fiel.insight.derive import OF_CHANGES, OF_SPAN, derive
from fiel.insight.models import (
    EVERYTHING,
    AssortmentMonth,
    CashierDay,
    CohortMonth,
    DepartmentDay,
    DepartmentMonth,
    HeldDay,
    Keeping,
    MemberDay,
    MemberHabit,
    MemberIndicators,
    MemberMonth,
    MemberSegment,
    ProductHalf,
    ProductMonth,
    StoreHour,
    Suspicion,
    UnitDay,
)
from fiel.insight.sums import (
    CHANGES,
    ENTRIES,
    LOTS,
    LOTS_MOVED,
    MONTHS_OF_CHANGED,
    MONTHS_OF_SPAN,
    OF_COHORTS,
    OF_LOTS,
    OF_UNITS,
    RECEIPTS,
    SUMS,
    UNITS,
    Sums,
    cohort_contributions,
    contributions_of_held,
    hold,
    lot_contributions,
    unit_contributions,
)
from fiel.insight.young import born_by
from fiel.sales.models import Receipt
from fiel.shops.models import Business
from fiel.tables.walls import within
from fiel.tables.write import execute, in_bulk

__all__ = ["businesses_waiting", "forget", "keep_up", "recount", "take_some_in"]

AT_ONCE = 2_000
RECOUNTED_AT_ONCE = 5_000
NOTHING = UUID(int=0)

log = logging.getLogger("fiel.insight")


def businesses_waiting() -> list[Business]:
    """The businesses of which something waits to be taken in, or that were never counted."""
    of = {"business_id": OuterRef("id")}
    counted = Keeping.objects.filter(**of, receipts_to=EVERYTHING, members_to=EVERYTHING)
    waiting = [Exists(model.objects.filter(**of)) for model in (Change, UnitsMoved, LotsMoved)]
    return list(Business.objects.filter(Q(*waiting, ~Exists(counted), _connector=Q.OR)).order_by("id"))


def keep_up(business: Business, *, now: datetime) -> None:
    """Take in everything that waits by now."""
    while take_some_in(business, now=now):
        pass


def recount(business: Business, *, now: datetime) -> None:
    """Count everything anew. Where it breaks off, the next `take_some_in` goes on with it."""
    with _one_moment():
        Keeping.objects.get_or_create(
            business=business, defaults={"receipts_to": EVERYTHING, "members_to": EVERYTHING, "kept_at": now}
        )
        keeping = Keeping.objects.select_for_update(no_key=True).get(business=business)
        _begin_anew(keeping, business, now)
    keep_up(business, now=now)


def take_some_in(business: Business, *, now: datetime) -> bool:
    """Take in some of what waits, or a part of a recount; whether there is more. False too while somebody else does."""
    try:
        with within(business.pk), _one_moment():
            return _take_some_in(business, now)
    except OperationalError as error:
        # Somebody else took in the same rows while we waited for them: nothing of ours is written.
        if getattr(error.__cause__, "sqlstate", "") != _SERIALIZATION_FAILURE:
            raise
        return True


_SERIALIZATION_FAILURE = "40001"


def _take_some_in(business: Business, now: datetime) -> bool:
    rows = Keeping.objects.filter(business=business)
    keeping = rows.select_for_update(no_key=True, skip_locked=connection.vendor == "postgresql").first()
    if keeping is None:
        if rows.exists():
            return False
        keeping = Keeping(business=business, receipts_to=NOTHING, members_to=NOTHING, kept_at=now)
        keeping.save(force_insert=True)
        _begin_anew(keeping, business, now)
        return True
    if keeping.receipts_to != EVERYTHING:
        _recount_receipts(keeping, business)
        more = True
    elif keeping.members_to != EVERYTHING:
        _recount_members(keeping, now)
        more = True
    else:
        taken = _take_changes_in(business, now) + _take_units_in(business) + _take_lots_in(business)
        more = taken > 0
        if not more:
            return False
    keeping.kept_at = now
    keeping.save(update_fields=["receipts_to", "members_to", "kept_at"])
    return more


# What waits


def _take_changes_in(business: Business, now: datetime) -> int:
    span = _span(Change, business.id)
    if span is None:
        return 0
    values = {"business": business.id, "zone": business.timezone, "first": span[0], "last": span[1]}
    merged = Change.objects.filter(business=business, id__range=span, receipt_id=None).exists()
    _add_receipts(CHANGES, values)
    if merged:
        _move_merged(values)
    before = MONTHS_OF_CHANGED.replace("1 AS sign", "-1 AS sign")
    _add(OF_COHORTS, cohort_contributions(before), values)
    if merged:
        for table in (MemberMonth, MemberIndicators, MemberSegment):
            execute(_OF_MERGED.format(table=table._meta.db_table), **values)
    derive(OF_CHANGES, **values, born_by=born_by(business, now))
    _add(OF_COHORTS, cohort_contributions(MONTHS_OF_CHANGED), values)
    return execute(_TAKEN.format(table="events_change"), **values)


def _take_units_in(business: Business) -> int:
    span = _span(UnitsMoved, business.id)
    if span is None:
        return 0
    values = {"business": business.id, "zone": business.timezone, "first": span[0], "last": span[1]}
    _add(OF_UNITS, unit_contributions(UNITS), values)
    return execute(_TAKEN.format(table="events_unitsmoved"), **values)


def _take_lots_in(business: Business) -> int:
    span = _span(LotsMoved, business.id)
    if span is None:
        return 0
    values = {"business": business.id, "first": span[0], "last": span[1]}
    _add(OF_LOTS, lot_contributions(LOTS_MOVED), values)
    return execute(_TAKEN.format(table="events_lotsmoved"), **values)


_TAKEN = "DELETE FROM {table} WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s"

_MERGED = """
    SELECT c.member_id AS gone, m.merged_into AS into_ FROM events_change c
    JOIN members_member m ON m.business_id = %(business)s AND m.id = c.member_id AND m.merged_into IS NOT NULL
    WHERE c.business_id = %(business)s AND c.id BETWEEN %(first)s AND %(last)s AND c.receipt_id IS NULL
"""
_OF_MERGED = f"""
    DELETE FROM {{table}} WHERE business_id = %(business)s AND member_id IN (SELECT gone FROM ({_MERGED}) g)
"""  # noqa: S608 - as in all statements here, names come from the models


def _span(model: type[Change] | type[UnitsMoved] | type[LotsMoved], business_id: int) -> tuple[UUID, UUID] | None:
    """The first and the last of the next rows that wait."""
    waiting = model.objects.filter(business_id=business_id).order_by("id").values_list("id", flat=True)[:AT_ONCE]
    ids = list(waiting)
    return (ids[0], ids[-1]) if ids else None


def _add_receipts(source: str, values: dict[str, Any]) -> None:
    """Add what the receipts of a source give to all tables of sums."""
    for statement in hold(source):
        execute(statement, **values)
    for sums in SUMS:
        _add(sums, contributions_of_held(sums), values)


def _add(sums: Sums, query: str, values: dict[str, Any]) -> None:
    """Add what a query gives to a table of sums."""
    columns = ", ".join((*sums.keys, *sums.sums))
    adding = ", ".join(f"{name} = {sums.table}.{name} + excluded.{name}" for name in sums.sums)
    execute(
        f"""
        INSERT INTO {sums.table} (business_id, {columns})
        SELECT %(business)s, a.* FROM ({query}) a WHERE true
        ON CONFLICT (business_id, {", ".join(sums.keys)}) DO UPDATE SET {adding}
        """,  # noqa: S608
        **values,
    )


def _move_merged(values: dict[str, Any]) -> None:
    """Move what was counted of members who were merged to those that they became part of."""
    for sums in (each for each in SUMS if each.keys[0] == "member_id"):
        others = ", ".join(f"x.{name}" for name in sums.keys[1:])
        added = ", ".join(f"sum(x.{name})" for name in sums.sums)
        query = f"""
            SELECT g.into_, {others}, {added} FROM ({_MERGED}) g
            JOIN {sums.table} x ON x.business_id = %(business)s AND x.member_id = g.gone
            GROUP BY g.into_, {others}
        """  # noqa: S608
        _add(sums, query, values)
        execute(_OF_MERGED.format(table=sums.table), **values)


# Everything anew


def _begin_anew(keeping: Keeping, business: Business, now: datetime) -> None:
    for model in (
        StoreHour,
        CashierDay,
        DepartmentDay,
        DepartmentMonth,
        ProductMonth,
        ProductHalf,
        AssortmentMonth,
        UnitDay,
        HeldDay,
        CohortMonth,
        MemberDay,
        MemberHabit,
        MemberMonth,
        MemberIndicators,
    ):
        model.objects.filter(business=business).delete()
    UnitsMoved.objects.filter(business=business).delete()
    LotsMoved.objects.filter(business=business).delete()
    values = {"business": business.id, "zone": business.timezone}
    _add(OF_UNITS, unit_contributions(ENTRIES), values)
    _add(OF_LOTS, lot_contributions(LOTS), values)
    keeping.receipts_to, keeping.members_to, keeping.kept_at = NOTHING, NOTHING, now
    keeping.save(update_fields=["receipts_to", "members_to", "kept_at"])


def _recount_receipts(keeping: Keeping, business: Business) -> None:
    after = Receipt.objects.filter(business=business, id__gt=keeping.receipts_to).order_by("id")
    ids = list(after.values_list("id", flat=True)[:RECOUNTED_AT_ONCE])
    if not ids:
        keeping.receipts_to = EVERYTHING
        _let_the_database_look()
        return
    values = {"business": business.id, "zone": business.timezone, "first": ids[0], "last": ids[-1]}
    _add_receipts(RECEIPTS, values)
    Change.objects.filter(business=business, receipt_id__gt=keeping.receipts_to, receipt_id__lte=ids[-1]).delete()
    keeping.receipts_to = ids[-1]


def _let_the_database_look() -> None:
    """Tables that were filled at once: PostgreSQL would take them for small until it looks by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for sums in SUMS:
                cursor.execute(f"ANALYZE {sums.table}")


def _recount_members(keeping: Keeping, now: datetime) -> None:
    after = MemberDay.objects.filter(business=keeping.business, member_id__gt=keeping.members_to)
    ids = list(after.order_by("member_id").values_list("member_id", flat=True).distinct()[:RECOUNTED_AT_ONCE])
    if not ids:
        keeping.members_to = EVERYTHING
        return
    with in_bulk():
        values: dict[str, Any] = {"business": keeping.business_id, "first": ids[0], "last": ids[-1]}
        derive(OF_SPAN, **values, born_by=born_by(keeping.business, now))
        _add(OF_COHORTS, cohort_contributions(MONTHS_OF_SPAN), values)
    keeping.members_to = ids[-1]


def forget(business_id: int, member_ids: list[UUID]) -> None:
    """Forget what is known of members who are erased; the sums of days and months stay, under their references."""
    for model in (MemberHabit, MemberIndicators, MemberSegment, Suspicion):
        model.objects.filter(business_id=business_id, member_id__in=member_ids).delete()


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that reads everything as it stood at one moment."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield

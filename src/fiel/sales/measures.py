"""What tiers measure of members' sales: spend, visits, units earned, by the programme's days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fiel.core.programme import Programme
from fiel.core.tiers import Measures, first_day_needed
from fiel.members.find import known_as
from fiel.sales.models import Receipt

__all__ = ["earned_of", "read_measures"]


def read_measures(
    business_id: int, member_ids: Iterable[UUID], programme: Programme, days: Iterable[date]
) -> dict[UUID, Measures]:
    """The measures of members over the windows that contain these days, of receipts as they stand: one query."""
    members = list(member_ids)
    measures = {member_id: Measures() for member_id in members}
    first = first_day_needed(programme, days)
    if first is None or not members:
        return measures
    owner = known_as(business_id, members)
    rows = Receipt.objects.filter(business_id=business_id, member_id__in=list(owner), gone=False, version__isnull=False)
    if first > date.min:
        rows = rows.filter(occurred_at__gte=datetime.combine(first, time(), programme.timezone))
    by_unit = {tier.reach.measure for tier in programme.tiers.values() if tier.reach} - {"spend", "visits"}
    fields = ("member_id", "occurred_at", "spend", *(("outcome", "standing") if by_unit else ()))
    for member_id, occurred_at, spend, *given in rows.values_list(*fields):
        day = _day(occurred_at, programme.timezone)
        measures[owner[member_id]].add(day, spend=spend, sales=1, earned=earned_of(*given) if given else {})
    return measures


def earned_of(outcome: Mapping[str, Any], standing: Mapping[str, Any] | None) -> dict[str, int]:
    """The steps of each unit that a sale gave, less what returns took."""
    if standing is not None:
        return {unit: steps for unit, (_, steps) in standing["gives"].items()}
    return {unit: steps for unit, _, _, steps, *_ in outcome.get("gave", ())}


def _day(occurred_at: datetime, zone: ZoneInfo) -> date:
    return occurred_at.astimezone(zone).date()

"""Who belongs to a segment: how many, how many of them may be written to, and whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from fiel import clock
from fiel.outreach.segments.conditions import CONDITIONS, Asked, check_rules, looks_at_purchases
from fiel.programme.versions import rules_now
from fiel.shops.ages import last_birthday
from fiel.shops.models import Business
from fiel.tables.spans import as_uuid, rows

__all__ = ["Size", "members_in", "purposes_of", "size_of"]

# Who was merged or has left is nobody any more; who is too young belongs to no segment.
_MEMBERS = """
    FROM members_member m
    LEFT JOIN insight_memberindicators i ON i.business_id = m.business_id AND i.member_id = m.id
    WHERE m.business_id = %(business)s AND m.merged_into IS NULL AND m.code NOT LIKE 'gone-%%'
        AND (m.birth_date IS NULL OR m.birth_date <= %(born_by)s) {conditions}
"""

_SAID_YES = {
    "postgresql": "coalesce((m.consents ->> '{}')::boolean, false)",
    "sqlite": "coalesce(json_extract(m.consents, '$.{}'), 0)",
}


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a segment has; `reachable`: how many of them said yes to being written to for it."""

    members: int
    reachable: int


def size_of(business: Business, rules: Mapping[str, Any], *, today: date) -> Size:
    """Count a segment; one query. Raises `invalid`."""
    statement, values = _statement(business, rules, today)
    counts = f"SELECT count(*), count(CASE WHEN {_all_said_yes(rules)} THEN 1 END) {statement}"
    [(members, reachable)] = rows(counts, **values)
    return Size(int(members), int(reachable))


def members_in(business: Business, rules: Mapping[str, Any], *, today: date) -> Iterator[UUID]:
    """The members of a segment who said yes to being written to for it. Raises `invalid`."""
    statement, values = _statement(business, rules, today)
    found = rows(f"SELECT m.id {statement} AND {_all_said_yes(rules)} ORDER BY m.id", **values)
    return (as_uuid(member_id) for (member_id,) in found)


def purposes_of(rules: Mapping[str, Any]) -> tuple[str, ...]:
    """What a member must have agreed to before they are written to because they belong here."""
    return ("marketing", "profiling") if looks_at_purchases(rules) else ("marketing",)


def _all_said_yes(rules: Mapping[str, Any]) -> str:
    return " AND ".join(_SAID_YES[connection.vendor].format(purpose) for purpose in purposes_of(rules))


def _statement(business: Business, rules: Mapping[str, Any], today: date) -> tuple[str, dict[str, Any]]:
    check_rules(rules)
    compiled = rules_now(business.id, clock.now())
    first_tier = compiled.programme.first_tier if compiled else ""
    born_by = last_birthday(today, business.minimum_age)
    asked = Asked(today, first_tier, {"business": business.id, "born_by": born_by})
    conditions = [f"AND {CONDITIONS[code].sql(asked, value)}" for code, value in rules.items()]
    return _MEMBERS.format(conditions="\n".join(conditions)), asked.values

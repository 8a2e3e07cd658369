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
from fiel.shops.models import Business
from fiel.tables.spans import as_uuid, rows

__all__ = ["Size", "members_in", "purposes_of", "size_of"]

# Who was merged or has left is nobody any more.
_MEMBERS = """
    FROM members_member m
    LEFT JOIN insight_memberindicators i ON i.business_id = m.business_id AND i.member_id = m.id
    WHERE m.business_id = %(business)s AND m.merged_into IS NULL AND m.code NOT LIKE 'gone-%%' {conditions}
"""
_SAID_YES = """
    AND coalesce((SELECT c.granted FROM members_consent c WHERE c.business_id = m.business_id AND c.member_id = m.id
        AND c.purpose = '{purpose}' ORDER BY c.recorded_at DESC, c.id DESC LIMIT 1), {no})
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How many members a segment has; `reachable`: how many of them said yes to being written to for it."""

    members: int
    reachable: int


def size_of(business: Business, rules: Mapping[str, Any], *, today: date) -> Size:
    """Count a segment; two queries. Raises `invalid`."""
    statement, values = _statement(business, rules, today)
    [(members,)] = rows(f"SELECT count(*) {statement}", **values)
    [(reachable,)] = rows(f"SELECT count(*) {statement} {_said_yes(rules)}", **values)
    return Size(int(members), int(reachable))


def members_in(business: Business, rules: Mapping[str, Any], *, today: date) -> Iterator[UUID]:
    """The members of a segment who said yes to being written to for it. Raises `invalid`."""
    statement, values = _statement(business, rules, today)
    found = rows(f"SELECT m.id {statement} {_said_yes(rules)} ORDER BY m.id", **values)
    return (as_uuid(member_id) for (member_id,) in found)


def purposes_of(rules: Mapping[str, Any]) -> tuple[str, ...]:
    """What a member must have agreed to before they are written to because they belong here."""
    return ("marketing", "profiling") if looks_at_purchases(rules) else ("marketing",)


def _said_yes(rules: Mapping[str, Any]) -> str:
    no = "false" if connection.vendor == "postgresql" else "0"
    return " ".join(_SAID_YES.format(purpose=purpose, no=no) for purpose in purposes_of(rules))


def _statement(business: Business, rules: Mapping[str, Any], today: date) -> tuple[str, dict[str, Any]]:
    check_rules(rules)
    compiled = rules_now(business.id, clock.now())
    first_tier = compiled.programme.first_tier if compiled else ""
    asked = Asked(today, first_tier, {"business": business.id})
    conditions = [f"AND {CONDITIONS[code].sql(asked, value)}" for code, value in rules.items()]
    return _MEMBERS.format(conditions="\n".join(conditions)), asked.values

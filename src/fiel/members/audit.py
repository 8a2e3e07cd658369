"""What must always hold of members; the list is as in `ledger.audit`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

from fiel.ledger.audit import Check, Finding
from fiel.tables.spans import Span, as_uuid

__all__ = ["CHECKS"]


def last_answers_hold(span: Span) -> Iterator[Finding]:
    """The answers that are kept with a member are the last of those that the member gave."""
    given: dict[UUID, dict[str, bool]] = {}
    statement = """
        SELECT member_id, purpose, granted FROM members_consent
        WHERE business_id = %(business)s AND member_id BETWEEN %(first)s AND %(last)s
        ORDER BY member_id, recorded_at, id
    """
    for member_id, purpose, granted in span.rows(statement):
        given.setdefault(as_uuid(member_id), {})[purpose] = bool(granted)
    kept = """
        SELECT id, consents FROM members_member WHERE business_id = %(business)s AND id BETWEEN %(first)s AND %(last)s
    """
    for id_, consents in span.rows(kept):
        member_id = as_uuid(id_)
        if json.loads(consents) != given.get(member_id, {}):
            yield Finding("member_consents", f"member {member_id}", f"{consents} is not what was answered last.")


CHECKS: tuple[Check, ...] = (last_answers_hold,)

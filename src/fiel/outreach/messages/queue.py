"""Noting that something is to be written, in the caller's transaction: it is written if that comes to be, and once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from fiel.outreach.models import Message
from fiel.tables.ids import new_id
from fiel.tables.read import in_groups, matching
from fiel.tables.write import insert

__all__ = ["Draft", "drop_waiting", "put"]

_COLUMNS = (
    "business",
    "id",
    "member_id",
    "kind",
    "about",
    "facts",
    "once",
    "purposes",
    "channel",
    "state",
    "reason",
    "tries",
    "repeats",
    "until",
    "next_try_at",
    "claimed_by",
    "created_at",
    "reference",
)
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be written; see `Message` for what each part means."""

    member_id: UUID
    kind: str
    once: str
    purposes: tuple[str, ...]
    about: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    until: date | None = None
    channel: str = ""


def put(business_id: int, drafts: Iterable[Draft], *, now: datetime) -> int:
    """Note messages; those that were noted before are left out. How many are new."""
    new = 0
    for group in in_groups(drafts, _AT_ONCE):
        by_key = {draft.once: draft for draft in group}
        known = {row[0] for row in matching(Message, business_id, ("once",), [(once,) for once in by_key], ())}
        rows = [_row(business_id, draft, now) for once, draft in by_key.items() if once not in known]
        insert(Message, _COLUMNS, rows)
        new += len(rows)
    return new


def _row(business_id: int, draft: Draft, now: datetime) -> tuple[object, ...]:
    return (
        business_id,
        new_id(),
        draft.member_id,
        draft.kind,
        draft.about,
        dict(draft.facts),
        draft.once,
        list(draft.purposes),
        draft.channel,
        "waiting",
        "",
        0,
        0,
        draft.until,
        now,
        "",
        now,
        "",
    )


def drop_waiting(
    business_id: int,
    reason: str,
    *,
    member_id: UUID | None = None,
    about: UUID | None = None,
    purposes: Collection[str] = (),
) -> int:
    """Have messages not sent that wait: of a member, of what they are about, of those that rest on a purpose."""
    rows = Message.objects.filter(business_id=business_id, state="waiting")
    if member_id is not None:
        rows = rows.filter(member_id=member_id)
    if about is not None:
        rows = rows.filter(about=about)
    if purposes:
        wanted = set(purposes)
        found = rows.values_list("id", "purposes")
        rows = rows.filter(id__in=[id_ for id_, needs in found if wanted & set(needs)])
    return rows.update(state="dropped", reason=reason)

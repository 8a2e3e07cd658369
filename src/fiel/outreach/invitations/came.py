"""Who came: the first sale of a member after they were invited, or after it was found that they should be.

Nothing is done for it in a sale's own transaction. The worker looks at the sales of the last minutes, and the daily run
at all: what was missed, because a sale came late or a transaction was slow, is found then.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fiel.rewards.models import Invitation
from fiel.shops.models import Business
from fiel.tables.spans import as_uuid, rows
from fiel.tables.walls import within
from fiel.tables.write import update

__all__ = ["WITHIN", "note_who_came", "note_who_came_lately"]

WITHIN = timedelta(days=30)
"""How long after an invitation a visit counts as its effect, and purchases are added up."""

_LATELY = timedelta(minutes=10)
_AWAITED = timedelta(days=120)

_FIRST_SALES = """
    SELECT i.member_id, i.id, min(r.occurred_at) FROM rewards_invitation i
    JOIN sales_receipt r ON r.business_id = i.business_id AND r.member_id = i.member_id
        AND r.occurred_at > coalesce(i.invited_at, i.opened_at) {recent}
    WHERE i.business_id = %(business)s AND i.came_at IS NULL AND i.opened_at >= %(since)s AND NOT r.gone
    GROUP BY i.member_id, i.id
"""


def note_who_came(business: Business, *, now: datetime, lately: bool = False) -> int:
    """Note the visits of those who are awaited; how many invitations that closed or marked.

    `lately`: look at what was recorded in the last minutes alone. An invitation without a gift ends with the visit.
    """
    values: dict[str, Any] = {"business": business.id, "since": now - _AWAITED}
    recent = ""
    if lately:
        recent, values["first"] = "AND r.id >= %(first)s", _first_id(now - _LATELY)
    found = [
        (as_uuid(who), as_uuid(id_), _moment(at)) for who, id_, at in rows(_FIRST_SALES.format(recent=recent), **values)
    ]
    if not found:
        return 0
    with transaction.atomic():
        update(
            Invitation,
            ("business", "member_id", "id"),
            ("came_at",),
            [(business.id, who, id_, at) for who, id_, at in found],
        )
        ours = Invitation.objects.filter(
            business=business, id__in=[id_ for _, id_, _ in found], closed_at=None, gift=""
        )
        ours.filter(member_id__in=[who for who, *_ in found]).update(closed_at=now, closed_why="came")
    return len(found)


def note_who_came_lately(now: datetime) -> None:
    """The same for every business that awaits somebody, for what was recorded in the last minutes; for the worker."""
    awaits = Invitation.objects.filter(came_at=None, closed_at=None).order_by().values("business_id")
    for business in Business.objects.filter(id__in=awaits.distinct()):
        with within(business.pk):
            note_who_came(business, now=now, lately=True)


def _first_id(moment: datetime) -> UUID:
    """The least id that can have been made at a moment: UUIDv7 begin with its milliseconds."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80))


def _moment(value: datetime | str) -> datetime:
    """A moment as a database gives it: SQLite keeps UTC as text."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value + "+00:00") if connection.vendor == "sqlite" else datetime.fromisoformat(value)

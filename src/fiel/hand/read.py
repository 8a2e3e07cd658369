"""Reading what people entered by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from fiel.hand.models import HandEntry

__all__ = ["adjustments", "count_waiting"]

_STATES: Mapping[str, dict[str, Any]] = {
    "waiting": {"posted_at": None, "refused_at": None},
    "posted": {"posted_at__isnull": False},
    "refused": {"refused_at__isnull": False},
}


def adjustments(
    business_id: int, *, state: str = "", after: UUID | None = None, member_ids: Iterable[UUID] = (), limit: int
) -> list[HandEntry]:
    """Adjustments, the newest first, a page at a time; `after`: the last one's id. `member_ids`: of these alone.

    `state`: only those that are "waiting" for a second person, "posted", or "refused".
    """
    rows = HandEntry.objects.filter(business_id=business_id, kind="adjust", **_STATES.get(state, {}))
    if wanted := list(member_ids):
        rows = rows.filter(member_id__in=wanted)
    if after is not None:
        rows = rows.filter(id__lt=after)
    return list(rows.order_by("-id")[:limit])


def count_waiting(business_id: int) -> int:
    """How many adjustments wait for a second person."""
    return HandEntry.objects.filter(business_id=business_id, kind="adjust", **_STATES["waiting"]).count()

"""Reading what people entered by hand."""

from __future__ import annotations

from uuid import UUID

from fiel.hand.models import HandEntry

__all__ = ["adjustments"]


def adjustments(business_id: int, *, waiting: bool | None, after: UUID | None, limit: int) -> list[HandEntry]:
    """Adjustments, the newest first, a page at a time; `after`: the last one's id.

    `waiting`: only those that wait for a second person, or only those that do not; None: all.
    """
    rows = HandEntry.objects.filter(business_id=business_id, kind="adjust")
    if waiting is not None:
        rows = rows.filter(posted_at__isnull=waiting)
    if after is not None:
        rows = rows.filter(id__lt=after)
    return list(rows.order_by("-id")[:limit])

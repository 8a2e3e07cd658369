"""What is made of the sums each night: segments, what is bought together, suspicions."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fiel.insight.keep import keep_up
from fiel.insight.segments import keep_segments
from fiel.insight.together import keep_together
from fiel.insight.watch import look
from fiel.insight.young import leave_young_out
from fiel.shops.models import Business

__all__ = ["keep_by_night"]


def keep_by_night(business: Business, *, now: datetime) -> dict[str, int]:
    """Take in what waits, then make everything that is as of last night."""
    keep_up(business, now=now)
    leave_young_out(business, now=now)
    day = now.astimezone(ZoneInfo(business.timezone)).date()
    keep_segments(business, day)
    keep_together(business, day)
    return {"suspicions": look(business, now=now)}

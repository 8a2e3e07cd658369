"""Whoever is known to be below the business's minimum age has no indicators, stands in no segment, and is not watched.

What their purchases add up to by day and month stays, as for everybody: from it the indicators are made once they are
old enough.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fiel.insight.derive import OF_GROWN, derive
from fiel.insight.models import MemberIndicators, MemberSegment, Suspicion
from fiel.members.models import Member
from fiel.shops.ages import last_birthday
from fiel.shops.models import Business

__all__ = ["born_by", "leave_young_out"]


def born_by(business: Business, now: datetime) -> date:
    """Whoever was born after this day is too young today."""
    return last_birthday(now.astimezone(ZoneInfo(business.timezone)).date(), business.minimum_age)


def leave_young_out(business: Business, *, now: datetime) -> None:
    """Forget what was made of members who turn out to be too young; make it of those who have come of age since."""
    last = born_by(business, now)
    young = Member.objects.filter(business=business, birth_date__gt=last)
    for model in (MemberIndicators, MemberSegment, Suspicion):
        model.objects.filter(business=business, member_id__in=young.values("id")).delete()
    derive(OF_GROWN, business=business.id, born_by=last)

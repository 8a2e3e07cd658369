"""What the receipts tell of a member, for a system of the business's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import Field

from fiel.doors.api.access import key_of
from fiel.doors.api.members import MemberId, member_of
from fiel.doors.api.once import reply
from fiel.insight.member import indicators_of
from fiel.wire.fields import Answer

__all__ = ["router"]

router = Router(tags=["Members"])


class IndicatorsAnswer(Answer):
    """What stands of a member's sales: returns are taken off. All null and 0 before the first sale."""

    visits: int = Field(description="Days with a sale.")
    sales: int
    total: int = Field(description="What was paid for the lines, after discounts, in minor units.")
    discounted: int = Field(description="Of that, on lines with a discount of their own.")
    first_visit: str | None
    last_visit: str | None
    gap_days: int | None = Field(description="The mean time between two visits.")
    next_visit: str | None = Field(description="The last visit and that much later.")


@router.get(
    "/members/{member_id}/indicators",
    response=IndicatorsAnswer,
    operation_id="read_indicators",
    summary="What the receipts tell of a member",
)
def get_indicators(request: HttpRequest, member_id: MemberId) -> HttpResponse:
    """How often a member comes and what they spend, as of a few seconds ago."""
    key = key_of(request)
    found = indicators_of(key.business_id, member_of(key, member_id).id)
    counts = {name: getattr(found, name) if found else 0 for name in ("visits", "sales", "total", "discounted")}
    days = {name: getattr(found, name).isoformat() if found and getattr(found, name) else None for name in _DAYS}
    return reply(200, {**counts, **days, "gap_days": found.gap_days if found else None})


_DAYS = ("first_visit", "last_visit", "next_visit")

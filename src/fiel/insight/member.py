"""What the receipts tell of one member: for their page, the counter, and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Sum

from fiel.catalogue.models import Department, Product
from fiel.insight.models import MemberIndicators, MemberMonth, MemberSegment
from fiel.members.find import known_as
from fiel.members.models import Member
from fiel.sales.models import ReceiptLine
from fiel.shops.ages import grown_up
from fiel.shops.models import Business

__all__ = ["Habits", "Told", "indicators_of", "may_profile", "told_of"]

_MONTHS = 12
_PRODUCTS = 5


@dataclass(frozen=True, slots=True)
class Habits:
    """What a member likes, where they agreed that purchases are looked at: names, the most usual first.

    `hour`: 0 to 23, None where there is none; `payment`: a kind of payment; `segment`: as of last night.
    """

    department: str
    products: tuple[str, ...]
    hour: int | None
    payment: str
    segment: str


@dataclass(frozen=True, slots=True)
class Told:
    """The indicators; what was spent in each of the last months, in minor units; habits where they may be looked at."""

    indicators: MemberIndicators
    months: tuple[tuple[date, int], ...]
    habits: Habits | None

    @property
    def ticket(self) -> int:
        """What a sale came to on average, in minor units, half up."""
        return (2 * self.indicators.total + self.indicators.sales) // (2 * self.indicators.sales)


def indicators_of(business_id: int, member_id: UUID) -> MemberIndicators | None:
    """The indicators of a member who bought something that stands."""
    return MemberIndicators.objects.filter(business_id=business_id, member_id=member_id).first()


def may_profile(business: Business, members: Iterable[Member], today: date) -> set[UUID]:
    """Those whose purchases may be looked at: of age as far as is known, and they said yes, at last."""
    return {
        each.id
        for each in members
        if each.consents.get("profiling") and grown_up(each.birth_date, today, business.minimum_age)
    }


def told_of(business: Business, member: Member, today: date) -> Told | None:
    """What the receipts tell of a member; None for who bought nothing yet, or is too young."""
    indicators = indicators_of(business.id, member.id)
    if indicators is None:
        return None
    rows = MemberMonth.objects.filter(business=business, member_id=member.id, month__lte=today)
    months = tuple(rows.order_by("-month").values_list("month", "total")[:_MONTHS])[::-1]
    known = may_profile(business, [member], today)
    return Told(indicators, months, _habits(indicators) if known else None)


def _habits(indicators: MemberIndicators) -> Habits:
    business_id, member_id = indicators.business_id, indicators.member_id
    department = Department.objects.filter(business_id=business_id, code=indicators.department).first()
    lines = ReceiptLine.objects.filter(
        business_id=business_id, receipt__member_id__in=list(known_as(business_id, [member_id])), receipt__gone=False
    )
    often = lines.exclude(product="").values_list("product").annotate(n=Count("number"), paid=Sum("net"))
    codes = [code for code, *_ in often.order_by("-n", "-paid", "product")[:_PRODUCTS]]
    names = {each.code: str(each) for each in Product.objects.filter(business_id=business_id, code__in=codes)}
    segment = MemberSegment.objects.filter(business_id=business_id, member_id=member_id).first()
    return Habits(
        department=str(department or indicators.department),
        products=tuple(names.get(code, code) for code in codes),
        hour=int(indicators.hour) if indicators.hour else None,
        payment=indicators.payment,
        segment=segment.segment if segment else "",
    )

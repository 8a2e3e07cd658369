"""Whether inviting helps: of those who were due, who came, what they spent, and what the gifts cost.

Those who were due and not invited stand beside those who were. They were not chosen by lot: whoever serves invites
whom they like, so that the difference tells less than a campaign's control group does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Case, Count, DateTimeField, F, Func, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.db.models.sql.compiler import SQLCompiler

from fiel.outreach.invitations.came import WITHIN
from fiel.rewards.models import WHYS, Invitation
from fiel.sales.models import Receipt

__all__ = ["Line", "Side", "report"]


class _Later(Func):
    """The end of the time in which a visit counts. Django's own sum is a function in Python on SQLite, for each row."""

    output_field = DateTimeField()
    template = f"(%(expressions)s + interval '{WITHIN.days} days')"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **said: Any) -> tuple[str, Any]:
        template = f"strftime('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f', %(expressions)s, '+{WITHIN.days} days')"
        return self.as_sql(compiler, connection, template=template, **said)


@dataclass(frozen=True, slots=True)
class Side:
    """Some of those who were due: how many, how many came within 30 days, and what they spent then (minor units).

    `gifts`: how many were given; `cost`, `budget`: what those cost, and what was foreseen for them.
    """

    due: int = 0
    came: int = 0
    spent: int = 0
    gifts: int = 0
    cost: int = 0
    budget: int = 0

    def __add__(self, other: Side) -> Side:
        names = ("due", "came", "spent", "gifts", "cost", "budget")
        return Side(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True, slots=True)
class Line:
    """One reason: those who were invited for it, and those who were not."""

    why: str
    invited: Side
    others: Side


def report(business_id: int, *, first: datetime, last: datetime) -> list[Line]:
    """What became of the invitations that were opened from one moment up to another; reasons with none are left out."""
    rows = Invitation.objects.filter(business_id=business_id, opened_at__gte=first, opened_at__lt=last)
    rows = rows.exclude(closed_why__in=("merged", "erased"))
    since = Coalesce("invited_at", "opened_at")
    in_time = Q(came_at__lte=_Later("since"))
    sales = Receipt.objects.filter(
        business_id=OuterRef("business_id"),
        member_id=OuterRef("member_id"),
        occurred_at__gt=OuterRef("since"),
        occurred_at__lte=_Later(OuterRef("since")),
    )
    spent = sales.order_by().values("business_id").annotate(spent=Sum("spend")).values("spent")
    # What somebody spent is looked up only for those who came: it is a query for each.
    spent_if_came = Case(When(in_time, then=Subquery(spent)), default=None, output_field=BigIntegerField())
    rows = rows.annotate(since=since).annotate(spent=spent_if_came)
    given = Q(closed_why="given")
    counted = (
        rows.order_by()
        .values("why", was_invited=Q(invited_at__isnull=False))
        .annotate(
            due=Count("id"),
            came_in_time=Count("id", filter=in_time),
            spent_then=Coalesce(Sum("spent"), 0, output_field=BigIntegerField()),
            gifts=Count("id", filter=given & ~Q(gift="")),
            costs=Coalesce(Sum("cost", filter=given), 0, output_field=BigIntegerField()),
            foreseen=Coalesce(Sum(F("budget"), filter=given), 0, output_field=BigIntegerField()),
        )
    )
    sides = {
        (row["why"], bool(row["was_invited"])): Side(
            row["due"], row["came_in_time"], row["spent_then"], row["gifts"], row["costs"], row["foreseen"]
        )
        for row in counted
    }
    lines = [Line(why, sides.get((why, True), Side()), sides.get((why, False), Side())) for why in WHYS]
    return [line for line in lines if line.invited.due or line.others.due]

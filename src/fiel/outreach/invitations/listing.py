"""The list of whom to invite: those to be invited now, those who were, those put off, and those that are done with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from fiel.members.find import known_as
from fiel.rewards.models import Invitation
from fiel.sales.models import Receipt

__all__ = ["SHOWS", "Page", "count_due", "open_ones_of", "page_of"]

_NOWHERE = ""
"""In place of the store of who bought nothing yet: everybody may invite them."""
SHOWS = ("due", "invited", "later", "done")
"""What of the list can be looked at."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some invitations, and the id at which the next page begins, where there is one."""

    rows: list[Invitation]
    after: UUID | None


def page_of(
    business_id: int,
    show: str,
    *,
    today: date,
    person_id: int | None = None,
    stores: tuple[str, ...] = (),
    after: UUID | None = None,
    limit: int = 20,
) -> Page:
    """A page of the list. `person_id`: those that this person took on, and nobody else's.

    `stores`: of members whose last sale was in one of them. `after`: the id of the last one of the page before. Those
    who have waited longest come first; of what is done with, the latest.
    """
    rows = _shown(business_id, show, today)
    if person_id is not None:
        rows = rows.filter(person_id=person_id)
    rows = _in_stores(rows, stores)
    order = ("-opened_at", "-id") if show == "done" else ("opened_at", "id")
    last = Invitation.objects.filter(business_id=business_id, id=after).first() if after else None
    if last is not None:
        way = "lt" if show == "done" else "gt"
        rows = rows.filter(
            Q(**{f"opened_at__{way}": last.opened_at}) | Q(**{"opened_at": last.opened_at, f"id__{way}": last.id})
        )
    found = list(rows.select_related("member").order_by(*order)[: limit + 1])
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def _shown(business_id: int, show: str, today: date) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(business_id=business_id)
    if show == "done":
        return rows.filter(closed_at__isnull=False)
    if show == "later":
        return rows.filter(closed_at=None, later_until__gt=today)
    return _in_hand(business_id, today).filter(invited_at__isnull=show == "due")


def _in_hand(business_id: int, today: date) -> QuerySet[Invitation]:
    """Those that are open and not put off."""
    return Invitation.objects.filter(
        Q(later_until=None) | Q(later_until__lte=today), business_id=business_id, closed_at=None
    )


def _in_stores(rows: QuerySet[Invitation], stores: tuple[str, ...]) -> QuerySet[Invitation]:
    sales = Receipt.objects.filter(business_id=OuterRef("business_id"), member_id=OuterRef("member_id"))
    # Named once in the condition: a subquery that stands there twice is asked twice for each row.
    last = Coalesce(Subquery(sales.order_by("-occurred_at").values("store")[:1]), Value(_NOWHERE))
    return rows.annotate(store=last).filter(store__in=[*stores, _NOWHERE]) if stores else rows


def count_due(business_id: int, *, today: date, stores: tuple[str, ...] = ()) -> dict[str, int]:
    """How many are on each part of the list that is open."""
    rows = _in_hand(business_id, today)
    if stores:
        rows = _in_stores(rows, stores)
    counted = rows.aggregate(
        due=Count("id", filter=Q(invited_at=None)), invited=Count("id", filter=Q(invited_at__isnull=False))
    )
    return {show: int(counted[show]) for show in ("due", "invited")}


def open_ones_of(business_id: int, member_id: UUID, *, today: date) -> list[Invitation]:
    """A member's invitations, those due longest first, for whoever serves them now; put off or not."""
    ours = Invitation.objects.filter(business_id=business_id, member_id__in=list(known_as(business_id, [member_id])))
    good = Q(until=None) | Q(until__gte=today) | Q(why="goal")
    return list(ours.filter(good, closed_at=None).order_by("opened_at", F("id")))

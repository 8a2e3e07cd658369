"""Receipts as a person may see them: those of the stores in which they have a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from fiel.core.identity import display_name
from fiel.core.programme import Unit
from fiel.doors.look import with_unit
from fiel.doors.people import Place
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.sales.measures import earned_of
from fiel.sales.models import Receipt
from fiel.shops.models import Store

__all__ = ["Row", "last_receipts", "name_of", "receipts_of"]


@dataclass(frozen=True, slots=True)
class Row:
    """A receipt in a list. `zone`: the store's; `gave`: what it still gives, with units; `gone`: wholly returned."""

    id: UUID
    occurred_at: datetime
    zone: str
    store: str
    till: str
    number: str
    member: str
    total: int
    gave: tuple[str, ...]
    gone: bool


def receipts_of(place: Place) -> QuerySet[Receipt]:
    """All receipts that the person may see."""
    rows = Receipt.objects.filter(business=place.business)
    return rows.filter(store__in=place.stores) if place.stores else rows


def last_receipts(
    place: Place,
    stores: Sequence[Store],
    units: Mapping[str, Unit],
    *,
    most: int,
    of: Iterable[UUID] | None = None,
    only: Iterable[UUID] | None = None,
) -> list[Row]:
    """The latest receipts, the newest first; two queries.

    `of`: the members by whose ids they are known; `only`: the receipts among which they are. None: all.
    """
    rows = receipts_of(place) if of is None else receipts_of(place).filter(member_id__in=list(of))
    rows = rows if only is None else rows.filter(id__in=list(only))
    found = list(rows.order_by("-occurred_at", "-id")[:most])
    members = members_by_id(place.business.id, {receipt.member_id for receipt in found if receipt.member_id})
    by_code = {store.code: store for store in stores}
    return [
        _row(place, each, by_code.get(each.store), units, members[each.member_id] if each.member_id else None)
        for each in found
    ]


def _row(place: Place, receipt: Receipt, store: Store | None, units: Mapping[str, Unit], member: Member | None) -> Row:
    business = place.business
    earned = earned_of(receipt.outcome, receipt.standing)
    return Row(
        id=receipt.id,
        occurred_at=receipt.occurred_at,
        zone=(store.timezone if store else "") or business.timezone,
        store=str(store or receipt.store),
        till=receipt.till,
        number=receipt.number,
        member=name_of(member) if member else "",
        total=receipt.total,
        gave=tuple(
            with_unit(steps, units[unit], business.currency, sign=True)
            for unit, steps in earned.items()
            if steps and unit in units
        ),
        gone=receipt.gone,
    )


def name_of(member: Member) -> str:
    """A member's short name; who gave none is called by the member number."""
    return display_name(member.name) or member.code

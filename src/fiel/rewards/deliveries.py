"""The record of what was handed over: written when a voucher is used, kept for ever, read by whoever may."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from fiel.members.find import known_as
from fiel.rewards.models import Delivery, Voucher
from fiel.rewards.telling import tell_delivered
from fiel.tables.ids import new_id
from fiel.tables.write import insert

__all__ = ["Place", "deliver", "deliveries", "delivery_of", "standing_deliveries", "undo_deliveries"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is handed over: in a store of the business, or in one of a partner's."""

    store: str = ""
    till: str = ""
    partner: str = ""
    partner_store: str = ""


def delivery_of(
    voucher: Voucher,
    place: Place,
    *,
    at: datetime,
    by: str,
    receipt_id: UUID | None = None,
    amount: int | None = None,
    price: int | None = None,
) -> Delivery:
    """That a voucher's reward was handed over; not written yet. `amount`, `price` in minor units."""
    return Delivery(
        business_id=voucher.business_id,
        id=new_id(),
        voucher_id=voucher.id,
        reward=voucher.reward,
        member_id=voucher.member_id,
        at=at,
        by=by,
        store=place.store,
        till=place.till,
        partner=place.partner,
        partner_store=place.partner_store,
        receipt_id=receipt_id,
        amount=amount,
        price=price,
    )


def deliver(rows: Sequence[Delivery], *, news: bool = True) -> None:
    """Write deliveries, in the caller's transaction, and tell the members where it is news: history is none.

    The database refuses a second one of the same voucher.
    """
    insert(Delivery, _COLUMNS, [(row.business_id, *(getattr(row, name) for name in _COLUMNS[1:])) for row in rows])
    if news:
        tell_delivered(rows)


def undo_deliveries(business_id: int, voucher_ids: Collection[UUID], *, at: datetime) -> None:
    """Note that vouchers are free again, as the sale they went with was returned."""
    if voucher_ids:
        standing = Delivery.objects.filter(business_id=business_id, voucher_id__in=voucher_ids, undone_at=None)
        standing.update(undone_at=at)


def standing_deliveries(business_id: int, voucher_ids: Collection[UUID]) -> dict[UUID, Delivery]:
    """The deliveries of vouchers that were used, by voucher."""
    rows = Delivery.objects.filter(business_id=business_id, voucher_id__in=voucher_ids, undone_at=None)
    return {row.voucher_id: row for row in rows}


def deliveries(
    business_id: int,
    *,
    member_id: UUID | None = None,
    reward: str = "",
    partner: str = "",
    store: str = "",
    voucher_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: tuple[datetime, UUID] | None = None,
) -> QuerySet[Delivery]:
    """What was handed over, the latest first; of one member, reward, partner, store or voucher, or of all.

    `since`, `until`: from one moment to before another. `before`: where the page before ended.
    """
    rows = Delivery.objects.filter(business_id=business_id)
    if member_id is not None:
        rows = rows.filter(member_id__in=list(known_as(business_id, [member_id])))
    if reward:
        rows = rows.filter(reward=reward)
    if partner:
        rows = rows.filter(partner=partner)
    if store:
        rows = rows.filter(store=store)
    if voucher_id is not None:
        rows = rows.filter(voucher_id=voucher_id)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if before is not None:
        at, id_ = before
        rows = rows.filter(at__lte=at).filter(Q(at__lt=at) | Q(id__lt=id_))
    return rows.order_by("-at", "-id")


_COLUMNS = (
    "business",
    "id",
    "voucher_id",
    "reward",
    "member_id",
    "at",
    "by",
    "store",
    "till",
    "partner",
    "partner_store",
    "receipt_id",
    "amount",
    "price",
    "undone_at",
)

"""Settlements: what a business owes a partner for a month, in steps that both sides take and see.

draft → sent → accepted, or disputed → corrected → agreed (or disputed again). Nothing is changed once it is there: what
was wrong gets a line of correction, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Sum

from fiel.core.refusals import Fault, Refused
from fiel.programme.versions import zone_now
from fiel.rewards.models import (
    Delivery,
    Partner,
    PartnerStore,
    Reward,
    Settlement,
    SettlementLine,
    SettlementStep,
)
from fiel.rewards.read import codes_of
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.write import insert
from fiel.trail.note import note

__all__ = [
    "NEXT",
    "STATES",
    "LineTold",
    "SettlementTold",
    "correct",
    "draft_settlements",
    "month_of",
    "move",
    "settlement_told",
    "settlements",
]

NEXT: dict[str, dict[str, str]] = {
    "draft": {"sent": "business"},
    "sent": {"accepted": "partner", "disputed": "partner"},
    "disputed": {"corrected": "business"},
    "corrected": {"agreed": "partner", "disputed": "partner"},
    "accepted": {},
    "agreed": {},
}
"""The states into which a settlement can come from each, and which side brings it there."""

STATES = tuple(NEXT)
_OPEN_TO_CORRECTION = ("draft", "disputed")


@dataclass(frozen=True, slots=True)
class LineTold:
    """A line as both sides see it: a redemption with its voucher, or a correction with its reason; never the person."""

    number: int
    amount: int
    at: datetime
    reward: str
    name: str
    voucher: str
    store: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class SettlementTold:
    """A settlement with everything about it. `zone`: the clock by which its month and times are told."""

    settlement: Settlement
    partner: Partner
    lines: Sequence[LineTold]
    steps: Sequence[SettlementStep]
    zone: ZoneInfo


def month_of(text: str) -> date:
    """The first day of a month written as 2026-11. Raises `invalid`."""
    try:
        if len(text) != len("2026-11"):
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refused("invalid", f"{text!r} is no month.", [Fault("/month", "write a month as 2026-11")]) from None


def draft_settlements(
    business: Business, month: date, *, by: str, now: datetime, partner: str = ""
) -> list[Settlement]:
    """Make the settlements of a month, or bring those that are still drafts up to date; of one partner, or of all.

    What was redeemed until the month's end and stands in no settlement yet belongs to it. Raises `not_found` for the
    partner, `invalid` for a month that has not begun. A second run changes nothing.
    """
    zone = zone_now(business, now)
    if month > now.astimezone(zone).date():
        raise Refused("invalid", "This month has not begun.", [Fault("/month", "name one that has")])
    owed = _owed(business, partner, _end(month, zone))
    codes = set(owed.order_by().values_list("partner", flat=True).distinct())
    drafts = Settlement.objects.filter(business=business, month=month)
    codes |= set(drafts.values_list("partner", flat=True)) if not partner else set()
    if partner and not Partner.objects.filter(business=business, code=partner).exists():
        raise Refused("not_found", f"There is no partner {partner!r}.", [Fault("/partner", "name a partner")])
    return [_draft(business, code, month, zone, by=by, now=now) for code in sorted(codes | ({partner} - {""}))]


def _owed(business: Business, partner: str, until: datetime) -> QuerySet[Delivery]:
    """What partners handed over before a moment, and no settlement holds yet."""
    rows = Delivery.objects.filter(business=business, undone_at=None, at__lt=until).exclude(partner="")
    if partner:
        rows = rows.filter(partner=partner)
    settled = SettlementLine.objects.filter(business=business, delivery_id__isnull=False)
    return rows.exclude(id__in=settled.values("delivery_id")).order_by("at", "id")


def _draft(business: Business, partner: str, month: date, zone: ZoneInfo, *, by: str, now: datetime) -> Settlement:
    with transaction.atomic():
        made = {"business": business, "partner": partner, "month": month}
        settlement, new = Settlement.objects.get_or_create(**made, defaults={"id": new_id()})
        if new:
            _step(settlement, "draft", "business", by, "", now)
            made_for = {"partner": partner, "month": f"{month:%Y-%m}"}
            note(business.id, "settlement.drafted", about=settlement.id, after=made_for, now=now)
        settlement = Settlement.objects.select_for_update(no_key=True).get(business=business, id=settlement.id)
        if settlement.state == "draft":
            number = _last_number(settlement)
            rows = [
                (business.id, settlement.id, number + place, row.id, row.price, "", now, by)
                for place, row in enumerate(_owed(business, partner, _end(month, zone)), 1)
            ]
            insert(SettlementLine, _LINE, rows)
            _add_up(settlement)
    return settlement


_LINE = ("business", "settlement_id", "number", "delivery_id", "amount", "reason", "added_at", "added_by")


def correct(business: Business, settlement_id: UUID, *, amount: int, reason: str, by: str, now: datetime) -> Settlement:
    """Add a correction, in minor units, below zero to pay less. Raises `not_found`, `invalid`, `conflict`.

    Only a draft or a disputed settlement can be corrected: what both sides have seen stays as it is.
    """
    if not reason.strip():
        raise Refused("invalid", "A correction needs a reason.", [Fault("/reason", "say why")])
    if not amount:
        raise Refused("invalid", "A correction of nothing is none.", [Fault("/amount", "above or below 0")])
    with transaction.atomic():
        settlement = _locked(business, settlement_id)
        if settlement.state not in _OPEN_TO_CORRECTION:
            raise Refused("conflict", f"This settlement is {settlement.state}: it cannot be corrected now.")
        number = _last_number(settlement) + 1
        insert(SettlementLine, _LINE, [(business.id, settlement.id, number, None, amount, reason.strip(), now, by)])
        _add_up(settlement)
        after = {"line": number, "amount": amount, "reason": reason.strip()}
        note(business.id, "settlement.line_added", about=settlement.id, after=after, now=now)
    return settlement


def move(
    business: Business,
    settlement_id: UUID,
    state: str,
    *,
    side: str,
    by: str,
    now: datetime,
    said: str = "",
    partner: str = "",
) -> Settlement:
    """Bring a settlement into a state; `side`: "business" or "partner", who does it. `partner`: whose alone it may be.

    Raises `not_found`, `invalid`, and `conflict` where it cannot come into that state, or not by that side.
    """
    if state not in NEXT:
        raise Refused("invalid", f"{state!r} is no state of a settlement.", [Fault("/state", ", ".join(STATES))])
    if state == "disputed" and not said.strip():
        raise Refused("invalid", "Say what is wrong with it.", [Fault("/note", "say what is wrong")])
    with transaction.atomic():
        settlement = _locked(business, settlement_id, partner)
        if NEXT[settlement.state].get(state) != side:
            steps = " or ".join(to for to, who in NEXT[settlement.state].items() if who == side) or "nothing"
            detail = f"This settlement is {settlement.state}; the {side} can make it {steps}."
            raise Refused("conflict", detail, [Fault("/state", f"now it can become: {steps}")])
        if state == "sent" and now < _end(settlement.month, zone_now(business, now)):
            fault = Fault("/state", "send it when the month is over")
            raise Refused("conflict", "The month is not over: more may be redeemed.", [fault])
        before = {"state": settlement.state}
        settlement.state = state
        settlement.save(update_fields=["state"])
        _step(settlement, state, side, by, said.strip(), now)
        after = {"state": state}
        note(business.id, f"settlement.{state}", about=settlement.id, before=before, after=after, now=now)
    return settlement


def settlements(
    business_id: int,
    *,
    partner: str = "",
    month: date | None = None,
    drafts: bool = True,
    behind: tuple[date, str] | None = None,
) -> QuerySet[Settlement]:
    """The settlements of a business, the latest month first; a partner is shown its own, without `drafts`.

    `behind`: month and partner of the last one of the page before.
    """
    rows = Settlement.objects.filter(business_id=business_id)
    if not drafts:
        rows = rows.exclude(state="draft")
    if partner:
        rows = rows.filter(partner=partner)
    if month is not None:
        rows = rows.filter(month=month)
    if behind is not None:
        last, code = behind
        rows = rows.filter(month__lte=last).filter(Q(month__lt=last) | Q(partner__gt=code))
    return rows.order_by("-month", "partner")


def settlement_told(
    business: Business,
    settlement_id: UUID,
    *,
    now: datetime,
    partner: str = "",
    after: int = 0,
    limit: int | None = None,
) -> SettlementTold:
    """A settlement with its lines and steps; `partner`: who looks, who sees only their own that were sent.

    `after`, `limit`: a page of its lines, behind the one of that number. Raises `not_found`.
    """
    settlement = _found(business, settlement_id, partner)
    ours = {"business": business, "settlement_id": settlement.id}
    rows = list(SettlementLine.objects.filter(**ours, number__gt=after).order_by("number")[:limit])
    ids = [row.delivery_id for row in rows if row.delivery_id]
    handed = {row.id: row for row in Delivery.objects.filter(business=business, id__in=ids).defer("member_id")}
    rewards = Reward.objects.filter(business=business, code__in={row.reward for row in handed.values()})
    names = {reward.code: str(reward) for reward in rewards}
    places = PartnerStore.objects.filter(business=business, partner=settlement.partner)
    stores = {store.code: str(store) for store in places}
    codes = codes_of(business.id, [row.voucher_id for row in handed.values()])
    return SettlementTold(
        settlement=settlement,
        partner=Partner.objects.get(business=business, code=settlement.partner),
        lines=[_line(row, handed, names, stores, codes) for row in rows],
        steps=list(SettlementStep.objects.filter(**ours).order_by("at", "id")),
        zone=zone_now(business, now),
    )


def _line(
    row: SettlementLine,
    handed: dict[UUID, Delivery],
    names: dict[str, str],
    stores: dict[str, str],
    codes: dict[UUID, str],
) -> LineTold:
    delivery = handed[row.delivery_id] if row.delivery_id else None
    return LineTold(
        number=row.number,
        amount=row.amount,
        at=delivery.at if delivery else row.added_at,
        reward=delivery.reward if delivery else "",
        name=names.get(delivery.reward, delivery.reward) if delivery else "",
        voucher=codes[delivery.voucher_id] if delivery else "",
        store=stores.get(delivery.partner_store, delivery.partner_store) if delivery else "",
        by=delivery.by if delivery else row.added_by,
        reason=row.reason,
    )


def _found(business: Business, settlement_id: UUID, partner: str) -> Settlement:
    rows = Settlement.objects.filter(business=business, id=settlement_id)
    if partner:
        rows = rows.filter(partner=partner).exclude(state="draft")
    settlement = rows.first()
    if settlement is None:
        raise Refused("not_found", "There is no such settlement.")
    return settlement


def _locked(business: Business, settlement_id: UUID, partner: str = "") -> Settlement:
    settlement = _found(business, settlement_id, partner)
    return Settlement.objects.select_for_update(no_key=True).get(business=business, id=settlement.id)


def _last_number(settlement: Settlement) -> int:
    lines = SettlementLine.objects.filter(business_id=settlement.business_id, settlement_id=settlement.id)
    return lines.aggregate(last=Max("number"))["last"] or 0


def _add_up(settlement: Settlement) -> None:
    lines = SettlementLine.objects.filter(business_id=settlement.business_id, settlement_id=settlement.id)
    settlement.total = lines.aggregate(total=Sum("amount"))["total"] or 0
    settlement.save(update_fields=["total"])


def _step(settlement: Settlement, state: str, side: str, by: str, said: str, now: datetime) -> None:
    SettlementStep.objects.create(
        business_id=settlement.business_id,
        settlement_id=settlement.id,
        state=state,
        side=side,
        by=by,
        note=said,
        at=now,
    )


def _end(month: date, zone: ZoneInfo) -> datetime:
    """The moment at which a month is over."""
    first = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime.combine(first, time(), zone)

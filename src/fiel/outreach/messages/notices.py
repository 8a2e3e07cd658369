"""Notices: what the programme tells its members by itself, made from events as webhooks are.

Fiel is one more listener to a business's events, under an endpoint without an address: an event is noted in the
transaction in which it happened, and becomes messages in the transaction in which it is ticked off. What is about to
lapse is no event; the daily run's warnings are read instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from fiel import clock
from fiel.core.lots import NEVER
from fiel.core.programme import Unit
from fiel.events.models import Delivery, Endpoint, Event
from fiel.ledger.read import balances
from fiel.members.find import follow
from fiel.outreach.deliver import claim, let_go
from fiel.outreach.messages.queue import Draft, put
from fiel.outreach.models import Messaging
from fiel.programme.units import units_of
from fiel.rewards.models import Voucher
from fiel.sales.models import LotWarning
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.read import in_groups
from fiel.tables.walls import within

__all__ = ["NOTICES", "announce_lapses", "listen_for", "read_some"]

NOTICES: Mapping[str, str] = {
    "earned": "points.changed",
    "lapsing": "",
    "tier": "tier.changed",
    "voucher": "voucher.issued",
    "used": "voucher.redeemed",
}
"""Each kind of notice, and the event from which it is made."""

_AT_ONCE = 200
_GROUP = 1000
_WARNED_LATELY = timedelta(days=7)
_MAKES_SENSE = timedelta(days=3)

log = logging.getLogger("fiel.messages")


def listen_for(business: Business, notices: Collection[str], *, now: datetime) -> None:
    """Have events noted for these notices from now on, in the caller's transaction; for none, no events are."""
    kinds = sorted({NOTICES[each] for each in notices if NOTICES[each]})
    ours = Endpoint.objects.filter(business=business, url="")
    if not kinds:
        Delivery.objects.filter(business=business, endpoint_id__in=ours.values("id"), sent=False).delete()
        ours.update(kinds=[])
    elif not ours.update(kinds=kinds):
        Endpoint.objects.create(
            business=business, id=new_id(), url="", kinds=kinds, secret="", created_at=now, next_try_at=now
        )


def read_some(worker: str, alive: Callable[[], Collection[str]], stopping: Callable[[], bool]) -> bool:
    """Make messages of some business's events; whether there were any."""
    endpoint = claim(worker, alive, own=True)
    if endpoint is None:
        return False
    try:
        with within(endpoint.business_id):
            _read(endpoint, stopping)
    finally:
        let_go(endpoint, worker)
    return True


def _read(endpoint: Endpoint, stopping: Callable[[], bool]) -> None:
    how = Messaging.objects.filter(business_id=endpoint.business_id).first()
    wanted = set(how.notices) if how else set()
    units = units_of(endpoint.business_id)
    waiting = Delivery.objects.filter(business_id=endpoint.business_id, endpoint_id=endpoint.id, sent=False)
    while not stopping() and (some := list(waiting.select_related("event").order_by("event_id")[:_AT_ONCE])):
        now = clock.now()
        with transaction.atomic():
            put(endpoint.business_id, list(_drafts([each.event for each in some], wanted, units)), now=now)
            waiting.filter(event_id__in=[each.event_id for each in some]).update(sent=True, tried_at=now)


def _drafts(events: Sequence[Event], wanted: Collection[str], units: Mapping[str, Unit]) -> Iterator[Draft]:
    about = {event.about for event in events if event.kind.startswith("voucher.")}
    holders: dict[Any, Any] = {}
    if about:
        rows = Voucher.objects.filter(business_id=events[0].business_id, id__in=about)
        holders = dict(rows.values_list("id", "member_id"))
    for event in events:
        until = (event.at + _MAKES_SENSE).date()
        said: dict[str, Any] = {"purposes": ("notices",), "about": event.about, "until": until}
        if event.kind == "points.changed" and "earned" in wanted:
            yield from _earned(event, units, said)
        elif event.kind == "tier.changed" and "tier" in wanted and event.facts["after"]:
            facts = {"tier": event.facts["after"]}
            yield Draft(event.about, "notice.tier", f"tier:{event.id}", facts=facts, **said)
        elif event.kind.startswith("voucher.") and event.about in holders:
            what = "voucher" if event.kind == "voucher.issued" else "used"
            if what in wanted:
                facts = {"voucher": str(event.about)}
                yield Draft(holders[event.about], f"notice.{what}", f"{what}:{event.id}", facts=facts, **said)


def _earned(event: Event, units: Mapping[str, Unit], said: dict[str, Any]) -> Iterator[Draft]:
    """What a purchase brought; of several units a message each would be many, so the largest alone is told."""
    moved = [
        (steps, unit)
        for unit, kind, steps, *_ in event.facts["moved"]
        if kind == "earn" and steps > 0 and unit in units and units[unit].visible
    ]
    if moved:
        steps, unit = max(moved)
        facts = {"amount": [unit, steps]}
        yield Draft(event.about, "notice.earned", f"earned:{event.id}", facts=facts, **said)


def announce_lapses(business: Business, *, day: date, now: datetime) -> int:
    """Note a message for each of the daily run's warnings of the last week; a second run notes none."""
    how = Messaging.objects.filter(business=business).first()
    if how is None or "lapsing" not in how.notices:
        return 0
    warnings = LotWarning.objects.filter(
        business=business, warned_on__gt=day - _WARNED_LATELY, warned_on__lte=day
    ).order_by("member_id", "unit", "expires_on", "available_on")
    units = units_of(business.id)
    rows = warnings.values_list("member_id", "unit", "expires_on", "warned_on")
    new = 0
    for group in in_groups(rows.iterator(), _GROUP):
        new += put(business.id, list(_lapses(business, group, units)), now=now)
    return new


def _lapses(business: Business, group: Sequence[Any], units: Mapping[str, Unit]) -> Iterator[Draft]:
    leads_to = follow(business.id, {member_id for member_id, *_ in group})
    held: dict[tuple[Any, str, date], int] = {}
    for each in balances(business.id, set(leads_to.values())):
        for lot, steps in each.holding.lots.items():
            key = (each.member_id, each.unit, lot.expires_on)
            held[key] = held.get(key, 0) + steps
    for member_id, unit, expires_on, warned_on in group:
        who = leads_to[member_id]
        steps = held.get((who, unit, expires_on), 0)
        if steps <= 0 or unit not in units or not units[unit].visible:
            continue
        # What lapses for want of visits has no day of its own; it is kept at least as long as the warning says.
        on = warned_on + timedelta(days=units[unit].warn_days) if expires_on == NEVER else expires_on
        once = f"lapsing:{who}:{unit}:{expires_on}:{warned_on}"
        facts = {"amount": [unit, steps], "day": on.isoformat()}
        yield Draft(who, "notice.lapsing", once, ("notices",), facts=facts, until=on)

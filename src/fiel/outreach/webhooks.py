"""Webhooks as a business sets them up: listen, change, rotate the secret, try, replay, look at what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from fiel.core.refusals import Fault, Refused
from fiel.events.models import KINDS, Delivery, Endpoint, Event
from fiel.events.tell import Happened, Listening, tell
from fiel.outreach.addresses import check
from fiel.outreach.signing import new_secret, seal_secret
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.write import upsert
from fiel.trail.note import note as note_act

__all__ = [
    "EVENT_KINDS",
    "change",
    "deliveries_of",
    "endpoint_by_id",
    "endpoints_of",
    "listen_at",
    "remove",
    "replay_one",
    "replay_since",
    "rotate",
    "try_out",
]

EVENT_KINDS = tuple(kind for kind in KINDS if kind != "test")
MOST_ENDPOINTS = 20
KEEP_OLD_SECRET = timedelta(days=1)


def listen_at(
    business: Business, url: str, kinds: Sequence[str], *, note: str = "", now: datetime
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret, which is shown now and never again. Raises `invalid`."""
    check(url)
    with transaction.atomic():
        Business.objects.select_for_update(no_key=True).get(id=business.id)  # two at once would pass the limit
        if len(endpoints_of(business.id)) >= MOST_ENDPOINTS:
            raise Refused("invalid", f"A business has at most {MOST_ENDPOINTS} webhooks.", [Fault("", "remove one")])
        secret = new_secret()
        endpoint = Endpoint.objects.create(
            business=business,
            id=new_id(),
            url=url,
            kinds=_kinds(kinds),
            note=note,
            secret=seal_secret(secret),
            created_at=now,
            next_try_at=now,
        )
        note_act(business.id, "webhook.made", about=endpoint.id, after=_settings(endpoint), now=now)
    return endpoint, secret


def change(
    endpoint: Endpoint,
    *,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    note: str | None = None,
    enabled: bool | None = None,
    now: datetime,
) -> None:
    """Change what is named. `enabled`: take up again where it stopped, or stop. Raises `invalid`."""
    before = _settings(endpoint)
    if url is not None and url != endpoint.url:
        check(url)
        endpoint.url = url
    if kinds is not None:
        endpoint.kinds = _kinds(kinds)
    if note is not None:
        endpoint.note = note
    if enabled is False and endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_why = now, "by_hand"
    if enabled:
        endpoint.disabled_at, endpoint.disabled_why = None, ""
    fields = ["url", "kinds", "note", "disabled_at", "disabled_why"]
    if enabled or url is not None:
        endpoint.failures, endpoint.failing_since, endpoint.next_try_at = 0, None, now
        fields += ["failures", "failing_since", "next_try_at"]
    with transaction.atomic():
        endpoint.save(update_fields=fields)
        note_act(
            endpoint.business_id,
            "webhook.changed",
            about=endpoint.id,
            before=before,
            after=_settings(endpoint),
            now=now,
        )


def rotate(endpoint: Endpoint, *, now: datetime) -> str:
    """A new secret, shown once. The one before signs too for a day, so that receivers can change over."""
    secret = new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + KEEP_OLD_SECRET
    endpoint.secret = seal_secret(secret)
    with transaction.atomic():
        endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
        note_act(endpoint.business_id, "webhook.secret_changed", about=endpoint.id, now=now)
    return secret


def remove(endpoint: Endpoint, *, now: datetime) -> None:
    """Listen there no more; what was not sent yet is dropped."""
    with transaction.atomic():
        note_act(endpoint.business_id, "webhook.removed", about=endpoint.id, before=_settings(endpoint), now=now)
        Delivery.objects.filter(business_id=endpoint.business_id, endpoint_id=endpoint.id).delete()
        endpoint.delete()


def try_out(endpoint: Endpoint, *, now: datetime) -> UUID:
    """Send a test event, behind what is waiting; its id."""
    about = new_id()
    with transaction.atomic():
        only_here = Listening(endpoint.business_id, {"test": (endpoint.id,)})
        tell(only_here, "test", [Happened(about, {})], at=now)
    return Event.objects.values_list("id", flat=True).get(business_id=endpoint.business_id, about=about)


def replay_one(endpoint: Endpoint, event_id: UUID) -> int:
    """Send an event again. Raises `not_found` for one that was never for this endpoint, or is no longer kept."""
    ours = Delivery.objects.filter(business_id=endpoint.business_id, endpoint_id=endpoint.id, event_id=event_id)
    if not ours.update(sent=False):
        raise Refused("not_found", "This endpoint was sent no such event.", [Fault("/event", "name an event it had")])
    return 1


def replay_since(endpoint: Endpoint, since: datetime) -> int:
    """Send again whatever it listens to and happened since then; how many events that is."""
    wanted = Event.objects.filter(business_id=endpoint.business_id, at__gte=since, kind__in=endpoint.kinds)
    events = list(wanted.values_list("id", flat=True))
    keys = ("business", "endpoint_id", "event_id")
    rows = [(endpoint.business_id, endpoint.id, event_id, False, 0, "") for event_id in events]
    with transaction.atomic():
        upsert(Delivery, keys, ("sent", "tries", "error"), rows)
    return len(events)


def endpoints_of(business_id: int) -> list[Endpoint]:
    """A business's endpoints, the oldest first."""
    return list(Endpoint.objects.filter(business_id=business_id).exclude(url="").order_by("id"))


def endpoint_by_id(business_id: int, text: str) -> Endpoint:
    """The endpoint of an id as it was sent. Raises `not_found`."""
    try:
        found = Endpoint.objects.filter(business_id=business_id, id=UUID(text)).exclude(url="").first()
    except ValueError:
        found = None
    if found is None:
        raise Refused("not_found", "There is no such webhook.")
    return found


def deliveries_of(endpoint: Endpoint, *, after: UUID | None, limit: int) -> list[Delivery]:
    """What was or will be sent there, the newest event first."""
    rows = Delivery.objects.filter(business_id=endpoint.business_id, endpoint_id=endpoint.id).select_related("event")
    if after is not None:
        rows = rows.filter(event_id__lt=after)
    return list(rows.order_by("-event_id")[:limit])


def _kinds(kinds: Sequence[str]) -> list[str]:
    """The kinds of events meant, in their order; none named: all."""
    return [kind for kind in EVENT_KINDS if kind in kinds or not kinds]


def _settings(endpoint: Endpoint) -> dict[str, object]:
    """What the trail tells of an endpoint."""
    return {
        "url": endpoint.url,
        "events": list(endpoint.kinds),
        "note": endpoint.note,
        "enabled": endpoint.disabled_at is None,
    }

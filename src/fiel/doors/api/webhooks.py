"""Calls about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of
from fiel.doors.api.once import reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.reward_shapes import Nothing
from fiel.doors.api.webhook_shapes import (
    ReplayAnswer,
    ReplayIn,
    SecretAnswer,
    SentAnswer,
    TestAnswer,
    WebhookAnswer,
    WebhookIn,
    WebhookMade,
    WebhookPatch,
    WebhooksAnswer,
)
from fiel.events.models import Delivery, Endpoint
from fiel.outreach import webhooks
from fiel.sales.answer import time_text

__all__ = ["router"]

router = Router(tags=["Webhooks"])

WebhookId = Annotated[str, Path(description="The webhook's id.")]


@router.get("/webhooks", response=WebhooksAnswer, operation_id="list_webhooks", summary="List webhooks")
def get_webhooks(request: HttpRequest) -> HttpResponse:
    """Where the business is told what happens; the oldest first."""
    items = [_told(each) for each in webhooks.endpoints_of(key_of(request).business_id)]
    return reply(200, {"items": items, "next_cursor": None})


@router.post("/webhooks", response={201: WebhookMade}, operation_id="make_webhook", summary="Make a webhook")
def post_webhook(request: HttpRequest, body: WebhookIn) -> HttpResponse:
    """Be told what happens, as it happens: each event is a POST in the form of Standard Webhooks, signed.

    Whatever answers 2xx within 15 seconds has taken it. Else it is tried again, at growing pauses, for three days, and
    what happens meanwhile waits behind it: events come in their order. Then the webhook is disabled and the owners get
    a letter. An event may come twice, with the same `webhook-id`. Redirects are not followed.
    """
    endpoint, secret = webhooks.listen_at(
        key_of(request).business, body.url, body.events or (), note=body.note or "", now=clock.now()
    )
    return reply(201, {**_told(endpoint), "secret": secret})


@router.get("/webhooks/{webhook_id}", response=WebhookAnswer, operation_id="read_webhook", summary="Read a webhook")
def get_webhook(request: HttpRequest, webhook_id: WebhookId) -> HttpResponse:
    """A webhook, with how it gets on: whether it takes what it is sent, and since when it does not."""
    return reply(200, _told(_named(request, webhook_id)))


@router.patch(
    "/webhooks/{webhook_id}", response=WebhookAnswer, operation_id="change_webhook", summary="Change a webhook"
)
def patch_webhook(request: HttpRequest, webhook_id: WebhookId, body: WebhookPatch) -> HttpResponse:
    """Change it, stop it, or have it go on. While it is stopped, what happens is kept for 30 days."""
    endpoint = _named(request, webhook_id)
    webhooks.change(endpoint, url=body.url, kinds=body.events, note=body.note, enabled=body.enabled, now=clock.now())
    return reply(200, _told(endpoint))


@router.delete(
    "/webhooks/{webhook_id}", response={204: None}, operation_id="remove_webhook", summary="Remove a webhook"
)
def delete_webhook(request: HttpRequest, webhook_id: WebhookId) -> HttpResponse:
    """Be told nothing there any more; what waits is dropped."""
    webhooks.remove(_named(request, webhook_id), now=clock.now())
    return HttpResponse(status=204)


@router.post(
    "/webhooks/{webhook_id}/secret",
    response=SecretAnswer,
    operation_id="rotate_webhook_secret",
    summary="Change a webhook's secret",
)
def post_secret(request: HttpRequest, webhook_id: WebhookId, body: Nothing | None = None) -> HttpResponse:
    """Make a new secret. For a day requests are signed with both, so that no event is missed while you change over."""
    endpoint = _named(request, webhook_id)
    secret = webhooks.rotate(endpoint, now=clock.now())
    return reply(200, {"secret": secret, "old_secret_until": _moment(endpoint.old_secret_until)})


@router.post(
    "/webhooks/{webhook_id}/test", response={202: TestAnswer}, operation_id="test_webhook", summary="Try a webhook"
)
def post_test(request: HttpRequest, webhook_id: WebhookId, body: Nothing | None = None) -> HttpResponse:
    """Send an event of the type `test`, behind what waits; the deliveries tell how it went."""
    return reply(202, {"event": str(webhooks.try_out(_named(request, webhook_id), now=clock.now()))})


@router.post(
    "/webhooks/{webhook_id}/replay", response={202: ReplayAnswer}, operation_id="replay_webhook", summary="Send again"
)
def post_replay(request: HttpRequest, webhook_id: WebhookId, body: ReplayIn) -> HttpResponse:
    """Send one event again, or all since a moment, in their order and with the ids they had."""
    endpoint = _named(request, webhook_id)
    if (body.event is None) == (body.since is None):
        raise Refused("invalid", "Name one of event and since.", [Fault("", "name one of event and since")])
    if body.since is not None:
        return reply(202, {"events": webhooks.replay_since(endpoint, body.since)})
    return reply(202, {"events": webhooks.replay_one(endpoint, _event_id(body.event or ""))})


@router.get(
    "/webhooks/{webhook_id}/deliveries",
    response=SentAnswer,
    operation_id="list_webhook_deliveries",
    summary="List what was sent",
)
def get_deliveries(request: HttpRequest, webhook_id: WebhookId, limit: Limit, cursor: Cursor) -> HttpResponse:
    """What was sent there within 30 days, or waits, and how the last try went; the newest event first."""
    endpoint = _named(request, webhook_id)
    ended = read_cursor(cursor, UUID)
    rows = webhooks.deliveries_of(endpoint, after=ended[0] if ended else None, limit=limit + 1)
    shown, next_cursor = page(rows, limit, lambda delivery: (delivery.event_id,))
    return reply(200, {"items": [_delivery(each) for each in shown], "next_cursor": next_cursor})


def _named(request: HttpRequest, webhook_id: str) -> Endpoint:
    return webhooks.endpoint_by_id(key_of(request).business_id, webhook_id)


def _event_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("not_found", "There is no such event.", [Fault("/event", "name an event it had")]) from None


def _told(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": str(endpoint.id),
        "url": endpoint.url,
        "events": list(endpoint.kinds),
        "note": endpoint.note,
        "enabled": endpoint.disabled_at is None,
        "disabled_at": _moment(endpoint.disabled_at),
        "disabled_why": endpoint.disabled_why or None,
        "failures": endpoint.failures,
        "failing_since": _moment(endpoint.failing_since),
        "next_try_at": _moment(endpoint.next_try_at) if endpoint.failures and not endpoint.disabled_at else None,
        "created_at": _moment(endpoint.created_at),
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "event": str(delivery.event_id),
        "type": delivery.event.kind,
        "at": time_text(delivery.event.at),
        "state": "sent" if delivery.sent else "waiting",
        "tries": delivery.tries,
        "tried_at": _moment(delivery.tried_at),
        "status": delivery.status,
        "error": delivery.error or None,
        "duration_ms": delivery.duration_ms,
    }


def _moment(moment: datetime | None) -> str | None:
    return time_text(moment) if moment else None

"""Delivering events: to each endpoint one after the other, in their order, until each was taken.

An endpoint that does not take an event is left alone for a while, longer each time, and what happens meanwhile waits
behind it. After three days in vain it is disabled, and the owners are told. A delivery is noted right after its answer
came: whoever dies between the two sends it once more, with the same `webhook-id`.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Collection
from datetime import timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from fiel import clock
from fiel.events.models import Delivery, Endpoint
from fiel.outreach.notices import tell_disabled
from fiel.outreach.payloads import payloads
from fiel.outreach.send import Answer, Sender
from fiel.outreach.signing import headers, open_secret
from fiel.shops.models import Business
from fiel.tables.walls import within

__all__ = ["GIVE_UP_AFTER", "claim", "deliver_some", "let_go"]

GIVE_UP_AFTER = timedelta(days=3)
_PAUSES_S = (5, 30, 2 * 60, 10 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600, 8 * 3600)
_JITTER = (0.8, 1.2)
_AT_ONCE = 50
_TURN_S = 20
_GONE = 410

log = logging.getLogger("fiel.webhooks")


def deliver_some(worker: str, alive: Callable[[], Collection[str]], stopping: Callable[[], bool]) -> bool:
    """Send what waits for one endpoint, for a while; whether there was one.

    `worker`: who is sending. `alive`: all who are; what a dead one had taken on is taken over.
    """
    endpoint = claim(worker, alive)
    if endpoint is None:
        return False
    sender = Sender(endpoint.url)
    try:
        with within(endpoint.business_id):
            _send_waiting(endpoint, sender, stopping)
    finally:
        sender.close()
        let_go(endpoint, worker)
    return True


def claim(worker: str, alive: Callable[[], Collection[str]], *, own: bool = False) -> Endpoint | None:
    """An endpoint for which something waits, and whose pause is over; nobody else sends to it until it is let go.

    `own`: Fiel itself, instead of an address.
    """
    waiting = Delivery.objects.filter(business_id=OuterRef("business_id"), endpoint_id=OuterRef("id"), sent=False)
    listens = Endpoint.objects.filter(url="") if own else Endpoint.objects.exclude(url="")
    ready = listens.filter(Exists(waiting), disabled_at=None, next_try_at__lte=clock.now())
    for endpoint in ready.order_by("next_try_at", "id")[:_AT_ONCE]:
        holder = endpoint.claimed_by
        if holder and holder.partition(".")[0] in alive():
            continue
        # Whoever finds it as we saw it has it.
        if _one(endpoint).filter(claimed_by=holder).update(claimed_by=worker):
            return endpoint
    return None


def let_go(endpoint: Endpoint, worker: str) -> None:
    """Let others send to it."""
    _one(endpoint).filter(claimed_by=worker).update(claimed_by="")


def _one(endpoint: Endpoint) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(business_id=endpoint.business_id, id=endpoint.id)


def _send_waiting(endpoint: Endpoint, sender: Sender, stopping: Callable[[], bool]) -> None:
    begun = monotonic()
    business = Business.objects.get(id=endpoint.business_id)
    waiting = Delivery.objects.filter(business=business, endpoint_id=endpoint.id, sent=False)
    while some := list(waiting.select_related("event").order_by("event_id")[:_AT_ONCE]):
        told = payloads(business, [each.event for each in some])
        for each in some:
            if stopping() or monotonic() - begun > _TURN_S:
                return
            if each.event_id not in told:
                _note(each, Answer(None, "gone", 0), sent=True)
            elif not _send(endpoint, sender, each, told[each.event_id]):
                return


def _send(endpoint: Endpoint, sender: Sender, delivery: Delivery, told: dict[str, object]) -> bool:
    """Send one event; whether it was taken."""
    now = clock.now()
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    live = [open_secret(endpoint.secret)]
    if endpoint.old_secret and endpoint.old_secret_until and now < endpoint.old_secret_until:
        live.append(open_secret(endpoint.old_secret))
    answer = sender.post(body, headers(delivery.event_id, body, live, now=now))
    _note(delivery, answer, sent=answer.taken)
    if answer.taken:
        _took(endpoint)
    else:
        _did_not_take(endpoint, answer)
    return answer.taken


def _note(delivery: Delivery, answer: Answer, *, sent: bool) -> None:
    ours = Delivery.objects.filter(
        business_id=delivery.business_id, endpoint_id=delivery.endpoint_id, event_id=delivery.event_id
    )
    ours.update(
        sent=sent,
        tries=delivery.tries + 1,
        tried_at=clock.now(),
        status=answer.status,
        error=answer.error,
        duration_ms=answer.duration_ms,
    )


def _took(endpoint: Endpoint) -> None:
    if endpoint.failures:
        endpoint.failures, endpoint.failing_since = 0, None
        _one(endpoint).update(failures=0, failing_since=None)


def _did_not_take(endpoint: Endpoint, answer: Answer) -> None:
    """Leave it alone for a while; for good where three days were in vain, or it says that it is gone."""
    now = clock.now()
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    pause = now + _pause(endpoint.failures, answer)
    said = {"endpoint": str(endpoint.id), "status": answer.status, "error": answer.error, "tries": endpoint.failures}
    log.warning("a webhook did not take an event", extra={"fields": said})
    gone = answer.status == _GONE
    with transaction.atomic():
        _one(endpoint).update(failures=endpoint.failures, failing_since=endpoint.failing_since, next_try_at=pause)
        if gone or now - endpoint.failing_since >= GIVE_UP_AFTER:
            why = "gone" if gone else "failed"
            if _one(endpoint).filter(disabled_at=None).update(disabled_at=now, disabled_why=why):
                tell_disabled.enqueue(endpoint.business_id, str(endpoint.id))


def _pause(failures: int, answer: Answer) -> timedelta:
    """How long to wait: longer each time, never for all at the same moment, and at least as long as they ask."""
    usual = _PAUSES_S[min(failures, len(_PAUSES_S)) - 1] * random.uniform(*_JITTER)  # noqa: S311 - not a secret
    return timedelta(seconds=max(usual, min(answer.retry_after_s, _PAUSES_S[-1])))

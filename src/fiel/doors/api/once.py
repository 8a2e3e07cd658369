"""Idempotency-Key: the same request sent again is answered as it was the first time, and does nothing."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Header

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.api.access import key_of
from fiel.sales.incoming import Key
from fiel.shops.models import IdempotencyKey
from fiel.tables.again import in_transaction

__all__ = ["Idempotency", "in_hand", "key_of_request", "once", "reply"]

Idempotency = Annotated[
    str | None,
    Header(
        None,
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Tells this request from any other of the business, for 30 days. Sent again with the same body, "
        "it is answered as it was the first time, with `Idempotency-Replayed: true`.",
    ),
]

_running: set[tuple[int, str]] = set()
_guard = threading.Lock()


def reply(status: int, told: Any, *, replayed: bool = False, **headers: str) -> HttpResponse:
    """An answer in JSON."""
    response = HttpResponse(
        json.dumps(told, ensure_ascii=False, separators=(",", ":")), status=status, content_type="application/json"
    )
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def key_of_request(request: HttpRequest, key: str | None) -> Key | None:
    """The key of a request, with what tells its method, address and body from any other's."""
    if key is None:
        return None
    document = getattr(request, "document", None)
    # Sorted, so that the same content is the same request however it is written.
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    told = f"{request.method} {request.path}\n{body}"
    return Key(key, hashlib.sha256(told.encode()).hexdigest())


@contextmanager
def in_hand(business_id: int, key: Key | None) -> Iterator[None]:
    """Let only one request with a key be worked on at a time by this process. Raises `in_progress`."""
    if key is None:
        yield
        return
    mine = (business_id, key.key)
    with _guard:
        if mine in _running:
            raise Refused("in_progress", "The first request with this Idempotency-Key is still being worked on.")
        _running.add(mine)
    try:
        yield
    finally:
        with _guard:
            _running.discard(mine)


def once(
    request: HttpRequest,
    name: str | None,
    do: Callable[[], tuple[int, dict[str, Any]]],
    *,
    finish: Callable[[dict[str, Any]], dict[str, Any]] = lambda told: told,
) -> HttpResponse:
    """Do what is asked, and keep the answer with the key in the same transaction; or give the answer that is kept.

    `do` gives a status and an answer. What it refuses is not kept: it may go well the next time. `finish` adds to the
    answer what is not to be kept with it.
    """
    key, business = key_of_request(request, name), key_of(request).business
    if key is None:
        status, told = do()
        return reply(status, finish(told))

    def doing() -> tuple[int, Any, bool]:
        before = IdempotencyKey.objects.filter(business=business, key=key.key).first()
        if before is not None:
            if before.fingerprint != key.fingerprint or before.answer is None:
                raise Refused("key_reused", "This Idempotency-Key was used for another request.")
            return before.status, before.answer, True
        status, told = do()
        IdempotencyKey.objects.create(
            business=business,
            key=key.key,
            fingerprint=key.fingerprint,
            status=status,
            answer=told,
            created_at=clock.now(),
        )
        return status, told, False

    with in_hand(business.id, key):
        status, told, replayed = in_transaction(doing)
    return reply(status, finish(told), replayed=replayed)

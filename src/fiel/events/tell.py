"""Telling what happened: rows in the caller's transaction, so that it is told if it happened, and only then.

A business that listens to nothing pays one short query for it and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fiel.events.models import Delivery, Endpoint, Event
from fiel.tables.ids import new_id
from fiel.tables.read import rows_of
from fiel.tables.write import insert

__all__ = ["SILENCE", "Happened", "Listening", "listen", "take_back", "tell"]


@dataclass(frozen=True, slots=True)
class Happened:
    """What an event is about, and what its rows will not tell later."""

    about: UUID
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listening:
    """Who of a business listens, kind by kind."""

    business_id: int
    endpoints: Mapping[str, tuple[UUID, ...]]

    def to(self, kind: str) -> bool:
        """Whether anybody does: where nobody does, what happened need not even be put together."""
        return kind in self.endpoints


SILENCE = Listening(0, {})
"""Nobody listens: for counting that is never written."""


def listen(business_id: int) -> Listening:
    """Who of the business listens at this moment; disabled endpoints do too, to be sent it once they are mended."""
    endpoints: dict[str, tuple[UUID, ...]] = {}
    for endpoint_id, kinds in rows_of(Endpoint, business_id, ("id", "kinds"), order=("id",)):
        for kind in kinds:
            endpoints[kind] = (*endpoints.get(kind, ()), endpoint_id)
    return Listening(business_id, endpoints)


def tell(listening: Listening, kind: str, happened: Iterable[Happened], *, at: datetime) -> None:
    """Note what happened, for all who listen, in the caller's transaction: a statement for each of two tables."""
    endpoints = listening.endpoints.get(kind)
    if not endpoints:
        return
    events = [(listening.business_id, new_id(), kind, each.about, dict(each.facts), at) for each in happened]
    insert(Event, ("business", "id", "kind", "about", "facts", "at"), events)
    insert(
        Delivery,
        ("business", "endpoint_id", "event_id", "sent", "tries", "error"),
        [(listening.business_id, endpoint_id, event[1], False, 0, "") for event in events for endpoint_id in endpoints],
    )


def take_back(business_id: int, about: Iterable[UUID]) -> None:
    """Forget, before the transaction ends, what was told of things that did not come to be after all."""
    gone = list(about)
    ours = Event.objects.filter(business_id=business_id, about__in=gone)
    Delivery.objects.filter(business_id=business_id, event_id__in=list(ours.values_list("id", flat=True))).delete()
    ours.delete()

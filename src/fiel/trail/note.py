"""Adding to the trail. `note` is the only writer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from fiel.trail.acting import actor
from fiel.trail.models import Act, Head

__all__ = ["hash_of", "note"]

_LONGEST_ABOUT = 255
_LONGEST_WHO = 254


def note(
    business_id: int,
    what: str,
    *,
    now: datetime,
    about: object = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Note that whoever acts (`acting`) did something; to be called last in the transaction that does it.

    `what`: the thing and the verb, as "staff.invited". `about`: the thing's id or code. `before`, `after`: its fields,
    as JSON has them; of both only what differs is kept. What is the same before and after is no act, and not noted.
    No member's name or number belongs here, only the id: an act cannot be erased.
    """
    if before is not None and after is not None:
        differ = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not differ:
            return
        before, after = ({name: side[name] for name in differ if name in side} for side in (before, after))
    who = actor()
    with transaction.atomic():
        head = _locked(business_id)
        act = Act(
            business_id=business_id,
            number=head.number + 1,
            at=now,
            who=who.who[:_LONGEST_WHO],
            person_id=who.person_id,
            address=who.address,
            what=what,
            about=str(about)[:_LONGEST_ABOUT],
            before=before,
            after=after,
        )
        act.hash = hash_of(act, head.hash)
        act.save(force_insert=True)
        Head.objects.filter(business_id=business_id).update(number=act.number, hash=act.hash)


def hash_of(act: Act, previous: str) -> str:
    """The SHA-256 of an act and of the hash before it, as 64 hexadecimal digits."""
    at = act.at.astimezone(UTC).isoformat(timespec="microseconds")
    told = [previous, act.business_id, act.number, at, act.who, act.person_id, act.address, act.what, act.about]
    text = json.dumps([*told, act.before, act.after], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _locked(business_id: int) -> Head:
    """The business's head, which nobody else can move until this transaction ends."""
    heads = Head.objects.select_for_update(no_key=True).filter(business_id=business_id)
    head = heads.first()
    if head is None:
        Head.objects.bulk_create([Head(business_id=business_id)], ignore_conflicts=True)
        head = heads.get()
    return head

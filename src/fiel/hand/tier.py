"""A tier given by hand: a floor until its date; points.md §5."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.core.tiers import effective
from fiel.members.find import lock_one
from fiel.members.tiers import TierBook, tier_state
from fiel.programme.versions import rules_now
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["give_tier"]


def give_tier(business: Business, member_id: UUID, tier: str, *, until: date | None, reason: str, by: str) -> str:
    """Give a member a tier up to and including a day (None: no end); the tier that counts from now on.

    It is a floor: what the member reaches by buying may be higher. Raises `invalid`, `member_not_found`.
    """
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        compiled = rules_now(business.id, now)
        if compiled is None or tier not in compiled.programme.tiers:
            known = ", ".join(compiled.programme.tiers) if compiled else "none"
            raise Refused("invalid", f"There is no tier {tier!r}.", [Fault("/tier", f"choose one of: {known}")])
        programme = compiled.programme
        day = now.astimezone(programme.timezone).date()
        if until is not None and until < day:
            raise Refused("invalid", "The tier would be over already.", [Fault("/until", "today or later")])
        state = tier_state(member)
        given = replace(state, floor=tier, floor_until=until)
        before, after = effective(programme, state, day), effective(programme, given, day)
        book = TierBook(business.id)
        book.move(member, given, before=before, after=after, day=day, why="by_hand", reason=reason, by=by)
        book.write(recorded_at=now)
        was = {"tier": before, "floor": state.floor, "until": _told(state.floor_until)}
        told = {"tier": after, "floor": tier, "until": _told(until), "reason": reason}
        note(business.id, "member.tier_given", about=member.id, before=was, after=told, now=now)
    return after


def _told(day: date | None) -> str | None:
    return day.isoformat() if day else None

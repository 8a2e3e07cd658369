"""Adjustments and opening balances; points.md §9."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.core.compiled import Compiled
from fiel.core.lots import NEVER, LotKey, lot_of
from fiel.core.programme import Unit
from fiel.core.refusals import Fault, Refused
from fiel.hand.models import HandEntry
from fiel.ledger.post import Cause, Movement, open_books, post
from fiel.members.find import follow, lock_one
from fiel.members.models import Member
from fiel.programme.versions import rules_now
from fiel.rewards.awards import open_award_book
from fiel.shops.models import Business, Staff
from fiel.trail.note import note

__all__ = ["adjust", "agree", "open_balance", "refuse"]


def adjust(
    business: Business,
    member_id: UUID,
    unit: str,
    amount: Fraction,
    *,
    reason: str,
    by: str,
    person_id: int | None = None,
) -> tuple[HandEntry, Movement | None]:
    """Enter an adjustment of so many whole units, up or down; None: it waits for a second person.

    Up: available at once, with the expiry of what is earned that day. Down: soonest-expiring first, never below zero
    (`not_enough`). `person_id`: whoever asks, who may not be the member (`forbidden`).
    """
    if not reason.strip():
        raise Refused("invalid", "An adjustment needs a reason.", [Fault("/reason", "say why")])
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        _refuse_own(business, member, person_id)
        compiled, of = _unit(business, unit, now)
        entry = _entry(business, member, of, amount, kind="adjust", reason=reason, by=by, now=now)
        limit = business.hand_limit
        if limit is not None and abs(amount) > limit:
            entry.save(force_insert=True)
            _note("adjustment.entered", entry, now)
            return entry, None
        movement = _post(entry, compiled, now)
        _note("adjustment.posted", entry, now)
        return entry, movement


def agree(business: Business, entry_id: UUID, *, by: str, person_id: int | None = None) -> tuple[HandEntry, Movement]:
    """Let an adjustment that waits be posted. Whoever entered it cannot agree (`forbidden`)."""
    now = clock.now()
    with transaction.atomic():
        entry = _waiting(business, entry_id)
        if by == entry.entered_by:
            raise Refused("forbidden", "A second person has to agree.")
        member = lock_one(business.id, entry.member_id)
        _refuse_own(business, member, person_id)
        compiled, _ = _unit(business, entry.unit, now)
        entry.member_id, entry.agreed_by = member.id, by
        movement = _post(entry, compiled, now)
        _note("adjustment.agreed", entry, now)
        return entry, movement


def refuse(business: Business, entry_id: UUID, *, reason: str, by: str) -> HandEntry:
    """Say no to an adjustment that waits: it is never posted. Whoever entered it may take it back so.

    Raises `not_found`, `conflict`, `invalid`.
    """
    now = clock.now()
    with transaction.atomic():
        entry = _waiting(business, entry_id)
        if not reason.strip():
            raise Refused("invalid", "A refusal needs a reason.", [Fault("/reason", "say why")])
        entry.refused_at, entry.refused_by, entry.refused_why = now, by, reason.strip()
        entry.save(update_fields=["refused_at", "refused_by", "refused_why"])
        note(business.id, "adjustment.refused", about=entry.id, after={"reason": entry.refused_why}, now=now)
    return entry


def _waiting(business: Business, entry_id: UUID) -> HandEntry:
    """The adjustment, locked, while it waits. Raises `not_found`, `conflict`."""
    rows = HandEntry.objects.select_for_update(no_key=True).filter(business=business, id=entry_id, kind="adjust")
    entry = rows.first()
    if entry is None:
        raise Refused("not_found", "There is no such adjustment.")
    if entry.posted_at is not None:
        raise Refused("conflict", f"This adjustment was agreed to by {entry.agreed_by}.")
    if entry.refused_at is not None:
        raise Refused("conflict", f"This adjustment was refused by {entry.refused_by}.")
    return entry


def open_balance(
    business: Business,
    member_id: UUID,
    unit: str,
    amount: Fraction,
    *,
    expires_on: date | None,
    reference: str,
    by: str,
) -> tuple[HandEntry, Movement | None]:
    """Bring over a balance from another system, with its own date; None: the reference was brought over before."""
    if not reference.strip():
        fault = Fault("/reference", "name the row it comes from: a repeat is then harmless")
        raise Refused("invalid", "An opening balance needs a reference.", [fault])
    now = clock.now()
    with transaction.atomic():
        member = lock_one(business.id, member_id)
        compiled, of = _unit(business, unit, now)
        if amount <= 0:
            raise Refused("invalid", "An opening balance is above zero.", [Fault("/amount", "more than 0")])
        entry = _entry(business, member, of, amount, kind="opening", reason="", by=by, now=now)
        entry.reference, entry.expires_on = reference, expires_on
        known = HandEntry.objects.filter(business=business, reference=reference).first()
        if known is not None:
            _refuse_other(known, entry, follow(business.id, [known.member_id])[known.member_id])
            return known, None
        movement = _post(entry, compiled, now)
        _note("opening.posted", entry, now)
        return entry, movement


def _note(what: str, entry: HandEntry, now: datetime) -> None:
    after = {"member": str(entry.member_id), "unit": entry.unit, "steps": entry.steps, "reason": entry.reason}
    note(entry.business_id, what, about=entry.id, after=after, now=now)


def _refuse_other(known: HandEntry, entry: HandEntry, owner: UUID) -> None:
    """`owner`: whose the known one is by now; who had it was maybe merged."""
    fault = Fault("/reference", "a reference stands for one balance")
    if owner != entry.member_id:
        raise Refused("conflict", f"{known.reference!r} was brought over for another member.", [fault])
    ours, theirs = ((e.unit, e.steps, e.expires_on) for e in (entry, known))
    if ours != theirs:
        raise Refused("conflict", f"{known.reference!r} was brought over with other figures.", [fault])


def _refuse_own(business: Business, member: Member, person_id: int | None) -> None:
    if (
        person_id is not None
        and Staff.objects.filter(business=business, person_id=person_id, member_id=member.id).exists()
    ):
        raise Refused("forbidden", "Nobody adjusts an account of their own.")


def _unit(business: Business, code: str, now: datetime) -> tuple[Compiled, Unit]:
    compiled = rules_now(business.id, now)
    unit = compiled.programme.units.get(code) if compiled else None
    if compiled is None or unit is None:
        raise Refused("invalid", f"There is no unit {code!r} in the programme.", [Fault("/unit", "name a unit")])
    return compiled, unit


def _entry(
    business: Business, member: Member, unit: Unit, amount: Fraction, *, kind: str, reason: str, by: str, now: datetime
) -> HandEntry:
    steps = amount * unit.steps
    if steps.denominator != 1 or steps == 0:
        fault = Fault("/amount", f"not 0, with at most {unit.decimals} decimals")
        raise Refused("invalid", f"{unit.code} are counted with {unit.decimals} decimals.", [fault])
    return HandEntry(
        business=business,
        kind=kind,
        member_id=member.id,
        unit=unit.code,
        steps=steps.numerator,
        reason=reason,
        entered_by=by,
        entered_at=now,
    )


def _post(entry: HandEntry, compiled: Compiled, now: datetime) -> Movement:
    """Post a hand entry; its member is locked."""
    business_id, member_id = entry.business_id, entry.member_id
    today = now.astimezone(compiled.programme.timezone).date()
    books = open_books(business_id, [member_id])
    cause = Cause(entry.kind, entry.id, now)
    if entry.steps > 0:
        earned = lot_of(compiled.programme.units[entry.unit], today)
        ends = entry.expires_on or (NEVER if entry.kind == "opening" else earned.expires_on)
        movement = books.put(member_id, entry.unit, entry.steps, LotKey(ends, today), kind=entry.kind, cause=cause)
    else:
        movement = books.spend(member_id, entry.unit, -entry.steps, today, kind=entry.kind, cause=cause)
    entry.posted_at = now
    entry.save()
    post(books, recorded_at=now)
    awards = open_award_book(entry.business, compiled.programme, [member_id])
    awards.look_at_invitations(compiled.programme, books, member_id, at=now)
    awards.write(now=now)
    return movement

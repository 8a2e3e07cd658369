"""What members ask about their data, and until when it must be answered: in Brazil (LGPD, art. 19) within 15 days,
elsewhere (GDPR, art. 12) within a month."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from fiel.core.lots import months_later
from fiel.core.refusals import Fault, Refused
from fiel.members.models import Member
from fiel.privacy.models import ASKS, Request
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.trail.note import note

__all__ = [
    "answer_request",
    "answered_lately",
    "ask",
    "count_open",
    "due_on",
    "is_done",
    "open_requests",
    "requests_of",
]

_LGPD = timedelta(days=15)
_MOST_WORDS = 1000
_MOST_ANSWER = 500


def due_on(business: Business, asked: date) -> date:
    """The last day to answer what was asked on a day."""
    return asked + _LGPD if business.country == "BR" else months_later(asked, 1)


def ask(
    business: Business, member_id: UUID, what: str, *, words: str, source: str, now: datetime, today: date
) -> Request:
    """Note what a member asks; the same asked again while it waits is the one that is there. Raises `invalid`."""
    words = words.strip()
    if what not in ASKS or len(words) > _MOST_WORDS:
        raise Refused("invalid", "This cannot be asked.", [Fault("/words", f"at most {_MOST_WORDS} characters")])
    if what == "correct" and not words:
        raise Refused("invalid", "Say what is wrong.", [Fault("/words", "say what is wrong, and how it should be")])
    with transaction.atomic():
        waiting = Request.objects.filter(
            business=business, member_id=member_id, what=what, words=words, answered_at=None
        ).first()
        if waiting:
            return waiting
        asked = Request.objects.create(
            business=business,
            id=new_id(),
            member_id=member_id,
            what=what,
            words=words,
            source=source,
            asked_at=now,
            due_on=due_on(business, today),
        )
        note(business.id, "request.made", about=member_id, after={"what": what, "due_on": str(asked.due_on)}, now=now)
    return asked


def answer_request(business: Business, request_id: UUID, *, answer: str, by: str, now: datetime) -> None:
    """Say what was done about a request. Raises `invalid`, `not_found`, and `conflict` where it was answered before."""
    answer = answer.strip()[:_MOST_ANSWER]
    if not answer:
        raise Refused("invalid", "Say what was done.", [Fault("/answer", "say what was done, or why it was not")])
    with transaction.atomic():
        rows = Request.objects.select_for_update(no_key=True).filter(business=business, id=request_id)
        found = rows.first()
        if found is None:
            raise Refused("not_found", "There is no such request.")
        if found.answered_at is not None:
            raise Refused("conflict", "This was answered before.")
        rows.update(answered_at=now, answered_by=by, answer=answer)
        note(business.id, "request.answered", about=found.member_id, after={"what": found.what}, now=now)


def is_done(business: Business, member_ids: Collection[UUID], what: Collection[str], *, by: str, now: datetime) -> None:
    """Requests of members that were answered by doing it: their data was exported, or they were erased."""
    waiting = Request.objects.filter(business=business, member_id__in=member_ids, what__in=what, answered_at=None)
    waiting.update(answered_at=now, answered_by=by)


def open_requests(business_id: int, *, limit: int) -> list[tuple[Request, Member]]:
    """What waits for an answer, the most urgent first."""
    rows = Request.objects.filter(business_id=business_id, answered_at=None).order_by("due_on", "id")
    return [(row, row.member) for row in rows.select_related("member")[:limit]]


def requests_of(business_id: int, member_id: UUID) -> list[Request]:
    """What a member asked and waits for."""
    return list(Request.objects.filter(business_id=business_id, member_id=member_id, answered_at=None).order_by("id"))


def count_open(business_id: int) -> int:
    """How many wait for an answer."""
    return Request.objects.filter(business_id=business_id, answered_at=None).count()


def answered_lately(business_id: int, *, limit: int) -> list[tuple[Request, Member]]:
    """What was answered, the latest first."""
    rows = Request.objects.filter(business_id=business_id, answered_at__isnull=False).order_by("-answered_at", "id")
    return [(row, row.member) for row in rows.select_related("member")[:limit]]

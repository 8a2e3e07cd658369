"""Statements that come by themselves: each month or quarter, by e-mail or as a letter, as each member has chosen.

By e-mail a message each is noted when a month or a quarter is over; the PDF is made when it is sent. Letters wait for
the office, which prints them all in one PDF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.jobs.models import Job
from fiel.members.choosing import Chosen
from fiel.members.models import Member
from fiel.outreach.messages.queue import Draft, put
from fiel.outreach.models import StatementWish
from fiel.printing.statement import rules_now, statements_of, statements_pdf
from fiel.printing.work import Options, start_printing
from fiel.shops.models import Business, Person
from fiel.tables.read import in_groups

__all__ = [
    "BYS",
    "EVERY",
    "Span",
    "choose",
    "enclosed_with",
    "letters_due",
    "note_statements",
    "print_letters",
    "wish_of",
]

BYS = ("email", "letter")
EVERY = (1, 3)
_GROUP = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a quarter that is over: its first and its last day."""

    first: date
    last: date


def last_span(day: date, months: int) -> Span:
    """The last month (or quarter) that was over before a day."""
    begun = day.replace(day=1, month=(day.month - 1) // months * months + 1)
    last = begun - timedelta(days=1)
    return Span(last.replace(day=1, month=(last.month - 1) // months * months + 1), last)


def wish_of(business: Business, member_id: UUID) -> StatementWish | None:
    """What a member has chosen; None: no statements."""
    return StatementWish.objects.filter(business=business, member_id=member_id).first()


def choose(business: Business, member_id: UUID, by: str, months: int, *, today: date) -> None:
    """Keep a member's choice; `by` empty: none. The first statement is the one of the time that runs now."""
    if not by:
        StatementWish.objects.filter(business=business, member_id=member_id).delete()
        return
    if by not in BYS or months not in EVERY:
        raise Refused("invalid", "Choose how, and how often.", [Fault("/statements", "by e-mail or letter")])
    said = {"by": by, "months": months, "done_until": last_span(today, months).last}
    StatementWish.objects.update_or_create(business=business, member_id=member_id, defaults=said)


def note_statements(business: Business, *, day: date, now: datetime) -> int:
    """Note the statements by e-mail that are due on a day, each once; how many."""
    noted = 0
    for months in EVERY:
        span = last_span(day, months)
        due = _due(business, "email", months, span).order_by("member_id").values_list("member_id", flat=True)
        for group in in_groups(list(due), _GROUP):
            with transaction.atomic():
                noted += put(business.id, [_draft(member_id, span) for member_id in group], now=now)
                _due(business, "email", months, span).filter(member_id__in=group).update(done_until=span.last)
    return noted


def _due(business: Business, by: str, months: int, span: Span) -> QuerySet[StatementWish]:
    return StatementWish.objects.filter(business=business, by=by, months=months, done_until__lt=span.last)


def _draft(member_id: UUID, span: Span) -> Draft:
    facts = {"first": span.first.isoformat(), "day": span.last.isoformat()}
    once = f"statement:{member_id}:{span.first}:{span.last}"
    return Draft(member_id, "statement", once, ("notices",), facts=facts, channel="email")


def enclosed_with(business: Business, member: Member, facts: Mapping[str, Any]) -> tuple[str, bytes]:
    """The statement that goes with a message: its name and the PDF, made now of the time it is about."""
    first, last = date.fromisoformat(facts["first"]), date.fromisoformat(facts["day"])
    told = statements_of(business, [member], rules_now(business, clock.now()), first, last)
    content = statements_pdf(business, told, letters=False, progress=lambda done: None)
    return f"{business.slug}-{last:%Y-%m}.pdf", content


def letters_due(business: Business, day: date) -> dict[int, int]:
    """How many letters are to be printed by now: every month's, every quarter's."""
    return {months: _due(business, "letter", months, last_span(day, months)).count() for months in EVERY}


def print_letters(business: Business, *, day: date, person: Person, language: str) -> list[Job]:
    """Have the letters that are due printed, a PDF for the months and one for the quarters; each is due no more."""
    jobs = []
    for months in EVERY:
        span = last_span(day, months)
        with transaction.atomic():
            due = _due(business, "letter", months, span)
            ids = tuple(due.order_by("member_id").values_list("member_id", flat=True))
            if ids:
                options = Options(first=span.first, last=span.last)
                chosen = Chosen(ids=ids)
                jobs.append(start_printing(business, "letters", chosen, options, person=person, language=language))
                due.filter(member_id__in=ids).update(done_until=span.last)
    return jobs

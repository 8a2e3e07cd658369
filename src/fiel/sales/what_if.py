"""What-if as a job: what a draft would have given for the receipts of a span, beside today's rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext
from django_tasks import task

from fiel import clock
from fiel.core.compiled import compile_programme
from fiel.core.refusals import Fault, Refused
from fiel.jobs.models import Job
from fiel.jobs.work import Working, do, start
from fiel.programme.versions import check, rules_now
from fiel.sales.compared import compared
from fiel.sales.replay import receipts_between, replay
from fiel.shops.models import Business, Person

__all__ = ["KIND", "start_what_if"]

KIND = "what_if"


def start_what_if(
    business: Business, document: Mapping[str, Any], *, first: date, last: date, person: Person, language: str
) -> Job:
    """Have the receipts from one day to another, both inclusive, counted by a draft. Raises `invalid`."""
    check(business, document)
    if last < first:
        raise Refused("invalid", "The span ends before it begins.", [Fault("/last", "not before the first day")])
    said = {"document": dict(document), "first": first.isoformat(), "last": last.isoformat()}
    return start(business, what_if, kind=KIND, person=person, language=language, **said)


@task
def what_if(business_id: int, job_id: str, document: dict[str, Any], first: str, last: str) -> None:
    """Count the span by both, and keep the figures as the job's result."""
    do(business_id, job_id, partial(_count, document=document, first=first, last=last))


def _count(job: Working, *, document: dict[str, Any], first: str, last: str) -> None:
    business = Business.objects.get(pk=job.job.business_id)
    draft, today = compile_programme(check(business, document)), rules_now(business.id, clock.now())
    zone = draft.programme.timezone
    begin = datetime.combine(date.fromisoformat(first), time(), zone)
    end = datetime.combine(date.fromisoformat(last) + timedelta(days=1), time(), zone)
    total, done = receipts_between(business, begin, end), 0

    def counted(receipts: int) -> None:
        nonlocal done
        done += receipts
        job.progress(done, total, gettext("Counting receipts"))

    replayed = replay(business, draft, today, first=begin, last=end, progress=counted)
    job.keep_result({"first": first, "last": last, **compared(replayed, draft, today)})

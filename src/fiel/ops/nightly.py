"""The work of each night: the daily run, what the receipts tell, the audit, whose result is kept, and clearing away.

What is cleared away is what is past its time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils.translation import gettext
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from fiel import clock
from fiel.events.models import Delivery, Event
from fiel.insight.extract import extract
from fiel.insight.nightly import keep_by_night
from fiel.jobs.models import Job
from fiel.jobs.nightly import Chore, ended
from fiel.jobs.work import Working, do
from fiel.members.models import LoginCode
from fiel.ops.audit import audit, audit_database
from fiel.ops.day import do_day
from fiel.privacy.retention import clear_by_retention
from fiel.shops.models import Business, IdempotencyKey, SignInLink
from fiel.tables.clear import delete_in_parts

__all__ = ["CHORES", "audit_business", "clear_away", "daily_run", "last_audits"]

_DAILY_AT = time(4, 0)
_AUDIT_AT = time(5, 0)
_INSIGHT_AT = time(4, 30)

KEEP_KEYS = timedelta(days=30)
KEEP_EVENTS = timedelta(days=30)
KEEP_LINKS = timedelta(days=7)
KEEP_CODES = timedelta(days=1)
KEEP_TASKS = timedelta(days=7)


@task
def daily_run(business_id: int, job_id: str) -> None:
    """Do what the day makes due for a business, then clear away what is past its time."""
    do(business_id, job_id, _daily, after=lambda job: ended(job, _DAILY_AT))


def _daily(job: Working) -> None:
    members = 0

    def progress(more: int) -> None:
        nonlocal members
        members += more
        job.progress(members, sentence=gettext("Doing what the day makes due"))

    report = do_day(job.job.business, progress=progress)
    cleared = _clear_business(job.job.business, clock.now())
    job.keep_result({"day": report.day.isoformat(), "done": dict(report.counts), "cleared": cleared})


@task
def audit_business(business_id: int, job_id: str) -> None:
    """Recompute a business's books and keep the report as the job's result."""
    do(business_id, job_id, _audit, after=lambda job: ended(job, _AUDIT_AT))


def _audit(job: Working) -> None:
    # It reads one moment's state and writes nothing meanwhile, so that it cannot say how far it is.
    found = audit_database()
    report = audit(job.job.business)
    job.keep_result(
        {
            "ok": report.holds and not found,
            "findings": report.found.total() + len(found),
            "database": [{"code": each.code, "where": each.where, "detail": each.detail} for each in found],
            "list": [{"code": each.code, "where": each.where, "detail": each.detail} for each in report.findings],
        }
    )


def last_audits(businesses: Iterable[Business]) -> dict[Business, Job | None]:
    """The job of each business's last nightly audit that came to its end."""
    of = {business.id: business for business in businesses}
    done = Job.objects.filter(business_id__in=of, kind="audit", state="done").order_by("ended_at")
    return {**dict.fromkeys(of.values()), **{of[job.business_id]: job for job in done}}


@task
def insight_by_night(business_id: int, job_id: str) -> None:
    """Make what the receipts tell as of last night: segments, what is bought together, suspicions."""
    do(business_id, job_id, _insight, after=lambda job: ended(job, _INSIGHT_AT))


def _insight(job: Working) -> None:
    now = clock.now()
    result = keep_by_night(job.job.business, now=now)
    if settings.EXTRACT:
        result["months_extracted"] = len(extract(job.job.business, settings.EXTRACT, now=now))
    job.keep_result(result)


CHORES = {
    "daily": Chore(_DAILY_AT, daily_run),
    "insight": Chore(_INSIGHT_AT, insight_by_night),
    "audit": Chore(_AUDIT_AT, audit_business),
}


def _clear_business(business: Business, now: datetime) -> dict[str, int]:
    """Delete a business's rows that are past their time; how many of each. What it may set stands in `retention`."""
    ours = {"business": business}
    keys = IdempotencyKey.objects.filter(**ours, created_at__lt=now - KEEP_KEYS)
    events = Event.objects.filter(**ours, at__lt=now - KEEP_EVENTS)
    codes = LoginCode.objects.filter(**ours, expires_at__lt=now - KEEP_CODES)
    return {
        "keys": delete_in_parts(keys, "key"),
        "events": delete_in_parts(events, "id", first=(Delivery.objects.filter(**ours), "event_id")),
        "codes": delete_in_parts(codes, "id"),
        **clear_by_retention(business, now=now, record=Path(settings.DATA_FOLDER)),
    }


def clear_away(now: datetime) -> None:
    """Delete what belongs to no business and is past its time: sessions, links, finished tasks. Any worker may."""
    for rows, key in (
        (Session.objects.filter(expire_date__lt=now), "session_key"),
        (SignInLink.objects.filter(expires_at__lt=now - KEEP_LINKS), "hash"),
        (DBTaskResult.objects.finished().filter(finished_at__lt=now - KEEP_TASKS), "id"),
    ):
        delete_in_parts(rows, key)

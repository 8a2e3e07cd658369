"""What is done for each business every night, by its own clock, once; what was missed is done as soon as somebody can.

A night's work is a job like any other. `next_at` moves on when it went well; where it failed it is tried again a
quarter of an hour later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django_tasks.base import Task

from fiel.jobs.models import ENDED, Job, Nightly
from fiel.jobs.work import start
from fiel.shops.models import Business
from fiel.tables.walls import within

__all__ = ["Chore", "begin_due", "ended", "next_morning"]

AGAIN_AFTER = timedelta(minutes=15)
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Chore:
    """What is done every night: when, by the business's clock, and by which task."""

    at: time
    task: Task[..., None]


def begin_due(chores: Mapping[str, Chore], *, now: datetime) -> int:
    """Start the jobs of all work that is due by now; how many. Several workers may call this at once."""
    _note_new(chores)
    due = Nightly.objects.filter(next_at__lte=now, what__in=chores).select_related("business")
    begun = 0
    for nightly in due.order_by("next_at")[:_AT_ONCE]:
        begun += _begin(nightly, chores[nightly.what], now)
    return begun


def _note_new(chores: Mapping[str, Chore]) -> None:
    """Businesses that were opened since: their first morning is the one after."""
    for what, chore in chores.items():
        known = Nightly.objects.filter(what=what).values("business_id")
        Nightly.objects.bulk_create(
            (
                Nightly(business=business, what=what, next_at=next_morning(business, chore.at, business.created_at))
                for business in Business.objects.exclude(id__in=known)
            ),
            ignore_conflicts=True,
        )


def _begin(nightly: Nightly, chore: Chore, now: datetime) -> bool:
    with within(nightly.business_id), transaction.atomic():
        if nightly.job_id and _unended(nightly.business_id, nightly.job_id):
            return False
        ours = Nightly.objects.filter(business=nightly.business, what=nightly.what, next_at=nightly.next_at)
        # Of several workers one moves it on; how far it really goes is decided when the job ends.
        if not ours.update(next_at=now + AGAIN_AFTER):
            return False
        job = start(nightly.business, chore.task, kind=nightly.what)
        Nightly.objects.filter(business=nightly.business, what=nightly.what).update(job_id=job.id)
    return True


def _unended(business_id: int, job_id: UUID) -> bool:
    return Job.objects.filter(business_id=business_id, id=job_id).exclude(state__in=ENDED).exists()


def ended(job: Job, at: time) -> None:
    """Note when a night's work is due again, of which a job has ended; in the transaction of its end."""
    if job.state == "done" and job.started_at is not None:
        next_at = next_morning(job.business, at, job.started_at)
        Nightly.objects.filter(business=job.business, what=job.kind, job_id=job.id).update(next_at=next_at)


def next_morning(business: Business, at: time, after: datetime) -> datetime:
    """The first moment after another at which the business's clock shows a time."""
    zone = ZoneInfo(business.timezone)
    local = after.astimezone(zone)
    morning = datetime.combine(local.date(), at, zone)
    return morning if morning > after else datetime.combine(local.date() + timedelta(days=1), at, zone)

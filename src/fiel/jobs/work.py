"""Starting a job, doing it, stopping it.

A room that has long work writes a task, and starts it in the transaction that asks for it:

    @task
    def print_letters(business_id: int, job_id: str, campaign: str) -> None:
        do(business_id, job_id, partial(_print, campaign=campaign))

    def _print(job: Working, *, campaign: str) -> None:
        for done, letter in enumerate(letters, 1):
            job.progress(done, len(letters), gettext("Printing letters"))
        job.keep_file("letters.pdf", "application/pdf", content)

    start(business, print_letters, kind="letters", person=request.user, campaign="easter")

A worker that dies leaves the job to the next one, which begins it anew: a task must bear being done twice. Progress is
said outside of transactions, or nobody sees it. A door reads the row (`Job`), shows it, and may ask it to stop
(`ask_to_stop`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext
from django_tasks.base import Task

from fiel import clock
from fiel.core.refusals import Refused
from fiel.jobs.models import ENDED, Job, JobFile
from fiel.shops.models import Business, Person
from fiel.tables.ids import new_id
from fiel.tables.walls import of_one_business

__all__ = ["STOPPING", "Interrupted", "Working", "ask_to_stop", "do", "file_of", "forget_files", "start"]

MOST_STARTS = 3
MOST_FILE = 64 * 1024 * 1024
_NOTE_EVERY_S = 1
_LONGEST = 1000

STOPPING = threading.Event()
"""Set when this worker is to stop: work that says how it gets on is laid down, and taken up by the next worker."""

log = logging.getLogger("fiel.jobs")


class Interrupted(Exception):
    """The worker stops; the job goes back to those that wait."""


class _Cancelled(Exception):
    """Somebody does not want it any more."""


def start(
    business: Business,
    task: Task[..., None],
    *,
    kind: str,
    person: Person | None = None,
    language: str = "",
    **more: Any,
) -> Job:
    """Have a task done by a worker, if and when the caller's transaction comes to be. `more`: the task's arguments."""
    with transaction.atomic():
        job = Job.objects.create(
            business=business,
            id=new_id(),
            kind=kind,
            person_id=person.pk if person else None,
            language=language or (person.language if person else "") or business.language,
            created_at=clock.now(),
        )
        task.enqueue(business.id, str(job.id), **more)
    return job


def ask_to_stop(business_id: int, job_id: UUID) -> None:
    """Have a job stopped as soon as it next says how far it is; one that has not begun never does."""
    job = _row(business_id, job_id)
    job.exclude(state__in=ENDED).update(asked_to_stop=True)
    job.filter(state="waiting").update(state="cancelled", ended_at=clock.now())


def forget_files(business_id: int, kind: str, *, before: datetime | None = None) -> int:
    """Delete the files that jobs of a kind made, or those asked for before a moment; how many. The jobs stay."""
    asked = Job.objects.filter(business_id=business_id, kind=kind)
    if before is not None:
        asked = asked.filter(created_at__lt=before)
    return JobFile.objects.filter(business_id=business_id, job_id__in=asked.values("id")).delete()[0]


def file_of(business_id: int, job_id: UUID) -> JobFile | None:
    """The file that a job made, if it made one."""
    return JobFile.objects.filter(business_id=business_id, job_id=job_id).first()


@dataclass(slots=True)
class Working:
    """A job in hand."""

    job: Job
    _noted: float = field(default=0.0)

    def progress(self, done: int, total: int = 0, sentence: str = "") -> None:
        """Say how far it is; as often as you like, written once a second. Ends the work where it is to stop."""
        if done < total and monotonic() - self._noted < _NOTE_EVERY_S:
            return
        self._noted = monotonic()
        ours = _row(self.job.business_id, self.job.id)
        ours.update(done=done, total=total, sentence=sentence)
        if ours.filter(asked_to_stop=True).exists():
            raise _Cancelled
        if STOPPING.is_set() and done < total:
            raise Interrupted

    def keep_file(self, name: str, content_type: str, content: bytes) -> None:
        """Keep the file that the job has made, one at most. Raises `too_large`."""
        if len(content) > MOST_FILE:
            raise Refused("too_large", "The file would be larger than 64 MiB; choose less at once.")
        JobFile.objects.update_or_create(
            business_id=self.job.business_id,
            job_id=self.job.id,
            defaults={"name": name, "content_type": content_type, "content": content},
        )

    def keep_result(self, result: dict[str, Any]) -> None:
        """Keep what came of it, as the job's `result`."""
        self.job.result = result


@of_one_business
def do(
    business_id: int, job_id: str, work: Callable[[Working], None], *, after: Callable[[Job], None] = lambda job: None
) -> None:
    """Do a job: it is running meanwhile, then done; or failed, with a sentence; or cancelled.

    `after`: what else is written with its end, in the same transaction.
    """
    job = Job.objects.filter(business_id=business_id, id=UUID(job_id)).first()
    if job is None or job.state in ENDED:
        return
    job.starts += 1
    job.state, job.started_at = "running", clock.now()
    job.save(update_fields=["state", "started_at", "starts"])
    with translation.override(job.language):
        try:
            job.state, job.failure = _tried(job, work)
        except Interrupted:
            _row(business_id, job.id).update(state="waiting", starts=job.starts - 1)
            raise
    job.ended_at = clock.now()
    with transaction.atomic():
        job.save(update_fields=["state", "failure", "ended_at", "result"])
        after(job)


def _tried(job: Job, work: Callable[[Working], None]) -> tuple[str, str]:
    """The state in which it ends, and the sentence that says why it failed."""
    if job.starts > MOST_STARTS:
        return "failed", gettext("The work broke off three times. Tell whoever runs the server.")
    try:
        work(Working(job))
    except Interrupted:
        raise
    except _Cancelled:
        return "cancelled", ""
    except Refused as refused:
        return "failed", gettext(refused.detail)[:_LONGEST]
    except Exception:
        log.exception("a job failed", extra={"fields": {"job": str(job.id), "kind": job.kind}})
        return "failed", gettext("Something went wrong on our side. The server's log says what.")
    return "done", ""


def _row(business_id: int, job_id: UUID) -> QuerySet[Job]:
    return Job.objects.filter(business_id=business_id, id=job_id)

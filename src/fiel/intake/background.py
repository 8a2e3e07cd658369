"""Bringing files in as a job, and trying again as a job what was kept aside.

A job that is begun anew does no harm: what came in before the break is counted as known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django_tasks import task

from fiel import clock
from fiel.core.refusals import Refused
from fiel.intake.aside import listed
from fiel.intake.known import size_of
from fiel.intake.models import Import
from fiel.intake.refused_rows import as_csv, by_reason
from fiel.intake.run import Options, Report, bring, take_aside
from fiel.intake.uploads import files_of, forget_pieces
from fiel.jobs.models import Job
from fiel.jobs.work import Working, do, start
from fiel.shops.models import Business, Person
from fiel.trail.acting import Actor, acting
from fiel.trail.note import note

__all__ = ["ASIDE", "IMPORT", "bring_in", "options_of", "retry_aside", "start_import", "start_retry"]

IMPORT = "import"
ASIDE = "aside"


def options_of(kept: Import, *, dry_run: bool = False) -> Options:
    """How an import is brought in."""
    return Options(history=kept.history, by_first_version=kept.by_first_version, whole=kept.whole, dry_run=dry_run)


def start_import(kept: Import, *, whole: bool = False, person: Person, language: str) -> Job:
    """Have files brought in; `whole`: all of them or nothing. Raises `conflict` where somebody has asked already."""
    with transaction.atomic():
        row = Import.objects.filter(business_id=kept.business_id, id=kept.id)
        now = row.select_for_update(no_key=True).get()
        if now.job_id and now.outcome is not None:
            raise Refused("conflict", gettext("These files were brought in already."))
        if now.job_id and Job.objects.filter(business_id=kept.business_id, id=now.job_id, ended_at=None).exists():
            raise Refused("conflict", gettext("These files are being brought in already."))
        job = start(kept.business, bring_in, kind=IMPORT, person=person, language=language, import_id=str(kept.id))
        row.update(job_id=job.id, whole=whole)
        said = {"history": kept.history, "whole": whole}
        note(kept.business_id, "import.begun", about=kept.id, after=said, now=clock.now())
    return job


def start_retry(
    business: Business, ids: Sequence[UUID], *, history: bool, anyway: bool, person: Person, language: str
) -> Job:
    """Have what was kept aside tried again; no ids: all of it."""
    said = {"ids": [str(id_) for id_ in ids], "history": history, "anyway": anyway}
    return start(business, retry_aside, kind=ASIDE, person=person, language=language, **said)


@task
def bring_in(business_id: int, job_id: str, import_id: str) -> None:
    """Bring the files of an import in, and keep what became of the rows."""
    kept = Import.objects.get(business_id=business_id, id=UUID(import_id))
    do(business_id, job_id, partial(_bring_in, kept=kept), after=partial(_ended, kept))


def _bring_in(job: Working, *, kept: Import) -> None:
    with files_of(kept) as files:
        sizes = [size_of(path) for path, _ in files]
        total = 0 if None in sizes else sum(filter(None, sizes))
        with acting(_asked_for(job.job)):
            report = bring(kept.business, files, options=options_of(kept), progress=_said(job, total))
    _keep(job, report)


@task
def retry_aside(business_id: int, job_id: str, ids: list[str], history: bool, anyway: bool) -> None:
    """Try again what was kept aside, and keep what became of it."""
    do(business_id, job_id, partial(_retry, ids=ids, options=Options(history=history, anyway=anyway)))


def _retry(job: Working, *, ids: list[str], options: Options) -> None:
    rows = list(listed(job.job.business, map(UUID, ids) if ids else None))
    with acting(_asked_for(job.job)):
        _keep(job, take_aside(job.job.business, rows, options=options, progress=_said(job, len(rows))))


def _said(job: Working, total: int) -> Callable[[int], None]:
    done = 0

    def progress(rows: int) -> None:
        nonlocal done
        done += rows
        job.progress(done, max(total, done + 1) if total else 0, gettext("Bringing in"))

    return progress


def _keep(job: Working, report: Report) -> None:
    if report.kept:
        job.keep_file("refused.csv", "text/csv; charset=utf-8", as_csv(report.kept))
    job.keep_result(outcome_of(report) | {"again": job.job.starts > 1})


def outcome_of(report: Report) -> dict[str, Any]:
    """What became of the rows, as it is kept: how many by kind, and of those that did not come in by reason."""
    return {
        "new": dict(report.new),
        "known": dict(report.known),
        "left_out": dict(report.left_out.most_common(20)),
        "refused": by_reason(kept for kept in report.kept if not kept.aside),
        "aside": by_reason(kept for kept in report.kept if kept.aside),
        "undone": report.undone,
        "files": report.files,
    }


def _ended(kept: Import, job: Job) -> None:
    """Keep the outcome where it stays, and of the files nothing. What failed can be tried again."""
    outcome = job.result
    if outcome is not None:
        counts = {name: 0 if outcome["undone"] else sum(outcome[name].values()) for name in ("new", "known")}
        refused = sum(count for name in ("refused", "aside") for _, count, *_ in outcome[name])
        Import.objects.filter(business_id=kept.business_id, id=kept.id).update(
            outcome=outcome, refused=refused, ended_at=job.ended_at
        )
        forget_pieces(kept)
        with acting(_asked_for(job)):
            said = {**counts, "refused": refused}
            note(kept.business_id, "import.ended", about=kept.id, after=said, now=clock.now())


def _asked_for(job: Job) -> Actor:
    """Who asked for a job acts in it."""
    person = Person.objects.filter(pk=job.person_id).first() if job.person_id else None
    return Actor(person.email, person.pk) if person else Actor("fiel")

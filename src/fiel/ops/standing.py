"""How the installation stands, in figures: what waits and since when, who works, what the last audits found, what room
is left. The page (`status`) and Prometheus (`background`) tell of the same. No business and no person is named in it.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django_tasks_db.models import DBTaskResult

from fiel.events.models import Delivery, Endpoint
from fiel.jobs.models import Job
from fiel.ops.presence import signs_of_life
from fiel.outreach.models import Message
from fiel.tables.walls import unwalled

__all__ = ["BACKUPS", "Standing", "last_backup", "note_backup", "standing"]

BACKUPS = "backups.jsonl"
"""The record of backups, in the data folder: a line for each, with `at` and `file`."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many wait, and for how many seconds the oldest has been due."""

    count: int
    age_s: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Figures of all businesses together. `silent_s`: how long ago that worker left a sign of life, of those that are
    alive, which has been silent longest. `audit_age_s`: of the business whose audit lies back furthest; None: none
    was done. `backup_age_s` None: no backup is on record."""

    workers: int
    silent_s: int
    jobs: Waiting
    events: Waiting
    messages: Waiting
    findings: int
    audit_age_s: int | None
    daily_age_s: int | None
    disk_free: int
    disk_total: int
    backup_age_s: int | None


@unwalled()
def standing(now: datetime) -> Standing:
    """Look at everything; a handful of queries."""
    signs = signs_of_life()
    listens = Endpoint.objects.filter(business_id=OuterRef("business_id"), id=OuterRef("endpoint_id"), disabled_at=None)
    audits, daily = _last("audit"), _last("daily")
    disk, backup = shutil.disk_usage(_nearest(Path(settings.DATA_FOLDER))), last_backup(Path(settings.DATA_FOLDER))
    return Standing(
        workers=len(signs),
        silent_s=max(0, int(max(signs, default=0))),
        jobs=_waiting(DBTaskResult.objects.ready(), "enqueued_at", now),
        events=_waiting(Delivery.objects.filter(Exists(listens), sent=False), "event__at", now),
        messages=_waiting(Message.objects.filter(state="waiting", next_try_at__lte=now), "next_try_at", now),
        findings=sum(job.result["findings"] for job in audits if job.result),
        audit_age_s=_age(min((job.ended_at for job in audits if job.ended_at), default=None), now),
        daily_age_s=_age(min((job.ended_at for job in daily if job.ended_at), default=None), now),
        disk_free=disk.free,
        disk_total=disk.total,
        backup_age_s=_age(backup, now),
    )


def _last(kind: str) -> list[Job]:
    """Of each business the last job of a kind that came to its end."""
    done = Job.objects.filter(kind=kind, state="done", ended_at__isnull=False)
    return list(done.exclude(Exists(done.filter(business=OuterRef("business"), ended_at__gt=OuterRef("ended_at")))))


def _waiting(rows: QuerySet, since: str, now: datetime) -> Waiting:  # type: ignore[type-arg]
    found = rows.order_by().aggregate(n=Count("*"), oldest=Min(since))
    return Waiting(found["n"], _age(found["oldest"], now) or 0)


def _age(moment: datetime | None, now: datetime) -> int | None:
    return None if moment is None else max(0, int((now - moment).total_seconds()))


def _nearest(folder: Path) -> Path:
    return next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())


# Backups


def note_backup(data: Path, file: Path, *, now: datetime) -> None:
    """Note that a backup was made."""
    with (data / BACKUPS).open("a", encoding="utf-8") as record:
        record.write(json.dumps({"at": now.isoformat(), "file": str(file)}) + "\n")


def last_backup(data: Path) -> datetime | None:
    """When the last backup on record was made; None where there is none, or the record cannot be read."""
    try:
        [*_, line] = (data / BACKUPS).read_text(encoding="utf-8").splitlines()
        return datetime.fromisoformat(json.loads(line)["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None

"""Jobs of a business, the files they make, and when the work of each night is due."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import WithinBusiness

__all__ = ["ENDED", "STATES", "Job", "JobFile", "Nightly"]

STATES = ("waiting", "running", "done", "failed", "cancelled")
ENDED = ("done", "failed", "cancelled")


class Job(models.Model):
    """A piece of work. `done` of `total` (0: not known yet) and `sentence` say how far it is, `failure` why it failed.

    `person_id`: who asked for it, null for what Fiel does by itself. `language`: in which it speaks. `asked_to_stop`:
    somebody does not want it any more. `starts`: how often a worker has begun it.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    kind = models.CharField(max_length=30)
    person_id = models.BigIntegerField(null=True)
    language = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES], default="waiting")
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    sentence = models.CharField(max_length=500, blank=True, default="")
    failure = models.CharField(max_length=1000, blank=True, default="")
    result = models.JSONField(null=True)
    asked_to_stop = models.BooleanField(default=False)
    starts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["business", "kind", "created_at"], name="job_by_kind"),
            models.Index(fields=["business", "created_at"], name="job_unended", condition=~Q(state__in=ENDED)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"


class JobFile(models.Model):
    """The file that a job made. In the database, so that any machine can hand it out and a backup holds it."""

    pk = models.CompositePrimaryKey("business", "job_id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    job_id = models.UUIDField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [WithinBusiness(table="jobs_job", fields=["job_id"], name="file_of_job")]

    def __str__(self) -> str:
        return self.name


class Nightly(models.Model):
    """When a business's work of each night is due next, and the job that did it last."""

    pk = models.CompositePrimaryKey("business", "what")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    what = models.CharField(max_length=20)
    next_at = models.DateTimeField()
    job_id = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"{self.what} at {self.next_at:%Y-%m-%d %H:%M}"

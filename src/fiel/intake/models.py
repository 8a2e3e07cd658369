"""What waits to be taken, what a business said of its own tables, and files that somebody brings in by the office."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import WithinBusiness

__all__ = ["Aside", "ColumnProfile", "Hook", "Import", "ImportPiece"]


class Aside(models.Model):
    """A receipt, cancellation or return kept aside, so that nothing is lost: too late, in doubt, or before its sale.

    `name` tells it from any other of its `kind`. `awaits`: the name of the paper it is about. `item`: its content,
    without anybody's identity but a member's id. `code` and `reason`: why it waits.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    awaits = models.CharField(max_length=200, blank=True, default="")
    code = models.CharField(max_length=30)
    reason = models.CharField(max_length=500)
    file = models.CharField(max_length=200, blank=True, default="")
    place = models.CharField(max_length=100, blank=True, default="")
    item = models.JSONField()
    kept_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "kind", "name"], name="aside_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "awaits"], name="aside_by_awaited", condition=~Q(awaits="")),
            models.Index(fields=["business", "kept_at", "id"], name="aside_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class ColumnProfile(models.Model):
    """What a business said of the columns of its files, for the next file with the same header.

    `columns`: our name by theirs; `fixed`: what holds for every row.
    """

    pk = models.CompositePrimaryKey("business", "header")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    header = models.CharField(max_length=32)
    kind = models.CharField(max_length=10)
    columns = models.JSONField()
    fixed = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.columns)}"


class Hook(models.Model):
    """An address to which another system sends what it sells, and the secret that it signs with, encrypted."""

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    kind = models.CharField(max_length=20)
    store = models.CharField(max_length=50)
    secret = models.TextField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id"], name="hook_address"),
            WithinBusiness(table="shops_store", fields=["store"], columns=["code"], name="hook_of_store"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.store}"


class Import(models.Model):
    """Files that somebody brings in together: first they are looked at, then a job does it.

    `files`: name and size in bytes of each. `history`, `by_first_version`, `whole`: as in `intake.run.Options`.
    `job_id`: the work, once it was asked for. `outcome`: what became of the rows, kept when the job is cleared away;
    `refused`: how many rows did not come in, those that wait among them.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    files = models.JSONField()
    history = models.BooleanField(default=False)
    by_first_version = models.BooleanField(default=False)
    whole = models.BooleanField(default=False)
    person_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    job_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.JSONField(null=True)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "made_at"], name="import_by_time")]

    def __str__(self) -> str:
        return ", ".join(name for name, _ in self.files)


class ImportPiece(models.Model):
    """A piece of a file, until it was brought in. In the database, so that any machine's worker finds it."""

    pk = models.CompositePrimaryKey("business", "import_id", "file", "number")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    import_id = models.UUIDField()
    file = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [WithinBusiness(table="intake_import", fields=["import_id"], name="piece_of_import")]

    def __str__(self) -> str:
        return f"{self.number} of file {self.file}"

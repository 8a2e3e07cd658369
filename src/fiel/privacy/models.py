"""The record of who left, what members ask about their data, and how long things are kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["ASKS", "Clearing", "Erasure", "Request", "Retention"]


class Erasure(models.Model):
    """That a member was erased: the random reference that is left of them, when, and who asked for it.

    Its id is the cause of the entries by which what was on the accounts was forfeited.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    at = models.DateTimeField()
    by = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="erasure_of_member"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "member_id"], name="erasure_by_member")]

    def __str__(self) -> str:
        return str(self.member_id)


class Retention(models.Model):
    """For how many days a business keeps a kind of data (`retention.KINDS`); null: without end."""

    pk = models.CompositePrimaryKey("business", "kind")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=20)
    days = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return self.kind


class Clearing(models.Model):
    """That something of a kind was deleted because its time was over: how much, from before when, and when."""

    pk = models.CompositePrimaryKey("business", "at", "kind")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=20)
    before = models.DateTimeField()
    rows = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.rows} {self.kind}"


ASKS = ("export", "correct", "erase")


class Request(models.Model):
    """What a member asks about their data: a copy, a correction, to be erased; and until when it must be answered.

    `words`: what they said; gone once they are erased. `answer`: what was done about it.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    what = models.CharField(max_length=10, choices=[(what, what) for what in ASKS])
    words = models.CharField(max_length=1000, blank=True, default="")
    source = models.CharField(max_length=20)
    asked_at = models.DateTimeField()
    due_on = models.DateField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=254, blank=True, default="")
    answer = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="request_of_member"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "answered_at", "due_on", "id"], name="request_by_due"),
            models.Index(fields=["business", "member_id"], name="request_by_member"),
        ]

    def __str__(self) -> str:
        return f"{self.what} until {self.due_on}"

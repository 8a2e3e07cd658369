"""The record of who left."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["Erasure"]


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

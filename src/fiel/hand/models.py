"""Hand entries, with who asked and who agreed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["HandEntry"]


class HandEntry(models.Model):
    """An adjustment or an opening balance. `steps` signed. `reference`: makes the repeat of an opening harmless.

    `posted_at` null: it waits for a second person, or `refused_by` refused it at `refused_at`, for `refused_why`.
    `expires_on` null: what is earned that day decides.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in ("adjust", "opening")])
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    unit = models.CharField(max_length=50)
    steps = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True, default="")
    reference = models.CharField(max_length=200, blank=True, default="")
    expires_on = models.DateField(null=True)
    entered_by = models.CharField(max_length=200)
    entered_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=200, blank=True, default="")
    posted_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    refused_why = models.CharField(max_length=500, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(steps=0), name="hand_entry_moves_something"),
            models.UniqueConstraint(
                fields=["business", "reference"], condition=~Q(reference=""), name="hand_entry_reference"
            ),
            WithinBusiness(table="members_member", fields=["member_id"], name="hand_entry_of_member"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "id"],
                name="hand_entry_waits",
                condition=Q(kind="adjust", posted_at__isnull=True, refused_at__isnull=True),
            ),
            # Among the opening balances of all who were brought over, the few that somebody refused.
            models.Index(fields=["business", "id"], name="hand_entry_refused", condition=Q(refused_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.steps} {self.unit}"

"""Acts, and how far each business's chain has come."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

__all__ = ["Act", "Head"]


class Act(models.Model):
    """One thing that somebody did; never changed, never deleted.

    `about`: the id or code of what it was done to. `before`, `after`: what changed of it; null where there was nothing.
    `hash`: over everything here and the hash of the act before, so that none can be changed or left out unseen.
    """

    pk = models.CompositePrimaryKey("business", "number")
    business = models.ForeignKey(
        "shops.Business", models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    number = models.BigIntegerField()
    at = models.DateTimeField()
    who = models.CharField(max_length=254)
    person_id = models.BigIntegerField(null=True)
    address = models.CharField(max_length=45, blank=True, default="")
    what = models.CharField(max_length=50)
    about = models.CharField(max_length=255, blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "what", "number"], name="act_by_what")]

    def __str__(self) -> str:
        return f"{self.number} {self.what} {self.about}"


class Head(models.Model):
    """The last act of a business: whoever adds one holds this row, and an end that was cut off is seen."""

    business = models.OneToOneField("shops.Business", models.PROTECT, primary_key=True, related_name="+")
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.number}"

"""Versions of a business's rules."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from fiel.shops.models import Business

__all__ = ["Draft", "Version"]


class Version(models.Model):
    """A published programme. It never changes; the next one takes over from its own moment on."""

    pk = models.CompositePrimaryKey("business", "number")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    in_force_from = models.DateTimeField()
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "in_force_from"], name="version_in_force")]

    def __str__(self) -> str:
        return f"version {self.number}"


class Draft(models.Model):
    """What a business's next version may become, made from version `base` (0: from nothing); one a business."""

    business = models.OneToOneField(Business, models.PROTECT, primary_key=True, related_name="+")
    document = models.JSONField()
    base = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"draft from version {self.base}"

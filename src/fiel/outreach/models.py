"""What a business has settled about inviting and writing to its members."""

from __future__ import annotations

from django.db import models

from fiel.shops.models import Business

__all__ = ["InvitationRule", "Wording"]


class InvitationRule(models.Model):
    """For what the daily run puts members on the list. `figure`: days ahead, days away, or per cent still missing.

    `gift`: a reward's code, empty: none; `budget`: what it may cost the business, in minor units. Without a row a
    reason is as `invitations.rules.USUAL` has it. Goals are the programme's awards and stand there.
    """

    pk = models.CompositePrimaryKey("business", "why")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    why = models.CharField(max_length=10)
    active = models.BooleanField(default=True)
    figure = models.PositiveSmallIntegerField(default=0)
    gift = models.CharField(max_length=50, blank=True, default="")
    budget = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.why


class Wording(models.Model):
    """The business's own words for a kind of message, in one language; without a row Fiel's own are used."""

    pk = models.CompositePrimaryKey("business", "kind", "language")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=30)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=200, blank=True, default="")
    body = models.CharField(max_length=4000)

    def __str__(self) -> str:
        return f"{self.kind} ({self.language})"

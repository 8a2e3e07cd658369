"""Events, the endpoints that listen to them, the deliveries between the two; and what sums have yet to take in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["KINDS", "Change", "Delivery", "Endpoint", "Event", "LotsMoved", "UnitsMoved"]

KINDS = (
    "member.created",
    "sale.recorded",
    "points.changed",
    "voucher.issued",
    "voucher.redeemed",
    "tier.changed",
    "invitation.due",
    "test",
)


def _business() -> models.ForeignKey[models.Model, models.Model]:
    # No checked foreign key: every sale that is told would lock the business's one row.
    return models.ForeignKey("shops.Business", models.PROTECT, db_index=False, db_constraint=False, related_name="+")


class Event(models.Model):
    """Something that happened, by the ids of what it is about and no more: its words are made when it is sent.

    So nothing of a person is kept twice, and a sale that tells something writes one short row for it. `about`: the
    member, sale, voucher or invitation; `facts`: what the rows it leads to will not tell later.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    kind = models.CharField(max_length=30, choices=[(kind, kind) for kind in KINDS])
    about = models.UUIDField()
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "at"], name="event_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Endpoint(models.Model):
    """An address that a business wants to be told at; empty: Fiel itself, which writes to members.

    `secret`, `old_secret`: sealed; both sign while both are there.

    `failures`: how often in a row it did not take an event, since `failing_since`; until `next_try_at` it is left
    alone. `disabled_why` says why nothing is sent to it any more; what happens is kept for it all the same.
    `claimed_by`: the worker that is sending to it now.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey("shops.Business", models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    url = models.CharField(max_length=2000)
    kinds = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True, default="")
    secret = models.CharField(max_length=300)
    old_secret = models.CharField(max_length=300, blank=True, default="")
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=20, blank=True, default="")
    claimed_by = models.CharField(max_length=20, blank=True, default="")

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """An event on its way to an endpoint, and how the last try went: the answer's status, or what broke (`error`)."""

    pk = models.CompositePrimaryKey("business", "endpoint_id", "event_id")
    business = _business()
    endpoint_id = models.UUIDField()
    event_id = models.UUIDField()
    event = Within(Event, "event_id")
    sent = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=30, blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="events_event", fields=["event_id"], name="delivery_of_event"),
            WithinBusiness(table="events_endpoint", fields=["endpoint_id"], name="delivery_to_endpoint"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "endpoint_id", "event_id"], name="delivery_waiting", condition=Q(sent=False)
            ),
            models.Index(fields=["business", "event_id"], name="delivery_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class Change(models.Model):
    """That what is to be counted of a receipt changed, for the sums that are kept of receipts; gone once taken in.

    `sign` 1: count the receipt as of this member (null: of nobody) with what was then `left` of its lines, as the
    receipt keeps it: {"left": in 1/1000, null for a line that is gone, "net": in minor units}; null: everything. -1: it
    was counted so, and no longer is. So a sale is one row; a return, or a member who is named later, takes one back and
    adds another. Without a receipt: the member was merged into another.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    receipt_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    left = models.JSONField(null=True)
    sign = models.SmallIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "receipt_id"], name="change_by_receipt")]

    def __str__(self) -> str:
        return f"{self.sign:+} {self.receipt_id or self.member_id}"


class UnitsMoved(models.Model):
    """What entries moved of a unit, for the sums that are kept of entries; gone once taken in.

    One row for all entries of a kind that were posted together and occurred in the same quarter of an hour, of which
    `quarter` is the beginning: no clock in the world shows a day that begins within one. Steps: into accounts, and
    out of them.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    unit = models.CharField(max_length=50)
    kind = models.CharField(max_length=10)
    quarter = models.DateTimeField()
    entries = models.IntegerField()
    steps_in = models.BigIntegerField()
    steps_out = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.unit}"


class LotsMoved(models.Model):
    """By how many steps the lots of a unit with the same dates changed together, for the sum that is kept of them.

    One row for all accounts that were posted together; gone once taken in.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    unit = models.CharField(max_length=50)
    expires_on = models.DateField()
    available_on = models.DateField()
    steps = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.steps:+} {self.unit} until {self.expires_on}"

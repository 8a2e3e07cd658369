"""The books. Accounts belong to a member, known here only by id; amounts are whole steps of the unit.

Entries and draws are only ever added: triggers on both databases refuse UPDATE and DELETE (`guards.py`). The business
is no checked foreign key here: every sale would lock its one row, and the rows above these are checked already.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from fiel.tables.keys import WithinBusiness

__all__ = ["KINDS", "Account", "Draw", "Entry", "Lot"]

KINDS = (
    "earn",
    "bonus",
    "refer",
    "spend",
    "give_back",
    "take_back",
    "expire",
    "forfeit",
    "adjust",
    "opening",
    "transfer",
)


def _business() -> models.ForeignKey[models.Model, models.Model]:
    return models.ForeignKey("shops.Business", models.PROTECT, db_index=False, db_constraint=False, related_name="+")


class Account(models.Model):
    """One member's holding of one unit. `entries`: the number of the last one. The carry is a fraction of a step."""

    pk = models.CompositePrimaryKey("business", "member_id", "unit")
    business = _business()
    member_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    balance = models.BigIntegerField()
    carry_numerator = models.BigIntegerField(default=0)
    carry_denominator = models.BigIntegerField(default=1)
    entries = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(carry_numerator__gte=0, carry_numerator__lt=F("carry_denominator")),
                name="account_carry_below_a_step",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.unit}"


class Entry(models.Model):
    """One movement of an account, never changed. `number`: 1, 2, 3 … within the account.

    `cause_kind` and `cause` name what moved it (a sale, a return, a voucher, a daily run). What went into one lot
    only has the lot's dates here; what touched several has draws.
    """

    pk = models.CompositePrimaryKey("business", "member_id", "unit", "number")
    business = _business()
    member_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in KINDS])
    steps = models.BigIntegerField()
    balance = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    cause_kind = models.CharField(max_length=12)
    cause = models.UUIDField()
    available_on = models.DateField(null=True)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(steps=0), name="entry_moves_something"),
            models.UniqueConstraint(
                fields=["business", "cause", "member_id", "unit", "kind"], name="entry_once_a_cause"
            ),
            WithinBusiness(
                table="ledger_account",
                fields=["member_id", "unit"],
                columns=["member_id", "unit"],
                name="entry_of_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.steps} {self.unit}"


class Lot(models.Model):
    """What an account holds that becomes available and lapses together. Without an end: 9999-12-31."""

    pk = models.CompositePrimaryKey("business", "member_id", "unit", "expires_on", "available_on")
    business = _business()
    member_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    expires_on = models.DateField()
    available_on = models.DateField()
    steps = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(steps__gte=0), name="lot_not_below_zero"),
            WithinBusiness(
                table="ledger_account",
                fields=["member_id", "unit"],
                columns=["member_id", "unit"],
                name="lot_of_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.steps} {self.unit} until {self.expires_on}"


class Draw(models.Model):
    """What an entry took out of a lot (steps below zero), or put into one of several (above zero)."""

    pk = models.CompositePrimaryKey("business", "member_id", "unit", "number", "expires_on", "available_on")
    business = _business()
    member_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    number = models.PositiveIntegerField()
    expires_on = models.DateField()
    available_on = models.DateField()
    steps = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(steps=0), name="draw_moves_something"),
            WithinBusiness(
                table="ledger_entry",
                fields=["member_id", "unit", "number"],
                columns=["member_id", "unit", "number"],
                name="draw_of_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.steps} {self.unit}"

"""Rewards, vouchers, invitations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.models import Member
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["STATES", "Invitation", "Reward", "Voucher"]

STATES = ("issued", "redeemed", "cancelled", "expired", "revoked")


class Reward(models.Model):
    """What a member can have. `items`: the selector of an item; `price_unit` empty: by award only.

    `price_steps` in steps of the unit; `valid_days`: how long a voucher is good (null: for ever); `on_expire`: whether
    its price comes back (give_back) or lapses.
    """

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="rewards")
    code = models.CharField(max_length=50)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in ("item", "money_off", "service")])
    name = models.CharField(max_length=200, blank=True, default="")
    items = models.JSONField(default=dict)
    price_unit = models.CharField(max_length=50, blank=True, default="")
    price_steps = models.BigIntegerField(default=0)
    valid_days = models.PositiveIntegerField(null=True)
    on_expire = models.CharField(
        max_length=10, default="lapse", choices=[("lapse", "lapse"), ("give_back", "give_back")]
    )

    def __str__(self) -> str:
        return self.name or self.code


class Voucher(models.Model):
    """A member's claim to one reward. One conditional update of `state` decides who gets it.

    `hash`: of the code, keyed; `sealed`: the code, encrypted, to show it again. `price_*`: what it took when it was
    issued. `award`: the award that issued it by itself. `receipt_id`: the sale in which it was used. Good to the end of
    `valid_until`, by the programme's clock.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    reward = models.CharField(max_length=50)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    hash = models.CharField(max_length=64)
    sealed = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(state, state) for state in STATES], default="issued")
    price_unit = models.CharField(max_length=50, blank=True, default="")
    price_steps = models.BigIntegerField(default=0)
    award = models.CharField(max_length=50, blank=True, default="")
    issued_at = models.DateTimeField()
    valid_until = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, blank=True, default="")
    receipt_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "hash"], name="voucher_code"),
            WithinBusiness(table="members_member", fields=["member_id"], name="voucher_of_member"),
            WithinBusiness(table="rewards_reward", fields=["reward"], columns=["code"], name="voucher_of_reward"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "member_id", "issued_at"], name="voucher_by_member"),
            models.Index(
                fields=["business", "receipt_id"], name="voucher_by_sale", condition=Q(receipt_id__isnull=False)
            ),
            models.Index(fields=["business", "valid_until"], name="voucher_by_end", condition=Q(state="issued")),
        ]

    def __str__(self) -> str:
        return f"{self.reward} ({self.state})"


class Invitation(models.Model):
    """That a member is due an award's gift and is to be invited; open until it is given or no longer due."""

    pk = models.CompositePrimaryKey("business", "member_id", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    id = models.UUIDField(default=new_id)
    award = models.CharField(max_length=50)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="invitation_of_member"),
            models.UniqueConstraint(
                fields=["business", "member_id", "award"], condition=Q(closed_at=None), name="invitation_open_once"
            ),
        ]

    def __str__(self) -> str:
        return self.award

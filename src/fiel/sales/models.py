"""Receipts as they were recorded, with what they gave and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.models import Member
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = ["DailyRun", "LotWarning", "Receipt", "ReceiptLine", "ReceiptPayment", "Referral", "ReferralCode", "Return"]


def _business() -> models.ForeignKey[models.Model, models.Model]:
    return models.ForeignKey("shops.Business", models.PROTECT, db_index=False, db_constraint=False, related_name="+")


class Receipt(models.Model):
    """One sale. The document (store, till, number, local day) is unique for ever; `digest` tells its content.

    `facts` and `outcome`: what was known of the member, and what the sale gave with its reasons, as they were then.
    `total`: what the customer pays for the lines, in minor units. `version` null: recorded before any programme.

    What returns change, beside the receipt as it was: `spend`: what still counts, in minor units; `used`: what rules
    with a cap still give, by rule, in steps, as [numerator, denominator]; `standing`: what is left of the lines and
    of their nets, and still given by unit (null: everything); `gone`: nothing is left. `linked_at`, `linked_by`: when
    and by whom the member was named, where that was after the sale.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    store = models.CharField(max_length=50)
    till = models.CharField(max_length=50)
    number = models.CharField(max_length=64)
    day = models.DateField()
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    member_id = models.UUIDField(null=True)
    member = Within(Member, "member_id")
    channel = models.CharField(max_length=10)
    cashier = models.CharField(max_length=100, blank=True, default="")
    discount = models.BigIntegerField()
    total = models.BigIntegerField()
    spend = models.BigIntegerField()
    version = models.PositiveIntegerField(null=True)
    digest = models.CharField(max_length=32)
    facts = models.JSONField()
    outcome = models.JSONField()
    used = models.JSONField(null=True)
    standing = models.JSONField(null=True)
    gone = models.BooleanField(default=False, db_default=False)
    linked_at = models.DateTimeField(null=True)
    linked_by = models.CharField(max_length=254, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "store", "till", "number", "day"], name="receipt_document"),
            WithinBusiness(table="members_member", fields=["member_id"], name="receipt_of_member"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "member_id", "occurred_at"],
                name="receipt_by_member",
                condition=Q(member_id__isnull=False),
            ),
            models.Index(fields=["business", "occurred_at"], name="receipt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.store}/{self.till}/{self.number}"


class ReceiptLine(models.Model):
    """One item. `quantity`, `covered` in 1/1000, money in minor units, `tax_rate` in 1/1000 of a per cent.

    `department`, `brand`, `tags` (joined by commas) are the catalogue's at that moment. `net`: after discounts;
    `covered`: what packs and vouchers paid for; `paid`: the share of payments that are rewards.
    """

    pk = models.CompositePrimaryKey("business", "receipt_id", "number")
    business = _business()
    receipt_id = models.UUIDField()
    receipt = Within(Receipt, "receipt_id")
    number = models.PositiveSmallIntegerField()
    product = models.CharField(max_length=64, blank=True, default="")
    description = models.CharField(max_length=200, blank=True, default="")
    department = models.CharField(max_length=50, blank=True, default="")
    brand = models.CharField(max_length=100, blank=True, default="")
    tags = models.CharField(max_length=500, blank=True, default="")
    quantity = models.BigIntegerField()
    amount = models.BigIntegerField()
    discount = models.BigIntegerField()
    tax_rate = models.IntegerField()
    net = models.BigIntegerField()
    covered = models.BigIntegerField()
    paid = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="sales_receipt", fields=["receipt_id"], name="line_of_receipt"),
        ]
        indexes: ClassVar = [
            # Who bought something is asked of millions of lines, and answered from the index alone.
            models.Index(
                fields=["business", "product", "receipt_id"], name="line_by_product", condition=~Q(product="")
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.product


class ReceiptPayment(models.Model):
    """How much was paid how, in minor units; `unit`: the account that it drew from."""

    pk = models.CompositePrimaryKey("business", "receipt_id", "number")
    business = _business()
    receipt_id = models.UUIDField()
    receipt = Within(Receipt, "receipt_id")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    amount = models.BigIntegerField()
    unit = models.CharField(max_length=50, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="sales_receipt", fields=["receipt_id"], name="payment_of_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class Return(models.Model):
    """What came back of a receipt, and what that took. `lines`: [[line, quantity in 1/1000]].

    `number` is the return's own document, unique for the receipt. `outcome`: what was taken, given back and forgiven
    (`others`: of that, from who brought the member), how carries and accounts stood before and after.
    """

    pk = models.CompositePrimaryKey("business", "receipt_id", "id")
    business = _business()
    receipt_id = models.UUIDField()
    receipt = Within(Receipt, "receipt_id")
    id = models.UUIDField(default=new_id)
    number = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    cashier = models.CharField(max_length=100, blank=True, default="")
    digest = models.CharField(max_length=32)
    lines = models.JSONField()
    outcome = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["business", "receipt_id", "number"], name="return_document"),
            WithinBusiness(table="sales_receipt", fields=["receipt_id"], name="return_of_receipt"),
        ]

    def __str__(self) -> str:
        return self.number


class Referral(models.Model):
    """Gifts for bringing a customer, made by a sale of the customer. `taken_at`: a return undid them.

    `referrer_steps` 0: the referrer had had this month's gifts. `day`: the sale's, by the programme's clock.
    """

    pk = models.CompositePrimaryKey("business", "receipt_id")
    business = _business()
    receipt_id = models.UUIDField()
    receipt = Within(Receipt, "receipt_id")
    referred_id = models.UUIDField()
    referrer_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    referred_steps = models.BigIntegerField()
    referrer_steps = models.BigIntegerField()
    day = models.DateField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="sales_receipt", fields=["receipt_id"], name="referral_of_receipt"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "referred_id"], name="referral_by_referred"),
            models.Index(fields=["business", "referrer_id", "day"], name="referral_by_referrer"),
        ]

    def __str__(self) -> str:
        return f"{self.referrer_id} brought {self.referred_id}"


class ReferralCode(models.Model):
    """A member's own code for bringing customers: it tells nobody the member's number."""

    pk = models.CompositePrimaryKey("business", "code")
    business = _business()
    code = models.CharField(max_length=12)
    member_id = models.UUIDField()
    member = Within(Member, "member_id")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="referral_code_of_member"),
            models.UniqueConstraint(fields=["business", "member_id"], name="referral_code_once"),
        ]

    def __str__(self) -> str:
        return self.code


class LotWarning(models.Model):
    """That a member was told, on a day, that a lot is about to lapse."""

    pk = models.CompositePrimaryKey("business", "member_id", "unit", "expires_on", "available_on", "warned_on")
    business = _business()
    member_id = models.UUIDField()
    unit = models.CharField(max_length=50)
    expires_on = models.DateField()
    available_on = models.DateField()
    warned_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.unit} until {self.expires_on}"


class DailyRun(models.Model):
    """One daily run: for which day of the programme, when, and what it did. Its id is the cause of what it entered."""

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField()
    day = models.DateField()
    at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "day"], name="daily_run_by_day")]

    def __str__(self) -> str:
        return str(self.day)

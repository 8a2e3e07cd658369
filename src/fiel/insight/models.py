"""Sums that are kept of receipts and entries, and what is known of each member by them.

Everything here follows from receipts, returns and entries and can be made anew from them (`insight.keep`); nothing
else writes these tables. What is made by night (segments, what goes together, suspicions) stands at the end.

All figures are of what stands: a return takes from the day, the cashier and the member of its sale what the sale had
added. `total`: what customers paid for the lines, after all discounts, in minor units, tax included; `discounted`: of
that, on lines with a discount of their own. `of_member`: sales of a member, or of nobody; `member_total`: of the total,
what members paid. A member who was merged is counted as the one that they became part of. Beside the sums of each store
for an hour, a cashier, a department and a half-year stand those of all stores, as of `ALL_STORES`: whoever reads names
one or the other. Rows of zeros may be left by returns.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import models

from fiel.tables.ids import new_id

__all__ = [
    "ALL_STORES",
    "EVERYTHING",
    "AssortmentMonth",
    "CashierDay",
    "CohortMonth",
    "DepartmentDay",
    "DepartmentMonth",
    "HeldDay",
    "Keeping",
    "MemberDay",
    "MemberHabit",
    "MemberIndicators",
    "MemberMonth",
    "MemberSegment",
    "ProductHalf",
    "ProductMonth",
    "SegmentFlow",
    "SegmentProduct",
    "StoreHour",
    "Suspicion",
    "Together",
    "UnitDay",
]

HABITS = ("department", "hour", "payment", "store")
"""What a member's habits are kept of."""

ALL_STORES = ""
"""In place of a store's code: all stores of the business together."""

EVERYTHING = UUID(int=2**128 - 1)
"""The place of a recount that is done."""


def _business() -> models.ForeignKey[models.Model, models.Model]:
    return models.ForeignKey("shops.Business", models.PROTECT, db_index=False, db_constraint=False, related_name="+")


class Keeping(models.Model):
    """How far the sums of a business are; whoever keeps them up holds this row's lock.

    A recount goes through the receipts, then the members, in the order of their ids: `receipts_to` and `members_to`
    are the last that it has taken in. `kept_at`: when something was last taken in. No row: nothing was ever counted.
    """

    business = models.OneToOneField("shops.Business", models.PROTECT, primary_key=True, related_name="+")
    receipts_to = models.UUIDField()
    members_to = models.UUIDField()
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.business} at {self.kept_at:%Y-%m-%d %H:%M}"


class StoreHour(models.Model):
    """Sales of a store on a day (as the store's clock shows it) in an hour (0 to 23)."""

    pk = models.CompositePrimaryKey("business", "store", "day", "hour", "of_member")
    business = _business()
    day = models.DateField()
    store = models.CharField(max_length=50)
    hour = models.SmallIntegerField()
    of_member = models.BooleanField()
    sales = models.IntegerField()
    total = models.BigIntegerField()
    discounted = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.store} {self.day} {self.hour}h"


class CashierDay(models.Model):
    """Sales that somebody rang up. `linked`: how many of them a member was named for afterwards."""

    pk = models.CompositePrimaryKey("business", "store", "day", "cashier", "of_member")
    business = _business()
    day = models.DateField()
    store = models.CharField(max_length=50)
    cashier = models.CharField(max_length=100)
    of_member = models.BooleanField()
    sales = models.IntegerField()
    linked = models.IntegerField()
    total = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.cashier} {self.day}"


class _GoodsSold(models.Model):
    """Lines of something that was sold. `quantity` in 1/1000 of a piece."""

    lines = models.IntegerField()
    quantity = models.BigIntegerField()
    total = models.BigIntegerField()
    discounted = models.BigIntegerField()
    member_total = models.BigIntegerField()

    class Meta:
        abstract = True


class DepartmentDay(_GoodsSold):
    """What was sold of a department (empty: unknown) in a store on a day."""

    pk = models.CompositePrimaryKey("business", "store", "day", "department")
    business = _business()
    day = models.DateField()
    store = models.CharField(max_length=50)
    department = models.CharField(max_length=50)

    def __str__(self) -> str:
        return f"{self.department} {self.day}"


class DepartmentMonth(_GoodsSold):
    """The same in a month, which `month` is the first day of: for spans of many days (`insight.grains`)."""

    pk = models.CompositePrimaryKey("business", "store", "month", "department")
    business = _business()
    month = models.DateField()
    store = models.CharField(max_length=50)
    department = models.CharField(max_length=50)

    def __str__(self) -> str:
        return f"{self.department} {self.month:%Y-%m}"


class ProductMonth(_GoodsSold):
    """What was sold of a product in a store in a month, which `month` is the first day of."""

    pk = models.CompositePrimaryKey("business", "store", "month", "product")
    business = _business()
    month = models.DateField()
    store = models.CharField(max_length=50)
    product = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.product} {self.month:%Y-%m}"


class AssortmentMonth(_GoodsSold):
    """The same in all stores together, in a table of its own: pages about a business read whole years of it."""

    pk = models.CompositePrimaryKey("business", "month", "product")
    business = _business()
    month = models.DateField()
    product = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.product} {self.month:%Y-%m}"


class ProductHalf(_GoodsSold):
    """What was sold of a product in a store in a half-year, which `half` is the first day of: for spans of many months.

    Where a chain has many stores and products, its sums by month grow almost as its lines do; these do not.
    """

    pk = models.CompositePrimaryKey("business", "store", "half", "product")
    business = _business()
    half = models.DateField()
    store = models.CharField(max_length=50)
    product = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.product} from {self.half:%Y-%m}"


class UnitDay(models.Model):
    """What entries of a kind moved of a unit on a day by the business's clock, in steps: into accounts, out of them."""

    pk = models.CompositePrimaryKey("business", "day", "unit", "kind")
    business = _business()
    day = models.DateField()
    unit = models.CharField(max_length=50)
    kind = models.CharField(max_length=10)
    entries = models.IntegerField()
    steps_in = models.BigIntegerField()
    steps_out = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.unit} {self.day}"


class HeldDay(models.Model):
    """What all accounts hold together of a unit, in steps, by the days on which it lapses and becomes available."""

    pk = models.CompositePrimaryKey("business", "unit", "expires_on", "available_on")
    business = _business()
    unit = models.CharField(max_length=50)
    expires_on = models.DateField()
    available_on = models.DateField()
    steps = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.steps} {self.unit} until {self.expires_on}"


class MemberDay(models.Model):
    """A member's sales of a day. A day with one is a visit."""

    pk = models.CompositePrimaryKey("business", "member_id", "day")
    business = _business()
    member_id = models.UUIDField()
    day = models.DateField()
    sales = models.IntegerField()
    total = models.BigIntegerField()
    discounted = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "day", "member_id"], name="member_day_by_day")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day}"


class MemberHabit(models.Model):
    """How often a member bought so: in a department, at an hour, paying in a way, in a store (`what`; `value`: which).

    `times` counts lines for a department, else sales. `total`: what was paid for them; for a payment, what was paid
    that way on sales of which something is left. None are kept of who was erased.
    """

    pk = models.CompositePrimaryKey("business", "member_id", "what", "value")
    business = _business()
    member_id = models.UUIDField()
    what = models.CharField(max_length=10, choices=[(each, each) for each in HABITS])
    value = models.CharField(max_length=50)
    times = models.IntegerField()
    total = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.what} {self.value}"


class MemberMonth(models.Model):
    """A member's sales of a month, of which `month` is the first day. `visits`: days with a sale."""

    pk = models.CompositePrimaryKey("business", "member_id", "month")
    business = _business()
    member_id = models.UUIDField()
    month = models.DateField()
    visits = models.SmallIntegerField()
    first_visit = models.DateField()
    last_visit = models.DateField()
    sales = models.IntegerField()
    total = models.BigIntegerField()
    discounted = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "month", "member_id"], name="member_month_by_month")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.month:%Y-%m}"


class CohortMonth(models.Model):
    """Of the members who first bought in a month: how many bought in another, and on how many days (`visits`).

    `first` and `month` are the first days of the two months.
    """

    pk = models.CompositePrimaryKey("business", "first", "month")
    business = _business()
    first = models.DateField()
    month = models.DateField()
    members = models.IntegerField()
    visits = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.first:%Y-%m} in {self.month:%Y-%m}: {self.members}"


class MemberIndicators(models.Model):
    """What the receipts tell of a member who bought at least once; one row for each, none for who was erased.

    `visits`: days with a sale. `gap_days`: the mean time between two visits, in days, half up (null before the second
    visit); `next_visit`: the last visit and that much later. The average ticket is `total` / `sales`, the share of
    discounted goods `discounted` / `total`. `department`, `hour` ("00" to "23"), `payment`, `store`: the one most
    often chosen, empty where there is none; of equals the one with the higher sum, then the first by name.
    """

    pk = models.CompositePrimaryKey("business", "member_id")
    business = _business()
    member_id = models.UUIDField()
    first_visit = models.DateField()
    last_visit = models.DateField()
    visits = models.IntegerField()
    gap_days = models.IntegerField(null=True)
    next_visit = models.DateField(null=True)
    sales = models.IntegerField()
    total = models.BigIntegerField()
    discounted = models.BigIntegerField()
    department = models.CharField(max_length=50)
    hour = models.CharField(max_length=2)
    payment = models.CharField(max_length=50)
    store = models.CharField(max_length=50)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["business", "last_visit"], name="indicators_by_last_visit"),
            models.Index(fields=["business", "next_visit"], name="indicators_by_next_visit"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.visits} visits"


class MemberSegment(models.Model):
    """Where a member stood last night by recency, frequency and money, each scored 1 to 5; see `insight.segments`."""

    pk = models.CompositePrimaryKey("business", "member_id")
    business = _business()
    member_id = models.UUIDField()
    recency = models.SmallIntegerField()
    frequency = models.SmallIntegerField()
    money = models.SmallIntegerField()
    segment = models.CharField(max_length=20)
    since = models.DateField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "segment"], name="segment_members")]

    def __str__(self) -> str:
        return self.segment


class SegmentFlow(models.Model):
    """How many members stood in a segment (`after`) at the end of a month, and where a month before (empty: nowhere).

    The month that has not ended is as of last night.
    """

    pk = models.CompositePrimaryKey("business", "month", "before", "after")
    business = _business()
    month = models.DateField()
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    members = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class SegmentProduct(models.Model):
    """What the members of a segment bought of a product in the last 90 days, as of last night: the best-selling."""

    pk = models.CompositePrimaryKey("business", "segment", "product")
    business = _business()
    segment = models.CharField(max_length=20)
    product = models.CharField(max_length=64)
    quantity = models.BigIntegerField()
    total = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.product} of {self.segment}"


class Together(models.Model):
    """How many sales of the last 90 days had both of two departments or products (`what`), as of last night.

    `one` comes before `other` in the alphabet. The same twice: sales with it; both empty: all sales.
    """

    pk = models.CompositePrimaryKey("business", "what", "one", "other")
    business = _business()
    what = models.CharField(max_length=10, choices=[(each, each) for each in ("department", "product")])
    one = models.CharField(max_length=64)
    other = models.CharField(max_length=64)
    sales = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.one} + {self.other}"


class Suspicion(models.Model):
    """Something about a member that looks like abuse, and on what it rests; found by night, looked at by a person.

    `why`: one of `insight.watch.WHYS`; `who`: the cashier, or who named the member or adjusted, where it rests on one.
    `receipts`: the ids of what it rests on, the newest first (adjustments: of the hand entries). Dismissed: a person
    looked at it, said a `reason`, and only what happened since can raise it anew.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = _business()
    id = models.UUIDField(default=new_id)
    member_id = models.UUIDField()
    why = models.CharField(max_length=20)
    who = models.CharField(max_length=254, blank=True)
    receipts = models.JSONField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    found_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.CharField(max_length=254, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["business", "member_id"], name="suspicion_by_member")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["business", "member_id", "why"],
                condition=models.Q(dismissed_at=None),
                name="suspicion_once",
            )
        ]

    def __str__(self) -> str:
        return self.why

"""Rewards, vouchers and their deliveries, invitations; partners and their settlements."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from fiel.members.models import Member
from fiel.shops.models import Business, Person
from fiel.tables.ids import new_id
from fiel.tables.keys import Within, WithinBusiness

__all__ = [
    "REWARD_KINDS",
    "STATES",
    "WHYS",
    "Delivery",
    "Invitation",
    "Partner",
    "PartnerClerk",
    "PartnerPrice",
    "PartnerStore",
    "Reward",
    "RewardPicture",
    "Settlement",
    "SettlementLine",
    "SettlementStep",
    "Voucher",
]

REWARD_KINDS = ("item", "money_off", "service", "cashback")
WHYS = ("goal", "birthday", "away", "lapsing", "tier", "campaign")
"""Why somebody is invited."""
STATES = ("issued", "redeemed", "cancelled", "expired", "revoked")


class Reward(models.Model):
    """What a member can have. `items`: the selector of an item; `price_unit` empty: by award only.

    `price_steps` in steps of the unit; of cashback it follows from the amount asked for. `valid_days`: how long a
    voucher is good (null: for ever); `on_expire`: whether its price comes back (give_back) or lapses.

    Money off is `value`, in minor units, or `percent`, in 1/1000 of a per cent; `floor`: what the purchase must come
    to; `ceiling`: the most that is taken off. Of cashback they bound the amount of one voucher.

    `stock`: how many are left to be had (null: any number); `stocked`: those and the ones that vouchers hold or used.
    `starts_on` to `ends_on`: when it can be had. `stores`, `partners`: where it is given; none: in every store.
    `per_member`: how many a member can have. `translations`: {language: {"name", "text"}}.
    """

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="rewards")
    code = models.CharField(max_length=50)
    kind = models.CharField(max_length=10, choices=[(kind, kind) for kind in REWARD_KINDS])
    name = models.CharField(max_length=200, blank=True, default="")
    text = models.CharField(max_length=2000, blank=True, default="")
    translations = models.JSONField(default=dict)
    items = models.JSONField(default=dict)
    price_unit = models.CharField(max_length=50, blank=True, default="")
    price_steps = models.BigIntegerField(default=0)
    value = models.BigIntegerField(null=True)
    percent = models.PositiveIntegerField(null=True)
    floor = models.BigIntegerField(null=True)
    ceiling = models.BigIntegerField(null=True)
    valid_days = models.PositiveIntegerField(null=True)
    on_expire = models.CharField(
        max_length=10, default="lapse", choices=[("lapse", "lapse"), ("give_back", "give_back")]
    )
    stock = models.IntegerField(null=True)
    stocked = models.IntegerField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    tiers = models.JSONField(default=list)
    stores = models.JSONField(default=list)
    partners = models.JSONField(default=list)
    per_member = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(stock=None) | Q(stock__gte=0), name="reward_stock")]

    def __str__(self) -> str:
        return self.name or self.code


class RewardPicture(models.Model):
    """A reward's picture, apart from the reward, so that lists of rewards carry none. `digest`: of `data`, SHA-256."""

    pk = models.CompositePrimaryKey("business", "reward")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    reward = models.CharField(max_length=50)
    type = models.CharField(max_length=20)
    data = models.BinaryField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_reward", fields=["reward"], columns=["code"], name="picture_of_reward"),
        ]

    def __str__(self) -> str:
        return self.reward


class Voucher(models.Model):
    """A member's claim to one reward. One conditional update of `state` decides who gets it.

    `hash`: of the code, keyed; `sealed`: the code, encrypted, to show it again. `price_*`: what it took when it was
    issued. `award`: the award that issued it by itself. `receipt_id`: the sale in which it was used. Good to the end of
    `valid_until`, by the programme's clock. `terms`: what its kind promised then, as money off.
    `from_stock`: whether it took one of the reward's stock.
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
    terms = models.JSONField(default=dict)
    from_stock = models.BooleanField(default=False, db_default=False)

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
            models.Index(fields=["business", "reward", "member_id"], name="voucher_by_reward"),
            models.Index(fields=["business", "reward", "id"], name="voucher_of_reward_by_id"),
            models.Index(fields=["business", "state", "id"], name="voucher_by_state"),
            # How many were issued of each reward is counted from the index alone, as is what deliveries cost.
            models.Index(fields=["business", "issued_at", "reward"], name="voucher_issued"),
        ]

    def __str__(self) -> str:
        return f"{self.reward} ({self.state})"


class Delivery(models.Model):
    """That a reward was handed over: what, to whom, when, where, by whom; kept for ever.

    In a store, or at a partner, whose `price` (minor units) was agreed for that day. `amount`: the money it took off,
    in minor units. `receipt_id`: the sale with which it went. `undone_at`: a return freed the voucher again.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    voucher_id = models.UUIDField()
    voucher = Within(Voucher, "voucher_id")
    reward = models.CharField(max_length=50)
    member_id = models.UUIDField()
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    store = models.CharField(max_length=50, blank=True, default="")
    till = models.CharField(max_length=50, blank=True, default="")
    partner = models.CharField(max_length=50, blank=True, default="")
    partner_store = models.CharField(max_length=50, blank=True, default="")
    receipt_id = models.UUIDField(null=True)
    amount = models.BigIntegerField(null=True)
    price = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_voucher", fields=["voucher_id"], name="delivery_of_voucher"),
            models.UniqueConstraint(
                fields=["business", "voucher_id"], condition=Q(undone_at=None), name="delivery_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["business", "at", "id"], name="delivery_by_time"),
            models.Index(fields=["business", "member_id", "at"], name="delivery_by_member"),
            models.Index(fields=["business", "partner", "at"], name="delivery_by_partner", condition=~Q(partner="")),
            models.Index(fields=["business", "reward", "at"], name="delivery_by_reward"),
            models.Index(fields=["business", "store", "at"], name="delivery_by_store", condition=~Q(store="")),
            models.Index(
                fields=["business", "at", "reward", "price", "amount"],
                name="delivery_cost",
                condition=Q(undone_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reward}, {self.at}"


class Partner(models.Model):
    """Another company where vouchers can be redeemed. `email`: where its settlements go."""

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="partners")
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200)
    tax_id = models.CharField(max_length=20, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name or self.code


class PartnerStore(models.Model):
    """A place of a partner's."""

    pk = models.CompositePrimaryKey("business", "partner", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    partner = models.CharField(max_length=50)
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_partner", fields=["partner"], columns=["code"], name="store_of_partner"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class PartnerClerk(models.Model):
    """For which partner somebody of the role partner works. `store` empty: in any of its places."""

    pk = models.CompositePrimaryKey("business", "partner", "person")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    partner = models.CharField(max_length=50)
    person = models.ForeignKey(Person, models.CASCADE, related_name="desks")
    store = models.CharField(max_length=50, blank=True, default="")
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_partner", fields=["partner"], columns=["code"], name="clerk_of_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.person} ({self.partner})"


class PartnerPrice(models.Model):
    """What the business pays a partner for each redemption of a reward, in minor units, from a day on."""

    pk = models.CompositePrimaryKey("business", "partner", "reward", "valid_from")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    partner = models.CharField(max_length=50)
    reward = models.CharField(max_length=50)
    valid_from = models.DateField()
    price = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_partner", fields=["partner"], columns=["code"], name="price_of_partner"),
            models.CheckConstraint(condition=Q(price__gte=0), name="partner_price"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}/{self.reward} from {self.valid_from}"


class Settlement(models.Model):
    """What a business owes a partner for a month, and how far both have agreed on it. `month`: its first day.

    `total`, in minor units: of its lines. The states, and who may bring it into which, stand in `settlement.py`.
    """

    pk = models.CompositePrimaryKey("business", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    id = models.UUIDField(default=new_id)
    partner = models.CharField(max_length=50)
    month = models.DateField()
    state = models.CharField(max_length=10, default="draft")
    total = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_partner", fields=["partner"], columns=["code"], name="settlement_of_partner"),
            models.UniqueConstraint(fields=["business", "partner", "month"], name="settlement_once_a_month"),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "month", "partner"], name="settlement_by_month")]

    def __str__(self) -> str:
        return f"{self.partner} {self.month:%Y-%m} ({self.state})"


class SettlementLine(models.Model):
    """One redemption in a settlement, or a correction with its reason. `amount`, in minor units, may be below zero."""

    pk = models.CompositePrimaryKey("business", "settlement_id", "number")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    settlement_id = models.UUIDField()
    settlement = Within(Settlement, "settlement_id")
    number = models.PositiveIntegerField()
    delivery_id = models.UUIDField(null=True)
    delivery = Within(Delivery, "delivery_id")
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500, blank=True, default="")
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_settlement", fields=["settlement_id"], name="line_of_settlement"),
            WithinBusiness(table="rewards_delivery", fields=["delivery_id"], name="line_of_delivery"),
            models.UniqueConstraint(
                fields=["business", "delivery_id"], condition=Q(delivery_id__isnull=False), name="delivery_settled_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount}"


class SettlementStep(models.Model):
    """That a settlement came into a state: when, by whom, of which side, and what they said."""

    pk = models.CompositePrimaryKey("business", "settlement_id", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    settlement_id = models.UUIDField()
    settlement = Within(Settlement, "settlement_id")
    id = models.UUIDField(default=new_id)
    state = models.CharField(max_length=10)
    side = models.CharField(max_length=10)
    by = models.CharField(max_length=200)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="rewards_settlement", fields=["settlement_id"], name="step_of_settlement"),
        ]

    def __str__(self) -> str:
        return self.state


class Invitation(models.Model):
    """That a member is to be invited to come: why, with which gift, what was done about it, and whether they came.

    `why`: an award's goal was reached (`award`), or one of what the daily run looks for. `occasion`: which birthday,
    absence, lapse or tier it is about, so that nobody is listed twice for the same. `gift`: a reward's code, empty:
    none. `budget`, `cost`: what it may cost and what it did cost the business, in minor units. `until`: the last day
    on which it makes sense. `person_id`: who has taken it on (null: everybody's). `later_until`: put off up to that
    day. `came_at`: the first sale after it was opened, or after the member was invited, where they were.
    """

    pk = models.CompositePrimaryKey("business", "member_id", "id")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    member_id = models.UUIDField()
    member = Within(Member, "member_id")
    id = models.UUIDField(default=new_id)
    why = models.CharField(max_length=10, choices=[(why, why) for why in WHYS], default="goal", db_default="goal")
    award = models.CharField(max_length=50, blank=True, default="")
    occasion = models.CharField(max_length=80, blank=True, default="", db_default="")
    gift = models.CharField(max_length=50, blank=True, default="", db_default="")
    budget = models.BigIntegerField(null=True)
    until = models.DateField(null=True)
    person_id = models.BigIntegerField(null=True)
    later_until = models.DateField(null=True)
    invited_at = models.DateTimeField(null=True)
    invited_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    invited_how = models.CharField(max_length=10, blank=True, default="", db_default="")
    came_at = models.DateTimeField(null=True)
    cost = models.BigIntegerField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="members_member", fields=["member_id"], name="invitation_of_member"),
            models.UniqueConstraint(
                fields=["business", "member_id", "award"],
                condition=Q(closed_at=None, why="goal"),
                name="invitation_open_once",
            ),
            models.UniqueConstraint(
                fields=["business", "member_id", "why", "occasion"], condition=~Q(why="goal"), name="invitation_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["business", "opened_at", "id"], name="invitation_open", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["business", "opened_at"], name="invitation_by_time"),
            models.Index(
                fields=["business", "member_id"], name="invitation_awaited", condition=Q(came_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.award or self.why

"""Rewards, vouchers and returns, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.doors.api.sale_shapes import UNIT_AMOUNT, LineQuantity, Movement, ReturnInShort, SaleBalance
from fiel.wire.fields import (
    Amount,
    Answer,
    Body,
    Code,
    Day,
    Label,
    LongCode,
    Minor,
    Moment,
    Name,
    Percent,
    Quantity,
    ShortName,
)
from fiel.wire.members import Language

__all__ = [
    "DeliveriesAnswer",
    "Nothing",
    "PictureAnswer",
    "PictureIn",
    "RedeemIn",
    "ReturnAnswer",
    "ReturnIn",
    "RewardAnswer",
    "RewardIn",
    "RewardsAnswer",
    "VoucherIn",
    "VoucherMoved",
    "VoucherTold",
]

_NOTHING: dict[str, Any] = {}
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


class Nothing(Body):
    """Nothing more is to be said."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [_NOTHING]})


class ReturnedIn(Body):
    """How much of a line comes back."""

    line: Annotated[int, Field(ge=1, le=1000)] = Field(description="The line's place on the receipt, from 1.")
    quantity: Quantity = Field(description="More than 0, and at most what is left; 0 for a line that was sold as 0.")


class ReturnIn(Body):
    """What comes back of a sale."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "number": "D-17",
                    "occurred_at": "2026-11-22T10:15:00-03:00",
                    "lines": [{"line": 1, "quantity": "0.250"}],
                    "cashier": "maria",
                }
            ]
        },
    )

    number: LongCode = Field(description="The return's own number, unique for the sale: sent again it does no harm.")
    occurred_at: Moment = Field(description="RFC 3339 with offset: not before the sale, at most 5 minutes ahead.")
    lines: Annotated[list[ReturnedIn], Field(min_length=1, max_length=1000)] | None = Field(
        None, description="Left out: everything that is left."
    )
    cashier: ShortName | None = Field(None, description="Who served.")


class SelectorIn(Body):
    """The goods that a reward can be: those of one of the departments (or below), products and brands, with a tag."""

    departments: Annotated[list[Code], Field(max_length=1000)] | None = None
    products: Annotated[list[LongCode], Field(max_length=1000)] | None = None
    brands: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=1000)] | None = None
    tags: Annotated[list[Label], Field(max_length=1000)] | None = None


Codes = Annotated[list[Code], Field(max_length=1000)]


class PriceIn(Body):
    """What a reward costs."""

    unit: Code = Field(description="A unit of the programme.")
    amount: Amount | None = Field(
        None,
        description="Whole units, more than 0, with at most the unit's decimals. Left out for `cashback`: it follows "
        "from the unit's value in the programme and the amount that the member asks for.",
    )


class ValueIn(Body):
    """Money off: `amount` or `percent`. Of cashback, the bounds of one voucher. All money in minor units."""

    amount: Minor | None = Field(None, description="For `money_off`: so much.")
    percent: Percent | None = Field(None, description="For `money_off`: so many per cent, at most 3 decimals.")
    floor: Minor | None = Field(None, description="What the purchase must come to; of cashback, the least amount.")
    ceiling: Minor | None = Field(None, description="The most that is taken off; of cashback, the largest amount.")


class Said(Body):
    """What a reward is called and about, in one language."""

    name: Name | None = None
    text: Annotated[str, Field(max_length=2000)] | None = None


class RewardIn(Body):
    """What a member can have."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "kind": "item",
                    "name": "Pão na chapa",
                    "items": {"products": ["7891000100103"]},
                    "price": {"unit": "points", "amount": "50"},
                    "valid_days": 30,
                    "on_expire": "give_back",
                    "stock": 100,
                    "from": "2026-11-01",
                    "to": "2026-12-24",
                    "limit": 2,
                    "translations": {"es": {"name": "Tostada"}},
                }
            ]
        },
    )

    kind: Literal["item", "money_off", "service", "cashback"] = Field(
        description="`item`: its voucher pays for one piece of a line of a sale. `money_off`: it takes money off a "
        "purchase. `service`: whoever does it redeems it, in a store or at a partner. `cashback`: any amount of money."
    )
    name: Name | None = Field(None, description="What it is called, in the business's language.")
    text: Annotated[str, Field(max_length=2000)] | None = Field(None, description="What it is about.")
    translations: dict[Language, Said] | None = Field(None, description="Name and text in other languages.")
    items: SelectorIn | None = Field(None, description="For `item`: what it can be; left out: anything.")
    price: PriceIn | None = Field(None, description="Left out: it comes by an award of the programme only.")
    value: ValueIn | None = Field(None, description="For `money_off` and `cashback`.")
    valid_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="How many days after its own a voucher can be used; left out: for ever."
    )
    on_expire: Literal["give_back", "lapse"] | None = Field(
        None, description="Whether the price comes back when a voucher's time is over; left out: `lapse`."
    )
    stock: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = Field(
        None, description="How many are left to be had; left out: any number. Awards are kept even when none is left."
    )
    from_: Day | None = Field(None, alias="from", description="The first day on which it can be had.")
    to: Day | None = Field(None, description="The last one.")
    tiers: Codes | None = Field(None, description="Who can have it; left out: every member.")
    stores: Codes | None = Field(None, description="Where it is given; left out: in every store, or at its partners.")
    partners: Codes | None = Field(None, description="The partners that give it.")
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="How many a member can have; vouchers that ended unused do not count."
    )


class VoucherIn(Body):
    """A reward for a member."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"member": "01a20615-199c-7567-8fa6-ce9b9f2707bd", "reward": "toast"}]},
    )

    member: Annotated[str, Field(min_length=1, max_length=50)] = Field(description="The member's id.")
    reward: Code = Field(description="The reward's code.")
    amount: Minor | None = Field(None, description="Of cashback: the money it shall be worth, in minor units.")
    proof: Annotated[str, Field(max_length=100)] | None = Field(
        None,
        description="The code that the card on the member's phone shows, where the price is above what the business "
        "lets a number alone take (`proof_needed`).",
    )


class RedeemIn(Body):
    """How a voucher is used. Everything may be left out; a key's own store and till are filled in."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"amount": 4500, "store": "S1", "till": "T1", "cashier": "maria"}]},
    )

    sale: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None, description="The id of the member's sale with which it goes; its whole return makes it usable again."
    )
    amount: Minor | None = Field(
        None, description="For money off: what the purchase comes to, in minor units; the answer says what goes off."
    )
    store: Code | None = Field(None, description="Needed where the reward is given in some stores only.")
    till: Code | None = None
    partner: Code | None = Field(None, description="The partner who gives it, entered by the office for it.")
    partner_store: Code | None = None
    cashier: ShortName | None = Field(None, description="Who hands it over.")


class PictureIn(Body):
    """A picture."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"data": _PIXEL}]},
    )

    data: Annotated[str, Field(min_length=1, max_length=720_000)] = Field(
        description="A PNG, JPEG or WebP file in base64, at most 512 KiB. What it is, is told by what is in it."
    )


# What is answered


class UnitAmount(Answer):
    """How much of a unit."""

    unit: str
    amount: str = Field(description=UNIT_AMOUNT)


class ReturnAnswer(ReturnInShort):
    """What the return took and gave back; kept with it for ever."""

    sale: str = Field(description="The sale's id.")
    duplicate: bool = Field(description="The return was recorded before with the same content; nothing was done.")
    forgiven: list[UnitAmount] = Field(description="What was to be taken and is no longer there, where none is owed.")
    balances: list[SaleBalance]
    tier: str | None = Field(description="The tier that counts from then on.")
    left: list[LineQuantity] = Field(description="What was left of the sale afterwards; lines that are gone are not.")


class Items(Answer):
    """The goods that a reward can be."""

    departments: list[str]
    products: list[str]
    brands: list[str]
    tags: list[str]


class RewardPrice(Answer):
    """What a reward costs. `amount` is null for cashback."""

    unit: str
    amount: str | None = Field(description=UNIT_AMOUNT)


class Value(Answer):
    """Money off, in minor units; `percent` as a decimal."""

    amount: int | None
    percent: str | None
    floor: int | None
    ceiling: int | None


class Translation(Answer):
    """Name and text in one language."""

    name: str
    text: str


class WhyNot(Answer):
    """Why the member cannot have it."""

    code: str = Field(examples=["not_enough"])
    text: str


class RewardAnswer(Answer):
    """A reward. `can_have`, `missing` and `why_not` are there where a member was named."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    code: str
    kind: str
    name: str
    text: str
    translations: dict[str, Translation]
    items: Items
    price: RewardPrice | None = Field(description="Null: it comes by an award only.")
    value: Value | None
    valid_days: int | None
    on_expire: str
    stock: int | None = Field(description="How many are left; null: any number.")
    from_: str | None = Field(alias="from")
    to: str | None
    tiers: list[str]
    stores: list[str]
    partners: list[str]
    limit: int | None
    picture: str | None = Field(description="What tells its picture from an earlier one; null: it has none.")
    can_have: bool | None = Field(None, description="Whether the member can have it now.")
    missing: UnitAmount | None = Field(None, description="What the member lacks for it, where that is known.")
    why_not: list[WhyNot] | None = Field(
        None,
        description="`too_early`, `over`, `tier`, `limit`, `out_of_stock`, `not_agreed`, `award_only`, `not_enough`.",
    )


class RewardsAnswer(Answer):
    """A page of rewards."""

    items: list[RewardAnswer]
    next_cursor: str | None


class PictureAnswer(Answer):
    """A reward's picture."""

    type: str = Field(examples=["image/png"])
    data: str = Field(description="The file in base64.")
    digest: str = Field(description="Its SHA-256.")


class Delivery(Answer):
    """That a reward was handed over."""

    id: str
    voucher: str = Field(description="The voucher's id.")
    reward: str
    member: str = Field(description="The member's id.")
    at: str
    by: str = Field(description="Who handed it over.")
    store: str | None
    till: str | None
    partner: str | None
    partner_store: str | None
    sale: str | None = Field(description="The id of the sale with which it went.")
    amount: int | None = Field(description="The money it took off, in minor units.")
    price: int | None = Field(description="What the business owes the partner for it, in minor units.")
    undone_at: str | None = Field(description="When a return made the voucher usable again.")


class DeliveriesAnswer(Answer):
    """A page of what was handed over."""

    items: list[Delivery]
    next_cursor: str | None


class VoucherTold(Answer):
    """A voucher."""

    id: str
    code: str = Field(examples=["K7QM-2XWA-9DB"])
    qr: str = Field(description="The text of its QR code.")
    qr_svg: str = Field(description="Its QR code as SVG, without a size of its own.")
    reward: str
    name: str = Field(description="What the reward is called.")
    member: str = Field(description="The member's id.")
    state: str = Field(description="`issued`, then `redeemed`, `cancelled`, `expired` or `revoked`.")
    issued_at: str
    valid_until: str | None = Field(description="The last day on which it can be used; null: for ever.")
    closed_at: str | None
    closed_by: str | None
    price: UnitAmount | None = Field(description="What it took when it was issued.")
    value: Value | None = Field(description="The money it takes off, as it was promised then.")
    delivery: Delivery | None = Field(description="Of one that was used: who handed over, when, where.")


class VoucherMoved(VoucherTold):
    """A voucher, and what it moved."""

    movements: list[Movement]

"""Rewards, vouchers and returns, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.doors.api.sale_shapes import UNIT_AMOUNT, Movement, SaleBalance
from fiel.wire.fields import Amount, Answer, Body, Code, Label, LongCode, Moment, Name, Quantity, ShortName

__all__ = [
    "Nothing",
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


class PriceIn(Body):
    """What a reward costs."""

    unit: Code = Field(description="A unit of the programme.")
    amount: Amount = Field(description="Whole units, more than 0, with at most the unit's decimals.")


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
                }
            ]
        },
    )

    kind: Literal["item", "money_off", "service"] = Field(
        description="`item`: its voucher pays for a line of a sale; the others are given by whoever serves."
    )
    name: Name | None = None
    items: SelectorIn | None = Field(None, description="For `item`: what it can be; left out: anything.")
    price: PriceIn | None = Field(None, description="Left out: it comes by an award of the programme only.")
    valid_days: Annotated[int, Field(ge=1, le=36_500)] | None = Field(
        None, description="How many days after its own a voucher can be used; left out: for ever."
    )
    on_expire: Literal["give_back", "lapse"] | None = Field(
        None, description="Whether the price comes back when a voucher's time is over; left out: `lapse`."
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


# What is answered


class ReturnMovement(Answer):
    """What the return moved on the member's account: below zero what was taken."""

    unit: str
    kind: str = Field(examples=["take_back"])
    amount: str = Field(description=UNIT_AMOUNT, examples=["-9"])


class UnitAmount(Answer):
    """How much of a unit."""

    unit: str
    amount: str = Field(description=UNIT_AMOUNT)


class LineQuantity(Answer):
    """How much of a line."""

    line: int
    quantity: str


class ReturnAnswer(Answer):
    """What the return took and gave back; kept with it for ever."""

    id: str
    sale: str = Field(description="The sale's id.")
    number: str
    occurred_at: str
    duplicate: bool = Field(description="The return was recorded before with the same content; nothing was done.")
    movements: list[ReturnMovement]
    forgiven: list[UnitAmount] = Field(description="What was to be taken and is no longer there, where none is owed.")
    balances: list[SaleBalance]
    tier: str | None = Field(description="The tier that counts from then on.")
    lines: list[LineQuantity] = Field(description="What came back.")
    left: list[LineQuantity] = Field(description="What was left of the sale afterwards; lines that are gone are not.")


class Items(Answer):
    """The goods that a reward can be."""

    departments: list[str]
    products: list[str]
    brands: list[str]
    tags: list[str]


class RewardAnswer(Answer):
    """A reward. `can_have` and `missing` are there where a member was named."""

    code: str
    kind: str
    name: str
    items: Items
    price: UnitAmount | None = Field(description="Null: it comes by an award only.")
    valid_days: int | None
    on_expire: str
    can_have: bool | None = Field(None, description="Whether the member can have it now.")
    missing: UnitAmount | None = Field(None, description="What the member lacks for it, where that is known.")


class RewardsAnswer(Answer):
    """A page of rewards."""

    items: list[RewardAnswer]
    next_cursor: str | None


class VoucherTold(Answer):
    """A voucher."""

    id: str
    code: str = Field(examples=["K7QM-2XWA-9DB"])
    qr: str = Field(description="The text of its QR code.")
    reward: str
    name: str = Field(description="What the reward is called.")
    member: str = Field(description="The member's id.")
    state: str = Field(description="`issued`, then `redeemed`, `cancelled`, `expired` or `revoked`.")
    issued_at: str
    valid_until: str | None = Field(description="The last day on which it can be used; null: for ever.")
    closed_at: str | None
    closed_by: str | None
    price: UnitAmount | None = Field(description="What it took when it was issued.")


class VoucherMoved(VoucherTold):
    """A voucher, and what it moved."""

    movements: list[Movement]

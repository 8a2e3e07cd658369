"""Sales as they are sent, and as they are answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SkipValidation

from fiel.wire.fields import (
    Answer,
    Body,
)
from fiel.wire.sales import EXAMPLE, SaleIn

__all__ = [
    "UNIT_AMOUNT",
    "BatchAnswer",
    "BatchIn",
    "EntriesAnswer",
    "LineQuantity",
    "Movement",
    "QuoteAnswer",
    "Reason",
    "ReturnInShort",
    "SaleAnswer",
    "SaleRead",
    "SalesAnswer",
    "SalesInShort",
]


class BatchIn(Body):
    """Sales that were kept while the network was away, or years of them."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"sales": [EXAMPLE]}]}
    )

    # Each sale is looked at by itself: one that is wrong must not keep the others out.
    sales: Annotated[list[SkipValidation[SaleIn]], Field(min_length=1, max_length=1000)]
    history: bool | None = Field(
        None, description="Receipts from before, however old; needs the scope `office`. Left out: false."
    )


# What is answered

UNIT_AMOUNT = "A decimal in whole units, as text."


class SaleMember(Answer):
    """The member as the till may see them."""

    id: str
    display_name: str = Field(examples=["Ana S."])
    tier: str | None


class Movement(Answer):
    """What moved on the member's account: below zero what went out."""

    unit: str
    kind: str = Field(examples=["earn"])
    amount: str = Field(description=UNIT_AMOUNT, examples=["9"])
    expires_on: str | None = Field(description="The last day on which what came in can be spent.")


class SaleBalance(Answer):
    """How an account stood after the sale."""

    unit: str
    balance: str = Field(description=UNIT_AMOUNT, examples=["120"])
    available: str
    pending: str
    carry: str = Field(description="Part of a step that waits for its rest; a fraction where no decimal can write it.")


class Factor(Answer):
    """A tier or a boost, and what it multiplies by."""

    code: str
    factor: str = Field(examples=["1.2"])


class Reason(Answer):
    """What a rule counted, and what it gives for it: after boosts, before caps and rounding."""

    line: int | None = Field(description="The line's place, from 1; null: the sale as a whole.")
    rule: str
    unit: str
    basis: Literal["amount", "quantity", "sale"]
    counted: int | str = Field(description="Minor units of an amount, pieces as a decimal in text, or 1 sale.")
    factors: list[Factor]
    gives: str = Field(examples=["9.48"])


class CapCut(Answer):
    """What a cap took away."""

    rule: str
    unit: str
    span: Literal["sale", "day", "month"]
    cut: str


class Rounding(Answer):
    """How what the rules gave of a unit became whole steps."""

    unit: str
    exact: str = Field(examples=["33.1"])
    given: str = Field(examples=["33"])
    carry_before: str
    carry: str


class MoneyOff(Answer):
    """What a voucher takes off the sale."""

    voucher: str | None
    amount: int = Field(description="Minor units.")


class CoveredPart(Answer):
    """What a pack or a voucher paid for."""

    line: int
    quantity: str
    unit: str | None = None
    count: str | None = None
    voucher: str | None = None


class Issued(Answer):
    """A voucher that the sale brought."""

    reward: str
    code: str | None = Field(description="The voucher's code; null where the sale was only asked about.")


class Alert(Answer):
    """What the cashier should say or know."""

    code: str = Field(examples=["birthday"])
    text: str = Field(examples=["Birthday this week"])


class SaleAnswer(Answer):
    """What the sale gave, and why; kept with it for ever."""

    id: str
    duplicate: bool = Field(description="The receipt was recorded before with the same content; nothing was done.")
    member: SaleMember | None
    movements: list[Movement]
    balances: list[SaleBalance]
    reasons: list[Reason]
    caps: list[CapCut]
    units: list[Rounding]
    covered: list[CoveredPart]
    money_off: list[MoneyOff] = Field(
        description="What the vouchers for money take off: state it as `discount`, or as a payment of kind `voucher`."
    )
    issued: list[Issued]
    alerts: list[Alert]
    message: str = Field(examples=["Ana, you earned 9 points. Balance: 120."])


class QuoteAnswer(SaleAnswer):
    """What the sale would give; `id` is null, unless it is in the books already."""

    id: str | None  # type: ignore[assignment]


class LineRead(Answer):
    """One item as it was counted. Department, brand and tags are the catalogue's of that moment."""

    line: int
    product: str
    description: str
    department: str
    brand: str
    tags: list[str]
    quantity: str
    amount: int
    discount: int
    tax_rate: str
    net: int = Field(description="After its own discount and its share of the sale's, in minor units.")
    covered: str = Field(description="The quantity that packs and vouchers paid for.")
    paid_with_rewards: int = Field(description="Its share of payments that are rewards, in minor units.")


class PaymentRead(Answer):
    """How a part was paid."""

    kind: str
    amount: int
    unit: str | None


class ReturnMovement(Answer):
    """What the return moved on the member's account: below zero what was taken."""

    unit: str
    kind: str = Field(examples=["take_back"])
    amount: str = Field(description=UNIT_AMOUNT, examples=["-9"])


class LineQuantity(Answer):
    """How much of a line."""

    line: int
    quantity: str


class ReturnInShort(Answer):
    """What came back of a sale, and what that moved."""

    id: str
    number: str
    occurred_at: str
    lines: list[LineQuantity] = Field(description="What came back.")
    movements: list[ReturnMovement]


class SaleRead(SaleAnswer):
    """The sale's answer, and the receipt itself."""

    store: str
    till: str
    number: str
    day: str = Field(description="The store's date.")
    occurred_at: str
    recorded_at: str
    channel: str
    cashier: str
    discount: int
    total: int = Field(description="What the customer pays for the lines, in minor units.")
    programme_version: int | None = Field(description="The version of the rules that counted it.")
    lines: list[LineRead]
    payments: list[PaymentRead]
    returns: list[ReturnInShort] = Field(description="What came back of it since, in that order.")


class SaleInShort(Answer):
    """A sale in a list."""

    id: str
    store: str
    till: str
    number: str
    day: str
    occurred_at: str
    channel: str
    total: int
    movements: list[Movement]


class SalesInShort(Answer):
    """A page of sales."""

    items: list[SaleInShort]
    next_cursor: str | None


class SalesAnswer(Answer):
    """The sales of a number: it can come again on another day."""

    items: list[SaleRead]
    next_cursor: str | None


class EntryCause(Answer):
    """What moved the account."""

    kind: str = Field(examples=["sale"])
    id: str
    store: str | None = None
    till: str | None = None
    number: str | None = None


class Entry(Answer):
    """A movement of an account, with the reasons of the sale that caused it."""

    unit: str
    number: int = Field(description="1, 2, 3 … within the account.")
    kind: str
    amount: str
    balance: str = Field(description="The account's balance after it.")
    occurred_at: str
    recorded_at: str
    available_on: str | None
    expires_on: str | None
    cause: EntryCause
    reasons: list[Reason]


class EntriesAnswer(Answer):
    """A page of movements."""

    items: list[Entry]
    next_cursor: str | None


class BatchItem(Answer):
    """What became of one sale: `sale` where it is in the books, `problem` where it was refused."""

    status: int = Field(examples=[201])
    sale: SaleAnswer | None = None
    problem: dict[str, Any] | None = None


class BatchAnswer(Answer):
    """What became of each sale, in the order in which they were sent."""

    items: list[BatchItem]

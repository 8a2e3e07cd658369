"""Sales as they are sent, and as they are answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, SkipValidation, WithJsonSchema, model_validator

from fiel.core.sale import CHANNELS, PAYMENT_KINDS
from fiel.doors.api.fields import (
    Answer,
    Body,
    Code,
    Label,
    LongCode,
    Minor,
    Moment,
    Name,
    Percent,
    Quantity,
    ShortName,
    said,
)

__all__ = [
    "UNIT_AMOUNT",
    "BatchAnswer",
    "BatchIn",
    "EntriesAnswer",
    "MemberRef",
    "Movement",
    "QuoteAnswer",
    "QuoteIn",
    "Reason",
    "SaleAnswer",
    "SaleIn",
    "SaleRead",
    "SalesAnswer",
    "SalesInShort",
]

EXAMPLE: dict[str, Any] = {
    "number": "000123",
    "occurred_at": "2026-11-22T10:15:00-03:00",
    "store": "S1",
    "till": "T1",
    "member": {"phone": "+5511987654321"},
    "lines": [
        {
            "product": "7891000100103",
            "description": "Pão francês",
            "department": "bakery",
            "quantity": "0.500",
            "amount": 790,
            "discount": 0,
            "tax_rate": "0",
        }
    ],
    "discount": 0,
    "payments": [{"kind": "card", "amount": 790}],
    "cashier": "maria",
}


def _one_of(options: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in options:
            raise said(f"choose one of: {', '.join(options)}")
        return value

    return check


PaymentKind = Annotated[
    str, AfterValidator(_one_of(PAYMENT_KINDS)), WithJsonSchema({"type": "string", "enum": list(PAYMENT_KINDS)})
]
Channel = Annotated[str, AfterValidator(_one_of(CHANNELS)), WithJsonSchema({"type": "string", "enum": list(CHANNELS)})]


class MemberRef(Body):
    """Who buys: exactly one way in which the member is known."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"minProperties": 1, "examples": [EXAMPLE["member"]]},
    )

    id: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(None, description="The member's id here.")
    phone: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        None, description="As people write it: with area code, or with + and country code."
    )
    card: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        None, description="The card's number, or the raw string that a card or barcode reader typed."
    )
    tax_id: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        None, description="CPF, CNPJ, NIF, DNI, NIE or CIF, by the business's country."
    )
    email: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    code: Code | None = Field(None, description="The member number.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.given()) != 1:
            raise said("name the member in exactly one way: id, phone, card, tax_id, email or code")
        return self

    def given(self) -> dict[str, str]:
        """The ways that are named, with what was written."""
        return {kind: text for kind, text in self if text is not None}


class LineIn(Body):
    """One item of the receipt."""

    product: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="The product's code or barcode; it need not be in the catalogue."
    )
    description: Name | None = None
    department: Annotated[str, Field(max_length=50)] | None = Field(
        None, description="Used where the catalogue does not know the product's."
    )
    brand: ShortName | None = Field(None, description="Used where the catalogue does not know the product's.")
    tags: Annotated[list[Label], Field(max_length=12)] | None = Field(
        None, description="Used where the catalogue does not know the product's."
    )
    quantity: Quantity | None = Field(None, description="Pieces or kilograms, at most 3 decimal places; left out: 1.")
    amount: Minor = Field(description="The line's total before its own discount, tax included, in minor units.")
    discount: Minor | None = Field(None, description="The line's own discount, in minor units; left out: 0.")
    tax_rate: Percent | None = Field(None, description="In per cent, at most 3 decimal places; left out: 0.")


class PaymentIn(Body):
    """How a part was paid."""

    kind: PaymentKind = Field(
        description="`points`, `cashback`, `voucher` and `prepaid` are rewards themselves: what they pay earns nothing."
    )
    amount: Minor = Field(description="In minor units.")
    unit: Code | None = Field(None, description="For `points` and `cashback`: the unit that is drawn from the account.")


class SaleIn(Body):
    """A receipt as the till sends it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    number: LongCode = Field(description="The receipt's number: with store, till and the store's date it is unique.")
    occurred_at: Moment = Field(description="RFC 3339 with offset: at most `late_days` ago and 5 minutes ahead.")
    store: Code | None = Field(None, description="May be left out where the key is bound to a store.")
    till: Code | None = Field(None, description="May be left out where the key is bound to a till.")
    member: MemberRef | None = Field(None, description="Left out: the sale is anonymous, and earns nothing.")
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=1000)] = Field(
        description="May be one line with an amount alone."
    )
    discount: Minor | None = Field(None, description="The sale's own discount beside those of its lines; left out: 0.")
    payments: Annotated[list[PaymentIn], Field(max_length=100)] | None = None
    vouchers: Annotated[list[LongCode], Field(max_length=100)] | None = Field(
        None, description="Codes of vouchers that the customer uses."
    )
    use_packs: bool | None = Field(None, description="Let prepaid sessions pay for what they cover; left out: false.")
    enrol: bool | None = Field(
        None,
        description="Make a member of a phone that nobody here has; left out: false, the sale is then kept "
        "without member, and `alerts` says `member_not_found`.",
    )
    channel: Channel | None = Field(None, description="Left out: `till`.")
    cashier: ShortName | None = Field(None, description="Who served.")


class QuoteIn(SaleIn):
    """A receipt that may still change: without number and time it is one of now."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    number: LongCode | None = None  # type: ignore[assignment]
    occurred_at: Moment | None = None  # type: ignore[assignment]


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

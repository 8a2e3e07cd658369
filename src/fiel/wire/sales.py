"""Sales as they are sent, and from there to what `record()` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator

from fiel.core.identity import Identity
from fiel.core.sale import CHANNELS, PAYMENT_KINDS, Line, Payment
from fiel.sales.incoming import Incoming, Key
from fiel.shops.models import Business
from fiel.wire.fields import Body, Code, Label, LongCode, Minor, Moment, Name, Percent, Quantity, ShortName, said
from fiel.wire.identities import ways_of

__all__ = ["EXAMPLE", "LineIn", "MemberRef", "PaymentIn", "QuoteIn", "SaleIn", "incoming_of", "ways_named"]

_PIECE = 1000

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
    proof: ShortName | None = Field(
        None,
        description="The code that the card on the member's phone shows, where the sale takes more from their accounts "
        "at once than the business lets a number alone take (`proof_needed`).",
    )


class QuoteIn(SaleIn):
    """A receipt that may still change: without number and time it is one of now."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    number: LongCode | None = None  # type: ignore[assignment]
    occurred_at: Moment | None = None  # type: ignore[assignment]


def ways_named(business: Business, member: MemberRef | None) -> tuple[Identity, ...]:
    """Whom a sale may mean by how it names its member. Raises `invalid`."""
    if member is None:
        return ()
    [(kind, text)] = member.given().items()
    return ways_of(business, kind, text, at=f"/member/{kind}")


def incoming_of(
    sale: SaleIn, member: Identity | None, *, store: str, till: str, channel: str = "till", key: Key | None = None
) -> Incoming:
    """The sale as `record()` takes it; `channel` where it does not say its own."""
    return Incoming(
        store=store,
        till=till,
        number=sale.number,
        occurred_at=sale.occurred_at,
        lines=tuple(_line(number, line) for number, line in enumerate(sale.lines, 1)),
        member=member,
        discount=sale.discount or 0,
        payments=tuple(Payment(each.kind, each.amount, each.unit or "") for each in sale.payments or ()),
        vouchers=tuple(sale.vouchers or ()),
        use_packs=bool(sale.use_packs),
        enrol=bool(sale.enrol),
        channel=sale.channel or channel,
        cashier=sale.cashier or "",
        proof=sale.proof or "",
        key=key,
    )


def _line(number: int, line: LineIn) -> Line:
    return Line(
        number=number,
        amount=line.amount,
        quantity=_PIECE if line.quantity is None else line.quantity,
        discount=line.discount or 0,
        tax_rate=line.tax_rate or 0,
        product=line.product or "",
        departments=(line.department,) if line.department else (),
        brand=line.brand or "",
        tags=frozenset(line.tags or ()),
        description=line.description or "",
    )

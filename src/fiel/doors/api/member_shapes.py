"""Members as they are enrolled, changed, looked up and read."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from fiel.doors.api.sale_shapes import Alert
from fiel.wire.fields import Answer, Body, Day, Name
from fiel.wire.members import AddressLines, CardText, Consents, Email, Language, Phone, TaxId, Types

__all__ = [
    "CardAnswer",
    "CardIn",
    "LookupAnswer",
    "LookupIn",
    "MemberAnswer",
    "MemberPatch",
    "MembersAnswer",
]


class MemberPatch(Body):
    """What changes; what is left out stays. Null removes."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"name": "Ana Lima", "email": None}]}
    )

    name: Name | None = None
    birth_date: Day | None = None
    language: Language | None = None
    address: AddressLines | None = Field(None, description="Where letters go, line by line, without the name.")
    types: Types | None = None
    phone: Phone | None = None
    email: Email | None = None
    tax_id: TaxId | None = None
    consents: Consents | None = None


class LookupIn(Body):
    """What the cashier typed, scanned or swiped."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"q": "11 98765-4321"}]}
    )

    q: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="A phone, card (number, or the raw string of a reader), tax id, e-mail address or member number."
    )


class CardIn(Body):
    """A card to give."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"number": "2900000000018"}, {}]}
    )

    number: CardText | None = Field(None, description="Its number, or what a reader typed; left out: one is made.")


# What is answered


class Expiring(Answer):
    """What lapses after a day."""

    on: str = Field(examples=["2026-12-31"])
    amount: str


class AccountRead(Answer):
    """One account, in whole units as text. Units that are hidden from members are in here: this is for staff."""

    unit: str
    kind: str = Field(examples=["points"])
    balance: str = Field(examples=["120"])
    available: str = Field(description="What can be spent today.")
    pending: str = Field(description="What waits for its day.")
    expiring: list[Expiring] = Field(description="What lapses within the unit's time of warning, the soonest first.")
    carry: str = Field(description="Part of a step that waits for its rest; a fraction where no decimal can write it.")
    debt: str | None = Field(None, description="What is owed; left out where nothing is.")


class VoucherRead(Answer):
    """A voucher that can be used today."""

    reward: str
    name: str
    code: str = Field(examples=["K7QM-2XWA-9DB"])
    valid_until: str | None = Field(description="The last day on which it can be used.")


class LookupAnswer(Answer):
    """The member as the till may see them."""

    id: str
    display_name: str = Field(examples=["Ana S."])
    tier: str | None
    has_card: bool = Field(description="Whether they have a card that is not blocked.")
    accounts: list[AccountRead]
    alerts: list[Alert]
    vouchers: list[VoucherRead]
    invitations: list[str] = Field(description="The awards of which a gift is due, to be given by whoever serves.")


class CardRead(Answer):
    """A card of the member's."""

    number: str
    blocked: bool


class MemberAnswer(Answer):
    """A member. To a till's key, name, phone, e-mail and tax id are masked, and the birth date is left out."""

    id: str
    code: str
    display_name: str
    name: str
    phone: str | None
    email: str | None
    tax_id: str | None
    cards: list[CardRead]
    birth_date: str | None
    language: str | None
    address: list[str]
    types: list[str]
    tier: str | None
    referred_by: str | None = Field(description="The id of the member who brought them.")
    joined: str
    consents: dict[str, bool] = Field(description="The latest answer to each question that was asked.")
    masked: bool = Field(description="Whether the key sees less than there is.")
    created_at: str
    updated_at: str


class MembersAnswer(Answer):
    """A page of members."""

    items: list[MemberAnswer]
    next_cursor: str | None


class CardAnswer(Answer):
    """A card that was given."""

    number: str
    member: str = Field(description="The member's id.")
    given_at: str

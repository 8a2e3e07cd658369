"""Partners and settlements, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.wire.fields import Answer, Body, Code, Day, Minor, Name
from fiel.wire.members import Email

__all__ = [
    "CorrectionIn",
    "MonthIn",
    "PaperAnswer",
    "PartnerAnswer",
    "PartnerIn",
    "PartnersAnswer",
    "SettlementAnswer",
    "SettlementsAnswer",
    "StateIn",
]

Month = Annotated[str, Field(pattern=r"^\d{4}-\d\d$")]
Said = Annotated[str, Field(max_length=500)]
_MOST = 10**15


def _example(body: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [body]})


class PartnerStoreIn(Body):
    """A place of a partner's."""

    code: Code
    name: Name | None = None


class ClerkIn(Body):
    """Somebody who redeems vouchers there, with an account of their own."""

    email: Email
    store: Code | None = Field(None, description="Left out: in any of its places.")


class AgreedIn(Body):
    """What the business pays for each redemption of a reward, from a day on."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)

    reward: Code
    from_: Day = Field(alias="from", description="Today or later; one that was agreed before may be said again.")
    price: Minor = Field(description="Minor units.")


class PartnerIn(Body):
    """A partner: another company where vouchers can be redeemed."""

    model_config = _example(
        {
            "name": "Pneus Silva",
            "tax_id": "11.222.333/0001-81",
            "email": "contas@pneus.example",
            "stores": [{"code": "centro", "name": "Centro"}],
            "clerks": [{"email": "rui@pneus.example", "store": "centro"}],
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=200)]
    tax_id: Annotated[str, Field(max_length=20)] | None = None
    email: Email | None = Field(None, description="Where its settlements go.")
    ended: bool | None = Field(None, description="It redeems nothing any more.")
    stores: Annotated[list[PartnerStoreIn], Field(max_length=1000)] | None = None
    clerks: Annotated[list[ClerkIn], Field(max_length=1000)] | None = None
    prices: Annotated[list[AgreedIn], Field(max_length=1000)] | None = Field(
        None, description="Added to what was agreed before; nothing that was agreed goes away."
    )


class MonthIn(Body):
    """Which settlements to make."""

    model_config = _example({"month": "2026-02"})

    month: Month
    partner: Code | None = Field(None, description="Left out: of all partners.")


class StateIn(Body):
    """A step of a settlement."""

    model_config = _example({"state": "sent"})

    state: Literal["sent", "accepted", "disputed", "corrected", "agreed"] = Field(
        description="`sent` and `corrected` are the business's; the others the partner's, entered here as it said."
    )
    note: Said | None = Field(None, description="Needed for `disputed`: what is wrong.")


class CorrectionIn(Body):
    """A line of correction."""

    model_config = _example({"amount": -4000, "reason": "Redeemed twice by mistake"})

    amount: Annotated[int, Field(ge=-_MOST, le=_MOST)] = Field(description="Minor units; below zero to pay less.")
    reason: Annotated[str, Field(min_length=1, max_length=500)]


# What is answered


class PartnerPlace(Answer):
    """A place of a partner's."""

    code: str
    name: str


class Clerk(Answer):
    """Somebody who redeems vouchers there."""

    email: str
    store: str | None


class Agreed(Answer):
    """What is paid for each redemption from a day on."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    reward: str
    from_: str = Field(alias="from")
    price: int = Field(description="Minor units.")


class PartnerAnswer(Answer):
    """A partner."""

    code: str
    name: str
    tax_id: str
    email: str
    ended_at: str | None
    stores: list[PartnerPlace]
    clerks: list[Clerk]
    prices: list[Agreed]


class PartnersAnswer(Answer):
    """A page of partners."""

    items: list[PartnerAnswer]
    next_cursor: str | None


class SettlementInShort(Answer):
    """A settlement in a list."""

    id: str
    partner: str
    month: str = Field(examples=["2026-11"])
    state: str = Field(description="`draft`, `sent`, `accepted`, `disputed`, `corrected`, `agreed`.")
    total: int = Field(description="Minor units.")


class SettlementsAnswer(Answer):
    """A page of settlements."""

    items: list[SettlementInShort]
    next_cursor: str | None


class SettlementLine(Answer):
    """A redemption, or a correction with its reason. There is nothing of the member in it."""

    number: int
    at: str
    amount: int = Field(description="Minor units.")
    reward: str | None
    name: str | None = Field(description="What the reward is called.")
    voucher: str | None
    store: str | None = Field(description="The partner's place.")
    by: str
    reason: str | None


class SettlementStep(Answer):
    """How it came into a state."""

    state: str
    side: str = Field(description="`business` or `partner`.")
    at: str
    by: str
    note: str | None


class SettlementAnswer(SettlementInShort):
    """A settlement with its lines and steps."""

    lines: list[SettlementLine]
    steps: list[SettlementStep]


class PaperAnswer(Answer):
    """A settlement to be kept: the same lines as CSV and as PDF."""

    name: str = Field(description="A name for the files, without what follows the dot.", examples=["tyres-2026-11"])
    csv: str
    pdf: str = Field(description="The file in base64.")

"""Customers to enrol as they are sent, and from there to what `enrol()` takes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from fiel.core.refusals import Fault, Refused
from fiel.members.enrol import Newcomer
from fiel.shops.models import Business
from fiel.wire.fields import Body, Day, Label, Name, said
from fiel.wire.identities import chosen, read_all, read_code, read_referrer, ways_of

__all__ = [
    "EXAMPLE",
    "IDENTIFIERS",
    "AddressLines",
    "CardText",
    "Consents",
    "Email",
    "Language",
    "MemberIn",
    "Phone",
    "TaxId",
    "Types",
    "consents_of",
    "newcomer_of",
]

NEW = "new"
IDENTIFIERS = ("phone", "email", "tax_id")
_CONSENTS = ("marketing", "profiling", "partners")

EXAMPLE: dict[str, Any] = {
    "phone": "(11) 98765-4321",
    "name": "Ana Souza",
    "birth_date": "1990-11-24",
    "card": "new",
    "types": ["neighbour"],
    "language": "pt-br",
    "consents": {"marketing": True},
}


def _language(value: str) -> str:
    # Compared with Django's, which are written small.
    return value.lower()


Phone = Annotated[str, Field(min_length=1, max_length=60)]
CardText = Annotated[str, Field(min_length=1, max_length=500)]
Email = Annotated[str, Field(min_length=1, max_length=300)]
TaxId = Annotated[str, Field(min_length=1, max_length=40)]
MemberCode = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]*$")]
Language = Annotated[
    str, Field(min_length=2, max_length=10, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?$"), AfterValidator(_language)
]


def _distinct(types: list[str]) -> list[str]:
    if len(set(types)) != len(types):
        raise said("each type once")
    return types


AddressLines = Annotated[list[Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]], Field(max_length=6)]
"""Where letters go, line by line, without the name."""

Types = Annotated[list[Label], Field(max_length=20), AfterValidator(_distinct)]


class Consents(Body):
    """Answers that the member gives now; each is kept beside those given before. Never asked is not a no."""

    marketing: bool | None = None
    profiling: bool | None = None
    partners: bool | None = None


class MemberIn(Body):
    """A customer to enrol, known by at least one of phone, card, email, tax_id and code."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    phone: Phone | None = Field(None, description="As people write it: with area code, or with + and country code.")
    card: CardText | None = Field(
        None, description="A card's number, or the raw string that a reader typed; `new`: one is made."
    )
    email: Email | None = None
    tax_id: TaxId | None = Field(None, description="CPF, CNPJ, NIF, DNI, NIE or CIF, by the business's country.")
    code: MemberCode | None = Field(None, description="The member number; left out: one is made.")
    name: Name | None = None
    birth_date: Day | None = Field(None, description="In the past, not before 1900.")
    types: Types | None = Field(None, description='Kinds of customer that the business names, as "company".')
    language: Language | None = Field(None, description='As "pt-br", "pt", "es", "en".')
    address: AddressLines | None = Field(None, description="Where letters go, line by line, without the name.")
    referred_by: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        None, description="Who brought them: a member's referral code, id or phone."
    )
    joined: Day | None = Field(None, description="Left out: today.")
    consents: Consents | None = None


def newcomer_of(business: Business, body: MemberIn) -> Newcomer:
    """The newcomer that a body describes. Raises `invalid`."""
    given = {kind: text for kind in IDENTIFIERS if (text := getattr(body, kind)) is not None}
    identities = read_all(business, given)
    card = body.card if body.card != NEW else None
    if card is not None:
        [way] = chosen(business, [ways_of(business, "card", card, at="/card")])
        identities |= {"card": way} if way else {}
    if not identities and not body.code and body.card != NEW:
        fault = Fault("", "give at least one of phone, card, email, tax_id and code")
        raise Refused("invalid", "Nothing tells who this is.", [fault])
    return Newcomer(
        identities=tuple(identities.values()),
        code=read_code(business, body.code) if body.code else "",
        name=(body.name or "").strip(),
        birth_date=body.birth_date,
        joined=body.joined,
        language=body.language or "",
        address="\n".join(body.address or ()),
        types=tuple(body.types or ()),
        referred_by=read_referrer(business, body.referred_by) if body.referred_by else None,
        consents=consents_of(body.consents),
        new_card=body.card == NEW,
    )


def consents_of(consents: Consents | None) -> dict[str, bool]:
    """The answers that were given, by purpose."""
    if consents is None:
        return {}
    return {purpose: answer for purpose in _CONSENTS if (answer := getattr(consents, purpose)) is not None}

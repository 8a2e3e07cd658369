"""Reading how a member is named in a request, each way into the one form in which it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from fiel.core import identity
from fiel.core.identity import Identity
from fiel.core.refusals import Fault, Refused
from fiel.members.cards import cards_in
from fiel.members.find import find
from fiel.sales.bringing import referrer_of_code
from fiel.shops.models import Business

__all__ = ["chosen", "read_all", "read_code", "read_named", "read_referrer", "ways_of"]


def ways_of(business: Business, kind: str, text: str, *, at: str) -> tuple[Identity, ...]:
    """What is meant by one way of naming a member; several only where a reader's string holds several numbers.

    Raises `invalid` at the pointer `at`.
    """
    country = business.country
    if kind == "phone":
        return (Identity(kind, identity.phone(text, region=country, at=at)),)
    if kind == "tax_id":
        return (Identity(kind, identity.tax_id(text, country=country, at=at)),)
    if kind == "email":
        return (Identity(kind, identity.email(text, at)),)
    if kind == "card":
        return cards_in(text, at=at)
    if kind == "id":
        return (Identity(kind, _id(text)),)
    return (Identity(kind, text),)


def read_all(business: Business, given: Mapping[str, str]) -> dict[str, Identity]:
    """Several ways at once, each at the pointer of its name. Raises `invalid` with every fault."""
    faults: list[Fault] = []
    found: dict[str, Identity] = {}
    for kind, text in given.items():
        try:
            found[kind] = ways_of(business, kind, text, at=f"/{kind}")[0]
        except Refused as refused:
            faults.extend(refused.faults)
    if faults:
        raise Refused("invalid", faults[0].detail, faults)
    return found


def chosen(business: Business, ways: Sequence[tuple[Identity, ...]]) -> list[Identity | None]:
    """Of each member's possible cards the first that somebody here has, else the first; one look-up for all."""
    unsure = [identity for each in ways if len(each) > 1 for identity in each]
    found = find(business.id, unsure) if unsure else {}
    return [next((way for way in each if way in found), each[0]) if each else None for each in ways]


def read_named(business: Business, kind: str, text: str) -> UUID:
    """The id of the member who is known by this, at the pointer of its name.

    Raises `invalid`, `member_not_found` and `card_blocked`.
    """
    at = f"/{kind}"
    [way] = chosen(business, [ways_of(business, kind, text, at=at)])
    found = find(business.id, [way]).get(way) if way else None
    if found is None:
        raise Refused("member_not_found", "No member is known by this.", [Fault(at, "check it, or enrol them")])
    if found.blocked:
        raise Refused("card_blocked", "This card is blocked.", [Fault(at, "ask for another card or the phone")])
    return found.member_id


def read_code(business: Business, code: str) -> str:
    """A member number. Raises `invalid` for what could be a bank card's."""
    if Identity("code", code) in identity.guesses(code, region=business.country, country=business.country):
        return code
    raise Refused("invalid", "This cannot be a member number.", [Fault("/code", "choose another number")])


def read_referrer(business: Business, text: str) -> UUID:
    """The id of the member who brought somebody, by referral code, id or phone. Raises `invalid`."""
    at = "/referred_by"
    by_code = referrer_of_code(business.id, text)
    if by_code is not None:
        return by_code
    try:
        way = Identity("id", str(UUID(text)))
    except ValueError:
        [way] = ways_of(business, "phone", text, at=at)
    found = find(business.id, [way]).get(way)
    if found is None:
        raise Refused(
            "invalid", "Nobody here is known by this.", [Fault(at, "name a member by referral code, id or phone")]
        )
    return found.member_id


def _id(text: str) -> str:
    """An id as it is written here; what is none leads to nobody, as an unknown one does."""
    try:
        return str(UUID(text))
    except ValueError:
        return text

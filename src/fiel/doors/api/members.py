"""Calls about members and their cards."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from fiel import clock
from fiel.core.identity import card_number, display_name
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.access import key_of, spoken_for
from fiel.doors.api.member_shapes import (
    CardAnswer,
    CardIn,
    LookupAnswer,
    LookupIn,
    MemberAnswer,
    MemberPatch,
    MembersAnswer,
)
from fiel.doors.api.once import Idempotency, once, reply
from fiel.doors.api.pages import Cursor, Limit, page, read_cursor
from fiel.doors.api.telling import accounts_told, member_told, store_day
from fiel.doors.present import Present
from fiel.members.alerts import alerts_of
from fiel.members.cards import block_card, give_card
from fiel.members.change import Change, change_member, enrol_one
from fiel.members.models import Member
from fiel.members.read import changed_since, member_by_id, members_by_id, profiles, standings
from fiel.members.turning import find_typed
from fiel.outreach.invitations.alerts import waiting_alerts
from fiel.rewards.read import open_invitations, usable_vouchers
from fiel.sales.answer import time_text
from fiel.shops.models import ApiKey
from fiel.wire.fields import Moment
from fiel.wire.identities import chosen, read_all, ways_of
from fiel.wire.members import IDENTIFIERS, MemberIn, consents_of, newcomer_of

__all__ = ["MemberId", "is_masked", "member_of", "named_member", "router"]

router = Router(tags=["Members"])
log = logging.getLogger("fiel.api")

MemberId = Annotated[str, Path(description="The member's id.")]
_NEW = "new"
_FIELDS = {"name": "", "birth_date": None, "language": "", "address": (), "types": ()}


@router.post("/members/lookup", response=LookupAnswer, operation_id="lookup_member", summary="Look a member up")
def lookup(request: HttpRequest, body: LookupIn) -> HttpResponse:
    """Find a member by whatever the customer gives: phone, card, tax id, e-mail, member number, or the phone's code.

    The member comes as a till may see them, with what can be spent and what the cashier should say. It is a POST, so
    that no identity stands in a log of addresses. At most 60 a minute for each key.
    """
    key = key_of(request)
    business, moment = key.business, clock.now()
    found = find_typed(business, body.q, now=moment)
    log.info("looked up", extra={"fields": {"key": key.hint, "found": found is not None}})
    if found is None:
        raise Refused("member_not_found", "No member is known by this.", [Fault("/q", "check it, or enrol them")])
    if found.blocked:
        raise Refused("card_blocked", "This card is blocked.", [Fault("/q", "ask for another card or the phone")])
    member = members_by_id(business.id, [found.member_id])[found.member_id]
    [profile] = profiles(business.id, [member])
    now = Present(business, moment)
    accounts = standings(business.id, member.id, shown=now.shown, units=now.units, today=now.today)
    told = {
        "id": str(member.id),
        "display_name": display_name(member.name),
        "tier": now.tier(member),
        "has_card": profile.has_card,
        "accounts": list(accounts_told(accounts)),
        "alerts": [
            *alerts_of(member, accounts, store_day(key, moment)),
            *waiting_alerts(business.id, member, now.today),
        ],
        "vouchers": [
            {
                "reward": each.reward,
                "name": each.name,
                "code": each.code,
                "valid_until": each.valid_until.isoformat() if each.valid_until else None,
            }
            for each in usable_vouchers(business.id, member.id, now.today)
        ],
        "invitations": open_invitations(business.id, member.id),
    }
    return reply(200, told)


@router.post("/members", response={201: MemberAnswer}, operation_id="enrol_member", summary="Enrol a customer")
def post_member(request: HttpRequest, body: MemberIn, idempotency_key: Idempotency) -> HttpResponse:
    """Make a customer a member, known by at least one of phone, card, e-mail, tax id and member number."""
    key = key_of(request)

    def enrolling() -> tuple[int, dict[str, Any]]:
        moment = clock.now()
        now = Present(key.business, moment)
        newcomer = newcomer_of(key.business, body)
        member = enrol_one(key.business, newcomer, now=moment, today=now.today, source="api", by=spoken_for(key))
        return 201, _told(key, member, now)

    return once(request, idempotency_key, enrolling)


@router.get("/members", response=MembersAnswer, operation_id="list_members", summary="List members by last change")
def get_members(
    request: HttpRequest,
    updated_since: Annotated[
        Moment | None, Query(None, description="Those changed at that moment or later; RFC 3339 with offset.")
    ],
    limit: Limit,
    cursor: Cursor,
) -> HttpResponse:
    """All members, the least recently changed first, so that a copy elsewhere can be kept up."""
    key = key_of(request)
    after = read_cursor(cursor, datetime, UUID)
    rows = changed_since(
        key.business_id, since=updated_since, after=(after[0], after[1]) if after else None, limit=limit + 1
    )
    members, next_cursor = page(rows, limit, lambda member: (member.updated_at, member.id))
    now, masked = Present(key.business, clock.now()), is_masked(key)
    items = [member_told(each, now, masked=masked, listed=True) for each in profiles(key.business_id, members)]
    return reply(200, {"items": items, "next_cursor": next_cursor})


@router.get("/members/{member_id}", response=MemberAnswer, operation_id="read_member", summary="Read a member")
def get_member(request: HttpRequest, member_id: MemberId) -> HttpResponse:
    """A member by id. To a till's key, what identifies them is masked."""
    key = key_of(request)
    return reply(200, _told(key, member_of(key, member_id), Present(key.business, clock.now())))


@router.patch("/members/{member_id}", response=MemberAnswer, operation_id="change_member", summary="Change a member")
def patch_member(request: HttpRequest, member_id: MemberId, body: MemberPatch) -> HttpResponse:
    """Change what is named in the body; null removes. Consents are answers given now, added to those before."""
    key, moment = key_of(request), clock.now()
    member, now = member_of(key, member_id), Present(key.business, moment)
    change = _change(key, body)
    if change != Change():
        member = change_member(
            key.business, member.id, change, now=moment, today=now.today, source="api", by=spoken_for(key)
        )
    return reply(200, _told(key, member, now))


@router.post(
    "/members/{member_id}/cards",
    response={200: CardAnswer, 201: CardAnswer},
    operation_id="give_card",
    summary="Give a member a card",
)
def post_card(
    request: HttpRequest, member_id: MemberId, idempotency_key: Idempotency, body: CardIn | None = None
) -> HttpResponse:
    """Give a member a card: the one named, or a new one. A card that is theirs already is answered with 200."""
    key = key_of(request)
    member = member_of(key, member_id)

    def giving() -> tuple[int, dict[str, Any]]:
        text = body.number if body else None
        ways = ways_of(key.business, "card", text, at="/number") if text is not None else ()
        [way] = chosen(key.business, [ways])
        card, new = give_card(key.business, member.id, way.value if way else None, now=clock.now())
        told = {"number": card.number, "member": str(card.member_id), "given_at": time_text(card.given_at)}
        return (201 if new else 200), told

    return once(request, idempotency_key, giving)


@router.delete("/cards/{number}", response={204: None}, operation_id="block_card", summary="Block a card")
def delete_card(
    request: HttpRequest, number: Annotated[str, Path(max_length=100, description="The card's number.")]
) -> HttpResponse:
    """Block a card: who shows it is asked for another. Blocking it again changes nothing."""
    key = key_of(request)
    try:
        number = card_number(number)
    except Refused:
        raise Refused("not_found", "No member has this card.") from None
    block_card(key.business, number, by=spoken_for(key), now=clock.now())
    return HttpResponse(status=204)


def member_of(key: ApiKey, member_id: str) -> Member:
    """The member with an id. Raises `member_not_found`, for an id of another business as for any that is not known."""
    member = member_by_id(key.business_id, member_id)
    if member is None:
        raise Refused("member_not_found", "No member has this id.")
    return member


def named_member(key: ApiKey, text: str) -> Member:
    """The member whose id stands in a body as `member`. Raises `member_not_found`, as for an address."""
    member = member_by_id(key.business_id, text)
    if member is None:
        raise Refused("member_not_found", "No member has this id.", [Fault("/member", "check the id")])
    return member


def is_masked(key: ApiKey) -> bool:
    """Whether a key sees members as a till may."""
    return {"office", "read"}.isdisjoint(key.scopes)


def _told(key: ApiKey, member: Member, now: Present) -> dict[str, Any]:
    [profile] = profiles(key.business_id, [member])
    return member_told(profile, now, masked=is_masked(key))


def _change(key: ApiKey, body: MemberPatch) -> Change:
    """The change that a body describes: what it names, null for what is removed. Raises `invalid`."""
    named = body.model_fields_set
    given = {kind: text for kind in IDENTIFIERS if (text := getattr(body, kind)) is not None}
    identities = read_all(key.business, given)
    fields: dict[str, Any] = {
        name: empty if (value := getattr(body, name)) is None else value
        for name, empty in _FIELDS.items()
        if name in named
    }
    if "types" in fields:
        fields["types"] = list(fields["types"])
    if "address" in fields:
        fields["address"] = "\n".join(fields["address"])
    if "name" in fields:
        fields["name"] = fields["name"].strip()
    return Change(
        fields=fields,
        identifiers={
            kind: identities[kind].value if kind in identities else None for kind in IDENTIFIERS if kind in named
        },
        consents=consents_of(body.consents),
    )

"""Members: searched as one types, and the whole story of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fiel import clock
from fiel.core.programme import Unit
from fiel.doors.asked import number_in
from fiel.doors.look import figure, unit_name, with_unit
from fiel.doors.office.member_told import told_page
from fiel.doors.office.receipts import last_receipts, receipts_of
from fiel.doors.people import Place, stores_of
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.words import ASKED, CONSENTS, IDENTIFIERS, TIER_CHANGES, VOUCHERS
from fiel.hand.models import HandEntry
from fiel.hand.read import adjustments
from fiel.ledger.read import balances, entries_of
from fiel.members.find import known_as
from fiel.members.models import Consent, Member, TierChange
from fiel.members.read import Profile, Standing, member_by_id, profiles, standings
from fiel.members.search import members_beginning, members_lately, members_named
from fiel.rewards.lists import named_rewards
from fiel.rewards.models import Voucher
from fiel.shops.roles import May
from fiel.wording import MOVEMENTS

__all__ = ["accounts_of", "member", "member_page", "members", "named_member"]

with_place = with_place_(may=May.MEMBERS)

_PAGE = 20
_MOVEMENTS = 20
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A member in a list: whom, and what they hold, with units."""

    profile: Profile
    tier: str
    holds: tuple[str, ...]


@require_safe
@with_place
def members(request: HttpRequest, place: Place) -> HttpResponse:
    """Members by what was typed so far; before anything was, those of whom something changed last."""
    q = request.GET.get("q", "").strip()[:_LONGEST]
    last = member_by_id(place.business.id, request.GET.get("after", ""))
    found = _found(place, q, last)
    page = {
        "q": q,
        "rows": _rows(place, found[:_PAGE]),
        "after": found[_PAGE - 1].id if len(found) > _PAGE else None,
        "more": last is not None,
    }
    fragment = "HX-Request" in request.headers
    return render(request, "office/members_found.html" if fragment else "office/members.html", page)


def _found(place: Place, q: str, last: Member | None) -> list[Member]:
    business_id = place.business.id
    if not q:
        before = (last.updated_at, last.id) if last else None
        return members_lately(business_id, before=before, limit=_PAGE + 1)
    found = [] if last else members_beginning(business_id, q, country=place.business.country, limit=_PAGE)
    if found:
        return found
    after = (last.name_key, last.id) if last else None
    return members_named(business_id, q, after=after, limit=_PAGE + 1)


def _rows(place: Place, found: Sequence[Member]) -> list[Row]:
    now = Present(place.business, clock.now())
    held: dict[UUID, list[str]] = {}
    for balance in balances(place.business.id, [each.id for each in found]):
        if balance.holding.balance:
            text = with_unit(balance.holding.balance, now.units[balance.unit], place.business.currency)
            held.setdefault(balance.member_id, []).append(text)
    return [
        Row(profile, now.tier(profile.member) or "", tuple(held.get(profile.member.id, ())))
        for profile in profiles(place.business.id, found)
    ]


# One of them


@dataclass(frozen=True, slots=True)
class Account:
    """How an account stands, with its unit: what there is, what waits, what is owed, what lapses when."""

    unit: str
    balance: str
    pending: str
    carry: str
    expiring: tuple[tuple[date, str], ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement: what it is called, how much, and why; `receipt`: the sale's, where the person may see it."""

    name: object
    amount: str
    balance: str
    occurred_at: datetime
    until: date | None
    reason: str
    receipt: UUID | None


def named_member(place: Place, member_id: UUID) -> Member:
    """The member of an address; who was merged leads to whom they became part of."""
    found = member_by_id(place.business.id, str(member_id))
    if found is None:
        raise Http404
    return found


@require_safe
@with_place
def member(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """The whole story of one member."""
    found = named_member(place, member_id)
    if found.id != member_id:
        return redirect("member", place.business.slug, found.id)
    return member_page(request, place, found)


def member_page(
    request: HttpRequest, place: Place, found: Member, *, status: int = 200, **forms: object
) -> HttpResponse:
    """The page of one member; `forms`: those that came back with something wrong."""
    business = place.business
    now = Present(business, clock.now())
    [profile] = profiles(business.id, [found])
    ids = list(known_as(business.id, [found.id]))
    held = standings(business.id, found.id, shown=now.shown, units=now.units, today=now.today)
    page: dict[str, Any] = {
        "member": found,
        "profile": profile,
        "identifiers": [(word, profile.identifiers.get(kind, "")) for kind, word in IDENTIFIERS.items()],
        "consents": _consents(found),
        "tier": now.tier(found) or "",
        "tiers": [_tier_told(each) for each in _tier_changes(found)],
        "tier_codes": list(now.programme.tiers) if now.programme else [],
        "units": [(unit.code, unit_name(unit.code, 2)) for unit in now.shown],
        "accounts": accounts_of(held, business.currency),
        "waiting": _waiting(place, [found.id], now.units),
        "receipts": last_receipts(place, stores_of(place), now.units, most=10, of=ids),
        "vouchers": _vouchers(place, ids),
        "limit": business.hand_limit,
        "zone": business.timezone,
        "today": now.today,
        "asks": list(ASKED.items()),
        **told_page(business, found, now.today),
        **_movements(request, place, found, now.units),
        **forms,
    }
    return render(request, "office/member.html", page, status=status)


def accounts_of(held: Iterable[Standing], currency: str) -> list[Account]:
    """Accounts as they are shown."""
    return [
        Account(
            unit=unit_name(each.unit.code, 2),
            balance=with_unit(each.balance, each.unit, currency),
            pending=with_unit(each.pending, each.unit, currency) if each.pending else "",
            carry=figure(each.carry / each.unit.steps) if each.carry else "",
            expiring=tuple((day, with_unit(steps, each.unit, currency)) for day, steps in each.expiring),
        )
        for each in held
    ]


def _movements(request: HttpRequest, place: Place, found: Member, units: Mapping[str, Unit]) -> dict[str, Any]:
    """A page of movements, each with its reason: a few queries."""
    entries = entries_of(place.business.id, found.id, limit=_MOVEMENTS + 1, before=_cursor(request))
    causes = [entry.cause for entry in entries]
    ours: dict[str, Any] = {"business": place.business, "id__in": causes}
    reasons = dict(HandEntry.objects.filter(**ours).values_list("id", "reason"))
    rewards = dict(Voucher.objects.filter(**ours).values_list("id", "reward"))
    names = named_rewards(place.business.id, rewards.values())
    reasons.update({voucher: names[reward] for voucher, reward in rewards.items()})
    seen = {
        id_: f"{store} · {number}"
        for id_, store, number in receipts_of(place).filter(id__in=causes).values_list("id", "store", "number")
    }
    currency = place.business.currency
    rows = [
        Movement(
            name=MOVEMENTS.get(entry.kind, entry.kind),
            amount=with_unit(entry.steps, units[entry.unit], currency, sign=True),
            balance=with_unit(entry.balance, units[entry.unit], currency),
            occurred_at=entry.occurred_at,
            until=entry.expires_on if entry.steps > 0 and entry.expires_on and entry.expires_on != date.max else None,
            reason=seen.get(entry.cause, reasons.get(entry.cause, "")),
            receipt=entry.cause if entry.cause in seen else None,
        )
        for entry in entries[:_MOVEMENTS]
    ]
    last = entries[_MOVEMENTS - 1] if len(entries) > _MOVEMENTS else None
    following = f"{last.recorded_at.isoformat()},{last.unit},{last.number}" if last else ""
    return {"movements": rows, "following": following}


def _cursor(request: HttpRequest) -> tuple[datetime, str, int] | None:
    """Where the page before ended; what is no such place is the beginning."""
    at, _, rest = request.GET.get("before", "").partition(",")
    unit, _, number = rest.partition(",")
    last = number_in(number)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, unit, last) if moment.tzinfo and last is not None else None


def _waiting(place: Place, member_ids: Iterable[UUID], units: Mapping[str, Unit]) -> list[tuple[str, HandEntry]]:
    rows = adjustments(place.business.pk, state="waiting", member_ids=member_ids, limit=_PAGE)
    currency = place.business.currency
    return [(with_unit(entry.steps, units[entry.unit], currency, sign=True), entry) for entry in rows]


def _vouchers(place: Place, member_ids: Iterable[UUID]) -> list[tuple[str, object, Voucher]]:
    rows = list(
        Voucher.objects.filter(business=place.business, member_id__in=list(member_ids)).order_by("-issued_at")[:_PAGE]
    )
    names = named_rewards(place.business.id, [row.reward for row in rows])
    return [(names[row.reward], VOUCHERS[row.state], row) for row in rows]


def _tier_changes(found: Member) -> list[TierChange]:
    rows = TierChange.objects.filter(business_id=found.business_id, member_id=found.id)
    return list(rows.order_by("-recorded_at", "-id")[:_PAGE])


def _tier_told(change: TierChange) -> tuple[TierChange, object]:
    return change, TIER_CHANGES.get(change.why, _("Its time ran out"))


def _consents(found: Member) -> list[tuple[object, Consent | None]]:
    """The latest answer to each question; None: never asked."""
    rows = Consent.objects.filter(business_id=found.business_id, member_id=found.id).order_by("recorded_at", "id")
    latest = {row.purpose: row for row in rows}
    return [(word, latest.get(purpose)) for purpose, word in CONSENTS.items()]

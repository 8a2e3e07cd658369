"""What the office does by hand for a member: adjust, give a card or a tier, merge; and the second person's consent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.identity import guesses
from fiel.core.reading import decimal_fraction
from fiel.core.refusals import Fault, Refused
from fiel.doors.asked import uuid_in
from fiel.doors.look import with_unit
from fiel.doors.office.members import accounts_of, member_page, named_member
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.hand import cards
from fiel.hand.entries import adjust, agree, refuse
from fiel.hand.merge import merge, preview
from fiel.hand.models import HandEntry
from fiel.hand.read import adjustments
from fiel.hand.tier import give_tier
from fiel.members.find import find_one
from fiel.members.models import Member
from fiel.members.read import members_by_id, profiles, standings
from fiel.shops.roles import May

__all__ = [
    "block_card",
    "give_card",
    "give_tier_page",
    "merge_page",
    "post_adjustment",
    "waiting",
    "waiting_agree",
    "waiting_refuse",
]

with_place = with_place_(may=May.MEMBERS)

_PAGE = 20
_REFUSED = 5

_SENTENCES: dict[str, Promise] = {
    "not_enough": gettext_lazy("There is not enough on the account."),
    "card_taken": gettext_lazy("This card belongs to another customer. Give another card."),
    "card_blocked": gettext_lazy("This card is blocked. Give another card."),
    "member_not_found": gettext_lazy("No customer is known by this."),
    "not_found": gettext_lazy("There is no such thing here. Load the page anew."),
    "conflict": gettext_lazy("Somebody else did this in the meantime."),
}
_AT: dict[str, Promise] = {
    "/reason": gettext_lazy("Say why: it stays with the movement."),
    "/amount": gettext_lazy("Write an amount above zero, with no more decimals than the account has."),
    "/unit": gettext_lazy("Choose what is to be adjusted."),
    "/number": gettext_lazy("This is not the number of a card; scan it again."),
    "/tier": gettext_lazy("Choose a tier."),
    "/until": gettext_lazy("Choose today or a later day."),
    "/gone": gettext_lazy("These two are the same member."),
}


def _told(refused: Refused) -> dict[str, str]:
    """What is wrong, by field; under "" what stands at none."""
    if refused.code in _SENTENCES:
        field = refused.faults[0].pointer[1:] if refused.faults else ""
        return {field: str(_SENTENCES[refused.code])}
    found = {fault.pointer[1:]: str(_AT.get(fault.pointer, fault.detail)) for fault in refused.faults}
    return found or {"": refused.detail}


def _doing(request: HttpRequest, place: Place, found: Member, name: str, act: Callable[[], str | None]) -> HttpResponse:
    """Do something for a member and say so; what is refused comes back at its field, with what was typed."""
    try:
        said = act()
    except Refused as refused:
        wrong = {name: {"typed": request.POST, "wrong": _told(refused)}}
        return member_page(request, place, found, status=422, **wrong)
    if said:
        messages.success(request, said)
    return redirect("member", place.business.slug, found.id)


@require_POST
@with_place
def post_adjustment(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Put an account right, with a reason; above the business's limit it waits for a second person."""
    found = named_member(place, member_id)

    def adjusting() -> str | None:
        amount = decimal_fraction(request.POST.get("amount", "").strip().replace(",", "."))
        reason = request.POST.get("reason", "").strip()[:500]
        faults = [] if amount is not None and amount > 0 else [Fault("/amount", "")]
        faults += [] if reason else [Fault("/reason", "")]
        if faults or amount is None:
            raise Refused("invalid", "", faults)
        signed = -amount if request.POST.get("way") == "take" else amount
        unit = request.POST.get("unit", "")
        by, person_id = place.person.email, place.person.pk
        try:
            _entry, moved = adjust(place.business, found.id, unit, signed, reason=reason, by=by, person_id=person_id)
        except Refused as refused:
            if refused.code == "forbidden":
                said = _("This is your own card: somebody else has to adjust it.")
                raise Refused("forbidden", said, [Fault("/", said)]) from None
            if refused.code == "not_enough":
                raise Refused("not_enough", refused.detail, [Fault("/amount", "")]) from None
            raise
        return _("The account is adjusted.") if moved else _("It is above the limit and waits for a second person.")

    return _doing(request, place, found, "adjusting", adjusting)


@require_POST
@with_place
def give_card(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Give a card, maybe instead of one, which is then blocked."""
    found = named_member(place, member_id)

    def giving() -> str:
        typed, old = request.POST.get("number", "")[:200], request.POST.get("instead_of", "")
        card = cards.give(place.business, found.id, typed, instead_of=old, by=place.person.email)
        return _("The card %(number)s is theirs.") % {"number": card.number}

    return _doing(request, place, found, "carding", giving)


@require_POST
@with_place
def block_card(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Block a card."""
    found = named_member(place, member_id)

    def blocking() -> str:
        number, reason = request.POST.get("number", ""), request.POST.get("reason", "").strip()[:500]
        cards.block(place.business, found.id, number, by=place.person.email, reason=reason)
        return _("The card is blocked.")

    return _doing(request, place, found, "carding", blocking)


@require_POST
@with_place
def give_tier_page(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Give a tier, until a day or for good."""
    found = named_member(place, member_id)

    def giving() -> str:
        typed, reason = request.POST.get("until", ""), request.POST.get("reason", "").strip()[:500]
        try:
            until = date.fromisoformat(typed) if typed else None
        except ValueError:
            raise Refused("invalid", "", [Fault("/until", "")]) from None
        if not reason:
            raise Refused("invalid", "", [Fault("/reason", "")])
        tier = request.POST.get("tier", "")
        counts = give_tier(place.business, found.id, tier, until=until, reason=reason, by=place.person.email)
        return _("From now on %(tier)s counts.") % {"tier": counts}

    return _doing(request, place, found, "tiering", giving)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def merge_page(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Find the other, see what would come of it, and merge."""
    found = named_member(place, member_id)
    q = request.GET.get("q", "").strip()[:200]
    page: dict[str, Any] = {"member": found, "q": q, "zone": place.business.timezone}
    if request.method == "POST":
        try:
            merge(place.business, into=found.id, gone=_uuid(request.POST.get("gone", "")), by=place.person.email)
        except Refused as refused:
            page["wrong"] = next(iter(_told(refused).values()))
            return render(request, "office/merge.html", page, status=422)
        messages.success(request, _("The two are one member now."))
        return redirect("member", place.business.slug, found.id)
    if q:
        page |= _previewed(place, found, q)
    return render(request, "office/merge.html", page)


def _previewed(place: Place, into: Member, q: str) -> dict[str, Any]:
    """Both as they are, and the one that they would be."""
    business = place.business
    other = find_one(business.id, guesses(q, region=business.country, country=business.country))
    if other is None:
        return {"wrong": _("No customer is known by this.")}
    now = Present(business, clock.now())
    both = [into, members_by_id(business.id, [other[1].member_id])[other[1].member_id]]
    try:
        merged = preview(business, into=into.id, gone=both[1].id, by=place.person.email)
    except Refused as refused:
        return {"wrong": next(iter(_told(refused).values()))}
    told = [
        (
            profile,
            now.tier(profile.member) or "",
            accounts_of(
                standings(business.id, profile.member.id, shown=now.shown, units=now.units, today=now.today),
                business.currency,
            ),
        )
        for profile in profiles(business.id, both)
    ]
    after = (merged.profile, now.tier(merged.profile.member) or "", accounts_of(merged.standings, business.currency))
    return {"gone": both[1], "both": told, "after": after}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("member_not_found", "There is no such member.") from None


# What waits for a second person


@require_safe
@with_place
def waiting(request: HttpRequest, place: Place) -> HttpResponse:
    """Adjustments above the limit, until somebody else agrees."""
    return _waiting_page(request, place, uuid_in(request.GET.get("after", "")))


def _waiting_page(
    request: HttpRequest, place: Place, after: UUID | None = None, *, status: int = 200, **more: object
) -> HttpResponse:
    """The page of what waits, and what was refused lately."""
    rows = adjustments(place.business.id, state="waiting", after=after, limit=_PAGE + 1)
    refused = [] if after else adjustments(place.business.id, state="refused", limit=_REFUSED)
    members = members_by_id(place.business.id, [row.member_id for row in (*rows, *refused)])
    units, currency = Present(place.business, clock.now()).units, place.business.currency

    def told(entries: Sequence[HandEntry]) -> list[tuple[HandEntry, Member, str]]:
        return [
            (each, members[each.member_id], with_unit(each.steps, units[each.unit], currency, sign=True))
            for each in entries
        ]

    page = {
        "rows": told(rows[:_PAGE]),
        "after": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
        "refused": told(refused),
        "me": place.person.email,
        "zone": place.business.timezone,
        **more,
    }
    return render(request, "office/waiting.html", page, status=status)


@require_POST
@with_place
def waiting_agree(request: HttpRequest, place: Place, entry_id: UUID) -> HttpResponse:
    """Agree to an adjustment that somebody else entered."""
    try:
        agree(place.business, entry_id, by=place.person.email, person_id=place.person.pk)
    except Refused as refused:
        if refused.code == "not_found":
            raise Http404 from None
        own = _("You entered it, or it is your own card: somebody else has to agree.")
        messages.error(request, own if refused.code == "forbidden" else next(iter(_told(refused).values())))
    else:
        messages.success(request, _("Agreed. The account is adjusted."))
    return redirect("waiting", place.business.slug)


@require_POST
@with_place
def waiting_refuse(request: HttpRequest, place: Place, entry_id: UUID) -> HttpResponse:
    """Refuse an adjustment that waits, or take one's own back; the reason stays with it."""
    try:
        refuse(place.business, entry_id, reason=request.POST.get("reason", "")[:500], by=place.person.email)
    except Refused as refused:
        if refused.code == "not_found":
            raise Http404 from None
        if refused.code == "invalid":
            return _waiting_page(request, place, status=422, refusing=entry_id)
        messages.error(request, next(iter(_told(refused).values())))
    else:
        messages.success(request, _("Refused. The account stays as it is."))
    return redirect("waiting", place.business.slug)

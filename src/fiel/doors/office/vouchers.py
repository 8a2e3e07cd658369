"""Vouchers in the office: found by code, member, reward or state; looked at; cancelled with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fiel import clock
from fiel.core.identity import guesses
from fiel.core.refusals import Refused
from fiel.doors.asked import uuid_in
from fiel.doors.look import with_unit
from fiel.doors.office.deliveries import rows_of
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.words import VOUCHERS
from fiel.members.find import find_one
from fiel.members.models import Member
from fiel.members.read import member_by_id, members_by_id
from fiel.rewards.codes import open_code, plain
from fiel.rewards.deliveries import deliveries
from fiel.rewards.give import cancel
from fiel.rewards.lists import named_rewards, vouchers_listed
from fiel.rewards.models import STATES, Reward, Voucher
from fiel.rewards.vouchers import find_voucher
from fiel.shops.roles import May

__all__ = ["cancel_voucher", "voucher", "vouchers"]

with_place = with_place_(may=May.MARKET)

_PAGE = 30
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A voucher in a list."""

    voucher: Voucher
    name: str
    member: Member
    state: object


@require_safe
@with_place
def vouchers(request: HttpRequest, place: Place) -> HttpResponse:
    """The vouchers issued last; `q`: a code leads to its voucher, a phone or card to those of the member."""
    business_id, q = place.business.pk, request.GET.get("q", "").strip()[:_LONGEST]
    reward, state = (request.GET.get(name, "")[:_LONGEST] for name in ("reward", "state"))
    page: dict[str, Any] = {
        "q": q,
        "state": state,
        "states": VOUCHERS.items(),
        "reward": Reward.objects.filter(business=business_id, code=reward).first(),
        "zone": place.business.timezone,
    }
    if plain(q):
        try:
            return redirect("voucher", place.business.slug, find_voucher(place.business, q).id)
        except Refused:
            return render(request, "office/vouchers.html", page)
    member = _member(place, request.GET.get("member", ""), q)
    if q and member is None:
        return render(request, "office/vouchers.html", page)
    found = vouchers_listed(
        business_id,
        reward=reward,
        state=state if state in STATES else "",
        member_id=member.id if member else None,
        before=uuid_in(request.GET.get("before", "")),
        limit=_PAGE + 1,
    )
    page |= {"member": member, "rows": _rows(place, found[:_PAGE])}
    page["following"] = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render(request, "office/vouchers.html", page)


def _member(place: Place, member_id: str, q: str) -> Member | None:
    """The member that is named by id, or by what was typed."""
    if not q:
        return member_by_id(place.business.pk, member_id) if member_id else None
    country = place.business.country
    found = find_one(place.business.pk, guesses(q, region=country, country=country))
    return member_by_id(place.business.pk, str(found[1].member_id)) if found else None


def _rows(place: Place, found: list[Voucher]) -> list[Row]:
    names = named_rewards(place.business.pk, [each.reward for each in found])
    members = members_by_id(place.business.pk, [each.member_id for each in found])
    return [Row(each, names[each.reward], members[each.member_id], VOUCHERS[each.state]) for each in found]


@require_safe
@with_place
def voucher(request: HttpRequest, place: Place, voucher_id: UUID) -> HttpResponse:
    """One voucher: its code, what it took, until when it is good, and what became of it."""
    return _page(request, place, _named(place, voucher_id))


def _page(request: HttpRequest, place: Place, found: Voucher, *, status: int = 200, **more: object) -> HttpResponse:
    now = Present(place.business, clock.now())
    [row] = _rows(place, [found])
    unit, currency = now.units.get(found.price_unit), place.business.currency
    page = {
        "row": row,
        "code": open_code(found.sealed),
        "price": with_unit(found.price_steps, unit, currency) if unit and found.price_steps else "",
        "over": found.state == "issued" and found.valid_until is not None and found.valid_until < now.today,
        "deliveries": rows_of(place, list(deliveries(place.business.pk, voucher_id=found.id)[:_PAGE])),
        "zone": place.business.timezone,
        **more,
    }
    return render(request, "office/voucher.html", page, status=status)


@require_POST
@with_place
def cancel_voucher(request: HttpRequest, place: Place, voucher_id: UUID) -> HttpResponse:
    """Cancel a voucher that was not used, with a reason; what it took comes back."""
    found = _named(place, voucher_id)
    reason = request.POST.get("reason", "").strip()[:500]
    if not reason:
        wrong = _("Say why: it stays with what you did.")
        return _page(request, place, found, status=422, wrong=wrong)
    try:
        cancel(place.business, open_code(found.sealed), by=place.person.email, reason=reason)
    except Refused:
        messages.error(request, _("It can no longer be cancelled: look at its state."))
    else:
        messages.success(request, _("The voucher is cancelled. What it took is back on the account."))
    return redirect("voucher", place.business.slug, found.id)


def _named(place: Place, voucher_id: UUID) -> Voucher:
    found = Voucher.objects.filter(business=place.business, id=voucher_id).first()
    if found is None:
        raise Http404
    return found

"""What was handed over: who did it, what, when and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fiel.doors.asked import mark_in
from fiel.doors.look import money
from fiel.doors.people import Place, with_place
from fiel.members.models import Member
from fiel.members.read import members_by_id
from fiel.rewards.codes import plain
from fiel.rewards.deliveries import deliveries
from fiel.rewards.lists import named_rewards
from fiel.rewards.models import Delivery, Partner, Reward
from fiel.rewards.vouchers import find_voucher, unknown_codes
from fiel.shops.models import Store
from fiel.shops.roles import May

__all__ = ["Row", "deliveries_listed", "rows_of"]

_PAGE = 30
_LONGEST = 100
_MOST_PLACES = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as it is shown."""

    delivery: Delivery
    name: str
    member: Member
    where: str
    amount: str


@require_safe
@with_place(may=May.MARKET)
def deliveries_listed(request: HttpRequest, place: Place) -> HttpResponse:
    """Deliveries, the latest first; of one reward, one place, between two days, or of one voucher's code."""
    said = {name: request.GET.get(name, "").strip()[:_LONGEST] for name in ("q", "reward", "at", "first", "last")}
    asked = _asked(place, said)
    rows: list[Delivery] = []
    if asked is not None:
        rows = list(deliveries(place.business.pk, **asked, before=mark_in(request.GET.get("before", "")))[: _PAGE + 1])
    last = rows[_PAGE - 1] if len(rows) > _PAGE else None
    page = {
        "said": said,
        "rows": rows_of(place, rows[:_PAGE]),
        "following": f"{last.at.isoformat()},{last.id}" if last else "",
        "reward": Reward.objects.filter(business=place.business, code=said["reward"]).first(),
        "places": _places(place),
        "zone": place.business.timezone,
    }
    return render(request, "office/deliveries.html", page)


def _asked(place: Place, said: dict[str, str]) -> dict[str, Any] | None:
    """What is looked for; None where nothing can be found."""
    asked: dict[str, Any] = {"reward": said["reward"]}
    if said["q"]:
        if not plain(said["q"]) or unknown_codes(place.business, [said["q"]]):
            return None
        asked["voucher_id"] = find_voucher(place.business, said["q"]).id
    kind, _, code = said["at"].partition(":")
    if kind in ("store", "partner"):
        asked[kind] = code
    zone = ZoneInfo(place.business.timezone)
    for name, text, more in (("since", said["first"], 0), ("until", said["last"], 1)):
        try:
            day = date.fromisoformat(text)
        except ValueError:
            continue
        asked[name] = datetime.combine(day, time(), zone) + timedelta(days=more)
    return asked


def _places(place: Place) -> list[tuple[str, str]]:
    """The stores and partners where something can be handed over, as choices."""
    stores = Store.objects.filter(business=place.business).order_by("name", "code")[:_MOST_PLACES]
    partners = Partner.objects.filter(business=place.business).order_by("name", "code")[:_MOST_PLACES]
    return [(f"store:{each.code}", str(each)) for each in stores] + [
        (f"partner:{each.code}", str(each)) for each in partners
    ]


def rows_of(place: Place, rows: list[Delivery]) -> list[Row]:
    """Deliveries as they are shown; a few queries, however many they are."""
    business_id = place.business.pk
    names = named_rewards(business_id, [each.reward for each in rows])
    members = members_by_id(business_id, [each.member_id for each in rows])
    stores = {each.code: str(each) for each in Store.objects.filter(business=business_id)}
    partners = {each.code: str(each) for each in Partner.objects.filter(business=business_id)}
    return [
        Row(
            each,
            names[each.reward],
            members[each.member_id],
            partners.get(each.partner, each.partner) if each.partner else stores.get(each.store, each.store),
            "" if each.amount is None else money(each.amount, place.business.currency),
        )
        for each in rows
    ]

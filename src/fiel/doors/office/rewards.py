"""Rewards in the office: what can be had, made and changed, with its picture and its stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.look import figure, with_unit
from fiel.doors.office.codes import code_for
from fiel.doors.office.picking import choices_of
from fiel.doors.office.reward_form import PICKED, RewardForm
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.words import REWARD_KINDS, REWARD_STATES
from fiel.rewards.change import correct_stock, put_reward
from fiel.rewards.lists import rewards_listed
from fiel.rewards.models import Reward
from fiel.rewards.pictures import drop_picture, picture_digests, picture_of, put_picture
from fiel.shops.roles import May

__all__ = ["free_code", "new_reward", "picture", "price_of", "reward", "rewards", "stock"]

with_place = with_place_(may=May.MARKET)

_PAGE = 30
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A reward in a list: its price and state in words; `picture`: the digest of its picture, empty for none."""

    reward: Reward
    kind: object
    price: str
    state: object
    picture: str


@require_safe
@with_place
def rewards(request: HttpRequest, place: Place) -> HttpResponse:
    """What can be had, by code: looked for by name, or by how it stands."""
    now = Present(place.business, clock.now())
    typed, state = (request.GET.get(name, "").strip()[:_LONGEST] for name in ("q", "state"))
    after = request.GET.get("after", "")[:_LONGEST]
    asked: dict[str, Any] = {"typed": typed, "state": state, "today": now.today, "after": after}
    found = rewards_listed(place.business.pk, **asked, limit=_PAGE + 1)
    page = {
        "rows": _rows(place, found[:_PAGE], now),
        "following": found[_PAGE - 1].code if len(found) > _PAGE else "",
        "q": typed,
        "state": state,
        "states": REWARD_STATES.items(),
        "first": not (typed or state or after or found),
        "ruled": now.programme is not None,
    }
    fragment = "HX-Request" in request.headers
    return render(request, "office/rewards_found.html" if fragment else "office/rewards.html", page)


def _rows(place: Place, found: Sequence[Reward], now: Present) -> list[Row]:
    pictures = picture_digests(place.business.pk, [each.code for each in found])
    return [
        Row(
            each,
            REWARD_KINDS[each.kind],
            price_of(each, now, place.business.currency),
            _state(each, now),
            pictures.get(each.code, ""),
        )
        for each in found
    ]


def price_of(reward: Reward, now: Present, currency: str) -> str:
    """What a reward costs, in words."""
    if reward.kind == "cashback":
        return _("any amount")
    if not reward.price_unit:
        return _("comes by itself")
    unit = now.units.get(reward.price_unit)
    return with_unit(reward.price_steps, unit, currency) if unit else reward.price_unit


def _state(reward: Reward, now: Present) -> object:
    if reward.ends_on and reward.ends_on < now.today:
        return REWARD_STATES["ended"]
    if reward.starts_on and reward.starts_on > now.today:
        return REWARD_STATES["coming"]
    return REWARD_STATES["out_of_stock"] if reward.stock == 0 else REWARD_STATES["on"]


# One of them


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def new_reward(request: HttpRequest, place: Place) -> HttpResponse:
    """First what kind of thing it is, then the rest."""
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in REWARD_KINDS:
        return render(request, "office/reward_kind.html", {"kinds": REWARD_KINDS.items()})
    now = Present(place.business, clock.now())
    initial = {"on_expire": "give_back", "price_unit": next((unit.code for unit in now.shown), "")}
    form = _form(request, place, now, kind=kind, new=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        code = free_code(place, form.cleaned_data["name"])
        if _kept(place, code, form, new=True):
            messages.success(request, _("The reward is there: customers can have it."))
            return redirect("reward", place.business.slug, code)
    page = {"form": form, "kind": REWARD_KINDS[kind], "kind_code": kind, **_picked(place, form)}
    return render(request, "office/reward.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def reward(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """One reward, changed in place."""
    found = _named(place, code)
    now = Present(place.business, clock.now())
    typed = RewardForm.typed(found, now, place.business.currency)
    form = _form(request, place, now, kind=found.kind, new=False, initial=typed)
    if request.method == "POST" and form.is_valid() and _kept(place, code, form, new=False):
        if "drop_picture" in request.POST and not form.cleaned_data["picture"]:
            drop_picture(place.business, code)
        messages.success(request, _("Kept. Vouchers that are out already stay as they were."))
        return redirect("reward", place.business.slug, code)
    page = {
        "form": form,
        "reward": found,
        "left": "" if found.stock is None else str(found.stock),
        "kind": REWARD_KINDS[found.kind],
        "state": _state(found, now),
        "price": price_of(found, now, place.business.currency),
        "picture": picture_digests(place.business.pk, [code]).get(code, ""),
        **_picked(place, form),
    }
    return render(request, "office/reward.html", page, status=422 if form.errors else 200)


def _form(request: HttpRequest, place: Place, now: Present, *, kind: str, new: bool, initial: Any) -> RewardForm:
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    return RewardForm(*posted, place=place, now=now, kind=kind, new=new, initial=initial)


def _kept(place: Place, code: str, form: RewardForm, *, new: bool) -> bool:
    """Keep the reward as it was typed, with its picture; False where something cannot be right, which is said there."""
    try:
        with transaction.atomic():
            put_reward(place.business, code, form.row(), keep_stock=not new)
            if form.cleaned_data["picture"]:
                put_picture(place.business, code, form.cleaned_data["picture"])
    except Refused as refused:
        form.add_faults(refused.faults)
        return False
    return True


def _picked(place: Place, form: RewardForm) -> dict[str, Any]:
    """The pick lists of a reward that is something on sale."""
    if "brands" not in form.fields:
        return {}
    return {what: choices_of(place.business.pk, what, form.picked(what)) for what in PICKED}


def free_code(place: Place, name: str) -> str:
    """A code of the name's own letters that no other reward has."""
    taken = Reward.objects.filter(business=place.business).values_list("code", flat=True)
    return code_for(name, taken, unnamed="reward")


def _named(place: Place, code: str) -> Reward:
    found = Reward.objects.filter(business=place.business, code=code).first()
    if found is None:
        raise Http404
    return found


@require_POST
@with_place
def stock(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """Say how many are left; what was taken meanwhile is taken into account."""
    left, seen = (_whole(request.POST.get(name, "")) for name in ("left", "seen"))
    counted = request.POST.get("left", "").strip()
    if counted and left is None:
        messages.error(request, _("Write how many are left as a number, like 12; empty for any number."))
        return redirect("reward", place.business.slug, code)
    try:
        found = correct_stock(
            place.business, code, seen=seen, left=left, reason=request.POST.get("reason", "").strip()[:500]
        )
    except Refused:
        raise Http404 from None
    said = _("There are %(number)s left.") % {"number": figure(found.stock)} if found.stock is not None else ""
    messages.success(request, said or _("It is no longer counted how many there are."))
    return redirect("reward", place.business.slug, code)


def _whole(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= len("1000000000") else None


@require_safe
@with_place
def picture(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """The picture of a reward."""
    found = picture_of(place.business.pk, code)
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.data), content_type=found.type, headers={"X-Content-Type-Options": "nosniff"})

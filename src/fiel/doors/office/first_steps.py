"""What leads a new business to its first sale, step by step on its first page; each may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fiel import clock
from fiel.core.money import minor_digits
from fiel.core.reading import decimal_fraction
from fiel.core.refusals import Refused
from fiel.doors.amounts import as_typed
from fiel.doors.office.rewards import free_code
from fiel.doors.people import Place, with_place
from fiel.members.models import Member
from fiel.programme.first import first_programme, is_first, publish_first
from fiel.programme.versions import latest
from fiel.rewards.change import RewardRow, put_reward
from fiel.rewards.models import Reward
from fiel.sales.models import Receipt
from fiel.shops.change import StoreRow, end_step, put_stores
from fiel.shops.models import Device, Store
from fiel.shops.roles import May

__all__ = ["STEPS", "FirstSteps", "first_step", "first_steps"]

STEPS = ("stores", "rate", "reward", "member", "sale", "phone")
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The steps, which of them are done, and the one that is next; `said`: what their forms begin with."""

    done: Mapping[str, bool]
    said: Mapping[str, Any] = field(default_factory=dict)

    @property
    def next(self) -> str:
        """The first step that is still to be taken; empty where all are done."""
        return next((step for step in STEPS if not self.done[step]), "")

    @property
    def count(self) -> int:
        """How many are done."""
        return sum(self.done.values())

    @property
    def over(self) -> bool:
        """Whether the business sells: a phone may be paired at any time."""
        return all(self.done[step] for step in STEPS if step != "phone")


def first_steps(place: Place) -> FirstSteps:
    """Which steps are done, as the books have it, or were left out."""
    business, over = place.business, set(place.business.steps_over)
    ours = {"business": business}
    version = latest(business.id)
    first = version is not None and is_first(business, version.document)
    sold = Receipt.objects.filter(**ours).exists()
    stores = list(Store.objects.filter(**ours).order_by("code")[:3])
    found = {
        "stores": len(stores) > 1 or (sold and bool(stores)),
        "rate": version is not None and (not first or version.number > 1 or sold),
        "reward": "reward" in over or Reward.objects.filter(**ours).exists(),
        "member": "member" in over or Member.objects.filter(**ours).exists(),
        "sale": sold,
        "phone": "phone" in over or Device.objects.filter(**ours, paired_at__isnull=False).exists(),
    }
    document = version.document if version and first else first_programme(business)
    rule = document["earn"][0]
    per = Fraction(str(rule["per"])) * 10 ** minor_digits(business.currency)
    said = {"store": stores[0] if stores else None, "give": rule["give"], "per": as_typed(int(per), business.currency)}
    return FirstSteps({step: found[step] or step in over for step in STEPS}, said)


@require_POST
@with_place(may=May.RULES)
def first_step(request: HttpRequest, place: Place, step: str) -> HttpResponse:
    """Take a step, or leave it out."""
    if step not in STEPS:
        raise Http404
    if "skip" not in request.POST and step in _TAKEN:
        wrong = _TAKEN[step](request, place)
        if wrong:
            messages.error(request, wrong)
            return redirect("business", place.business.slug)
    end_step(place.business, step)
    return redirect("business", place.business.slug)


def _name_stores(request: HttpRequest, place: Place) -> str:
    """The shop's name, and a branch if there is one; what is wrong, or nothing."""
    names = [name.strip()[:200] for name in request.POST.getlist("store")[:20]]
    known = {row.code: row for row in Store.objects.filter(business=place.business)}
    codes = [*sorted(known), *(code for n in range(1, len(known) + 21) if (code := str(n)) not in known)]
    named = [(code, name) for code, name in zip(codes, names, strict=False) if name]
    if not named:
        return _("Write the name of your shop.")
    put_stores(place.business, [_store_row(known.get(code), code, name) for code, name in named])
    return ""


def _store_row(known: Store | None, code: str, name: str) -> StoreRow:
    return StoreRow(code, name, known.timezone, known.tax_id) if known else StoreRow(code, name)


def _publish(request: HttpRequest, place: Place) -> str:
    give, per = (_number(request.POST.get(name, "")) for name in ("give", "per"))
    if give is None or per is None:
        return _("Write both numbers, as 1 and 1.00.")
    try:
        publish_first(place.business, give=give, per=per, by=place.person.email, now=clock.now())
    except Refused as refused:
        if refused.code == "conflict":
            return _("The programme has rules of its own by now; change it there.")
        return _("Write both numbers, as 1 and 1.00.")
    return ""


def _make_reward(request: HttpRequest, place: Place) -> str:
    name, points = request.POST.get("name", "").strip()[:200], _number(request.POST.get("points", ""))
    if not name or points is None or points.denominator != 1:
        return _("Write what customers get, and for how many points.")
    row = RewardRow("item", name, price=("points", points), on_expire="give_back")
    try:
        put_reward(place.business, free_code(place, name), row)
    except Refused:
        return _("The programme counts no points; make the reward on the page for rewards.")
    return ""


def _number(text: str) -> Fraction | None:
    """A number above zero as it was typed; None for anything else."""
    number = decimal_fraction(text.strip().replace(",", "."))
    return number if number is not None and 0 < number <= _MOST else None


_TAKEN = {"stores": _name_stores, "rate": _publish, "reward": _make_reward}

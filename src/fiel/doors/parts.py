"""Every part that pages are made of, once by day and once in the dark, for whoever works on them (`FIEL_DEBUG=yes`).

What is taken up in many places belongs here: `tests/office/test_parts.py` says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from fiel import clock
from fiel.doors.brand import wear
from fiel.shops.models import Business

__all__ = ["Part", "parts", "parts_at"]

_ID = UUID(int=7)
_ZONE = "America/Sao_Paulo"
_BUSINESS = Business(slug="padaria", name="Padaria Sol", currency="BRL", timezone=_ZONE, language="pt-br")


@dataclass(frozen=True, slots=True)
class Part:
    """A template, when to use it, and what to show it with."""

    template: str
    use: str
    said: dict[str, Any] = field(default_factory=dict)


class _Asked(forms.Form):
    name = forms.CharField(label="Name", help_text="As on receipts.")
    email = forms.EmailField(label="E-mail")
    role = forms.ChoiceField(label="Role", choices=[("owner", "Owner"), ("cashier", "Cashier")])
    stores = forms.MultipleChoiceField(
        label="Stores", choices=[("S1", "Centro"), ("S2", "Manaus")], widget=forms.CheckboxSelectMultiple
    )


def _asked() -> _Asked:
    form = _Asked({"name": "Ana", "email": "ana@", "role": "owner", "stores": ["S1"]})
    form.add_error(None, "These do not go together.")
    return form


def _rows(now: datetime) -> list[dict[str, Any]]:
    row = {"id": _ID, "occurred_at": now - timedelta(hours=26), "zone": _ZONE, "store": "S1", "till": "T1"}
    whole = {**row, "number": "000123", "member": "Ana Souza", "name": "Ana S.", "total": 4590, "gone": False}
    gone = {**row, "number": "000122", "member": "", "name": "", "total": 1290, "gone": True}
    return [{**whole, "gave": ("+45 points", "+1 stamp")}, {**gone, "gave": ()}]


def _member() -> dict[str, Any]:
    profile = {
        "member": SimpleNamespace(code="K7QM2X"),
        "identifiers": {"phone": "+55 11 98765-0001"},
        "cards": ["29001"],
    }
    return {"title": "Stays", "profile": profile, "tier": "gold", "accounts": [{"balance": "120 points"}]}


def _reasons() -> dict[str, Any]:
    reasons = [("No such department", 3, "row 12", "bakry is not known")]
    return {"id": "reasons", "title": "Left out", "reasons": reasons}


def _rule_fields() -> list[Part]:
    kinds: dict[str, dict[str, Any]] = {
        "text": {"value": "bakery", "wrong": "There is no such department."},
        "choice": {"value": "day", "wrong": "", "options": [("day", "a day"), ("month", "a month")]},
        "flag": {"value": "true", "wrong": ""},
    }
    use = "A field of a rule, by its kind: text, number, choice, flag."
    return [
        Part("office/rule_field.html", use, {"field": {"name": kind, "label": kind, "kind": kind, **said}, **said})
        for kind, said in kinds.items()
    ]


def parts_at(now: datetime) -> list[Part]:
    """The parts, with samples of that moment."""
    form = _asked()
    redeemed = {"id": _ID, "name": "Balancing", "undone": False, "at": now, "where": "Centro", "price": 4000}
    voucher = {"id": _ID, "name": "Cake", "until": now.date() + timedelta(days=30)}
    typed = {"id": "typed", "name": "typed", "label": "Amount", "value": "12", "mode": "decimal"}
    change = {"pair": {"change": "+16%"}}
    ways = {"reauthentication_alternatives": [{"url": "#", "id": "mfa_reauthenticate"}]}
    return [
        Part("mark.html", "Before a name in the head of a page."),
        Part("field.html", "A field of a Django form.", {"field": form["name"]}),
        Part("field.html", "The same, with something wrong.", {"field": form["email"]}),
        Part("field.html", "The same, a choice.", {"field": form["role"]}),
        Part("boxes.html", "A choice of several.", {"field": form["stores"]}),
        Part("office/typed.html", "A field that came back by hand.", {**typed, "hint": "Whole units."}),
        Part("office/typed.html", "The same, with something wrong.", {**typed, "wrong": "Write a figure."}),
        *_rule_fields(),
        Part("counter/field.html", "A field at the counter.", {**typed, "type": "text", "large": 1, "wrong": ""}),
        Part("mfa/errors.html", "What is wrong with a form of the second step.", {"form": form}),
        Part("mfa/code.html", "A code of the second step.", {"label": "Code"}),
        Part("account/other_ways.html", "Other ways to prove who one is.", ways),
        Part("office/rows.html", "Receipts in the office.", {"receipts": _rows(now)}),
        Part("counter/rows.html", "Receipts at the counter.", {"rows": _rows(now)}),
        Part("partner/rows.html", "Redemptions at a partner's desk.", {"rows": [redeemed]}),
        Part("portal/vouchers.html", "A member's vouchers.", {"vouchers": [voucher]}),
        Part("portal/given.html", "What a member was given.", {"given": [{"name": "Cake", "at": now}]}),
        Part("office/change.html", "By how much a figure changed.", change),
        Part("office/merge_side.html", "A member before or after merging.", _member()),
        Part(
            "office/setup_head.html",
            "The head of a page of the set-up.",
            {"title": "Stores", "hint": "Where you sell."},
        ),
        Part("office/rewards_nav.html", "Pages of one subject, side by side.", {"part": "rewards"}),
        Part("office/import_counts.html", "What a file brings.", {"title": "Members", "counts": [("Members", 120, 7)]}),
        Part("office/import_reasons.html", "Why rows did not come in.", _reasons()),
        Part("office/shown_once.html", "A secret, shown once.", {"title": "The key", "secret": "fiel_7Q2M"}),
        Part("office/brand_worn.html", "A piece of a page in the brand.", {"theme": "light", "called": "By day"}),
    ]


@require_safe
def parts(request: HttpRequest) -> HttpResponse:
    """The page of them. Where nobody develops there is none."""
    if not settings.DEBUG:
        raise Http404
    now = clock.now()
    may = dict.fromkeys(("members", "rules", "shop", "staff", "log"), True)
    request.place = SimpleNamespace(business=_BUSINESS, opens=may, can=may)  # type: ignore[attr-defined]
    request.desk = SimpleNamespace(business=_BUSINESS, zone_name=_ZONE, zone=ZoneInfo(_ZONE))  # type: ignore[attr-defined]
    request.here = SimpleNamespace(business=_BUSINESS, zone=_ZONE)  # type: ignore[attr-defined]
    wear(request, _BUSINESS)
    drawn = [(part, render_to_string(part.template, part.said, request)) for part in parts_at(now)]
    return render(request, "parts.html", {"parts": drawn, "themes": ("light", "dark"), "now": now, "zone": _ZONE})

"""Partners in the office: who they are, where they are, who works there, and what is paid for each reward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.identity import email as read_email
from fiel.core.refusals import Refused
from fiel.doors.amounts import amount_of
from fiel.doors.letters import letters_leave, send_letter
from fiel.doors.look import money, sign_of
from fiel.doors.office.codes import code_for
from fiel.doors.office.forms import EmailField
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.said import said as said_
from fiel.rewards.models import Partner, Reward
from fiel.rewards.partners import PartnerRow, PartnerTold, change_partner, partners_told, put_partner
from fiel.shops.models import Person, Staff
from fiel.shops.opening import make_sign_in_link
from fiel.shops.roles import May
from fiel.tables.walls import unwalled

__all__ = ["change", "new_partner", "partner", "partners"]

with_place = with_place_(may=May.SHOP)

_PAGE = 30
_LONGEST = 200
_MOST_REWARDS = 500


class PartnerForm(forms.Form):
    """Who a partner is."""

    name = forms.CharField(label=gettext_lazy("Name of the company"), max_length=200)
    tax_id = forms.CharField(label=gettext_lazy("Tax number"), max_length=20, required=False)
    email = EmailField(
        label=gettext_lazy("E-mail"), required=False, help_text=gettext_lazy("Where its settlements go.")
    )
    ended = forms.BooleanField(
        label=gettext_lazy("We no longer work with them: nothing more is redeemed there"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )


@require_safe
@with_place
def partners(request: HttpRequest, place: Place) -> HttpResponse:
    """The partners, by code; those with whom it is over stay in the list."""
    q, after = (request.GET.get(name, "").strip()[:_LONGEST] for name in ("q", "after"))
    rows = Partner.objects.filter(business=place.business, code__gt=after)
    if q:
        rows = rows.filter(name__icontains=q)
    found = list(rows.order_by("code")[: _PAGE + 1])
    page = {
        "q": q,
        "rows": [(told, _clerks(len(told.clerks))) for told in partners_told(place.business.pk, found[:_PAGE])],
        "following": found[_PAGE - 1].code if len(found) > _PAGE else "",
    }
    return render(request, "office/partners.html", page)


def _clerks(number: int) -> str:
    return ngettext("%(number)s clerk", "%(number)s clerks", number) % {"number": number}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def new_partner(request: HttpRequest, place: Place) -> HttpResponse:
    """Another company comes to be a partner."""
    form = PartnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        taken = Partner.objects.filter(business=place.business).values_list("code", flat=True)
        code = code_for(said["name"], taken, unnamed="partner")
        now = Present(place.business, clock.now())
        row = PartnerRow(name=said["name"], tax_id=said["tax_id"], email=said["email"])
        put_partner(place.business, code, row, now=clock.now(), today=now.today)
        messages.success(request, _("The partner is there. Now say where they are, who works there, and what you pay."))
        return redirect("partner-of", place.business.slug, code)
    return render(request, "office/partner_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def partner(request: HttpRequest, place: Place, code: str) -> HttpResponse:
    """A partner with everything about it; what is posted here is who they are."""
    told = _told(place, code)
    form = PartnerForm(request.POST or None, initial=_typed(told.partner))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        _change(place, code, lambda row: replace(row, **said))
        messages.success(request, _("Kept."))
        return redirect("partner-of", place.business.slug, code)
    return _page(request, place, told, form=form, status=422 if form.errors else 200)


def _typed(of: Partner) -> dict[str, Any]:
    return {"name": of.name, "tax_id": of.tax_id, "email": of.email, "ended": of.ended_at is not None}


def _page(request: HttpRequest, place: Place, told: PartnerTold, *, status: int = 200, **more: Any) -> HttpResponse:
    rewards = list(Reward.objects.filter(business=place.business).order_by("name", "code")[:_MOST_REWARDS])
    named = {each.code: each for each in rewards}
    currency, code = place.business.currency, told.partner.code
    agreed = [
        (
            str(named.get(reward, reward)),
            [(day, money(price, currency)) for day, price in prices],
            reward in named and code not in named[reward].partners,
            reward,
        )
        for reward, prices in told.prices.items()
    ]
    page = {
        "told": told,
        "form": PartnerForm(initial=_typed(told.partner)),
        "agreed": agreed,
        "rewards": rewards,
        "today": Present(place.business, clock.now()).today.isoformat(),
        "zone": place.business.timezone,
        "currency": sign_of(currency),
        "typed": {},
        "wrong": {},
        **more,
    }
    return render(request, "office/partner.html", page, status=status)


@require_POST
@with_place
def change(request: HttpRequest, place: Place, code: str, what: str) -> HttpResponse:
    """Add a place, a clerk or a price, or take one away; what is wrong comes back at its field."""
    acts = {"stores": _put_store, "clerks": _put_clerk, "prices": _put_price, "links": _send_again}
    if what not in acts:
        raise Http404
    told = _told(place, code)
    try:
        acts[what](request, place, told)
    except Refused as refused:
        wrong = {fault.pointer[1:]: fault.detail for fault in refused.faults}
        return _page(request, place, told, status=422, typed=request.POST, wrong=wrong)
    return redirect("partner-of", place.business.slug, code)


def _put_store(request: HttpRequest, place: Place, told: PartnerTold) -> None:
    gone, name = request.POST.get("remove", ""), request.POST.get("store", "").strip()[:_LONGEST]
    if gone:
        # Who worked only there works in any of the partner's places from then on.
        clerks = {email: "" if store == gone else store for email, store in told.clerks.items()}
        stores = {each: named for each, named in told.stores.items() if each != gone}
        _change(place, told.partner.code, lambda row: replace(row, stores=stores, clerks=clerks))
        return
    if not name:
        raise said_("invalid", _("Write what the place is called."), "/store")
    new = code_for(name, told.stores, unnamed="place")
    _change(place, told.partner.code, lambda row: replace(row, stores={**row.stores, new: name}))


def _put_clerk(request: HttpRequest, place: Place, told: PartnerTold) -> None:
    """Let somebody work at the partner's desk, and send them the way in."""
    gone = request.POST.get("remove", "")
    if gone:
        clerks = {each: store for each, store in told.clerks.items() if each != gone}
        _change(place, told.partner.code, lambda row: replace(row, clerks=clerks))
        return
    try:
        email = read_email(request.POST.get("email", ""))
    except Refused:
        raise said_("invalid", _("Write an e-mail address, as rui@example.com."), "/email") from None
    store = request.POST.get("store", "")
    store = store if store in told.stores else ""
    _change(place, told.partner.code, lambda row: replace(row, clerks={**row.clerks, email: store}))
    _send_link(request, place, told.partner, email)


def _send_again(request: HttpRequest, place: Place, told: PartnerTold) -> None:
    email = request.POST.get("email", "")
    if email in told.clerks:
        _send_link(request, place, told.partner, email)


def _put_price(request: HttpRequest, place: Place, told: PartnerTold) -> None:
    """Agree on what is paid for a reward, from a day on."""
    reward, currency = request.POST.get("reward", ""), place.business.currency
    amount = amount_of(request.POST.get("price", ""), currency, "/price")
    try:
        day = date.fromisoformat(request.POST.get("from", ""))
    except ValueError:
        raise said_("invalid", _("Choose the day from which it holds."), "/from") from None
    if not Reward.objects.filter(business=place.business, code=reward).exists():
        raise said_("invalid", _("Choose a reward."), "/reward")
    if day < Present(place.business, clock.now()).today:
        sentence = _("Today or later: what was handed over keeps the price of its day.")
        raise said_("invalid", sentence, "/from")
    _change(place, told.partner.code, lambda row: replace(row, prices=[(reward, day, amount)]))
    messages.success(request, _("The price is agreed."))


def _change(place: Place, code: str, how: Callable[[PartnerRow], PartnerRow]) -> None:
    now = clock.now()
    change_partner(place.business, code, how, now=now, today=Present(place.business, now).today)


def _send_link(request: HttpRequest, place: Place, of: Partner, email: str) -> None:
    """Send a clerk the way to the desk. Where no letters go out, the link is shown, but to nobody else's account."""
    person = Person.objects.get(email=email)
    with unwalled():
        elsewhere = Staff.objects.filter(person=person).exclude(business=place.business, role="partner").exists()
    known = person.has_usable_password() or elsewhere
    base = settings.PUBLIC_URL.rstrip("/")
    link = f"{base}/partner/" if known else f"{make_sign_in_link(person, public_url=base, now=clock.now())}/"
    said = {"link": link, "business": place.business.name, "partner": of.name, "known": known}
    if send_letter("desk", email, language=person.language or place.business.language, **said) and letters_leave():
        messages.success(request, _("A letter with a link is on its way to %(email)s.") % {"email": email})
    else:
        text = _("No letter could be sent. Hand this link to %(email)s yourself: %(link)s")
        messages.warning(request, text % {"email": email, "link": link})


def _told(place: Place, code: str) -> PartnerTold:
    found = Partner.objects.filter(business=place.business, code=code).first()
    if found is None:
        raise Http404
    return partners_told(place.business.pk, [found])[0]

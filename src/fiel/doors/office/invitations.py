"""Whom to invite: the list, what is done about somebody on it, what it looks for, and whether it helped."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.money import minor_digits
from fiel.core.refusals import Refused
from fiel.doors.asked import number_in
from fiel.doors.inviting import WHYS, act_on, listed
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.said import Said
from fiel.outreach.invitations.report import Line, Side, report
from fiel.outreach.invitations.rules import Rule, change_rule, rules_of
from fiel.rewards.models import Reward
from fiel.shops.roles import May

__all__ = ["act", "helped", "invitations", "rules"]

with_place = with_place_(may=May.MARKET)

_DAYS = (30, 90, 365)


@require_safe
@with_place
def invitations(request: HttpRequest, place: Place) -> HttpResponse:
    """The list: whom to invite now, who was invited, who was put off, who is done with."""
    return render(request, "office/invitations.html", listed(request, place))


@require_POST
@with_place
def act(request: HttpRequest, place: Place, member_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Do something about one of the list. As WhatsApp opens, the browser notes it by itself."""
    try:
        done = act_on(request, place, member_id, invitation_id)
    except Refused as refused:
        text = refused.detail if isinstance(refused, Said) else _("This cannot be done now: look at the list again.")
        messages.error(request, text)
    else:
        if "HX-Request" in request.headers:
            return HttpResponse(done.text)
        messages.success(request, done.text)
    return redirect(f"{reverse('invitations', args=[place.business.slug])}?show={request.POST.get('show', 'due')}")


class RuleForm(forms.Form):
    """One reason for which the daily run looks."""

    active = forms.BooleanField(label=gettext_lazy("Put on the list"), required=False)
    figure = forms.IntegerField(required=False, min_value=0, max_value=1000)
    gift = forms.ChoiceField(label=gettext_lazy("Gift"), required=False)
    budget = forms.DecimalField(label=gettext_lazy("It may cost"), required=False, min_value=0, max_value=10**9)

    def __init__(self, *said: Any, place: Place, why: str, **options: Any) -> None:
        super().__init__(*said, **{**options, "prefix": why})
        rewards = Reward.objects.filter(business=place.business).order_by("name", "code")
        names = [(reward.code, str(reward)) for reward in rewards]
        self.fields["gift"].choices = [("", _("none")), *names]  # type: ignore[attr-defined]
        self.fields["figure"].label = _FIGURES.get(why)
        self.why, self.name = why, WHYS[why]
        self.digits = minor_digits(place.business.currency)
        if why not in _FIGURES:
            del self.fields["figure"]

    @property
    def rule(self) -> Rule:
        """The rule that was filled in."""
        told = self.cleaned_data
        budget = told.get("budget")
        return Rule(
            self.why,
            bool(told.get("active")),
            int(told.get("figure") or 0),
            told.get("gift", ""),
            None if budget is None else int(budget.scaleb(self.digits)),
        )


_FIGURES = {
    "birthday": gettext_lazy("How many days ahead"),
    "away": gettext_lazy("After how many days without a visit"),
    "tier": gettext_lazy("When at most so many per cent are missing"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def rules(request: HttpRequest, place: Place) -> HttpResponse:
    """What members are put on the list for, each with gift and budget."""
    wanted = request.POST.get("why", "")
    shown = []
    for why, rule in rules_of(place.business.id).items():
        digits = minor_digits(place.business.currency)
        budget = None if rule.budget is None else Decimal(rule.budget).scaleb(-digits)
        said = {"active": rule.active, "figure": rule.figure, "gift": rule.gift, "budget": budget}
        form = RuleForm(request.POST if why == wanted else None, place=place, why=why, initial=said)
        if why == wanted and form.is_valid():
            try:
                change_rule(place.business, form.rule)
            except Refused as refused:
                form.add_error("figure" if "figure" in form.fields else None, refused.detail)
            else:
                messages.success(request, _("Kept. It counts from the next morning on."))
                return redirect("invitation-rules", place.business.slug)
        shown.append(form)
    return render(
        request, "office/invitation_rules.html", {"forms": shown}, status=422 if request.method == "POST" else 200
    )


@require_safe
@with_place
def helped(request: HttpRequest, place: Place) -> HttpResponse:
    """Who was invited, came, spent, and what the gifts cost, beside those who were due and not invited."""
    asked = number_in(request.GET.get("days", ""))
    days = asked if asked in _DAYS else _DAYS[1]
    now = clock.now()
    zone = ZoneInfo(place.business.timezone)
    first = datetime.combine(now.astimezone(zone).date() - timedelta(days=days - 1), time(), zone)
    lines = report(place.business.id, first=first, last=now)
    total = sum((line.invited for line in lines), Side()), sum((line.others for line in lines), Side())
    page = {
        "lines": [(WHYS[line.why], line.invited, line.others) for line in lines],
        "total": Line("", *total),
        "days": days,
        "choices": _DAYS,
        "first": first.date(),
        "currency": place.business.currency,
        "zone": place.business.timezone,
    }
    return render(request, "office/invitation_report.html", page)

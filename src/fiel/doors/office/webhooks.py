"""Webhooks: addresses that are told events, their secrets, and what was sent there."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.asked import uuid_in
from fiel.doors.office.second_step import asks_again
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.events.models import Endpoint
from fiel.outreach import webhooks as hooks
from fiel.shops.roles import May

__all__ = ["EVENTS", "webhook", "webhook_act", "webhooks"]

with_place = with_place_(may=May.KEYS)

_PAGE = 30

EVENTS: dict[str, Promise] = {
    "member.created": gettext_lazy("Somebody became a member"),
    "sale.recorded": gettext_lazy("A sale was recorded"),
    "points.changed": gettext_lazy("A balance changed"),
    "voucher.issued": gettext_lazy("A voucher was issued"),
    "voucher.redeemed": gettext_lazy("A voucher was redeemed"),
    "tier.changed": gettext_lazy("A member's tier changed"),
    "invitation.due": gettext_lazy("A member should be invited"),
    "test": gettext_lazy("A try-out"),
}


class WebhookForm(forms.Form):
    """Where to, what of, and what for."""

    url = forms.URLField(
        label=gettext_lazy("Address"),
        max_length=2000,
        assume_scheme="https",
        help_text=gettext_lazy("https://…, where your program listens."),
    )
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told"),
        choices=[(kind, EVENTS[kind]) for kind in hooks.EVENT_KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: everything."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
@asks_again
def webhooks(request: HttpRequest, place: Place) -> HttpResponse:
    """The addresses, and a form for one more; once it is sent, its secret, shown this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = hooks.listen_at(place.business, **form.cleaned_data, now=clock.now())
        except Refused as refused:
            form.add_error("url", _told(refused))
        else:
            return _page(request, place, made[0], secret=made[1])
    page = {"form": form, "rows": hooks.endpoints_of(place.business.id), "zone": place.business.timezone}
    return render(request, "office/webhooks.html", page, status=422 if form.errors else 200)


def _told(refused: Refused) -> str:
    """Why an address cannot be told anything, in the person's language."""
    if any(fault.pointer == "/url" for fault in refused.faults):
        return _("Nothing can be sent to this address: it must be https, and reached from the internet.")
    most = hooks.MOST_ENDPOINTS
    return ngettext("There is %(n)s already. Remove one.", "There are %(n)s already. Remove one.", most) % {"n": most}


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
@asks_again
def webhook(request: HttpRequest, place: Place, endpoint_id: UUID) -> HttpResponse:
    """One address: what it is told, and what was sent there."""
    endpoint = _endpoint(place, endpoint_id)
    form = WebhookForm(
        request.POST or None, initial={name: getattr(endpoint, name) for name in WebhookForm.base_fields}
    )
    if request.method == "POST" and form.is_valid():
        try:
            hooks.change(endpoint, **form.cleaned_data, now=clock.now())
        except Refused as refused:
            form.add_error("url", _told(refused))
        else:
            messages.success(request, _("It is kept."))
            return redirect("webhook", place.business.slug, endpoint.id)
    return _page(request, place, endpoint, form=form)


@require_POST
@with_place
@asks_again
def webhook_act(request: HttpRequest, place: Place, endpoint_id: UUID, act: str) -> HttpResponse:
    """Try it out, send again, change the secret, switch it off or on, remove it."""
    endpoint, now = _endpoint(place, endpoint_id), clock.now()
    match act:
        case "secret":
            return _page(request, place, endpoint, secret=hooks.rotate(endpoint, now=now))
        case "remove":
            hooks.remove(endpoint, now=now)
            return redirect("webhooks", place.business.slug)
        case "off" | "on":
            hooks.change(endpoint, enabled=act == "on", now=now)
        case "try":
            hooks.try_out(endpoint, now=now)
            messages.success(request, _("A try-out is on its way."))
        case "again":
            _send_again(request, place, endpoint)
        case _:
            raise Http404
    return redirect("webhook", place.business.slug, endpoint.id)


def _send_again(request: HttpRequest, place: Place, endpoint: Endpoint) -> None:
    """One event, or all since a day."""
    try:
        if "event" in request.POST:
            sent = hooks.replay_one(endpoint, UUID(request.POST["event"]))
        else:
            day = date.fromisoformat(request.POST.get("since", ""))
            sent = hooks.replay_since(endpoint, datetime.combine(day, time(), ZoneInfo(place.business.timezone)))
    except (ValueError, Refused):
        messages.error(request, _("Choose the day from which on it is sent again."))
        return
    text = ngettext("%(n)s event is sent again.", "%(n)s events are sent again.", sent)
    messages.success(request, text % {"n": sent})


def _endpoint(place: Place, endpoint_id: UUID) -> Endpoint:
    try:
        return hooks.endpoint_by_id(place.business.id, str(endpoint_id))
    except Refused:
        raise Http404 from None


def _stands(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in WebhookForm.base_fields}


def _page(
    request: HttpRequest, place: Place, endpoint: Endpoint, *, secret: str = "", form: forms.Form | None = None
) -> HttpResponse:
    rows = hooks.deliveries_of(endpoint, after=uuid_in(request.GET.get("after", "")), limit=_PAGE + 1)
    form = form or WebhookForm(initial=_stands(endpoint))
    page: dict[str, Any] = {
        "endpoint": endpoint,
        "secret": secret,
        "form": form,
        "rows": [(row, EVENTS[row.event.kind]) for row in rows[:_PAGE]],
        "after": rows[_PAGE - 1].event_id if len(rows) > _PAGE else None,
        "zone": place.business.timezone,
    }
    return render(request, "office/webhook.html", page, status=422 if form.errors else 200)

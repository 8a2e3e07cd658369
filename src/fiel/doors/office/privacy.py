"""Data protection in the office: what members ask about their data, and how long each kind of data is kept."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.office.members import named_member
from fiel.doors.people import Place, with_place
from fiel.doors.words import ASKED
from fiel.privacy.requests import answer_request, answered_lately, ask, open_requests
from fiel.privacy.retention import KINDS, cleared_lately, kept_for, set_retention
from fiel.shops.roles import May

__all__ = ["KEPT", "answer", "asked", "requests", "retention"]

_MOST = 200
_CLEARED = 50

KEPT: dict[str, tuple[Promise, Promise]] = {
    "papers": (
        gettext_lazy("Printed papers"),
        gettext_lazy("Cards, letters and slips, until they are fetched; they can be printed anew."),
    ),
    "jobs": (
        gettext_lazy("Finished work"),
        gettext_lazy("Reports of imports and what-ifs, with their files, such as rows that were refused."),
    ),
    "messages": (gettext_lazy("Messages"), gettext_lazy("That something was written to a member, and when.")),
    "invitations": (gettext_lazy("Invitations"), gettext_lazy("Those that ended: why, and whether the member came.")),
    "suspicions": (gettext_lazy("Suspicions"), gettext_lazy("Those that somebody dismissed.")),
    "members": (
        gettext_lazy("Members who stay away"),
        gettext_lazy("Who bought nothing for so long, and has nothing left, is erased. Empty: nobody is."),
    ),
}
"""What each kind is called, and what it is."""


class RetentionForm(forms.Form):
    """For how many days each kind is kept."""

    def __init__(self, *said: Any, **options: Any) -> None:
        super().__init__(*said, **options)
        for code, kind in KINDS.items():
            name, what = KEPT[code]
            self.fields[code] = forms.IntegerField(
                label=_("%(kind)s: days") % {"kind": name},
                required=kind.days is not None,
                min_value=kind.least,
                max_value=kind.most,
                help_text=_("%(what)s From %(least)s to %(most)s days.")
                % {"what": what, "least": kind.least, "most": kind.most},
            )


@require_http_methods(["GET", "HEAD", "POST"])
@with_place(may=May.BUSINESS)
def retention(request: HttpRequest, place: Place) -> HttpResponse:
    """For how long each kind is kept, and what went already."""
    business = place.business
    form = RetentionForm(request.POST or None, initial=kept_for(business.id))
    if request.method == "POST" and form.is_valid():
        set_retention(business, form.cleaned_data)
        messages.success(request, _("It is kept to from the next night on."))
        return redirect("retention", business.slug)
    cleared = [(each, KEPT[each.kind][0]) for each in cleared_lately(business.id, limit=_CLEARED)]
    page = {"form": form, "cleared": cleared, "zone": business.timezone}
    return render(request, "office/retention.html", page, status=422 if form.errors else 200)


@require_safe
@with_place(may=May.MEMBERS)
def requests(request: HttpRequest, place: Place) -> HttpResponse:
    """What waits for an answer, the most urgent first; and what was answered lately."""
    return _requests(request, place)


def _requests(request: HttpRequest, place: Place, *, wrong: UUID | None = None) -> HttpResponse:
    business, today = place.business, _today(place)
    waiting = [
        (row, member, ASKED[row.what], (row.due_on - today).days)
        for row, member in open_requests(business.id, limit=_MOST)
    ]
    done = [(row, member, ASKED[row.what]) for row, member in answered_lately(business.id, limit=_CLEARED)]
    page = {"waiting": waiting, "done": done, "zone": business.timezone, "wrong": wrong}
    return render(request, "office/requests.html", page, status=422 if wrong else 200)


def _today(place: Place) -> date:
    return clock.now().astimezone(ZoneInfo(place.business.timezone)).date()


@require_POST
@with_place(may=May.MEMBERS)
def answer(request: HttpRequest, place: Place, request_id: UUID) -> HttpResponse:
    """Say what was done about a request."""
    said = request.POST.get("answer", "")
    try:
        answer_request(place.business, request_id, answer=said, by=place.person.email, now=clock.now())
    except Refused as refused:
        if refused.code == "invalid":
            return _requests(request, place, wrong=request_id)
        messages.error(request, _("This was answered before, or is not there."))
    return redirect("requests", place.business.slug)


@require_POST
@with_place(may=May.MEMBERS)
def asked(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Note what a member asks in the shop or by letter."""
    found, said = named_member(place, member_id), request.POST
    what, words = said.get("what", "")[:20], said.get("words", "")[:1001]
    try:
        ask(place.business, found.id, what, words=words, source="office", now=clock.now(), today=_today(place))
    except Refused:
        messages.error(request, _("Say what is wrong, and how it should be, in at most 1,000 letters."))
        return redirect("member", place.business.slug, found.id)
    return redirect("requests", place.business.slug)

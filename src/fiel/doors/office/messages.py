"""Messages to members: by which channels and when, the words of each kind, what became of those that were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages as said
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.asked import uuid_in
from fiel.doors.look import LANGUAGES, figure
from fiel.doors.office.trying import known_to_try, member_to_try
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.members.read import members_by_id
from fiel.outreach.messages.notices import NOTICES
from fiel.outreach.messages.settings import channels_ready, messaging_of, settle_messaging
from fiel.outreach.models import STATES as ALL
from fiel.outreach.models import Message
from fiel.outreach.wordings import FIELDS, KINDS, Words, fill, put_words, words_in, words_of
from fiel.shops.roles import May

__all__ = ["CHANNELS", "NOTICE_NAMES", "messages", "wording"]

with_place = with_place_(may=May.MARKET)

CHANNELS: Mapping[str, Promise] = {
    "whatsapp": gettext_lazy("WhatsApp"),
    "sms": gettext_lazy("Text message"),
    "email": gettext_lazy("E-mail"),
    "letter": gettext_lazy("Letter"),
}
STATES: Mapping[str, Promise] = {
    "waiting": gettext_lazy("Waits"),
    "sent": gettext_lazy("Sent"),
    "failed": gettext_lazy("Did not go"),
    "dropped": gettext_lazy("Not sent"),
}
"""States as they are shown: what is being sent waits still."""
REASONS: Mapping[str, Promise] = {
    "no_consent": gettext_lazy("the member has not agreed to this"),
    "said_stop": gettext_lazy("the member said stop"),
    "member_left": gettext_lazy("the member left"),
    "no_way": gettext_lazy("no phone or e-mail for the channels in use"),
    "too_late": gettext_lazy("it came too late to make sense"),
    "not_set_up": gettext_lazy("no channel is in use"),
    "stopped": gettext_lazy("the campaign was stopped"),
    "told_by_letter": gettext_lazy("the e-mail for the account's safety tells it already"),
    "not_known_whether_sent": gettext_lazy("it broke off twice; it may have arrived"),
}
NOTICE_NAMES: Mapping[str, Promise] = {kind: KINDS[f"notice.{kind}"].name for kind in NOTICES}
_PAGE = 20
_MOST_COUNTED = 10_000
_HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class HowForm(forms.Form):
    """By which channels, which notices, when not, how much at most."""

    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Write by"), required=False, widget=forms.CheckboxSelectMultiple
    )
    notices = forms.MultipleChoiceField(
        label=gettext_lazy("Tell members by itself"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=list(NOTICE_NAMES.items()),
    )
    quiet_from = forms.TypedChoiceField(label=gettext_lazy("Nothing leaves from"), coerce=int, choices=_HOURS)
    quiet_until = forms.TypedChoiceField(label=gettext_lazy("until"), coerce=int, choices=_HOURS)
    most_a_week = forms.IntegerField(
        label=gettext_lazy("Offers for one member in a week, at most"),
        min_value=0,
        max_value=20,
        help_text=gettext_lazy("0: as many as there are."),
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["channels"].choices = [(name, CHANNELS[name]) for name in channels_ready()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def messages(request: HttpRequest, place: Place) -> HttpResponse:
    """How the business writes, the words of each kind, and the last messages."""
    how = messaging_of(place.business)
    fields = ("channels", "notices", "quiet_from", "quiet_until", "most_a_week")
    form = HowForm(request.POST or None, initial={name: getattr(how, name) for name in fields})
    if request.method == "POST" and form.is_valid():
        for name in fields:
            setattr(how, name, form.cleaned_data[name])
        settle_messaging(how, now=clock.now())
        said.success(request, _("Kept."))
        return redirect("messages", place.business.slug)
    state = request.GET.get("state", "")
    rows = _last(place.business.id, state if state in STATES else "", request.GET.get("after", ""))
    members = members_by_id(place.business.id, [row.member_id for row in rows])
    page = {
        "form": form,
        "kinds": [(code, kind.name) for code, kind in KINDS.items()],
        "rows": [
            (
                row,
                members[row.member_id],
                STATES[_shown(row.state)],
                _kind(row),
                CHANNELS.get(row.channel, ""),
                _reason(row),
            )
            for row in rows[:_PAGE]
        ],
        "after": rows[_PAGE - 1].id if len(rows) > _PAGE else None,
        "counts": _counts(place.business.id),
        "state": state,
        "zone": place.business.timezone,
    }
    return render(request, "office/messages.html", page, status=422 if request.method == "POST" else 200)


def _kind(row: Message) -> str | Promise:
    return KINDS[row.kind].name if row.kind in KINDS else _("Campaign")


def _reason(row: Message) -> str | Promise:
    return REASONS.get(row.reason, row.reason)


def _shown(state: str) -> str:
    return "waiting" if state == "sending" else state


def _of(business_id: int, state: str) -> QuerySet[Message]:
    return Message.objects.filter(business_id=business_id, state__in=[each for each in ALL if _shown(each) == state])


def _counts(business_id: int) -> list[tuple[str, Promise, str]]:
    """How many there are of each state, as far as one wants to know it: a state, its word, the number."""
    found = []
    for state, word in STATES.items():
        number = _of(business_id, state)[: _MOST_COUNTED + 1].count()
        if number:
            found.append((state, word, f"{figure(_MOST_COUNTED)}+" if number > _MOST_COUNTED else figure(number)))
    return found


def _last(business_id: int, state: str, after: str) -> list[Message]:
    rows = _of(business_id, state) if state else Message.objects.filter(business_id=business_id)
    last_id = uuid_in(after)
    last = Message.objects.filter(business_id=business_id, id=last_id).first() if last_id else None
    if last is not None:
        rows = rows.filter(created_at__lte=last.created_at).exclude(created_at=last.created_at, id__gte=last.id)
    return list(rows.order_by("-created_at", "-id")[: _PAGE + 1])


class WordsForm(forms.Form):
    """The words of a kind of message in one language."""

    subject = forms.CharField(label=gettext_lazy("Subject of an e-mail"), max_length=200, required=False)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "A line that names something nobody knows of a member is left out. Empty: Fiel's own words."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def wording(request: HttpRequest, place: Place, kind: str) -> HttpResponse:
    """Change the words of a kind of message, and see them as they would reach a member."""
    if kind not in KINDS:
        raise Http404
    language = request.GET.get("language", "")
    language = language if language in LANGUAGES else place.business.language
    if language not in LANGUAGES:
        language = "en"
    words = words_of(place.business.id, [kind], [language])[kind, language]
    form = WordsForm(request.POST or None, initial={"subject": words.subject, "body": words.body})
    if form.is_valid():
        words = Words(form.cleaned_data["subject"], form.cleaned_data["body"])
        if "keep" in request.POST:
            try:
                put_words(place.business, kind, language, words)
            except Refused as refused:
                form.add_error("body", refused.detail)
            else:
                said.success(request, _("Kept."))
                return redirect(f"{request.path}?language={language}")
        words = words if words.body.strip() else words_in(kind, language)
    member = member_to_try(place, request.POST.get("q") or request.GET.get("q", ""))
    page = {
        "kind": KINDS[kind].name,
        "form": form,
        "fields": [(f"{{{name}}}", FIELDS[name]) for name in KINDS[kind].fields],
        "spoken": language,
        "tried": fill(words, known_to_try(place, member, language)),
        "member": member,
        "q": request.POST.get("q", ""),
    }
    wrong = request.method == "POST" and bool(form.errors)
    return render(request, "office/wording.html", page, status=422 if wrong else 200)

"""A member as a person, in the office: contacts and consents changed, data taken along, and erased for good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.look import LANGUAGES
from fiel.doors.office.members import accounts_of, named_member
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.doors.words import CONSENTS, IDENTIFIERS, shop_notice
from fiel.hand.person import change_person
from fiel.members.change import Change
from fiel.members.find import known_as
from fiel.members.models import Member
from fiel.members.read import Profile, profiles, standings
from fiel.privacy.erase import erase
from fiel.privacy.export import export_member, export_tables
from fiel.privacy.requests import is_done
from fiel.rewards.lists import vouchers_listed
from fiel.shops.models import Business
from fiel.shops.roles import May
from fiel.trail.note import note
from fiel.wire.identities import read_all

__all__ = ["change", "erasing", "export"]

with_place = with_place_(may=May.MEMBERS)

_LINES = 6
_LONGEST_LINE = 80
_MOST_TYPES = 20
_MOST_VOUCHERS = 100

_WRONG: dict[str, Promise] = {
    "phone": gettext_lazy("This is no phone number; write it with the area code."),
    "email": gettext_lazy("This is no e-mail address; write it like ana@example.com."),
    "tax_id": gettext_lazy("This number cannot be right; compare it digit by digit."),
    "birth_date": gettext_lazy("A birth date lies in the past, and not before 1900."),
}


class PersonForm(forms.Form):
    """Who somebody is, how they are reached, and what they agreed to."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    tax_id = forms.CharField(label=gettext_lazy("Document"), max_length=40, required=False)
    birth_date = forms.DateField(
        label=gettext_lazy("Birth date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    address = forms.CharField(
        label=gettext_lazy("Address for letters"),
        required=False,
        max_length=_LINES * (_LONGEST_LINE + 2),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Line by line, without the name."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    types = forms.CharField(
        label=gettext_lazy("Types of customer"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("As your programme names them, with commas between."),
    )

    def __init__(self, *said: Any, business: Business, **options: Any) -> None:
        super().__init__(*said, **options)
        own = LANGUAGES.get(business.language, business.language)
        choices = [("", _("the shop's (%(language)s)") % {"language": own}), *LANGUAGES.items()]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]
        for purpose, word in CONSENTS.items():
            answers = [("", _("not asked")), ("yes", _("yes")), ("no", _("no"))]
            self.fields[purpose] = forms.ChoiceField(label=str(word), required=False, choices=answers)

    @property
    def consents(self) -> list[forms.BoundField]:
        """The questions."""
        return [self[purpose] for purpose in CONSENTS]

    def clean_address(self) -> str:
        """At most six lines, none of them longer than an envelope is wide."""
        lines = [line.strip() for line in self.cleaned_data["address"].splitlines() if line.strip()]
        if len(lines) > _LINES or any(len(line) > _LONGEST_LINE for line in lines):
            raise forms.ValidationError(_("At most six lines of 80 letters."))
        return "\n".join(lines)

    def change(self, profile: Profile, identities: Mapping[str, str]) -> Change:
        """What differs from the member as they are; `identities`: the ways that were typed, in their normal form."""
        said, member = self.cleaned_data, profile.member
        fields: dict[str, Any] = {
            "name": said["name"].strip(),
            "birth_date": said["birth_date"],
            "address": said["address"],
            "language": said["language"],
            "types": [each.strip() for each in said["types"].split(",") if each.strip()][:_MOST_TYPES],
        }
        answers = {purpose: said[purpose] == "yes" for purpose in CONSENTS if said[purpose]}
        return Change(
            fields={name: value for name, value in fields.items() if value != getattr(member, name)},
            identifiers={
                kind: identities.get(kind)
                for kind in IDENTIFIERS
                if identities.get(kind) != profile.identifiers.get(kind)
            },
            consents={purpose: yes for purpose, yes in answers.items() if profile.consents.get(purpose) != yes},
            notice=shop_notice(),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def change(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Change who they are and what they agreed to, as they say in the shop."""
    found = named_member(place, member_id)
    [profile] = profiles(place.business.pk, [found])
    form = PersonForm(request.POST or None, business=place.business, initial=_typed(found, profile))
    if request.method == "POST" and form.is_valid() and _changed(place, profile, form):
        messages.success(request, _("Kept."))
        return redirect("member", place.business.slug, found.id)
    page = {"member": found, "form": form}
    return render(request, "office/member_change.html", page, status=422 if form.errors else 200)


def _typed(member: Member, profile: Profile) -> dict[str, Any]:
    names = ("name", "birth_date", "address", "language")
    typed: dict[str, Any] = {name: getattr(member, name) for name in names}
    answers = {purpose: "yes" if granted else "no" for purpose, granted in profile.consents.items()}
    return typed | dict(profile.identifiers) | answers | {"types": ", ".join(member.types)}


def _changed(place: Place, profile: Profile, form: PersonForm) -> bool:
    """Change the member; False where something cannot be right, which is said at its field."""
    given = {kind: form.cleaned_data[kind].strip() for kind in IDENTIFIERS if form.cleaned_data[kind].strip()}
    today = Present(place.business, clock.now()).today
    try:
        # What is there already is left as it is: rules may have become stricter since.
        new = {kind: text for kind, text in given.items() if text != profile.identifiers.get(kind)}
        identities = given | {kind: way.value for kind, way in read_all(place.business, new).items()}
        asked = form.change(profile, identities)
        change_person(place.business, profile.member.id, asked, today=today, by=place.person.email)
    except Refused as refused:
        taken = _("Another customer has this already: maybe the two are one person, and can be merged.")
        for fault in refused.faults:
            field = fault.pointer[1:]
            sentence = taken if refused.code == "member_exists" else str(_WRONG.get(field, fault.detail))
            form.add_error(field if field in form.fields else None, sentence)
        return False
    return True


# What is kept, to take along


@require_safe
@with_place
def export(request: HttpRequest, place: Place, member_id: UUID, kind: str) -> HttpResponse:
    """Everything that is kept of a member, as JSON, or as CSV tables in a ZIP; that it was taken is noted."""
    if kind not in ("json", "csv"):
        raise Http404
    found = named_member(place, member_id)
    told, now = export_member(place.business, found), clock.now()
    is_done(place.business, list(known_as(place.business.pk, [found.id])), ["export"], by=place.person.email, now=now)
    note(place.business.pk, "member.exported", about=found.id, after={"as": kind}, now=now)
    content = json.dumps(told, ensure_ascii=False, indent=1).encode() if kind == "json" else export_tables(told)
    content_type = "application/json" if kind == "json" else "application/zip"
    name = f"{found.code}.{'json' if kind == 'json' else 'zip'}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=disposition)


# Gone for good


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def erasing(request: HttpRequest, place: Place, member_id: UUID) -> HttpResponse:
    """Erase a member; what is lost is said first, and their number has to be typed."""
    found, business = named_member(place, member_id), place.business
    wrong = ""
    if request.method == "POST":
        if request.POST.get("number", "").strip() == found.code:
            erase(business, found.id, now=clock.now(), by=place.person.email, record=Path(settings.DATA_FOLDER))
            messages.success(request, _("The member is erased. The sums stay, without a name."))
            return redirect("members", business.slug)
        wrong = _("This is not the number: nothing was erased.")
    now = Present(business, clock.now())
    [profile] = profiles(business.pk, [found])
    held = standings(business.pk, found.id, shown=now.shown, units=now.units, today=now.today)
    usable = vouchers_listed(business.pk, member_id=found.id, state="issued", limit=_MOST_VOUCHERS)
    page = {
        "member": found,
        "profile": profile,
        "accounts": accounts_of([each for each in held if each.balance], business.currency),
        "vouchers": len(usable),
        "wrong": wrong,
    }
    return render(request, "office/member_erase.html", page, status=422 if wrong else 200)

"""Who works here: asking somebody to join, what they are and where, their PIN, and letting them go."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from fiel import clock
from fiel.core.identity import guesses
from fiel.core.refusals import Refused
from fiel.doors.letters import letters_leave, send_letter
from fiel.doors.look import ROLES
from fiel.doors.office.forms import EmailField
from fiel.doors.office.second_step import asks_again
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.members.find import find_one
from fiel.shops import staff as people
from fiel.shops.models import Role, Staff, StaffInvitation, Store
from fiel.shops.pins import is_locked, set_pin
from fiel.shops.roles import May

__all__ = ["invitation", "own_card", "pin", "remove", "somebody", "staff"]

with_place = with_place_(may=May.STAFF)

_DUTIES: dict[str, Promise] = {
    Role.OWNER: gettext_lazy("everything, also keys and who is an owner"),
    Role.MANAGER: gettext_lazy("everything but keys"),
    Role.MARKETING: gettext_lazy("rewards, invitations and campaigns"),
    Role.CASHIER: gettext_lazy("serves at the counter"),
    Role.AUDITOR: gettext_lazy("reads everything, changes nothing"),
}


class PlaceForm(forms.Form):
    """A role, and the stores in which it holds."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.Select(attrs={"class": "form-select"}))
    stores = forms.MultipleChoiceField(
        label=gettext_lazy("Stores"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them."),
    )

    def __init__(self, *said: Any, place: Place, **options: Any) -> None:
        super().__init__(*said, **options)
        given = [role for role in _DUTIES if role != Role.OWNER or place.role == Role.OWNER]
        self.fields["role"].choices = [(role, f"{ROLES[role]} – {_DUTIES[role]}") for role in given]  # type: ignore[attr-defined]
        stores = Store.objects.filter(business=place.business).order_by("name", "code")
        self.fields["stores"].choices = [(store.code, str(store)) for store in stores]  # type: ignore[attr-defined]


class InviteForm(PlaceForm):
    """Whom to ask, besides."""

    email = EmailField(label=gettext_lazy("E-mail"))
    field_order = ("email", "role", "stores")


class PinForm(forms.Form):
    """A new PIN; empty takes it away."""

    pin = forms.RegexField(
        r"^[0-9]{4,6}$",
        label=gettext_lazy("New PIN"),
        required=False,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 6}),
        error_messages={"invalid": gettext_lazy("A PIN has four to six digits.")},
        help_text=gettext_lazy("Four to six digits. Leave it empty to take the PIN away."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def staff(request: HttpRequest, place: Place) -> HttpResponse:
    """Who works here and who was asked to; and a form to ask somebody."""
    form = InviteForm(request.POST or None, place=place, initial={"role": Role.CASHIER})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            sent = people.invite(
                place.business,
                said["email"],
                role=said["role"],
                stores=said["stores"],
                by=_by(request, place),
                now=clock.now(),
            )
        except Refused as refused:
            if refused.code != "conflict":
                raise
            form.add_error("email", _("Somebody with this address works here already. Change their role instead."))
        else:
            _send(request, place, *sent)
            return redirect("staff", place.business.slug)
    now = clock.now()
    rows = Staff.objects.filter(business=place.business).select_related("person").order_by("person__name", "since")
    asked = StaffInvitation.objects.filter(business=place.business, accepted_at=None, revoked_at=None)
    page = {
        "form": form,
        "rows": [(row, ROLES.get(row.role, row.role), is_locked(row)) for row in rows],
        "asked": [(each, ROLES[each.role], each.expires_at <= now) for each in asked.order_by("-sent_at")],
        "zone": place.business.timezone,
    }
    return render(request, "office/staff.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
@asks_again
def somebody(request: HttpRequest, place: Place, person_id: int) -> HttpResponse:
    """One of the staff: what they are and where."""
    row = _row(place, person_id)
    form = PlaceForm(request.POST or None, place=place, initial={"role": row.role, "stores": row.stores})
    if request.method == "POST" and form.is_valid():
        by, now = _by(request, place), clock.now()
        try:
            people.change(place.business, person_id, **form.cleaned_data, by=by, now=now)
        except Refused as refused:
            form.add_error("role", _told(refused))
        else:
            messages.success(request, _("Changed. It holds from their next page on."))
            return redirect("staff", place.business.slug)
    return _somebody_page(request, place, row, form, PinForm())


@sensitive_post_parameters("pin")
@require_POST
@with_place
def pin(request: HttpRequest, place: Place, person_id: int) -> HttpResponse:
    """Give somebody a new PIN, which also unlocks it."""
    row = _row(place, person_id)
    if row.role == Role.OWNER and place.role != Role.OWNER:
        raise PermissionDenied
    form = PinForm(request.POST)
    if form.is_valid():
        try:
            set_pin(row, form.cleaned_data["pin"], now=clock.now())
        except Refused:
            form.add_error("pin", _("Not all the same digit, and not in a row like 1234."))
        else:
            messages.success(request, _("The PIN is set. Tell it to nobody else."))
            return redirect("staff", place.business.slug)
    place_form = PlaceForm(place=place, initial={"role": row.role, "stores": row.stores})
    return _somebody_page(request, place, row, place_form, form)


@require_POST
@with_place
@asks_again
def remove(request: HttpRequest, place: Place, person_id: int) -> HttpResponse:
    """Let somebody go."""
    row = _row(place, person_id)
    try:
        people.remove(place.business, person_id, by=_by(request, place), now=clock.now())
    except Refused as refused:
        messages.error(request, _told(refused))
        return redirect("somebody", place.business.slug, person_id)
    messages.success(request, _("%(name)s no longer works here.") % {"name": row.person})
    return redirect("staff", place.business.slug)


@require_POST
@with_place
def own_card(request: HttpRequest, place: Place, person_id: int) -> HttpResponse:
    """Say which customer they are, by card, phone or member number; empty: none."""
    _row(place, person_id)
    typed, country = request.POST.get("q", "").strip(), place.business.country
    found = find_one(place.business.id, guesses(typed, region=country, country=country)) if typed else None
    if typed and found is None:
        messages.error(request, _("No customer is known by this."))
        return redirect("somebody", place.business.slug, person_id)
    people.set_member(place.business, person_id, found[1].member_id if found else None, now=clock.now())
    messages.success(request, _("Noted. Sales that they make never count for their own card."))
    return redirect("staff", place.business.slug)


@require_POST
@with_place
def invitation(request: HttpRequest, place: Place, invitation_id: UUID) -> HttpResponse:
    """Send an invitation again, or take it back (`revoke` is sent along)."""
    by, now = _by(request, place), clock.now()
    try:
        if "revoke" in request.POST:
            people.revoke(place.business, invitation_id, by=by, now=now)
            messages.success(request, _("The invitation is taken back: its link no longer works."))
        else:
            _send(request, place, *people.resend(place.business, invitation_id, by=by, now=now))
    except Refused as refused:
        if refused.code == "not_found":
            raise Http404 from None
        messages.error(request, _told(refused))
    return redirect("staff", place.business.slug)


def _somebody_page(request: HttpRequest, place: Place, row: Staff, form: PlaceForm, pin_form: PinForm) -> HttpResponse:
    page = {
        "form": form,
        "pin_form": pin_form,
        "row": row,
        "locked": is_locked(row),
        "sells": row.role in {Role.OWNER, Role.MANAGER, Role.CASHIER},
        "untouchable": row.role == Role.OWNER and place.role != Role.OWNER,
    }
    return render(request, "office/somebody.html", page)


def _row(place: Place, person_id: int) -> Staff:
    row = Staff.objects.filter(business=place.business, person_id=person_id).select_related("person").first()
    if row is None:
        raise Http404
    return row


def _by(request: HttpRequest, place: Place) -> Staff:
    return Staff.objects.get(business=place.business, person=place.person)


def _send(request: HttpRequest, place: Place, asked: StaffInvitation, secret: str) -> None:
    """Send the letter. Where letters only go to the server's own window, the link is shown instead."""
    link = f"{settings.PUBLIC_URL.rstrip('/')}/join/{secret}/"
    said = {"link": link, "business": place.business, "by": place.person, "role": ROLES[asked.role]}
    if send_letter("join", asked.email, language=place.business.language, **said) and letters_leave():
        messages.success(request, _("A letter with a link is on its way to %(email)s.") % {"email": asked.email})
    else:
        text = _("No letter could be sent. Hand this link to %(email)s yourself; it works once: %(link)s")
        messages.warning(request, text % {"email": asked.email, "link": link})


def _told(refused: Refused) -> str:
    if refused.code == "conflict":
        return _("A business has at least one owner. Make somebody else an owner first.")
    return _("Only an owner decides who is an owner.")

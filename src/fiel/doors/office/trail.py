"""Who did what in a business, page by page, the latest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from fiel.doors.look import ROLES
from fiel.doors.people import Place, with_place
from fiel.doors.words import ASKED, SETTLEMENTS
from fiel.shops.roles import May
from fiel.trail.models import Act

__all__ = ["ACTS", "FIELDS", "trail"]

_AT_ONCE = 50
_LOOKED_THROUGH = 100_000
"""Among how many acts a page looks for what was typed."""

ACTS: dict[str, Promise] = {
    "adjustment.agreed": _("Adjustment agreed to"),
    "adjustment.entered": _("Adjustment entered, waits for a second person"),
    "adjustment.posted": _("Adjustment"),
    "adjustment.refused": _("Adjustment refused"),
    "business.brand_set": _("Logo or colour changed"),
    "aside.dropped": _("What was kept aside dropped"),
    "business.changed": _("Business changed"),
    "business.opened": _("Business opened"),
    "business.text_set": _("Text for customers changed"),
    "campaign.started": _("Campaign started"),
    "campaign.stopped": _("Campaign stopped"),
    "card.blocked": _("Card blocked"),
    "card.given": _("Card given"),
    "columns.said": _("Columns of a table said"),
    "cards.given": _("Cards given to many"),
    "delivery.undone": _("What was handed over taken back"),
    "departments.set": _("Departments changed"),
    "device.code_made": _("Code for a device made"),
    "device.paired": _("Device paired"),
    "device.revoked": _("Device taken back"),
    "groups.set": _("Departments of groups of goods changed"),
    "import.begun": _("Files are being brought in"),
    "import.dropped": _("Files dropped before they were brought in"),
    "import.ended": _("Files brought in"),
    "import.sent": _("Files sent to be brought in"),
    "invitation.gift_given": _("Gift of an invitation given"),
    "invitation.invited": _("Member invited"),
    "invitation.not_interested": _("Invitation: not interested"),
    "invitation.put_off": _("Invitation put off"),
    "invitation.taken_on": _("Invitation taken on, or given back to all"),
    "key.made": _("Key made"),
    "key.revoked": _("Key taken out of use"),
    "member.changed": _("Member changed"),
    "member.erased": _("Member erased"),
    "member.exported": _("Data of a member taken along"),
    "member.merged": _("Member merged into another"),
    "member.tier_given": _("Tier given by hand"),
    "messaging.settled": _("How members are written to changed"),
    "opening.posted": _("Opening balance"),
    "products.set": _("Products changed"),
    "partner.set": _("Partner changed"),
    "printing.asked": _("Printed, or listed"),
    "programme.published": _("Programme published"),
    "request.answered": _("Request about data answered"),
    "request.made": _("Request about data made"),
    "retention.set": _("How long things are kept changed"),
    "reward.picture_dropped": _("Picture of a reward taken away"),
    "reward.picture_set": _("Picture of a reward changed"),
    "reward.set": _("Reward changed"),
    "reward.stock_set": _("Stock corrected"),
    "settlement.accepted": _("Settlement accepted"),
    "settlement.agreed": _("Settlement agreed to"),
    "settlement.corrected": _("Settlement sent again"),
    "settlement.disputed": _("Settlement disputed"),
    "settlement.drafted": _("Settlement made"),
    "settlement.line_added": _("Settlement corrected"),
    "settlement.sent": _("Settlement sent"),
    "staff.changed": _("Role or stores changed"),
    "staff.invitation_revoked": _("Invitation taken back"),
    "staff.invited": _("Invited to the staff"),
    "staff.invited_again": _("Invited again"),
    "staff.joined": _("Joined the staff"),
    "staff.link_made": _("Link to sign in made"),
    "staff.member_set": _("Own customer card named"),
    "staff.pin_removed": _("PIN taken away"),
    "staff.pin_set": _("PIN set"),
    "staff.removed": _("Removed from the staff"),
    "store.closed": _("Store closed"),
    "store.opened": _("Store opened again"),
    "store.set": _("Store changed"),
    "suspicion.dismissed": _("Suspicion dismissed"),
    "webhook.changed": _("Webhook changed"),
    "webhook.made": _("Webhook made"),
    "webhook.removed": _("Webhook removed"),
    "webhook.secret_changed": _("Webhook's secret changed"),
    "voucher.cancelled": _("Voucher cancelled"),
}
"""Acts as people call them."""

FIELDS: dict[str, Promise] = {
    "amount": _("Amount"),
    "by": _("Who"),
    "cards": _("Cards"),
    "channels": _("Write by"),
    "chosen": _("Chosen"),
    "clerks": _("Who works there"),
    "closed_why": _("Why"),
    "codes": _("Codes"),
    "count": _("How many"),
    "currency": _("Currency"),
    "due_on": _("To be answered until"),
    "email": _("E-mail"),
    "ended": _("Ended"),
    "files": _("Files"),
    "gift": _("Gift"),
    "hand_limit": _("Adjustments by hand above"),
    "history": _("As history"),
    "in_force_from": _("In force from"),
    "invited_how": _("How"),
    "kind": _("Kind"),
    "known": _("There before"),
    "language": _("Language"),
    "line": _("Line"),
    "member": _("Member"),
    "minimum_age": _("Minimum age for offers, in years"),
    "month": _("Month"),
    "name": _("Name"),
    "new": _("New"),
    "notices": _("Notices"),
    "owner": _("Owner"),
    "partner": _("Partner"),
    "prices": _("Agreed prices"),
    "reason": _("Reason"),
    "refused": _("Refused"),
    "reward": _("Reward"),
    "role": _("Role"),
    "scopes": _("What it may do"),
    "state": _("State"),
    "steps": _("How much"),
    "stock": _("Stock"),
    "store": _("Store"),
    "stores": _("Stores"),
    "tax_id": _("Tax number"),
    "tier": _("Tier"),
    "till": _("Till"),
    "timezone": _("Time zone"),
    "unit": _("Unit"),
    "until": _("until"),
    "what": _("What"),
    "whole": _("All or nothing"),
    "why": _("Why"),
}
"""What is told of an act, as people call it; what is not here is for those who know the API, and has its name there."""

_CODES: dict[str, Mapping[str, Promise]] = {"role": ROLES, "state": SETTLEMENTS, "what": ASKED}
"""Fields that hold a code of ours."""


@dataclass(frozen=True, slots=True)
class Row:
    """An act as it is shown: its name, and each field with what it was and is."""

    act: Act
    word: object
    fields: tuple[tuple[object, str, str], ...]


@require_safe
@with_place(may=May.LOG)
def trail(request: HttpRequest, place: Place) -> HttpResponse:
    """The trail; `q` looks in who, what and about, `before` is the number that the page starts below."""
    before, q = request.GET.get("before", ""), request.GET.get("q", "").strip()[:100]
    acts, following = _found(place.business.id, q, int(before[:15]) if before.isdecimal() else None)
    page = {
        "rows": [Row(act, ACTS.get(act.what, act.what), _fields(act)) for act in acts],
        "next": following,
        "zone": place.business.timezone,
        "q": q,
    }
    return render(request, "office/trail.html", page)


def _found(business_id: int, q: str, before: int | None) -> tuple[list[Act], int | None]:
    """Acts below a number, the latest first, and the number below which the next page begins.

    What is looked for may stand nowhere: then a page ends after so many acts, and the next one looks on from there.
    """
    rows = Act.objects.filter(business_id=business_id).order_by("-number")
    rows = rows if before is None else rows.filter(number__lt=before)
    looked_to, newest = 0, rows.first() if q else None
    if newest is not None:
        words = [code for code, word in ACTS.items() if q.casefold() in str(word).casefold()]
        looked_to = newest.number - _LOOKED_THROUGH
        about = Q(who__icontains=q) | Q(what__icontains=q) | Q(about__icontains=q) | Q(what__in=words)
        rows = rows.filter(about, number__gt=looked_to)
    acts = list(rows[: _AT_ONCE + 1])
    if len(acts) > _AT_ONCE:
        return acts[:_AT_ONCE], acts[_AT_ONCE - 1].number
    return acts, looked_to + 1 if looked_to > 0 else None


def _fields(act: Act) -> tuple[tuple[object, str, str], ...]:
    before, after = act.before or {}, act.after or {}
    told = ((name, _told(name, before), _told(name, after)) for name in {**before, **after})
    return tuple((FIELDS.get(name, name), was, is_now) for name, was, is_now in told if was or is_now)


def _told(name: str, fields: Mapping[str, Any]) -> str:
    """What a field is or was; a code of ours in words."""
    value = fields.get(name)
    return str(_CODES[name].get(value, value)) if name in _CODES and isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    """A value as a person reads it: of lists and what is named what it holds, without the marks of JSON."""
    match value:
        case None:
            return ""
        case bool():
            return gettext("yes") if value else gettext("no")
        case dict():
            return ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
        case list():
            return ", ".join(map(_text, value))
    return str(value)

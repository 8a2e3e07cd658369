"""Who did what in a business, page by page, the latest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from fiel.doors.people import Place, with_place
from fiel.shops.roles import May
from fiel.trail.models import Act

__all__ = ["ACTS", "trail"]

_AT_ONCE = 50

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
    "card.blocked": _("Card blocked"),
    "card.given": _("Card given"),
    "columns.said": _("Columns of a table said"),
    "cards.given": _("Cards given to many"),
    "departments.set": _("Departments changed"),
    "device.code_made": _("Code for a device made"),
    "device.paired": _("Device paired"),
    "device.revoked": _("Device taken back"),
    "groups.set": _("Departments of groups of goods changed"),
    "import.begun": _("Files are being brought in"),
    "import.dropped": _("Files dropped before they were brought in"),
    "import.ended": _("Files brought in"),
    "import.sent": _("Files sent to be brought in"),
    "key.made": _("Key made"),
    "key.revoked": _("Key taken out of use"),
    "member.changed": _("Member changed"),
    "member.erased": _("Member erased"),
    "member.exported": _("Data of a member taken along"),
    "member.merged": _("Member merged into another"),
    "member.tier_given": _("Tier given by hand"),
    "opening.posted": _("Opening balance"),
    "products.set": _("Products changed"),
    "partner.set": _("Partner changed"),
    "printing.asked": _("Printed, or listed"),
    "programme.published": _("Programme published"),
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
    "webhook.changed": _("Webhook changed"),
    "webhook.made": _("Webhook made"),
    "webhook.removed": _("Webhook removed"),
    "webhook.secret_changed": _("Webhook's secret changed"),
    "voucher.cancelled": _("Voucher cancelled"),
}
"""Acts as people call them; one that is not here is shown by its code."""


@dataclass(frozen=True, slots=True)
class Row:
    """An act as it is shown: its name, and each field with what it was and is."""

    act: Act
    word: object
    fields: tuple[tuple[str, str, str], ...]


@require_safe
@with_place(may=May.LOG)
def trail(request: HttpRequest, place: Place) -> HttpResponse:
    """The trail; `q` looks in who, what and about, `before` is the number that the page starts below."""
    rows = Act.objects.filter(business=place.business).order_by("-number")
    before, q = request.GET.get("before", ""), request.GET.get("q", "").strip()[:100]
    if before.isdecimal():
        rows = rows.filter(number__lt=int(before[:15]))
    if q:
        words = [code for code, word in ACTS.items() if q.casefold() in str(word).casefold()]
        found = Q(who__icontains=q) | Q(what__icontains=q) | Q(about__icontains=q) | Q(what__in=words)
        rows = rows.filter(found)
    acts: Sequence[Act] = list(rows[: _AT_ONCE + 1])
    page = {
        "rows": [Row(act, ACTS.get(act.what, act.what), _fields(act)) for act in acts[:_AT_ONCE]],
        "next": acts[_AT_ONCE - 1].number if len(acts) > _AT_ONCE else None,
        "zone": place.business.timezone,
        "q": q,
    }
    return render(request, "office/trail.html", page)


def _fields(act: Act) -> tuple[tuple[str, str, str], ...]:
    before, after = act.before or {}, act.after or {}
    return tuple((name, _text(before.get(name)), _text(after.get(name))) for name in {**before, **after})


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

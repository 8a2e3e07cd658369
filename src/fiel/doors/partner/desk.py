"""Where a partner's clerk stands: which business, which partner, which of its places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.brand import manifest_of, wear
from fiel.doors.people import place_of, places_of, speak
from fiel.doors.said import Said
from fiel.programme.versions import zone_now
from fiel.rewards.models import Partner, PartnerStore
from fiel.rewards.partners import Desk, desks_of
from fiel.shops.models import Business, Person
from fiel.tables.walls import enter

__all__ = ["AtDesk", "at_desk", "choose", "choose_partner", "manifest", "sentence_of"]

P = ParamSpec("P")
_CHOSEN = "partner_desk"
_SENTENCES = {
    "conflict": gettext_lazy("This can no longer be done. Load the page anew to see how it stands."),
    "rate_limited": gettext_lazy("Many wrong codes within a minute: wait a moment."),
    "voucher_not_redeemable": gettext_lazy(
        "There is no voucher for this place with this code: compare it letter by letter."
    ),
    "not_found": gettext_lazy("There is no such thing here. Load the page anew."),
}


class AtDesk:
    """Who stands at which desk, in this request."""

    def __init__(self, desk: Desk, person: Person) -> None:
        self.business: Business = desk.business
        self.partner: Partner = desk.partner
        self.store = desk.store
        self.person = person
        self.now = clock.now()
        self.zone: ZoneInfo = zone_now(desk.business, self.now)

    @property
    def today(self) -> date:
        """The day by the programme's clock."""
        return self.now.astimezone(self.zone).date()

    @property
    def by(self) -> str:
        """Who did it, as it is written beside what was done."""
        return str(self.person)[:200]

    @property
    def places(self) -> list[PartnerStore]:
        """The places in which this clerk may redeem."""
        rows = PartnerStore.objects.filter(business=self.business, partner=self.partner.code).order_by("name", "code")
        return list(rows.filter(code=self.store) if self.store else rows)


def sentence_of(refused: Refused) -> str:
    """What to say of a refusal, in the clerk's language."""
    known = None if isinstance(refused, Said) else _SENTENCES.get(refused.code)
    return str(known) if known else refused.detail


def at_desk(
    view: Callable[Concatenate[HttpRequest, AtDesk, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """For pages of the desk: hands the view where the clerk stands; who works for several partners chooses first.

    Who has another place in the business is told that this is not theirs; to anybody else there is no such business.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, business: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        staff = next((each for each in places_of(request) if each.business.slug == business), None)
        if staff is None:
            raise Http404
        enter(staff.business_id)
        person = cast("Person", request.user)
        if not person.language:
            speak(request, staff.business.language)
        request.place = place_of(staff)  # type: ignore[attr-defined]
        wear(request, staff.business)
        desks = [desk for desk in desks_of(person) if desk.business.pk == staff.business_id]
        if not desks:
            raise PermissionDenied
        chosen = request.session.get(_CHOSEN, {}).get(business)
        desk = next((each for each in desks if len(desks) == 1 or each.partner.code == chosen), None)
        if desk is None:
            return redirect("partner-choose")
        there = AtDesk(desk, person)
        request.desk = there  # type: ignore[attr-defined]
        request.several = len(desks) > 1  # type: ignore[attr-defined]
        request.META["CSP_WASM"] = "yes"  # what reads barcodes where the browser itself cannot
        try:
            return view(request, there, *args, **kwargs)
        except Refused as refused:  # no page of its own to be said on
            told = {"refused": sentence_of(refused)}
            return render(request, "partner/no.html", told, status=refused.kind.status)

    return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponse]", never_cache(login_required(wrapped)))


@require_safe
@at_desk
def manifest(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """What a phone must know to put the desk on its home screen. A redemption needs the network: nothing is kept."""
    start = reverse("partner", args=[desk.business.slug])
    told = manifest_of(desk.business, start=start, name=f"{desk.partner} · {desk.business.name}")
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """The clerk's desk; a choice for who works at several."""
    desks = desks_of(cast("Person", request.user))
    if len(desks) == 1:
        return redirect("partner", desks[0].business.slug)
    return render(request, "partner/choose.html", {"desks": desks})


@require_http_methods(["POST"])
@login_required
def choose_partner(request: HttpRequest) -> HttpResponse:
    """Stand at a desk from now on, in this session."""
    asked = (request.POST.get("business", ""), request.POST.get("partner", ""))
    for desk in desks_of(cast("Person", request.user)):
        if (desk.business.slug, desk.partner.code) == asked:
            request.session[_CHOSEN] = {**request.session.get(_CHOSEN, {}), asked[0]: asked[1]}
            return redirect("partner", asked[0])
    return render(request, "partner/no.html", {"refused": _("This is not one of your desks.")}, status=404)

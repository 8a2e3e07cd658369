"""Campaigns: to whom, when, what is offered and said; started, stopped, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fiel import clock
from fiel.core.refusals import Refused
from fiel.doors.look import LANGUAGES, figure, money, percent_points, unit_name, with_unit
from fiel.doors.office.campaign_form import OFFERS, CampaignForm, shown_words
from fiel.doors.office.segment_form import SegmentForm, rules_said
from fiel.doors.office.trying import known_to_try, member_to_try
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.outreach.campaigns.result import LEAST_FOR_MEANS, Range, result_of
from fiel.outreach.campaigns.run import start_campaign, stop_campaign
from fiel.outreach.campaigns.words import FIELDS, words_for_language
from fiel.outreach.invitations.words import spoken_by
from fiel.outreach.models import Campaign, Inclusion, Message, Segment
from fiel.outreach.segments.find import size_of
from fiel.outreach.wordings import FIELDS as FIELD_NAMES
from fiel.outreach.wordings import fill
from fiel.rewards.models import Reward
from fiel.shops.roles import May
from fiel.tables.ids import new_id

__all__ = ["campaign", "campaigns", "count", "start", "stop"]

with_place = with_place_(may=May.MARKET)

STATES: Mapping[str, Promise] = {
    "draft": gettext_lazy("Draft"),
    "running": gettext_lazy("Running"),
    "stopped": gettext_lazy("Stopped"),
    "done": gettext_lazy("Ended"),
}
_MOST = 100


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def campaigns(request: HttpRequest, place: Place) -> HttpResponse:
    """The campaigns, the newest first; and a new one."""
    if request.method == "POST":
        today = Present(place.business, clock.now()).today
        made = Campaign.objects.create(
            business=place.business,
            id=new_id(),
            name=_("New campaign"),
            starts_on=today,
            offer={"kind": "text"},
            made_at=clock.now(),
            made_by=str(place.person)[:200],
        )
        return redirect("campaign", place.business.slug, made.id)
    rows = list(Campaign.objects.filter(business=place.business).order_by("-made_at", "-id")[:_MOST])
    page = {"rows": [(row, STATES[row.state]) for row in rows], "zone": place.business.timezone}
    return render(request, "office/campaigns.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def campaign(request: HttpRequest, place: Place, campaign_id: UUID) -> HttpResponse:
    """A draft to be worked on; of one that was started, what came of it."""
    found = _found(place, campaign_id)
    if found.state != "draft":
        return _result(request, place, found)
    segments = list(Segment.objects.filter(business=place.business).order_by("name"))
    chosen = next((each for each in segments if str(each.id) == request.GET.get("segment")), None)
    form = CampaignForm(request.POST or None, place=place, initial=_initial(found))
    whom = SegmentForm(request.POST or None, place=place, rules=chosen.rules if chosen else found.rules)
    trying = "try" in request.POST
    if request.method == "POST" and not trying and form.is_valid() and whom.is_valid():
        _keep(found, form, whom)
        _keep_segment(place, request.POST.get("segment_name", "").strip()[:100], whom)
        messages.success(request, _("Kept."))
        return redirect("campaign", place.business.slug, found.id)
    page = {
        "campaign": found,
        "form": form,
        "whom": whom,
        "segments": segments,
        "chosen": chosen,
        "fields": [(f"{{{name}}}", FIELD_NAMES[name]) for name in FIELDS],
        **_tried(place, request.POST.get("q", ""), form.words()),
    }
    return render(request, "office/campaign.html", page, status=422 if request.method == "POST" and not trying else 200)


def _tried(place: Place, q: str, words: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The words as a real member would get them, in their language."""
    member = member_to_try(place, q)
    spoken = spoken_by(place.business, member) if member else place.business.language
    told = words_for_language(words, spoken, place.business.language)
    known = known_to_try(place, member, spoken)
    return {"q": q, "member": member, "spoken": spoken, "tried": fill(told, known) if told else None}


def _found(place: Place, campaign_id: UUID) -> Campaign:
    found = Campaign.objects.filter(business=place.business, id=campaign_id).select_related("business").first()
    if found is None:
        raise Http404
    return found


def _initial(found: Campaign) -> dict[str, Any]:
    names = ("name", "when", "starts_on", "ends_on", "others_from", "share", "counts_days", "by_list")
    offer = found.offer
    said = {name: getattr(found, name) for name in names}
    given = {"offer": offer.get("kind"), "reward": offer.get("reward"), "unit": offer.get("unit")}
    unit = Present(found.business, clock.now()).units.get(offer.get("unit", ""))
    amount = Decimal(offer["steps"]) / unit.steps if unit and "steps" in offer else None
    return {**said, **given, **shown_words(found.words), "amount": amount, "factor": offer.get("factor")}


def _keep(found: Campaign, form: CampaignForm, whom: SegmentForm) -> None:
    told = form.cleaned_data
    for name in ("name", "when", "starts_on", "ends_on", "others_from", "share", "counts_days", "by_list"):
        setattr(found, name, told[name])
    found.rules, found.offer = whom.rules, form.offered
    found.words = form.words()
    found.save()


def _keep_segment(place: Place, name: str, whom: SegmentForm) -> None:
    if name:
        said = {"rules": whom.rules, "made_at": clock.now(), "made_by": str(place.person)[:200]}
        ours = Segment.objects.filter(business=place.business, name=name)
        if not ours.update(**said):
            Segment.objects.create(business=place.business, id=new_id(), name=name, **said)


@require_safe
@with_place
def count(request: HttpRequest, place: Place) -> HttpResponse:
    """How many members the conditions fit that stand in the form just now."""
    whom = SegmentForm(request.GET, place=place)
    size = None
    if whom.is_valid():
        size = size_of(place.business, whom.rules, today=Present(place.business, clock.now()).today)
    return render(request, "office/segment_size.html", {"size": size})


@require_POST
@with_place
def start(request: HttpRequest, place: Place, campaign_id: UUID) -> HttpResponse:
    """Let it run."""
    found = _found(place, campaign_id)
    try:
        if not found.words:
            raise Refused("invalid", "It says nothing yet.")
        job = start_campaign(found, person=place.person, now=clock.now())
    except Refused:
        messages.error(request, _("It cannot be started: look at what is offered and said."))
    else:
        messages.success(request, _("It runs. Members are being taken in.") if job else _("It runs from its day on."))
    return redirect("campaign", place.business.slug, found.id)


@require_POST
@with_place
def stop(request: HttpRequest, place: Place, campaign_id: UUID) -> HttpResponse:
    """End it; what waits to be sent is dropped."""
    found = _found(place, campaign_id)
    try:
        dropped = stop_campaign(found, now=clock.now())
    except Refused:
        messages.error(request, _("It has ended already."))
    else:
        messages.success(request, _("Stopped. Messages that are not sent any more: %(count)s.") % {"count": dropped})
    return redirect("campaign", place.business.slug, found.id)


def _result(request: HttpRequest, place: Place, found: Campaign) -> HttpResponse:
    result = result_of(found)
    currency = place.business.currency
    sent = Message.objects.filter(business=place.business, about=found.id, state="sent").count()
    others = Inclusion.objects.filter(business=place.business, campaign_id=found.id, occasion="others").count()
    page = {
        "campaign": found,
        "state": STATES[found.state],
        "result": result,
        "uplift": _points(result.uplift),
        "more": _money(result.more, currency),
        "per_head": [money(round(side.mean), currency) for side in (result.told, result.control)],
        "least": LEAST_FOR_MEANS,
        "sent": sent,
        "others": others,
        "offer": _offered(found),
        "rules": list(rules_said(found.rules, place.business)),
        "currency": currency,
        "zone": place.business.timezone,
        "words": [(code, LANGUAGES.get(code, code), said) for code, said in found.words.items()],
    }
    return render(request, "office/campaign_result.html", page)


def _offered(found: Campaign) -> str:
    """What members get, and of it what or how much."""
    offer, more = found.offer, ""
    unit = Present(found.business, clock.now()).units.get(offer.get("unit", ""))
    if offer.get("reward"):
        reward = Reward.objects.filter(business_id=found.business_id, code=offer["reward"]).first()
        more = reward.name if reward else offer["reward"]
    elif unit and "steps" in offer:
        more = with_unit(offer["steps"], unit, found.business.currency)
    elif unit and offer.get("factor"):
        more = f"{unit_name(unit.code, 2)} × {figure(Decimal(offer['factor']))}"
    name = str(dict(OFFERS)[offer.get("kind", "text")])
    return f"{name}: {more}" if more else name


def _points(found: Range | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": percent_points(found.value),
        "low": percent_points(found.low),
        "high": percent_points(found.high),
        "sure": found.sure,
    }


def _money(found: Range | None, currency: str) -> dict[str, Any] | None:
    if found is None:
        return None
    low, value, high = (money(round(each), currency) for each in (found.low, found.value, found.high))
    return {"value": value, "low": low, "high": high, "sure": found.sure}

"""A voucher at the desk: look at it, redeem it, undo that; and the list of what was redeemed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from fiel.core.refusals import Refused
from fiel.doors.amounts import amount_of
from fiel.doors.guesses import places_left, take_places
from fiel.doors.partner.desk import AtDesk, at_desk, sentence_of
from fiel.doors.said import said
from fiel.rewards.deliveries import Place
from fiel.rewards.give import redeem
from fiel.rewards.models import Delivery, Reward
from fiel.rewards.partners import Seen, redemptions, see_voucher
from fiel.rewards.read import codes_of
from fiel.rewards.undo import UNDO_REASONS, UNDO_WITHIN, undo_redemption

__all__ = ["home", "listed", "look", "take", "undo"]

T = TypeVar("T")
_A_PAGE = 25
_LAST = 3
_LONGEST_CODE = 64
_REASONS = {
    "wrong_voucher": gettext_lazy("It was the wrong voucher"),
    "not_done": gettext_lazy("It could not be done or handed over"),
    "changed_mind": gettext_lazy("The customer would rather keep it"),
    "trying": gettext_lazy("I was only trying"),
}


@require_safe
@at_desk
def home(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """One field for the code; below it what was redeemed last."""
    return render(request, "partner/home.html", {"rows": _rows(desk, list(redemptions(*_ours(desk))[:_LAST]))})


@require_http_methods(["POST"])
@at_desk
def look(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """What a voucher is good for, and until when; never whose it is."""
    code = request.POST.get("code", "")[:_LONGEST_CODE].strip()
    try:
        seen = _guarded(desk, lambda: see_voucher(desk.business, desk.partner.code, code, today=desk.today))
    except Refused as refused:
        told = {"code": code, "refused": sentence_of(refused), "rows": []}
        return render(request, "partner/home.html", told, status=refused.kind.status)
    return _voucher(request, desk, code, seen)


@require_http_methods(["POST"])
@at_desk
def take(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """Redeem a voucher, once."""
    code = request.POST.get("code", "")[:_LONGEST_CODE].strip()
    seen: Seen | None = None
    typed = request.POST.get("amount", "").strip()
    try:
        seen = _guarded(desk, lambda: see_voucher(desk.business, desk.partner.code, code, today=desk.today))
        place = Place(partner=desk.partner.code, partner_store=_place(desk, request.POST.get("store", "")))
        amount = amount_of(typed, desk.business.currency) if typed else None
        _voucher_used, delivery = redeem(desk.business, code, by=desk.by, place=place, amount=amount)
    except Refused as refused:
        if seen is None:
            told = {"code": code, "refused": sentence_of(refused), "rows": []}
            return render(request, "partner/home.html", told, status=refused.kind.status)
        asks = any(fault.pointer == "/amount" for fault in refused.faults)
        asked = asks and not typed and refused.code == "invalid"
        why = _("Say what the purchase comes to.") if asked else sentence_of(refused)
        return _voucher(request, desk, code, seen, status=refused.kind.status, refused=why, asks_amount=asks)
    messages.success(request, _("Redeemed: %(reward)s") % {"reward": seen.name})
    return redirect("partner-redemption", desk.business.slug, delivery.id)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def undo(request: HttpRequest, desk: AtDesk, delivery_id: UUID) -> HttpResponse:
    """One redemption; within minutes it can be undone, with a reason."""
    refused = ""
    delivery = Delivery.objects.filter(
        business=desk.business, partner=desk.partner.code, id=delivery_id
    ).defer("member_id").first()  # fmt: skip
    if delivery is None:
        raise Refused("not_found", "There is no such redemption.")
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            undo_redemption(desk.business, delivery_id, partner=desk.partner.code, reason=reason, now=desk.now)
        except Refused as why:
            refused = _("Say why.") if why.code == "invalid" else sentence_of(why)
            status = why.kind.status
        else:
            messages.success(request, _("Undone. The voucher can be used again."))
            return redirect("partner", desk.business.slug)
    [row] = _rows(desk, [delivery])
    told = {"row": row, "reasons": [(code, _REASONS[code]) for code in UNDO_REASONS], "refused": refused}
    return render(request, "partner/redemption.html", told, status=status if refused else 200)


@require_safe
@at_desk
def listed(request: HttpRequest, desk: AtDesk) -> HttpResponse:
    """What this partner has redeemed, the latest first, a page at a time, or of one day."""
    rows = redemptions(*_ours(desk))
    day = _day(request.GET.get("day", ""))
    if day is not None:
        first = datetime.combine(day, time(), desk.zone)
        rows = rows.filter(at__gte=first, at__lt=datetime.combine(day + timedelta(days=1), time(), desk.zone))
    page = Paginator(rows, _A_PAGE).get_page(request.GET.get("page"))
    told = {"page": page, "rows": _rows(desk, list(page.object_list)), "day": day.isoformat() if day else ""}
    return render(request, "partner/list.html", told)


def _voucher(
    request: HttpRequest, desk: AtDesk, code: str, seen: Seen, *, status: int = 200, **more: Any
) -> HttpResponse:
    places = desk.places
    told = {"code": code, "seen": seen, "places": places, "good": seen.state == "issued", **more}
    told["typed"] = request.POST
    return render(request, "partner/voucher.html", told, status=status)


def _guarded(desk: AtDesk, looking: Callable[[], T]) -> T:
    """Let a clerk name a code; ten wrong ones a minute. Raises `rate_limited`, `voucher_not_redeemable`."""
    who = f"partner:{desk.person.pk}"
    if not places_left(who):
        raise Refused("rate_limited", "Many wrong codes within a minute: wait a moment.")
    try:
        return looking()
    except Refused:
        take_places(who, 1)
        raise


def _place(desk: AtDesk, typed: str) -> str:
    """The place where it is redeemed: the clerk's own, the one that was chosen, or the only one. Raises `invalid`."""
    codes = [place.code for place in desk.places]
    if typed in codes:
        return typed
    if len(codes) > 1:
        raise said("invalid", _("Say in which of your places this is."), "/store")
    return codes[0] if codes else ""


def _ours(desk: AtDesk) -> tuple[int, str]:
    return desk.business.pk, desk.partner.code


def _rows(desk: AtDesk, deliveries: list[Delivery]) -> list[dict[str, Any]]:
    """Redemptions as the desk shows them; three queries, however many there are."""
    rewards = Reward.objects.filter(business=desk.business, code__in={row.reward for row in deliveries})
    names = {reward.code: str(reward) for reward in rewards}
    stores = {place.code: str(place) for place in desk.places}
    codes = codes_of(desk.business.pk, [row.voucher_id for row in deliveries])
    return [
        {
            "id": row.id,
            "at": row.at,
            "name": names.get(row.reward, row.reward),
            "code": codes[row.voucher_id],
            "where": stores.get(row.partner_store, row.partner_store),
            "by": row.by,
            "amount": row.amount,
            "price": row.price,
            "undone": row.undone_at is not None,
            "can_undo": row.undone_at is None and desk.now - row.at <= UNDO_WITHIN,
        }
        for row in deliveries
    ]


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None

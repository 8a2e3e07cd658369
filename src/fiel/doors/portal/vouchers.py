"""Rewards and vouchers: what can be had, how far the rest is; issuing one, showing it, cancelling it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fiel.core.refusals import Refused
from fiel.doors.amounts import amount_of
from fiel.doors.look import when
from fiel.doors.portal.place import Here, sentence_of, with_member
from fiel.doors.said import said
from fiel.members.find import known_as
from fiel.rewards.deliveries import deliveries
from fiel.rewards.give import cancel, issue
from fiel.rewards.kinds import KINDS
from fiel.rewards.models import Reward, Voucher
from fiel.rewards.prices import reach_of, why_text
from fiel.rewards.qr import qr_svg
from fiel.rewards.read import codes_of

__all__ = ["Offer", "give_up", "given_to", "offers_for", "rewards", "take", "voucher", "vouchers_of"]

_MOST = 100
_LAST = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """A reward as a member sees it. `missing`: how much is still to go, in words; `why`: what else is in the way."""

    code: str
    name: str
    text: str
    price: str
    can_have: bool
    missing: str
    why: str
    any_amount: bool


def offers_for(here: Here) -> list[Offer]:
    """The rewards, those that can be had first, then the nearest; of hidden units none are told."""
    rows = list(Reward.objects.filter(business=here.business).order_by("price_steps", "code")[:_MOST])
    reach = reach_of(here.business.pk, here.member, rows, here.now.programme, here.today)
    visible = {unit.code for unit in here.units}
    offers = []
    for row in rows:
        far = reach[row.code]
        if (row.price_unit and row.price_unit not in visible) or {"over", "tier", "too_early"} & set(far.why):
            continue
        missing = far.missing if far.missing and far.missing.unit in visible else None
        if not far.can_have and not row.price_unit and not missing:
            continue
        name, text = _named(row)
        offers.append(
            Offer(
                code=row.code,
                name=name,
                text=text,
                price=here.said(row.price_steps, here.now.units[row.price_unit])
                if row.price_unit and not KINDS[row.kind].any_amount
                else "",
                can_have=far.can_have,
                missing=here.said(missing.steps, here.now.units[missing.unit]) if missing else "",
                why=next((why_text(code) for code in far.why if code not in ("not_enough", "award_only")), ""),
                any_amount=KINDS[row.kind].any_amount,
            )
        )
    return sorted(offers, key=lambda offer: not offer.can_have)


def _named(row: Reward) -> tuple[str, str]:
    """A reward's name and text in the language that is spoken, or as the shop wrote it."""
    told = row.translations.get(get_language() or "", {})
    return told.get("name") or str(row), told.get("text") or row.text


def vouchers_of(here: Here) -> list[dict[str, Any]]:
    """A member's vouchers that are good today, those that end first before the others."""
    ours = list(known_as(here.business.pk, [here.member.id]))
    rows = Voucher.objects.filter(business=here.business, member_id__in=ours, state="issued").order_by("id")[:_MOST]
    good = [row for row in rows if row.valid_until is None or row.valid_until >= here.today]
    rewards_named = {
        row.code: _named(row)[0]
        for row in Reward.objects.filter(business=here.business, code__in={row.reward for row in good})
    }
    told = [{"id": row.id, "name": rewards_named[row.reward], "until": row.valid_until} for row in good]
    return sorted(told, key=lambda each: (each["until"] is None, each["until"] or here.today))


def given_to(here: Here) -> list[dict[str, Any]]:
    """What the member was given, the latest first."""
    rows = list(deliveries(here.business.pk, member_id=here.member.id)[:_LAST])
    known = Reward.objects.filter(business=here.business, code__in={row.reward for row in rows})
    names = {row.code: _named(row)[0] for row in known}
    return [{"name": names.get(row.reward, row.reward), "at": row.at} for row in rows if row.undone_at is None]


@require_safe
@with_member
def rewards(request: HttpRequest, here: Here) -> HttpResponse:
    """Everything that can be had, and what was."""
    return _rewards(request, here)


def _rewards(request: HttpRequest, here: Here, *, refused: str = "", status: int = 200) -> HttpResponse:
    offers = [] if here.hides else offers_for(here)
    page = {"offers": offers, "vouchers": vouchers_of(here), "given": given_to(here), "refused": refused}
    page["once"] = secrets.token_urlsafe(12)
    return render(request, "portal/rewards.html", page, status=status)


@require_http_methods(["POST"])
@with_member
def take(request: HttpRequest, here: Here) -> HttpResponse:
    """Issue a voucher: its price goes at once, which the member is told. A form sent twice issues one."""
    once = f"issue:{here.business.pk}:{here.member.id}:{request.POST.get('once', '')[:40]}"
    try:
        if here.held_until is not None:
            raise said("conflict", _held(here, here.held_until))
        if here.hides:
            raise Refused("not_found", "There is nothing to be had here.")
        if not caches["guesses"].add(once, 1, timeout=24 * 60 * 60):
            return redirect("portal-rewards", here.business.slug)
        issued = _issue(request, here)
    except Refused as refused:
        caches["guesses"].delete(once)
        return _rewards(request, here, refused=sentence_of(refused), status=refused.kind.status)
    return redirect("portal-voucher", here.business.slug, issued.voucher.id)


def _issue(request: HttpRequest, here: Here) -> Any:
    typed = request.POST.get("amount", "").strip()
    amount = amount_of(typed, here.business.currency) if typed else None
    code = request.POST.get("reward", "")[:50]
    if code not in {offer.code for offer in offers_for(here)}:
        raise Refused("not_found", "There is no such reward.")
    return issue(here.business, here.member.id, code, amount=amount)


def _held(here: Here, until: datetime) -> str:
    told = _("For your safety nothing can be spent here until %(when)s: phone, e-mail or password was changed.")
    return told % {"when": _plain(str(when(until, here.zone)))}


def _plain(html: str) -> str:
    return html.partition(">")[2].partition("<")[0]


@require_safe
@with_member
def voucher(request: HttpRequest, here: Here, voucher_id: UUID) -> HttpResponse:
    """A voucher, to be shown: large and bright. Another member's is as unknown as none."""
    row = _ours(here, voucher_id)
    code = codes_of(here.business.pk, [row.id])[row.id]
    name, text = _named(Reward.objects.get(business=here.business, code=row.reward))
    over = row.state == "issued" and row.valid_until is not None and row.valid_until < here.today
    page = {"row": row, "name": name, "text": text, "code": code, "qr": qr_svg(code), "over": over}
    return render(request, "portal/voucher.html", {**page, "good": row.state == "issued" and not over})


@require_http_methods(["POST"])
@with_member
def give_up(request: HttpRequest, here: Here, voucher_id: UUID) -> HttpResponse:
    """Cancel a voucher that was not used: its price comes back."""
    row = _ours(here, voucher_id)
    cancel(here.business, codes_of(here.business.pk, [row.id])[row.id], by="member")
    return redirect("portal-rewards", here.business.slug)


def _ours(here: Here, voucher_id: UUID) -> Voucher:
    ours = list(known_as(here.business.pk, [here.member.id]))
    row = Voucher.objects.filter(business=here.business, id=voucher_id, member_id__in=ours).first()
    if row is None:
        raise Http404
    return row

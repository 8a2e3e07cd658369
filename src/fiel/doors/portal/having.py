"""What a member has: balances, the tier, stamps, packs; movements with their reasons; receipts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from fiel.core.programme import Reach
from fiel.core.tiers import next_up
from fiel.doors.asked import mark_in
from fiel.doors.look import figure, money
from fiel.doors.portal.place import Here, at_portal, with_member
from fiel.doors.portal.vouchers import given_to, offers_for, vouchers_of
from fiel.doors.why import Why, whys_of
from fiel.ledger.read import entries_of
from fiel.members.find import known_as
from fiel.members.read import standings
from fiel.programme.versions import rules_of
from fiel.sales.measures import earned_of, read_measures
from fiel.sales.models import Receipt
from fiel.sales.read import contents_of, receipts_by_id, receipts_of_member
from fiel.wording import MOVEMENTS

__all__ = ["home", "movements", "receipt", "receipts"]

_A_PAGE = 25
_MOST_STAMPS = 20
_MOST_REASONS = 3
_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Balance:
    """What a member has of a unit, in words. `stamps`: (full, of) where it is a card of stamps."""

    kind: str
    holds: str
    pending: str
    debt: str
    lapses: tuple[tuple[str, date], ...]
    stamps: tuple[bool, ...]


@require_safe
@at_portal
def home(request: HttpRequest, here: Here) -> HttpResponse:
    """What there is, at a glance; whoever is not signed in is asked to."""
    if here.signed_in is None:
        return render(request, "portal/welcome.html")
    page: dict[str, Any] = {"vouchers": vouchers_of(here), "given": given_to(here) if here.hides else []}
    if not here.hides:
        offers = offers_for(here)
        page |= {
            "balances": list(_balances(here)),
            "tier": here.now.tier(here.member),
            "next": _next_tier(here),
            "offers": [offer for offer in offers if offer.can_have or offer.missing][:4],
        }
    return render(request, "portal/home.html", page)


def _balances(here: Here) -> Iterator[Balance]:
    programme = here.now.programme
    every = {award.unit: award.every for award in (programme.awards if programme else ())}
    now = here.now
    for each in standings(here.business.pk, here.member.id, shown=here.units, units=now.units, today=now.today):
        unit = each.unit
        if not unit.visible:
            continue
        whole = every.get(unit.code, 0) // unit.steps
        stamps: tuple[bool, ...] = ()
        if unit.kind == "stamps" and 0 < whole <= _MOST_STAMPS:
            full = max(0, each.available) // unit.steps % whole
            stamps = tuple(number < full for number in range(whole))
        yield Balance(
            kind=unit.kind,
            holds=here.said(each.available if each.balance > 0 else 0, unit),
            pending=here.said(each.pending, unit) if each.pending else "",
            debt=here.said(each.debt, unit) if each.debt else "",
            lapses=tuple((here.said(steps, unit), day) for day, steps in each.expiring),
            stamps=stamps,
        )


def _next_tier(here: Here) -> dict[str, str] | None:
    programme = here.now.programme
    if programme is None or not programme.tiers:
        return None
    tier = here.now.tier(here.member) or programme.first_tier
    measures = read_measures(here.business.pk, [here.member.id], programme, [here.today])[here.member.id]
    above = next_up(programme, tier, measures, here.today)
    if above is None or above[0].reach is None:
        return None
    reach, missing = above[0].reach, above[1]
    return {"tier": above[0].code, "missing": _measured(here, reach, missing), "within": _within(reach)}


def _measured(here: Here, reach: Reach, missing: int) -> str:
    """So much of what a tier measures, in words."""
    if reach.measure == "spend":
        return money(missing, here.business.currency)
    if reach.measure == "visits":
        return ngettext("%(number)s visit", "%(number)s visits", missing) % {"number": missing}
    unit = here.now.units.get(reach.measure)
    return here.said(missing, unit) if unit else str(missing)


def _within(reach: Reach) -> str:
    window = reach.window
    if window == "calendar_month":
        return _("this month")
    if window == "calendar_year":
        return _("this year")
    if isinstance(window, str):
        return ""
    return _("within %(days)s days") % {"days": window.days}


# Movements


@require_safe
@with_member
def movements(request: HttpRequest, here: Here) -> HttpResponse:
    """What came and went, the latest first, each with its reason in plain words."""
    if here.hides:
        raise Http404
    before = _mark(request.GET.get("before", ""))
    rows = entries_of(here.business.pk, here.member.id, limit=_A_PAGE + 1, before=before)
    page, last = rows[:_A_PAGE], rows[_A_PAGE - 1] if len(rows) > _A_PAGE else None
    visible = {unit.code for unit in here.now.units.values() if unit.visible}
    shown = [row for row in page if row.unit in visible]
    reasons = _reasons(here, {row.cause for row in shown if row.cause_kind == "sale"})
    told = [
        {
            "steps": here.said(row.steps, here.now.units[row.unit], sign=True),
            "gain": row.steps > 0,
            "kind": MOVEMENTS.get(row.kind, row.kind),
            "why": reasons.get((row.cause, row.unit), "") if row.kind == "earn" else "",
            "at": row.occurred_at,
            "until": row.expires_on,
            "receipt": row.cause if row.cause_kind == "sale" and (row.cause, "") in reasons else None,
        }
        for row in shown
    ]
    older = f"{last.recorded_at.isoformat()}~{last.unit}~{last.number}" if last else ""
    return render(request, "portal/movements.html", {"rows": told, "older": older})


def _mark(text: str) -> tuple[datetime, str, int] | None:
    """Where the page before ended."""
    try:
        at, unit, number = text.split("~")
        return datetime.fromisoformat(at), unit, int(number)
    except ValueError:
        return None


def _reasons(here: Here, causes: set[UUID]) -> dict[tuple[UUID, str], str]:
    """Why sales gave what they gave, in a line for each unit: "bread 7,90, gold × 1,2". By receipt and unit."""
    known = set(known_as(here.business.pk, [here.member.id]))
    found = {id_: row for id_, row in receipts_by_id(here.business.pk, causes).items() if row.member_id in known}
    contents = contents_of(here.business.pk, found)
    told: dict[tuple[UUID, str], str] = {(receipt_id, ""): "" for receipt_id in found}
    for receipt_id, row in found.items():
        if row.version is None:
            continue
        programme = rules_of(here.business.pk, row.version).programme
        given = [unit for unit, *_rest in row.outcome.get("gave", ())]
        for unit, why in zip(given, whys_of(row, contents[receipt_id].lines, programme), strict=False):
            told[receipt_id, unit] = _in_a_line(why)
    return told


def _in_a_line(why: Why) -> str:
    said = [", ".join((f"{each.line} {each.counted}".strip(), *each.factors)) for each in why.reasons[:_MOST_REASONS]]
    more = len(why.reasons) - _MOST_REASONS
    return "; ".join(said) + (" " + _("and %(number)s more") % {"number": more} if more > 0 else "")


# Receipts


@require_safe
@with_member
def receipts(request: HttpRequest, here: Here) -> HttpResponse:
    """What was bought, the latest first."""
    if here.hides:
        raise Http404
    after = mark_in(request.GET.get("after", ""))
    rows = receipts_of_member(here.business.pk, here.member.id, after=after, limit=_A_PAGE + 1)
    page = rows[:_A_PAGE]
    told = [{"row": row, "gave": _gave(here, row)} for row in page]
    older = f"{page[-1].occurred_at.isoformat()},{page[-1].id}" if len(rows) > _A_PAGE else ""
    return render(request, "portal/receipts.html", {"rows": told, "older": older})


def _gave(here: Here, row: Receipt) -> list[str]:
    units = here.now.units
    return [
        here.said(steps, units[unit], sign=True)
        for unit, steps in earned_of(row.outcome, row.standing).items()
        if steps and unit in units and units[unit].visible
    ]


@require_safe
@with_member
def receipt(request: HttpRequest, here: Here, receipt_id: UUID) -> HttpResponse:
    """One receipt: what was bought, and why it gave what it gave. Another member's is as unknown as none."""
    row = receipts_by_id(here.business.pk, [receipt_id]).get(receipt_id)
    if here.hides or row is None or row.member_id not in known_as(here.business.pk, [here.member.id]):
        raise Http404
    lines = contents_of(here.business.pk, [row.id])[row.id].lines
    programme = rules_of(here.business.pk, row.version).programme if row.version else None
    shown = {unit.code for unit in here.units}
    given = [unit for unit, *_rest in row.outcome.get("gave", ())]
    whys = whys_of(row, lines, programme) if programme else []
    page = {
        "row": row,
        "lines": [
            (line.description or line.product or _("Items"), figure(Fraction(line.quantity, _PIECE)), line.net)
            for line in lines
        ],
        "gave": _gave(here, row),
        "whys": [why for unit, why in zip(given, whys, strict=False) if unit in shown],
    }
    return render(request, "portal/receipt.html", page)

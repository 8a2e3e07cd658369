"""Trying the draft before it is published: on a basket typed by hand, and on the receipts of the past."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fiel import clock
from fiel.catalogue.classify import read_catalogue
from fiel.core.compiled import compile_programme
from fiel.core.engine import Outcome, award
from fiel.core.programme import Programme
from fiel.core.reading import decimal_fraction
from fiel.core.refusals import Refused
from fiel.core.sale import Facts, Line, Sale
from fiel.doors.look import change, figure, money, unit_name, with_unit
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.rules import rate_of
from fiel.jobs.models import ENDED, Job
from fiel.programme.drafts import checked, draft_of
from fiel.sales.what_if import KIND, start_what_if
from fiel.shops.roles import May

__all__ = ["basket", "what_if", "what_if_found"]

with_place = with_place_(may=May.RULES)

_ROWS = 4
_PIECE = 1000


@require_safe
@with_place
def basket(request: HttpRequest, place: Place) -> HttpResponse:
    """What the draft gives for a basket, line by line; nothing is kept."""
    stated, faults = checked(place.business, draft_of(place.business).document)
    columns = [request.GET.getlist(name)[:_ROWS] for name in ("amount", "quantity", "department", "product")]
    rows = [tuple(each[:50] for each in row) for row in zip(*columns, strict=False)]
    rows += [("", "", "", "")] * (_ROWS - len(rows))
    page: dict[str, Any] = {"rows": rows, "faulty": bool(faults), "tiers": list(stated.tiers) if stated else []}
    page["tier"] = request.GET.get("tier", "")
    if stated and any(row[0].strip() for row in rows):
        try:
            sale = _sale(place.business.id, rows, stated)
            facts = Facts(tier=page["tier"] if page["tier"] in stated.tiers else stated.first_tier, sales_so_far=1)
            page |= _told(award(sale, facts, compile_programme(stated)), sale, stated)
        except Refused as refused:
            page["refused"] = refused.detail
    return render(request, "office/basket.html", page)


def _sale(business_id: int, rows: list[tuple[str, ...]], stated: Programme) -> Sale:
    """The basket as a sale of this moment. Raises `invalid`."""
    lines: list[Line] = []
    for amount, quantity, department, product in (row for row in rows if row[0].strip()):
        minor = decimal_fraction(amount.strip().replace(",", "."))
        pieces = decimal_fraction(quantity.strip().replace(",", ".") or "1")
        if minor is None or pieces is None or (minor * stated.minor_units).denominator != 1:
            raise Refused("invalid", _("Write each amount like 12.50, and each quantity like 1 or 0.350."))
        line = Line(len(lines) + 1, int(minor * stated.minor_units), int(pieces * _PIECE), product=product.strip())
        lines.append(line._replace(departments=(department.strip(),) if department.strip() else ()))
    catalogue = read_catalogue(business_id, {line.product for line in lines})
    lines = [catalogue.classify(line) for line in lines]
    now = clock.now()
    return Sale(occurred_at=now, local=now.astimezone(stated.timezone), store="", till="", lines=tuple(lines))


def _told(outcome: Outcome, sale: Sale, stated: Programme) -> dict[str, Any]:
    """What it gives, and why, rule by rule."""
    rules = {rule.code: rule for rule in stated.earn}
    scales = {gave.unit: gave.scale for gave in outcome.gave}
    reasons = []
    for counted in outcome.counted:
        rule = rules[counted.rule]
        unit = stated.units[rule.unit]
        factors = [f"{code} × {figure(factor)}" for code, factor in outcome.factors.get(rule.code, ()) if factor != 1]
        gives = figure(Fraction(counted.gives, scales[rule.unit]) / unit.steps)
        line = sale.lines[counted.line - 1] if counted.line else None
        what = money(line.amount, stated.currency) if line else _("The sale as a whole")
        reasons.append((counted.line, what, rule.code, rate_of(rule, stated), factors, gives))
    gave = [with_unit(each.steps, stated.units[each.unit], stated.currency) for each in outcome.gave]
    return {"reasons": sorted(reasons, key=lambda each: each[0]), "gave": gave, "tried": True}


# On the receipts of the past


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def what_if(request: HttpRequest, place: Place) -> HttpResponse:
    """Choose the span, and see what was asked before."""
    today = clock.now().astimezone(ZoneInfo(place.business.timezone)).date()
    page: dict[str, Any] = {"first": (today - timedelta(days=365)).isoformat(), "last": today.isoformat()}
    if request.method == "POST":
        page |= {name: request.POST.get(name, "") for name in ("first", "last")}
        try:
            first, last = date.fromisoformat(page["first"]), date.fromisoformat(page["last"])
            job = start_what_if(
                place.business,
                draft_of(place.business).document,
                first=first,
                last=last,
                person=place.person,
                language=get_language() or "",
            )
        except ValueError:
            page["wrong"] = _("Choose the first and the last day.")
        except Refused as refused:
            page["wrong"] = _("The span ends before it begins.")
            if not any(fault.pointer == "/last" for fault in refused.faults):
                messages.error(request, _("The draft has rules that cannot be right; they are named below."))
                return redirect("programme", place.business.slug)
        else:
            return redirect("what-if-found", place.business.slug, job.id)
    jobs = Job.objects.filter(business=place.business, kind=KIND).order_by("-created_at")[:10]
    page |= {"jobs": jobs, "zone": place.business.timezone}
    return render(request, "office/what_if.html", page, status=422 if "wrong" in page else 200)


@require_safe
@with_place
def what_if_found(request: HttpRequest, place: Place, job_id: UUID) -> HttpResponse:
    """How far it is, then what came of it, as figures and as a chart."""
    job = Job.objects.filter(business=place.business, id=job_id, kind=KIND).first()
    if job is None:
        raise Http404
    page: dict[str, Any] = {"job": job, "ended": job.state in ENDED}
    if job.state == "done" and job.result:
        page |= _found(job.result)
    fragment = "HX-Request" in request.headers and not page["ended"]
    answer = render(request, "office/what_if_progress.html" if fragment else "office/what_if_found.html", page)
    if "HX-Request" in request.headers and page["ended"]:
        answer["HX-Refresh"] = "true"
    return answer


def _found(result: dict[str, Any]) -> dict[str, Any]:
    draft, today = result["draft"], result.get("today", {})
    codes = list(dict.fromkeys([*draft["given"], *today.get("given", {})]))
    months = sorted({*draft["by_month"], *today.get("by_month", {})})
    given = [_row(code, draft["given"].get(code, "0"), today.get("given", {}).get(code, "0")) for code in codes]
    charts = [
        {
            "unit": unit_name(code, 2),
            "kind": "bar",
            "labels": months,
            "sets": [
                {"label": label, "data": [by_month.get(month, {}).get(code, "0") for month in months]}
                for label, by_month in (
                    (_("With the draft"), draft["by_month"]),
                    (_("With today's rules"), today.get("by_month", {})),
                )
            ],
        }
        for code in codes[:1]
    ]
    rules = [
        (code, _plain(draft["by_rule"].get(code, "")), _plain(today.get("by_rule", {}).get(code, "")))
        for code in dict.fromkeys([*draft["by_rule"], *today.get("by_rule", {})])
    ]
    tiers = [
        (code, draft["stand"].get(code, 0), today.get("stand", {}).get(code, 0))
        for code in dict.fromkeys([*draft["stand"], *today.get("stand", {})])
    ]
    first, last = date.fromisoformat(result["first"]), date.fromisoformat(result["last"])
    receipts = ngettext("%(n)s receipt", "%(n)s receipts", draft["sales"]) % {"n": figure(draft["sales"])}
    said = {"receipts": receipts, "first": first, "last": last}
    return {"given": given, "charts": charts, "rules": rules, "tiers": tiers, **said}


def _row(code: str, draft: str, today: str) -> tuple[str, str, str, str]:
    """A unit's name, what both gave, and by how much they differ."""
    more = change(round(Decimal(draft)), round(Decimal(today)))
    return unit_name(code, 2), figure(Decimal(draft)), figure(Decimal(today)), more


def _plain(text: str) -> str:
    return figure(Fraction(text)) if text else "–"

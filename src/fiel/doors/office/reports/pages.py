"""The pages of reports, their files, and their addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from fiel import clock
from fiel.doors.office.reports.choice import Choice, choice_of
from fiel.doors.office.reports.goods import goods_tables
from fiel.doors.office.reports.members import members_tables
from fiel.doors.office.reports.points import points_tables
from fiel.doors.office.reports.quiet import quiet_tables
from fiel.doors.office.reports.segments import segments_tables
from fiel.doors.office.reports.table import Table, as_csv, as_xlsx
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.insight.overview import kept_at
from fiel.shops.models import Business
from fiel.shops.roles import May

__all__ = ["REPORTS", "report", "report_file", "reports", "today_of", "with_place"]

with_place = with_place_(may=May.MARKET)

REPORTS: dict[str, tuple[Promise, Callable[[Business, Choice], list[Table]]]] = {
    "members": (_("Members"), members_tables),
    "points": (_("Points and rewards"), points_tables),
    "goods": (_("Assortment"), goods_tables),
    "quiet": (_("Quiet times"), quiet_tables),
    "segments": (_("Segments"), segments_tables),
}
_FILES = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@require_safe
@with_place
def reports(request: HttpRequest, place: Place) -> HttpResponse:
    """The first of them."""
    return redirect("report", place.business.slug, next(iter(REPORTS)))


@require_safe
@with_place
def report(request: HttpRequest, place: Place, subject: str) -> HttpResponse:
    """One subject: what was chosen, the charts, the tables."""
    title, tables_of = _named(subject)
    choice = choice_of(request, place, today_of(place))
    page: dict[str, Any] = {
        "subject": subject,
        "title": title,
        "subjects": [(code, name) for code, (name, _tables) in REPORTS.items()],
        "choice": choice,
        "tables": tables_of(place.business, choice),
        "kept_at": kept_at(place.business.id),
        "zone": place.business.timezone,
    }
    return render(request, "office/report.html", page)


@require_safe
@with_place
def report_file(request: HttpRequest, place: Place, subject: str, table: str, kind: str) -> HttpResponse:
    """One table to take along."""
    _title, tables_of = _named(subject)
    choice = choice_of(request, place, today_of(place))
    found = next((each for each in tables_of(place.business, choice) if each.code == table), None)
    if found is None or kind not in _FILES:
        raise Http404
    write, content_type = _FILES[kind]
    answer = HttpResponse(write(found), content_type=content_type)
    name = f"{place.business.slug}-{subject}-{table}-{choice.days.first}-{choice.days.last}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _named(subject: str) -> tuple[Promise, Callable[[Business, Choice], list[Table]]]:
    if subject not in REPORTS:
        raise Http404
    return REPORTS[subject]


def today_of(place: Place) -> date:
    """Today, by the business's clock."""
    return clock.now().astimezone(ZoneInfo(place.business.timezone)).date()

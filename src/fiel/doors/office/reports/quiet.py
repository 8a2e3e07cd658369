"""The report about quiet times: by weekday and hour, in each part of the month, with a boost that would fill them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel.core.conditions.weekdays import WEEKDAYS
from fiel.doors.look import figure, weekday
from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Column, Table, month, of, price, text
from fiel.insight.quiet import BLOCK, PARTS, Quiet, by_day_of_month, next_part, quiet_hours
from fiel.shops.models import Business

__all__ = ["quiet_tables"]

_A_MONDAY = date(2024, 1, 1)
_CHANCES = 5
_PARTS: tuple[Promise, ...] = (
    gettext_lazy("1st to 10th"),
    gettext_lazy("11th to 20th"),
    gettext_lazy("21st to the end"),
)


def quiet_tables(business: Business, choice: Choice) -> list[Table]:
    """When little is sold, and what would draw people."""
    quiet = quiet_hours(business.id, choice.days, choice.in_stores)
    in_parts = quiet_hours(business.id, choice.days, choice.in_stores, by_part=True)
    chances = [
        each
        for part in range(PARTS)
        for each in [each for each in in_parts if each.part == part and _factor(each)][:_CHANCES]
    ]
    parts = by_day_of_month(business.id, choice.days, choice.in_stores)
    return [_hours(business, quiet, choice), _parts(business, parts), _chances(business, chances, choice)]


def _hours(business: Business, quiet: Sequence[Quiet], choice: Choice) -> Table:
    said = ""
    if quiet and quiet[0].usual:
        said = _("It is quietest on %(when)s. A boost there brings members when there is room for them.") % {
            "when": _when(quiet[0])
        }
    rows = [(_when(each), *_told(each)) for each in quiet]
    columns = [_hours_column(), *_columns(business)]
    links = [_draft(business, each, choice) for each in quiet]
    return Table(
        "hours",
        _("When is it quiet?"),
        columns,
        rows,
        said,
        "bar",
        (2,),
        most_drawn=10,
        shown=10,
        links=links,
        linked=1,
    )


def _chances(business: Business, chances: Sequence[Quiet], choice: Choice) -> Table:
    rows = [(str(_PARTS[each.part or 0]), _when(each), *_told(each)) for each in chances]
    columns = [text(_("Part of the month")), _hours_column(), *_columns(business)]
    links = [_draft(business, each, choice) for each in chances]
    said = ""
    if any(links):
        said = _("Each opens as a draft of the rules, for the next such days. Nothing counts until it is published.")
    title = _("Which chances are there in each part of the month?")
    empty = _("No time is much quieter than the others.")
    return Table("chances", title, columns, rows, said, empty=empty, links=links, linked=2)


def _hours_column() -> Column:
    """Where a line ends before the hours, they stay together on the next (by word joiners, which files are without)."""
    return replace(text(_("When")), said=lambda when: when.replace("–", "\u2060–\u2060"))


def _columns(business: Business) -> list[Column]:
    """On a phone the last one is out of sight at first."""
    return [text(_("Suggestion")), of(_("Of an average time")), price(_("Usually sold"), business.currency)]


def _told(each: Quiet) -> tuple[str, tuple[int, int], int]:
    factor = _factor(each)
    suggested = _("points × %(factor)s") % {"factor": figure(Decimal(factor))} if factor else "–"
    return suggested, (each.total, each.usual), each.total


def _when(each: Quiet) -> str:
    day = weekday(date.fromordinal(_A_MONDAY.toordinal() + each.weekday))
    return f"{day}, {each.first_hour:02}:00–{each.first_hour + BLOCK:02}:00"


def _factor(each: Quiet) -> str:
    """What a boost would multiply by: 2 where less than half is sold, 1.5 where less than three quarters, else none."""
    if 2 * each.total < each.usual:
        return "2"
    return "1.5" if 4 * each.total < 3 * each.usual else ""


def _draft(business: Business, each: Quiet, choice: Choice) -> str:
    """The address of the suggested boost as a rule to be kept; empty where there is none, or none to be made."""
    factor = _factor(each)
    if not factor or not choice.drafts:
        return ""
    day, begin = WEEKDAYS[each.weekday], each.first_hour
    code = f"quiet-{day}-{begin}"
    rule = {"when.weekdays": day, "when.hours": f"{begin:02}:00-{begin + BLOCK:02}:00"}
    if each.part is not None:
        days = next_part(choice.today, each.part)
        rule |= {"when.dates.from": days.first.isoformat(), "when.dates.to": days.last.isoformat()}
        code += f"-{days.first:%m-%d}"
    if choice.in_stores:
        rule["when.stores"] = ", ".join(choice.in_stores)
    asked = urlencode({"code": code, "factor": factor, **rule})
    return f"{reverse('rule', args=(business.slug, 'boosts', 'new'))}?{asked}"


def _parts(business: Business, parts: Sequence[tuple[date, list[int | None]]]) -> Table:
    columns = [month(_("Month")), *(price(name, business.currency) for name in _PARTS)]
    rows = [(first, *each) for first, each in parts]
    said = ""
    known = [[each[part] or 0 for _first, each in parts if each[part] is not None] for part in range(PARTS)]
    means = [sum(some) // max(1, len(some)) for some in known]
    if any(means):
        weakest = min(range(PARTS), key=lambda part: means[part])
        said = _("What an average day brings. The weakest part of the month: %(part)s.") % {"part": _PARTS[weakest]}
    return Table("parts", _("Which part of the month is quiet?"), columns, rows, said, "bar", (1, 2, 3))

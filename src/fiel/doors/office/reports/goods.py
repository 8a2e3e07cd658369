"""The report about the assortment: what sells, what rises and falls, what is bought together, when it is quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from fiel.doors.look import figure, weekday
from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Table, count, grown, month, of, price, text
from fiel.insight.assortment import (
    BLOCK,
    Goods,
    Quiet,
    by_day_of_month,
    departments,
    names_of,
    products,
    quiet_hours,
)
from fiel.insight.together import pairs
from fiel.shops.models import Business

__all__ = ["goods_tables", "quiet_tables"]

_MOST = 500
_RISING = 10
_PAIRS = 30
_A_MONDAY = date(2024, 1, 1)


def goods_tables(business: Business, choice: Choice) -> list[Table]:
    """What sells."""
    by_department = departments(business.id, choice.days, choice.before, choice.in_stores)
    by_product = products(business.id, choice.days, choice.before, choice.in_stores)
    called = names_of(business.id, "product", [each.code for each in by_product[:_MOST]])
    return [
        _best(business, "departments", _("Which departments sell?"), by_department, choice),
        _best(business, "products", _("Which products sell?"), by_product[:_MOST], choice, called),
        *(_moving(business, by_product, called) if choice.before else ()),
        _together(business, "department", _("Which departments are bought together?")),
        _together(business, "product", _("Which products are bought together?")),
    ]


def _best(
    business: Business,
    code: str,
    title: str,
    goods: Sequence[Goods],
    choice: Choice,
    called: dict[str, str] | None = None,
) -> Table:
    if called is None:
        called = names_of(business.id, "department", [each.code for each in goods])
    rows = [
        (
            called.get(each.code, each.code) or _("unknown"),
            each.total,
            each.quantity // 1000,
            (each.member_total, each.total),
            (each.total, each.before),
        )
        for each in goods
    ]
    columns = [
        text(_("Item")),
        price(_("Total"), business.currency),
        count(_("Pieces")),
        of(_("To members")),
        grown(_("Against before")),
    ]
    said = "" if code == "departments" else _("Products are counted by whole months.")
    table = Table(code, title, columns, rows, said, "bar", (1,), most_drawn=12, shown=25)
    if choice.before is None:
        table.columns, table.rows = columns[:-1], [row[:-1] for row in rows]
    return table


def _moving(business: Business, goods: Sequence[Goods], called: dict[str, str]) -> list[Table]:
    """What rose and fell most, in money."""
    moved = sorted(goods, key=lambda each: (each.before - each.total, each.code))
    missing = [each.code for each in (*moved[:_RISING], *moved[-_RISING:]) if each.code not in called]
    called = called | names_of(business.id, "product", missing)
    columns = [
        text(_("Item")),
        price(_("Before"), business.currency),
        price(_("Now"), business.currency),
        grown(_("Against before")),
    ]

    def table(code: str, title: str, some: Sequence[Goods]) -> Table:
        rows = [
            (called.get(each.code, each.code) or _("unknown"), each.before, each.total, (each.total, each.before))
            for each in some
        ]
        return Table(code, title, columns, rows)

    rising = [each for each in moved[:_RISING] if each.total > each.before]
    falling = [each for each in reversed(moved[-_RISING:]) if each.total < each.before]
    return [table("rising", _("What sells better?"), rising), table("falling", _("What sells worse?"), falling)]


def _together(business: Business, what: str, title: str) -> Table:
    found = pairs(business.id, what)[:_PAIRS]
    called = names_of(business.id, what, {code for each in found for code in (each.one, each.other)})
    rows = [
        (called.get(each.one, each.one), called.get(each.other, each.other), each.sales, each.times) for each in found
    ]
    columns = [
        text(_("Item")),
        text(_("With")),
        count(_("Sales with both")),
        count(_("In 100 times by chance")),
    ]
    said = _("Of the last 90 days. 100: as often as chance alone would bring them together; 300: three times as often.")
    return Table(f"together-{what}", title, columns, rows, said, shown=15)


# When it is quiet


def quiet_tables(business: Business, choice: Choice) -> list[Table]:
    """When little is sold, and what would draw people."""
    quiet = quiet_hours(business.id, choice.days, choice.in_stores)
    parts = by_day_of_month(business.id, choice.days, choice.in_stores)
    return [_hours(business, quiet), _parts(business, parts)]


def _hours(business: Business, quiet: Sequence[Quiet]) -> Table:
    columns = [
        text(_("When")),
        price(_("Usually sold"), business.currency),
        of(_("Of an average time")),
        text(_("Suggestion")),
    ]
    rows = [(_when(each), each.total, (each.total, each.usual), _suggested(each)) for each in quiet]
    said = ""
    if quiet and quiet[0].usual:
        said = _("It is quietest on %(when)s. A boost there brings members when there is room for them.") % {
            "when": _when(quiet[0])
        }
    return Table("hours", _("When is it quiet?"), columns, rows, said, "bar", (1,), most_drawn=10, shown=10)


def _when(each: Quiet) -> str:
    day = weekday(date.fromordinal(_A_MONDAY.toordinal() + each.weekday))
    return f"{day}, {each.first_hour:02}:00–{each.first_hour + BLOCK:02}:00"


def _suggested(each: Quiet) -> str:
    """Twice where less than half is sold, one and a half times where less than three quarters."""
    if 2 * each.total < each.usual:
        return _("points × %(factor)s") % {"factor": figure(2)}
    if 4 * each.total < 3 * each.usual:
        return _("points × %(factor)s") % {"factor": "1½"}
    return "–"


def _parts(business: Business, parts: Sequence[tuple[date, list[int | None]]]) -> Table:
    names = (_("1st to 10th"), _("11th to 20th"), _("21st to the end"))
    columns = [month(_("Month")), *(price(name, business.currency) for name in names)]
    rows = [(first, *each) for first, each in parts]
    said = ""
    known = [[each[part] or 0 for _first, each in parts if each[part] is not None] for part in range(3)]
    means = [sum(some) // max(1, len(some)) for some in known]
    if any(means):
        weakest = min(range(3), key=lambda part: means[part])
        said = _("What an average day brings. The weakest part of the month: %(part)s.") % {"part": names[weakest]}
    return Table("parts", _("Which part of the month is quiet?"), columns, rows, said, "bar", (1, 2, 3))

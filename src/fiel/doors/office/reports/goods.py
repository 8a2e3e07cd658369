"""The report about the assortment: what sells, what rises and falls, what is bought together."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Table, count, grown, of, price, text
from fiel.insight.assortment import Goods, departments, names_of, products
from fiel.insight.sold import Asked
from fiel.insight.together import pairs
from fiel.shops.models import Business

__all__ = ["best_table", "goods_tables", "sold_as"]

_MOST = 500
_MOVED = 10
_PAIRS = 30


def goods_tables(business: Business, choice: Choice) -> list[Table]:
    """What sells."""
    asked = sold_as(business, choice)
    by_department = departments(asked)
    departments_called = names_of(business.id, "department", [each.code for each in by_department])
    by_product = products(asked, best=_MOST, moved=_MOVED)
    called = names_of(business.id, "product", {each.code for some in by_product for each in some})
    moved = [
        _moved(business, "rising", _("What sells better?"), by_product.rising, called),
        _moved(business, "falling", _("What sells worse?"), by_product.falling, called),
    ]
    return [
        best_table(business, "departments", _("Which departments sell?"), by_department, choice, departments_called),
        best_table(business, "products", _("Which products sell?"), by_product.best, choice, called),
        *(moved if choice.before else ()),
        _together(business, "department", _("Which departments are bought together?")),
        _together(business, "product", _("Which products are bought together?")),
    ]


def sold_as(business: Business, choice: Choice) -> Asked:
    """What is asked of the sums, from what was chosen."""
    return Asked(business.id, choice.days, choice.before, choice.in_stores)


def best_table(
    business: Business, code: str, title: str, goods: Sequence[Goods], choice: Choice, called: dict[str, str]
) -> Table:
    """What was sold of departments or products, by whom, against before."""
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


def _moved(business: Business, code: str, title: str, goods: Sequence[Goods], called: dict[str, str]) -> Table:
    """What rose or fell most, in money."""
    columns = [
        text(_("Item")),
        price(_("Before"), business.currency),
        price(_("Now"), business.currency),
        grown(_("Against before")),
    ]
    rows = [
        (called.get(each.code, each.code) or _("unknown"), each.before, each.total, (each.total, each.before))
        for each in goods
    ]
    return Table(code, title, columns, rows)


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

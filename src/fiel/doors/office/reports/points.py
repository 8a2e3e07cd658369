"""The report about points and other units: what moved, what is owed, what rewards cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from fiel.core.programme import Unit
from fiel.doors.look import money, unit_name, with_unit
from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Table, count, month, price, text, units
from fiel.insight.overview import Moved
from fiel.insight.owed import Owed, owed
from fiel.insight.programme import rewards_used, units_by_month
from fiel.programme.units import units_of
from fiel.rewards.lists import named_rewards
from fiel.shops.models import Business

__all__ = ["points_tables"]


def points_tables(business: Business, choice: Choice) -> list[Table]:
    """Two tables for each unit, and one for rewards."""
    known, held = units_of(business.id), owed(business.id, choice.today)
    moved = units_by_month(business.id, choice.days)
    tables = []
    for code in dict.fromkeys([*moved, *held]):
        if code in known:
            tables.append(_moved(business, known[code], moved.get(code, [])))
            if code in held:
                tables.append(_owed(business, held[code]))
    return [*tables, _rewards(business, choice)]


def _moved(business: Business, unit: Unit, by_month: Sequence[tuple[date, Moved]]) -> Table:
    names = (_("Given"), _("Taken back"), _("Spent"), _("Lapsed"))
    columns = [month(_("Month")), *(units(name, unit, business.currency) for name in names)]
    rows = [(first, each.given, each.taken_back, each.spent, each.lapsed) for first, each in by_month]
    title = _("What moved: %(unit)s") % {"unit": unit_name(unit.code, 2)}
    return Table(f"moved-{unit.code}", title, columns, rows, "", "bar", (1, 3, 4))


def _owed(business: Business, held: Owed) -> Table:
    unit = held.unit
    said = _("Members hold %(held)s, of which %(pending)s cannot be spent yet; %(soon)s lapse within 30 days.") % {
        "held": with_unit(held.held, unit, business.currency),
        "pending": with_unit(held.pending, unit, business.currency),
        "soon": with_unit(held.soon, unit, business.currency),
    }
    columns = [text(_("Lapses in")), units(unit_name(unit.code, 2), unit, business.currency)]
    if held.money is not None:
        said += " " + _("All of it is worth %(money)s.") % {"money": money(held.money, business.currency)}
        columns.append(price(_("Worth"), business.currency))
    months = month("")
    rows = []
    for first, steps in held.by_month.items():
        name = months.said(first) if first else _("never")
        rows.append((name, steps, held.worth(steps))[: len(columns)])
    title = _("What is owed: %(unit)s") % {"unit": unit_name(unit.code, 2)}
    return Table(f"owed-{unit.code}", title, columns, rows, said, "bar", (len(columns) - 1,))


def _rewards(business: Business, choice: Choice) -> Table:
    found = rewards_used(business, choice.days)
    names = named_rewards(business.id, [each.reward for each in found])
    rows = [(names.get(each.reward, each.reward), each.issued, each.used, each.cost) for each in found]
    columns = [
        text(_("Reward")),
        count(_("Vouchers issued")),
        count(_("Handed over")),
        price(_("Cost"), business.currency),
    ]
    said = _("Cost: what was agreed with a partner, or taken off the sale; what an item cost you is not known here.")
    return Table("rewards", _("Which rewards are taken?"), columns, rows, said, "bar", (2,))

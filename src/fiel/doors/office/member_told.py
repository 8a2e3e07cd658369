"""What the receipts tell of a member, on their page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from fiel.doors.look import how_often, money, share
from fiel.doors.office.reports.segments import SEGMENT_NAMES
from fiel.doors.office.reports.table import Table, month, price
from fiel.doors.words import PAYMENTS
from fiel.insight.member import Told, told_of
from fiel.members.models import Member
from fiel.shops.models import Business

__all__ = ["told_page"]


def told_page(business: Business, member: Member, today: date) -> dict[str, Any]:
    """For the page: the indicators, with a chart of what was spent month by month; nothing before the first sale."""
    currency = business.currency
    told = told_of(business, member, today)
    if told is None:
        return {"told": None}
    columns = [month(_("Month")), price(_("Spent"), currency)]
    spent = Table("spent", _("Spent by month"), columns, told.months, chart="bar", drawn=(1,))
    return {
        "told": told,
        "often": how_often(told.indicators.gap_days),
        "spent": spent,
        "value": money(told.indicators.total, currency),
        "ticket": money(told.ticket, currency),
        "discounted": share(told.indicators.discounted, told.indicators.total),
        "habits": _habits(told),
    }


def _habits(told: Told) -> list[tuple[str, str]]:
    habits = told.habits
    if habits is None:
        return []
    hour = f"{habits.hour:02}:00–{habits.hour + 1:02}:00" if habits.hour is not None else ""
    found = [
        (_("Segment"), str(SEGMENT_NAMES.get(habits.segment, ""))),
        (_("Favourite department"), habits.department),
        (_("Favourite products"), ", ".join(habits.products)),
        (_("Usual hour"), hour),
        (_("Usually pays by"), str(PAYMENTS.get(habits.payment, habits.payment))),
    ]
    return [(name, said) for name, said in found if said]

"""The report about members: who is active, new, lapsed; who comes back; whose sales are known."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from fiel.doors.look import figure, money, share
from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Table, count, grown, month, of, price, text
from fiel.insight.overview import active_members, sold
from fiel.insight.programme import (
    Named,
    activity,
    cohorts,
    sold_by_cashier,
    sold_by_store,
    tier_flows,
    visits_a_member,
)
from fiel.shops.models import Business

__all__ = ["members_tables"]

_COHORTS = 12


def members_tables(business: Business, choice: Choice) -> list[Table]:
    """The tables of the page."""
    return [
        _beside(business, choice),
        _activity(business, choice),
        _identified(business, _("Who is recognised, store by store?"), "stores", choice),
        _identified(business, _("Who asks for the card?"), "cashiers", choice),
        _cohorts(business, choice),
        _tiers(business, choice),
    ]


def _beside(business: Business, choice: Choice) -> Table:
    """Members beside everybody else."""
    now = sold(business.id, choice.days, choice.in_stores)
    before = sold(business.id, choice.before, choice.in_stores) if choice.before else None
    visits, months = visits_a_member(business.id, choice.days)
    said = _("%(share)s of the sales are of members, who spend %(member)s on average; everybody else %(others)s.") % {
        "share": share(now.member_sales, now.sales),
        "member": money(now.member_ticket, business.currency),
        "others": money(now.others.ticket, business.currency),
    }
    if months:
        days = figure(round(Decimal(visits) / months, 1))
        said += " " + _("Whoever comes in a month comes on %(days)s days of it.") % {"days": days}
    rows = [
        (_("Members"), now.member_sales, now.member_total, now.member_ticket),
        (_("Everybody else"), now.others.sales, now.others.total, now.others.ticket),
    ]
    columns = [text(""), count(_("Sales")), price(_("Total"), business.currency), price(_("A sale"), business.currency)]
    if before:
        then = (before.member_total, before.others.total)
        rows = [(*row, (row[2], each)) for row, each in zip(rows, then, strict=True)]  # type: ignore[misc]
        columns.append(grown(_("Against before")))
    active = active_members(business.id, choice.days)
    said += " " + _("%(n)s members bought something.") % {"n": figure(active)}
    return Table("beside", _("Do members buy more?"), columns, rows if now.sales else [], said)


def _activity(business: Business, choice: Choice) -> Table:
    rows = [(each.month, each.active, each.new, each.lapsed) for each in activity(business.id, choice.days)]
    columns = [month(_("Month")), count(_("Active")), count(_("First time")), count(pgettext("of members", "Lapsed"))]
    said = _("Active: bought something. First time: never before. Lapsed: for 90 days not seen again.")
    return Table("activity", _("How many members come?"), columns, rows, said, "bar", (1, 2, 3))


def _identified(business: Business, title: str, by: str, choice: Choice) -> Table:
    of_ = sold_by_store if by == "stores" else sold_by_cashier
    named: list[Named] = of_(business.id, choice.days, choice.in_stores)
    rows = [(name, each.sales, each.member_sales, (each.member_sales, each.sales)) for name, each in named]
    who = text(_("Store"), choice.store_name) if by == "stores" else text(_("Cashier"), lambda name: name or "–")
    columns = [who, count(_("Sales")), count(_("Of members")), of(_("Recognised"))]
    return Table(by, title, columns, rows, "", "bar", (3,))


def _cohorts(business: Business, choice: Choice) -> Table:
    found = cohorts(business.id, choice.days)[-_COHORTS:]
    width = max((len(counts) for _first, counts in found), default=0)
    columns = [month(_("First sale")), count(_("Members"))]
    columns += [of(_("Month %(n)s") % {"n": n}) for n in range(1, width)]
    rows: list[tuple[object, ...]] = [
        (first, counts[0], *((n, counts[0]) for n in counts[1:]), *[(0, 0)] * (width - len(counts)))
        for first, counts in found
    ]
    said = _("Of those who bought for the first time in a month: how many bought again so many months later.")
    return Table("cohorts", _("Do new members come back?"), columns, rows, said)


def _tiers(business: Business, choice: Choice) -> Table:
    columns = [text(_("From")), text(_("Into")), count(_("Members"))]
    return Table("tiers", _("Who moved between tiers?"), columns, tier_flows(business.id, choice.days))

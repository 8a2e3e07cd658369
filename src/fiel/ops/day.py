"""What a day makes due for a business, in its order: first the books, then whom to invite and to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from fiel import clock
from fiel.insight.keep import keep_up
from fiel.outreach.campaigns.run import run_campaigns
from fiel.outreach.invitations.came import note_who_came
from fiel.outreach.invitations.due import open_due
from fiel.outreach.messages.notices import announce_lapses
from fiel.outreach.statements import note_statements
from fiel.sales.daily import DailyReport, run_daily
from fiel.shops.models import Business

__all__ = ["do_day"]


def do_day(
    business: Business, *, on: date | None = None, progress: Callable[[int], None] = lambda members: None
) -> DailyReport:
    """Do it for a day of the programme (today's, unless one is named); a second time finds nothing to do."""
    report = run_daily(business, on=on, progress=progress)
    now = clock.now()
    keep_up(business, now=now)  # who stayed away is read from what is kept, which may wait for a worker
    note_who_came(business, now=now)
    due = open_due(business, day=report.day, now=now)
    due["lapses_announced"] = announce_lapses(business, day=report.day, now=now)
    due["statements"] = note_statements(business, day=report.day, now=now)
    due["campaign_members"] = run_campaigns(business, day=report.day, now=now)
    return replace(report, counts=report.counts + due)

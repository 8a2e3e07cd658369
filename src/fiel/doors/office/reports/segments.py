"""The report about segments: how many members stand where, how they moved, what each buys."""

from __future__ import annotations

from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel.doors.look import figure
from fiel.doors.office.reports.choice import Choice
from fiel.doors.office.reports.table import Table, count, month, price, text
from fiel.insight.assortment import names_of, of_segments
from fiel.insight.models import SegmentFlow
from fiel.insight.segments import SEGMENTS, members_in
from fiel.shops.models import Business

__all__ = ["SEGMENT_NAMES", "segments_tables"]

SEGMENT_NAMES: dict[str, Promise] = {
    "best": gettext_lazy("Best customers"),
    "regular": gettext_lazy("Regulars"),
    "promising": gettext_lazy("Promising"),
    "new": gettext_lazy("New customers"),
    "occasional": gettext_lazy("Now and then"),
    "slipping_best": gettext_lazy("Best ones slipping away"),
    "slipping": gettext_lazy("Slipping away"),
    "sleeping": gettext_lazy("Sleeping"),
    "lost": gettext_lazy("Lost"),
}
MEANT: dict[str, Promise] = {
    "best": gettext_lazy("came lately, come often, spend much"),
    "regular": gettext_lazy("come and spend as most do, or more"),
    "promising": gettext_lazy("came lately, spend little so far"),
    "new": gettext_lazy("came for the first time in the last 60 days"),
    "occasional": gettext_lazy("come seldom, spend little"),
    "slipping_best": gettext_lazy("came often and spent much, and stay away: invite them first"),
    "slipping": gettext_lazy("were regulars, and stay away"),
    "sleeping": gettext_lazy("came seldom, and stay away"),
    "lost": gettext_lazy("not seen for a year"),
}
_PRODUCTS = 5


def segments_tables(business: Business, choice: Choice) -> list[Table]:
    """The tables of the page."""
    flows = list(SegmentFlow.objects.filter(business=business).order_by("month"))
    return [_now(business), _by_month(flows), _flows(flows), _products(business)]


def _now(business: Business) -> Table:
    counted = members_in(business.id)
    rows = [(SEGMENT_NAMES[code], MEANT[code], counted.get(code, 0)) for code in SEGMENTS] if counted else []
    columns = [text(_("Segment")), text(_("Who")), count(_("Members"))]
    said = _("As of last night, by when they came last, how often they came in a year, and what they spent.")
    return Table("now", _("Who are the members?"), columns, rows, said, "bar", (2,))


def _by_month(flows: list[SegmentFlow]) -> Table:
    counted: dict[date, dict[str, int]] = {}
    for flow in flows:
        of = counted.setdefault(flow.month, {})
        of[flow.after] = of.get(flow.after, 0) + flow.members
    rows = [(first, *(of.get(code, 0) for code in SEGMENTS)) for first, of in counted.items()]
    columns = [month(_("Month")), *(count(SEGMENT_NAMES[code]) for code in SEGMENTS)]
    drawn = tuple(range(1, len(SEGMENTS) + 1))
    return Table("months", _("How do they move over time?"), columns, rows, "", "stacked", drawn)


def _flows(flows: list[SegmentFlow]) -> Table:
    last = flows[-1].month if flows else None
    moved = [flow for flow in flows if flow.month == last and flow.before not in ("", flow.after)]
    rows = [
        (SEGMENT_NAMES[flow.before], SEGMENT_NAMES[flow.after], flow.members)
        for flow in sorted(moved, key=lambda each: (-each.members, each.before, each.after))
    ]
    away = sum(flow.members for flow in moved if flow.after in ("slipping_best", "slipping", "sleeping", "lost"))
    said = _("%(n)s members came to stay away this month.") % {"n": figure(away)} if moved else ""
    columns = [text(_("From")), text(_("Into")), count(_("Members"))]
    return Table("flows", _("Who moved since last month?"), columns, rows, said)


def _products(business: Business) -> Table:
    best = of_segments(business.id, _PRODUCTS)
    called = names_of(business.id, "product", {each.product for some in best.values() for each in some})
    rows = [
        (SEGMENT_NAMES[code], called.get(each.product, each.product), each.quantity // 1000, each.total)
        for code in SEGMENTS
        for each in best.get(code, ())
    ]
    columns = [text(_("Segment")), text(_("Item")), count(_("Pieces")), price(_("Total"), business.currency)]
    said = _("The best-selling products of each, in the last 90 days.")
    return Table("products", _("What does each segment buy?"), columns, rows, said)

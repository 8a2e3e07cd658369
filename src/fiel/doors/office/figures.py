"""What happened today, this week and this month, from kept sums; what is owed, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fiel.catalogue.models import UnknownProduct
from fiel.core.programme import Unit
from fiel.doors.look import change, day_and_month, money, weekday, with_unit
from fiel.doors.people import Place
from fiel.hand.read import count_waiting
from fiel.insight.overview import Overview, Span, overview
from fiel.intake.aside import listed
from fiel.intake.models import Import
from fiel.outreach.invitations.listing import count_due
from fiel.privacy.requests import count_open
from fiel.programme.units import units_of
from fiel.shops.roles import May

__all__ = ["Card", "Figures", "Pair", "Waits", "figures_of", "waiting_of"]

_PROBLEMS_FOR = timedelta(days=30)
_MOST_TOLD = 1_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure, and what it was in the span before."""

    now: int = 0
    before: int = 0

    @property
    def change(self) -> str:
        """By how many per cent it grew or shrank."""
        return change(self.now, self.before)


@dataclass(frozen=True, slots=True)
class Card:
    """One span. `sales`: receipts of which something is left; `identified`: those with a member; `takings`: money.

    `active`: members who bought, and `moved`: what, how much as it is written, and in steps; of the whole business.
    """

    title: str
    against: str
    sales: Pair
    identified: Pair
    takings: Pair
    active: Pair
    moved: list[tuple[Promise, str, Pair]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The cards, and by unit what is owed to members, what lapses soon, and what it is in money."""

    cards: list[Card]
    owed: list[tuple[str, str, str]]
    kept_at: datetime | None


_MOVED: dict[str, Promise] = {
    "given": gettext_lazy("Given"),
    "spent": gettext_lazy("Spent"),
    "lapsed": gettext_lazy("Lapsed"),
}


def figures_of(place: Place, now: datetime) -> Figures:
    """The figures of today, this week and this month; sales are of the stores in which the person has a place."""
    seen = overview(place.business, now, place.stores)
    units, hour = units_of(place.business.id), now.astimezone(ZoneInfo(place.business.timezone)).hour
    titles = {"today": _("Today"), "week": _("This week"), "month": _("This month")}
    cards = [
        _card(place, title, _against(name, spans[1], hour), spans, {} if place.stores else units)
        for name, title in titles.items()
        for spans in [getattr(seen, name)]
    ]
    return Figures(cards, [] if place.stores else list(_owed(place, seen)), seen.kept_at)


def _against(name: str, before: Span, hour: int) -> str:
    """What a span is held against."""
    last, until = before.days.last, f"{(hour + 1) % 24:02}:00"
    if name == "today":
        return _("against last %(weekday)s until %(time)s") % {"weekday": weekday(last), "time": until}
    if name == "week":
        return _("against last week until %(weekday)s, %(time)s") % {"weekday": weekday(last), "time": until}
    return _("against last month until %(day)s") % {"day": day_and_month(last)}


def _card(place: Place, title: str, against: str, spans: tuple[Span, Span], units: Mapping[str, Unit]) -> Card:
    now, before = (span.sold for span in spans)
    return Card(
        title,
        against,
        sales=Pair(now.sales, before.sales),
        identified=Pair(now.member_sales, before.member_sales),
        takings=Pair(now.total, before.total),
        active=Pair(*(span.active for span in spans)),
        moved=list(_moved(place, spans, units)),
    )


def _moved(place: Place, spans: tuple[Span, Span], units: Mapping[str, Unit]) -> Iterator[tuple[Promise, str, Pair]]:
    now, before = (span.moved for span in spans)
    for code, unit in units.items():
        for what, word in _MOVED.items():
            steps = Pair(*(getattr(moved[code], what) if code in moved else 0 for moved in (now, before)))
            if steps.now or steps.before:
                yield word, with_unit(steps.now, unit, place.business.currency), steps


def _owed(place: Place, seen: Overview) -> Iterator[tuple[str, str, str]]:
    currency = place.business.currency
    for each in seen.owed.values():
        worth = "" if each.money is None else money(each.money, currency)
        yield with_unit(each.held, each.unit, currency), with_unit(each.soon, each.unit, currency), worth


@dataclass(frozen=True, slots=True)
class Waits:
    """Something that waits for somebody: what, how many, and where it is done."""

    what: Promise
    count: int
    where: str


def waiting_of(place: Place, now: datetime) -> list[Waits]:
    """What waits for the person: invitations, a second person's word, products, imports with problems."""
    business, opens, slug = place.business, place.opens, place.business.slug
    today = now.astimezone(ZoneInfo(business.timezone)).date()
    found = []
    if opens[May.MARKET]:
        due = count_due(business.id, today=today, stores=place.stores)["due"]
        found.append(Waits(gettext_lazy("Members to invite"), due, reverse("invitations", args=[slug])))
    if opens[May.MEMBERS]:
        entries = count_waiting(business.id)
        found.append(Waits(gettext_lazy("Adjustments for a second person"), entries, reverse("waiting", args=[slug])))
        asked = count_open(business.id)
        found.append(Waits(gettext_lazy("Requests about data"), asked, reverse("requests", args=[slug])))
    if opens[May.MEMBERS] and not place.stores:
        lately = Q(ended_at__gte=now - _PROBLEMS_FOR, refused__gt=0)
        problems = Import.objects.filter(lately, business=business).count()
        found.append(Waits(gettext_lazy("Imports with refused rows"), problems, reverse("imports", args=[slug])))
        aside = listed(business)[:_MOST_TOLD].count()
        found.append(Waits(gettext_lazy("Receipts kept aside"), aside, reverse("aside", args=[slug])))
    if opens[May.SHOP]:
        unknown = UnknownProduct.objects.filter(business=business)[:_MOST_TOLD].count()
        found.append(Waits(gettext_lazy("Products without a department"), unknown, reverse("catalogue", args=[slug])))
    return [each for each in found if each.count]

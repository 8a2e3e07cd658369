"""What happened today, this week and this month: sums made by the database, three queries whatever the size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum

from fiel.core.programme import Unit
from fiel.doors.look import change, with_unit
from fiel.doors.office.receipts import receipts_of
from fiel.doors.office.spans import Cuts, Span, cuts_of, spans_until
from fiel.doors.people import Place
from fiel.ledger.sums import earned_by_span
from fiel.members.models import Member

__all__ = ["Figures", "Pair", "figures_of"]


@dataclass(slots=True)
class Pair:
    """A figure, and what it was in the span before."""

    now: int = 0
    before: int = 0

    @property
    def change(self) -> str:
        """By how many per cent it grew or shrank."""
        return change(self.now, self.before)

    @property
    def grew(self) -> bool:
        """Whether it is more than before."""
        return self.now > self.before


@dataclass(slots=True)
class Figures:
    """One span. `sales`: receipts of which something is left; `identified`: those with a member; `takings`: money.

    `earned`: what sales gave of each unit: as it is written, and in steps.
    """

    title: str
    against: str
    sales: Pair = field(default_factory=Pair)
    identified: Pair = field(default_factory=Pair)
    takings: Pair = field(default_factory=Pair)
    members: Pair = field(default_factory=Pair)
    earned: list[tuple[str, Pair]] = field(default_factory=list)


def figures_of(place: Place, units: Mapping[str, Unit], now: datetime) -> list[Figures]:
    """The figures of today, this week and this month, of the stores in which the person has a place."""
    zone = ZoneInfo(place.business.timezone)
    spans = spans_until(now, zone)
    cuts = cuts_of(spans)
    sold, earned, joined = _sold(place, cuts), _earned(place, cuts), _joined(place, spans, now, zone)
    return [_figures(span, zone, place.business.currency, cuts, sold, earned, units, joined) for span in spans]


Sold = Mapping[int, tuple[int, int, int]]
Earned = Mapping[str, Mapping[int, int]]


def _figures(
    span: Span,
    zone: ZoneInfo,
    currency: str,
    cuts: Cuts,
    sold: Sold,
    earned: Earned,
    units: Mapping[str, Unit],
    joined: Mapping[str, int],
) -> Figures:
    now, before = cuts.pieces(span.start), cuts.pieces(span.before, span.until)

    def sold_in(column: int) -> Pair:
        return Pair(*(sum(sold[piece][column] for piece in pieces if piece in sold) for pieces in (now, before)))

    def earned_in(unit: Unit) -> tuple[str, Pair]:
        steps = Pair(*(sum(earned[unit.code].get(piece, 0) for piece in pieces) for pieces in (now, before)))
        return with_unit(steps.now, unit, currency), steps

    return Figures(
        title=span.title,
        against=span.against(zone),
        sales=sold_in(0),
        identified=sold_in(1),
        takings=sold_in(2),
        members=Pair(joined[span.name], joined[f"{span.name}_before"]),
        earned=[earned_in(unit) for code, unit in units.items() if code in earned],
    )


def _sold(place: Place, cuts: Cuts) -> Sold:
    """Receipts, those with a member, and money, by piece of time."""
    rows = receipts_of(place).filter(occurred_at__gte=cuts.moments[0], gone=False)
    sums = rows.values_list(cuts.piece).annotate(Count("id"), Count("member_id"), Sum("total")).order_by()
    return {piece: (sales, identified, takings) for piece, sales, identified, takings in sums}


def _earned(place: Place, cuts: Cuts) -> Earned:
    """Steps that sales gave, by unit and piece of time."""
    causes = receipts_of(place).filter(occurred_at__gte=cuts.moments[0], member_id__isnull=False).values("id")
    earned: dict[str, dict[int, int]] = {}
    for piece, unit, steps in earned_by_span(place.business.id, causes, cuts.piece):
        earned.setdefault(unit, {})[piece] = steps
    return earned


def _joined(place: Place, spans: Iterable[Span], now: datetime, zone: ZoneInfo) -> Mapping[str, int]:
    """New members of each span and of the one before, by whole days: the day of joining has no hour."""
    today = now.astimezone(zone).date()
    days: dict[str, tuple[date, date]] = {}
    for span in spans:
        # What ends at midnight ends with the day before it.
        last = (span.until - timedelta(microseconds=1)).astimezone(zone).date()
        days[span.name] = (span.start.astimezone(zone).date(), today)
        days[f"{span.name}_before"] = (span.before.astimezone(zone).date(), last)
    first = min(span.before for span in spans)
    # Nobody was changed before they were there: the index by change leads to all who can have joined since.
    rows = Member.objects.filter(business=place.business, updated_at__gte=first, merged_into=None)
    return rows.aggregate(**{name: Count("id", filter=Q(joined__range=ends)) for name, ends in days.items()})

"""Who is due an invitation on a day, beside those who reached a goal by buying: opened by the daily run, each once.

A birthday and an absence are reasons to write offers, so that only those are listed who said yes to them; who looks at
purchases to find them (absence, a tier within reach) needs the yes to that as well. What is about to lapse is the
member's own: everybody is told who did not say stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from fiel.core.conditions.birthday import birthday_in
from fiel.core.programme import Programme
from fiel.core.tiers import effective, next_up
from fiel.events.tell import Happened, listen, tell
from fiel.insight.models import MemberIndicators
from fiel.ledger.read import balances
from fiel.members.find import follow
from fiel.members.models import Member
from fiel.members.tiers import tier_state
from fiel.outreach.consent import who_may_be_told
from fiel.outreach.invitations.rules import Rule, rules_of
from fiel.programme.versions import rules_now
from fiel.rewards.models import Invitation
from fiel.sales.measures import read_measures
from fiel.sales.models import LotWarning, Receipt
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.read import in_groups, matching
from fiel.tables.write import insert

__all__ = ["NEEDS", "open_due"]

NEEDS: Mapping[str, tuple[str, ...]] = {
    "goal": ("notices",),
    "lapsing": ("notices",),
    "birthday": ("marketing",),
    "away": ("marketing", "profiling"),
    "tier": ("marketing", "profiling"),
    "campaign": ("marketing",),
}
"""What a member must not have refused, or must have agreed to, before they are invited for a reason."""

_GROUP = 1000
_DAY = timedelta(days=1)
_AWAY_AT_MOST = 90 * _DAY  # beyond the figure: on the first run not everybody is listed who ever stayed away
_AWAY_OPEN = 60 * _DAY
_LATELY = 30 * _DAY
_TIER_OPEN = 30 * _DAY
_WARNED_LATELY = 7 * _DAY


@dataclass(frozen=True, slots=True)
class _Due:
    """A member who is due, what it is about, and the last day on which it makes sense."""

    member_id: UUID
    occasion: str
    until: date | None


@dataclass(frozen=True, slots=True)
class _Day:
    """A business on a day of its programme."""

    business: Business
    programme: Programme
    day: date

    def moment(self, day: date) -> datetime:
        """The first moment of a day."""
        return datetime.combine(day, time(), self.programme.timezone)


def open_due(business: Business, *, day: date, now: datetime) -> Counter[str]:
    """Put those on the list who are due, end what makes no sense any more; how many of each. A second run adds none."""
    compiled = rules_now(business.id, now)
    counts: Counter[str] = Counter()
    if compiled is None:
        return counts
    at = _Day(business, compiled.programme, day)
    counts["invitations_over"] = _end_what_is_over(business, day, now)
    for why, rule in rules_of(business.id).items():
        if rule.active:
            for group in in_groups(_FIND[why](at, rule), _GROUP):
                counts[f"due_{why}"] += _open(at, rule, group, now)
    return counts


def _end_what_is_over(business: Business, day: date, now: datetime) -> int:
    ours = Invitation.objects.filter(business=business, closed_at=None, until__lt=day).exclude(why="goal")
    return ours.update(closed_at=now, closed_why="over")


def _open(at: _Day, rule: Rule, group: Iterable[_Due], now: datetime) -> int:
    """List those of a group who may be told and are not listed already."""
    due = {each.member_id: each for each in group}
    members = Member.objects.filter(business=at.business, id__in=list(due))
    may = who_may_be_told(at.business, members, NEEDS[rule.why], at.day)
    with transaction.atomic():
        keys = [(each.member_id, rule.why, each.occasion) for each in due.values()]
        known = {row[0] for row in matching(Invitation, at.business.id, ("member_id", "why", "occasion"), keys, ())}
        open_ones = Invitation.objects.filter(
            business=at.business, member_id__in=list(due), why=rule.why, closed_at=None
        )
        known |= set(open_ones.values_list("member_id", flat=True))
        rows = [
            (
                at.business.id,
                each.member_id,
                new_id(),
                rule.why,
                "",
                each.occasion,
                rule.gift,
                rule.budget,
                each.until,
                now,
                "",
            )
            for each in due.values()
            if each.member_id in may and each.member_id not in known
        ]
        insert(Invitation, _COLUMNS, rows)
        told = [Happened(row[2], {"member": str(row[1])}) for row in rows]
        tell(listen(at.business.id), "invitation.due", told, at=now)
    return len(rows)


_COLUMNS = (
    "business",
    "member_id",
    "id",
    "why",
    "award",
    "occasion",
    "gift",
    "budget",
    "until",
    "opened_at",
    "closed_why",
)


def _birthdays(at: _Day, rule: Rule) -> Iterator[_Due]:
    """Those whose birthday is one of the next days, today's with it."""
    days = {(each.month, each.day): each for each in (at.day + n * _DAY for n in range(rule.figure))}
    born = Q(pk__in=[])
    for month, day in days:
        born |= Q(birth_date__month=month, birth_date__day=day)
    if (2, 28) in days and (2, 29) not in days:
        born |= Q(birth_date__month=2, birth_date__day=29)
    rows = Member.objects.filter(born, business=at.business, merged_into=None).order_by("id")
    for member_id, birth_date in rows.values_list("id", "birth_date"):
        if birth_date is None:
            continue
        on = min(each for year in (at.day.year, at.day.year + 1) if (each := birthday_in(year, birth_date)) >= at.day)
        if on < at.day + rule.figure * _DAY:
            yield _Due(member_id, on.isoformat(), on + 3 * _DAY)


def _away(at: _Day, rule: Rule) -> Iterator[_Due]:
    """Those whose last visit lies back so many days, and not much longer: an absence is one reason, once.

    By the kept indicators, so that years of receipts are not read anew each night.
    """
    before = at.day - rule.figure * _DAY
    rows = MemberIndicators.objects.filter(
        business=at.business, last_visit__lt=before, last_visit__gte=before - _AWAY_AT_MOST
    )
    for who, seen in rows.order_by("member_id").values_list("member_id", "last_visit").iterator():
        yield _Due(who, seen.isoformat(), at.day + _AWAY_OPEN)


def _lapsing(at: _Day, _: Rule) -> Iterator[_Due]:
    """Those whose points are about to lapse, as the daily run has noted, and who still have them."""
    recent = LotWarning.objects.filter(
        business=at.business, warned_on__gt=at.day - _WARNED_LATELY, warned_on__lte=at.day, expires_on__gte=at.day
    )
    warned = recent.order_by("member_id", "expires_on").values_list("member_id", "unit", "expires_on")
    for group in in_groups(warned.iterator(), _GROUP):
        leads_to = follow(at.business.id, {member_id for member_id, *_ in group})
        held = {(each.member_id, each.unit): each.holding for each in balances(at.business.id, set(leads_to.values()))}
        for member_id, unit, expires_on in group:
            who = leads_to[member_id]
            holding = held.get((who, unit))
            if holding and any(lot.expires_on == expires_on for lot in holding.lots):
                yield _Due(who, f"{unit} {expires_on.isoformat()}", min(expires_on, at.day + 400 * _DAY))


def _tiers(at: _Day, rule: Rule) -> Iterator[_Due]:
    """Those who bought lately and lack little of the next tier."""
    if not any(tier.reach for tier in at.programme.tiers.values()):
        return
    since = at.moment(at.day - _LATELY)
    lately = Receipt.objects.filter(business=at.business, member_id__isnull=False, occurred_at__gte=since, gone=False)
    whom = lately.order_by("member_id").values_list("member_id", flat=True).distinct()
    for group in in_groups(whom.iterator(), _GROUP):
        members = Member.objects.filter(
            business=at.business, id__in=[each for each in group if each], merged_into=None
        ).order_by("id")
        measures = read_measures(at.business.id, [member.id for member in members], at.programme, [at.day])
        for member in members:
            tier = effective(at.programme, tier_state(member), at.day)
            above = next_up(at.programme, tier, measures[member.id], at.day)
            if above and above[0].reach and 0 < above[1] * 100 <= above[0].reach.amount * rule.figure:
                yield _Due(member.id, f"{above[0].code} {at.day:%Y-%m}", at.day + _TIER_OPEN)


_FIND: Mapping[str, Callable[[_Day, Rule], Iterator[_Due]]] = {
    "birthday": _birthdays,
    "away": _away,
    "lapsing": _lapsing,
    "tier": _tiers,
}

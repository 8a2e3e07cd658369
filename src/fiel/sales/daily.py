"""The daily run of one business: vouchers, then lots, awards, tiers; points.md §8.

It posts what is due and nothing else: a second run the same day finds nothing, a run that was missed for a week posts
what the week made due. Members are taken in groups, each in a transaction of its own, so that tills never wait long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from fiel import clock
from fiel.core.lots import NEVER, LotKey, months_later
from fiel.core.programme import Programme, Unit
from fiel.core.tiers import Measures, effective, has_ended, on_day
from fiel.ledger.post import Books, Cause, Movement, open_books, post
from fiel.ledger.read import last_inflow, members_with_lots, members_with_units
from fiel.members.find import known_as, lock
from fiel.members.models import Member
from fiel.members.tiers import TierBook, tier_state
from fiel.programme.versions import rules_now
from fiel.rewards.awards import open_award_book
from fiel.rewards.models import Voucher
from fiel.rewards.vouchers import expire
from fiel.sales.measures import read_measures
from fiel.sales.models import DailyRun, LotWarning, Receipt
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.write import insert

__all__ = ["DailyReport", "run_daily"]

_GROUP = 1000
_DAY = timedelta(days=1)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class DailyReport:
    """What a run did: counts by kind, the movements and awards it gave where they were asked for."""

    day: date
    counts: Counter[str]


def run_daily(business: Business, *, on: date | None = None, progress: Progress = lambda members: None) -> DailyReport:
    """Do what is due on a day of the programme (today's, unless one is named); nothing before the first programme."""
    now = clock.now()
    compiled = rules_now(business.id, now)
    counts: Counter[str] = Counter()
    if compiled is None:
        return DailyReport(on or now.date(), counts)
    programme = compiled.programme
    day = on or now.astimezone(programme.timezone).date()
    run = DailyRun(business=business, id=new_id(), day=day, at=now)
    due = iter(sorted(_members_due(business, programme, day)))
    while group := list(islice(due, _GROUP)):
        with transaction.atomic():
            counts += _Group(business, programme, day, run.id, now).run(group)
        progress(len(group))
    run.counts = dict(counts)
    run.save(force_insert=True)
    return DailyReport(day, counts)


def _members_due(business: Business, programme: Programme, day: date) -> set[UUID]:
    """Whoever something may be due for: found by indexes, looked at closely under the lock."""
    due = set(
        Voucher.objects.filter(business=business, state="issued", valid_until__lt=day).values_list(
            "member_id", flat=True
        )
    )
    warned_until = day + max((unit.warn_days for unit in programme.units.values()), default=0) * _DAY
    due |= members_with_lots(business.id, expiring_until=warned_until)
    least = {unit.code: 1 for unit in programme.units.values() if unit.expiry.kind == "inactivity"}
    for award in programme.awards:
        least[award.unit] = min(award.every, least.get(award.unit, award.every))
    due |= members_with_units(business.id, least)
    ended = Q(tier_kept_until__lt=day) | Q(tier_floor_until__lt=day)
    due |= set(Member.objects.filter(ended, business=business).values_list("id", flat=True))
    return due


@dataclass(slots=True)
class _Group:
    """Some members, locked, and what is due for each."""

    business: Business
    programme: Programme
    day: date
    run_id: UUID
    now: datetime
    counts: Counter[str] = field(default_factory=Counter)

    def run(self, member_ids: Sequence[UUID]) -> Counter[str]:
        members = lock(self.business.id, member_ids)
        books = open_books(self.business.id, members)
        awards = open_award_book(self.business, self.programme, members)
        tiers = TierBook(self.business.id)
        cause = Cause("daily", self.run_id, self._moment())
        lapses = _Lapses.read(self.business, self.programme, self.day, members, books)
        self._vouchers(members, books, cause)
        for member in members.values():
            self._lots(member, books, lapses, cause)
            given = awards.give(self.programme, books, member.id, at=cause.occurred_at, today=self.day)
            self.counts["issued"] += len(given.vouchers)
            self.counts["invited"] += len(given.invited)
        self._tiers(members, tiers)
        lapses.warn(books, members)
        post(books, recorded_at=self.now)
        awards.write(now=self.now)
        tiers.write(recorded_at=self.now)
        return self.counts

    def _moment(self) -> datetime:
        """When it counts as done: the day's first moment, or now if that is the day."""
        return min(self.now, datetime.combine(self.day + _DAY, time(), self.programme.timezone) - timedelta(seconds=1))

    def _vouchers(self, members: Mapping[UUID, Member], books: Books, cause: Cause) -> None:
        """Vouchers whose time is over expire; their price comes back or lapses, as the reward says."""
        over = Voucher.objects.filter(
            business=self.business, member_id__in=list(members), state="issued", valid_until__lt=self.day
        )
        vouchers = list(over.order_by("id"))
        expire(books, vouchers, at=cause.occurred_at, now=self.now, by="daily run", today=self.day)
        self.counts["vouchers_expired"] += len(vouchers)

    def _lots(self, member: Member, books: Books, lapses: _Lapses, cause: Cause) -> None:
        for unit in self.programme.units.values():
            lots = lapses.due(member.id, unit, books)
            movement: Movement | None = None
            if lots:
                movement = books.lapse(member.id, unit.code, lots, kind="expire", cause=cause)
            if movement:
                self.counts["expired"] += 1

    def _tiers(self, members: Mapping[UUID, Member], tiers: TierBook) -> None:
        """Tiers whose time is over fall, each on its own day."""
        ended = {member.id: member for member in members.values() if has_ended(tier_state(member), self.day)}
        if not ended:
            return
        measures = read_measures(self.business.id, ended, self.programme, [_earliest(ended.values())])
        for member in ended.values():
            state = tier_state(member)
            before = effective(self.programme, state, self.day - _DAY)
            now, changes = on_day(self.programme, state, measures.get(member.id, Measures()), self.day)
            after = effective(self.programme, now, self.day)
            why = changes[-1].why if changes else "floor_ended"
            on = changes[-1].day if changes else self.day
            tiers.move(member, now, before=before, after=after, day=on, why=why, cause=self.run_id)
            self.counts["tiers"] += before != after


def _earliest(members: Collection[Member]) -> date:
    """A day in the last whole window of the tier that ended first: two years before its end reach every window."""
    ends = [member.tier_kept_until for member in members if member.tier_kept_until]
    earliest = min(ends, default=date.max - _DAY)
    return date(earliest.year - 1, 1, 1)


@dataclass(slots=True)
class _Lapses:
    """Which lots are due to lapse, by their dates, by inactivity, and by whether it was announced."""

    business: Business
    programme: Programme
    day: date
    idle_since: Mapping[UUID, date]
    warned: Mapping[tuple[UUID, str, LotKey], date]

    @classmethod
    def read(
        cls, business: Business, programme: Programme, day: date, members: Collection[UUID], books: Books
    ) -> _Lapses:
        """Two queries where accounts lapse by inactivity, one for the warnings."""
        idle: dict[UUID, date] = {}
        if any(unit.expiry.kind == "inactivity" for unit in programme.units.values()):
            owner = known_as(business.id, members)
            sales = Receipt.objects.filter(business=business, member_id__in=list(owner), gone=False)
            last = dict(sales.order_by().values_list("member_id").annotate(Max("occurred_at")))
            for member_id, at in [*last.items(), *last_inflow(business.id, members).items()]:
                on, of = at.astimezone(programme.timezone).date(), owner[member_id]
                idle[of] = max(on, idle.get(of, date.min))
        rows = LotWarning.objects.filter(business=business, member_id__in=list(members))
        fields = ("member_id", "unit", "expires_on", "available_on", "warned_on")
        warned: dict[tuple[UUID, str, LotKey], date] = {}
        for member_id, unit, expires_on, available_on, warned_on in rows.order_by("warned_on").values_list(*fields):
            warned[member_id, unit, LotKey(expires_on, available_on)] = warned_on
        return cls(business, programme, day, idle, warned)

    def ends_on(self, member_id: UUID, unit: Unit, lot: LotKey) -> date:
        """The last day of a lot, by its own date or by the member's inactivity."""
        if unit.expiry.kind == "inactivity" and member_id in self.idle_since:
            return min(lot.expires_on, months_later(self.idle_since[member_id], unit.expiry.count))
        return lot.expires_on

    def due(self, member_id: UUID, unit: Unit, books: Books) -> list[LotKey]:
        """The lots of an account that lapse today."""
        lots = books.holding(member_id, unit.code).lots
        return [lot for lot in lots if self._lapses(member_id, unit, lot)]

    def _lapses(self, member_id: UUID, unit: Unit, lot: LotKey) -> bool:
        if self.ends_on(member_id, unit, lot) >= self.day:
            return False
        if not unit.warn_required:
            return True
        warned_on = self._warned(member_id, unit, lot)
        return warned_on is not None and warned_on + unit.warn_days * _DAY < self.day

    def _warned(self, member_id: UUID, unit: Unit, lot: LotKey) -> date | None:
        """When it was announced; an announcement from before the member's last visit does not count."""
        warned_on = self.warned.get((member_id, unit.code, lot))
        if warned_on is None or (lot.expires_on == NEVER and warned_on < self.idle_since.get(member_id, date.min)):
            return None
        return warned_on

    def warn(self, books: Books, members: Collection[UUID]) -> None:
        """Note what is about to lapse and has not been announced."""
        rows = [
            (self.business.id, member_id, unit.code, lot.expires_on, lot.available_on, self.day)
            for member_id in members
            for unit in self.programme.units.values()
            for lot in books.holding(member_id, unit.code).lots
            if self.ends_on(member_id, unit, lot) <= self.day + unit.warn_days * _DAY
            and self._warned(member_id, unit, lot) is None
        ]
        insert(LotWarning, ("business", "member_id", "unit", "expires_on", "available_on", "warned_on"), rows)

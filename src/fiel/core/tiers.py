"""Tiers: how a member rises, how long a tier is kept, and how it falls. points.md §5; pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from fiel.core.programme import Programme, Reach, Rolling, Tier

__all__ = [
    "Change",
    "Measures",
    "TierState",
    "after_return",
    "after_sale",
    "effective",
    "first_day_needed",
    "has_ended",
    "higher",
    "lifts",
    "next_up",
    "on_day",
]

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Measures:
    """What tiers measure, by the programme's days, over what still stands after returns.

    `spend` in minor units; `sales`: how many, of which a visit is a day with any; `earned`: steps by unit.
    """

    spend: dict[date, int] = field(default_factory=dict)
    sales: dict[date, int] = field(default_factory=dict)
    earned: dict[str, dict[date, int]] = field(default_factory=dict)

    def add(self, day: date, *, spend: int, sales: int, earned: dict[str, int]) -> None:
        """Note a sale; or, with figures below zero, what a return took of one."""
        self.spend[day] = self.spend.get(day, 0) + spend
        self.sales[day] = self.sales.get(day, 0) + sales
        for unit, steps in earned.items():
            by_day = self.earned.setdefault(unit, {})
            by_day[day] = by_day.get(day, 0) + steps

    def over(self, measure: str, first: date, last: date) -> int:
        """A measure from one day to another, both inclusive."""
        if measure == "visits":
            return sum(1 for day, sales in self.sales.items() if sales > 0 and first <= day <= last)
        by_day = self.spend if measure == "spend" else self.earned.get(measure, {})
        return sum(amount for day, amount in by_day.items() if first <= day <= last)


@dataclass(frozen=True, slots=True)
class TierState:
    """Where a member stands. `kept_until`: the tier's last day unless it is met again; None: no end.

    `floor`: a tier given by hand, not to be fallen below up to and including `floor_until`; None: no end.
    """

    tier: str
    kept_until: date | None = None
    floor: str = ""
    floor_until: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A member's tier changed: from, to, on which day, why (reached, requalify, one_step, returned)."""

    before: str
    after: str
    day: date
    why: str


def effective(programme: Programme, state: TierState, day: date) -> str:
    """The tier that counts on a day: the one earned, or the one given by hand if that is higher."""
    floor = state.floor if state.floor and (state.floor_until is None or day <= state.floor_until) else ""
    return max(state.tier or programme.first_tier, floor, key=lambda code: _rank(programme, code))


def after_sale(programme: Programme, state: TierState, measures: Measures, day: date) -> TierState:
    """The state after a sale of a day that `measures` holds already. A sale never lowers."""
    met = _highest_met(programme, measures, day)
    if met is None or _rank(programme, met.code) < _rank(programme, state.tier):
        return state
    kept = _kept_until(met, day)
    if met.code == state.tier and (state.kept_until is None or (kept is not None and kept <= state.kept_until)):
        return state
    return replace(state, tier=met.code, kept_until=kept)


def has_ended(state: TierState, day: date) -> bool:
    """Whether the time of a tier, or of one given by hand, is over on a day: `on_day` then has something to say."""
    return _is_over(state.kept_until, day) or _is_over(state.floor_until, day)


def on_day(programme: Programme, state: TierState, measures: Measures, day: date) -> tuple[TierState, list[Change]]:
    """The state at the daily run, and each fall since the last one, on the day on which it was due."""
    changes: list[Change] = []
    if _is_over(state.floor_until, day):
        state = replace(state, floor="", floor_until=None)
    while state.kept_until is not None and _is_over(state.kept_until, day) and state.tier != programme.first_tier:
        fallen = _fall(programme, state, measures, state.kept_until + _DAY)
        why = programme.tiers[state.tier].fall if state.tier in programme.tiers else "requalify"
        if fallen.tier != state.tier:
            changes.append(Change(state.tier, fallen.tier, state.kept_until + _DAY, why))
        state = fallen
    return state, changes


def lifts(programme: Programme, before: str, after: str, tier: str) -> bool:
    """Whether a rise from one tier to another passes or reaches this one."""
    return _rank(programme, before) < _rank(programme, tier) <= _rank(programme, after)


def higher(programme: Programme, ours: TierState, theirs: TierState, day: date) -> TierState:
    """The state of two members who are one: the higher tier stays, of those earned and of those given by hand."""
    earned = max(ours, theirs, key=lambda state: (_rank(programme, state.tier), state.kept_until or date.max))
    given = [state for state in (ours, theirs) if state.floor and day <= (state.floor_until or date.max)]
    best = max(given, key=lambda state: (_rank(programme, state.floor), state.floor_until or date.max), default=ours)
    return TierState(earned.tier, earned.kept_until, best.floor, best.floor_until)


def after_return(
    programme: Programme, state: TierState, measures: Measures, *, before: TierState, reached_on: date
) -> TierState:
    """The state after a return of the sale that lifted the member into the tier, or of an earlier one.

    `before`: what the member had earned until `reached_on`. The tier is kept where some window since still meets it;
    else it is the highest that a window since meets, not below the one before.
    """
    for tier in _from_the_top(programme):
        below = _rank(programme, state.tier) - _rank(programme, tier.code)
        met_on = _last_met(tier, measures, reached_on) if below >= 0 else None
        if met_on is not None and below == 0:
            return state
        if below > 0 and _rank(programme, tier.code) == _rank(programme, before.tier):
            kept = [before.kept_until, *([_kept_until(tier, met_on)] if met_on else [])]
            return replace(state, tier=tier.code, kept_until=None if None in kept else max(filter(None, kept)))
        if met_on is not None:
            return replace(state, tier=tier.code, kept_until=_kept_until(tier, met_on))
    return replace(state, tier=before.tier, kept_until=before.kept_until)


def first_day_needed(programme: Programme, days: Iterable[date]) -> date | None:
    """The first day that tiers look at for sales of these days; None where no tier is reached by anything."""
    windows = [tier.reach for tier in programme.tiers.values() if tier.reach]
    earliest = min(days, default=None)
    if earliest is None or not windows:
        return None
    return min(_window(reach, earliest)[0] for reach in windows)


def next_up(programme: Programme, tier: str, measures: Measures, day: date) -> tuple[Tier, int] | None:
    """The nearest tier above that something lifts into, and how much of its measure is missing on a day."""
    for above in programme.tiers.values():
        if above.reach and _rank(programme, above.code) > _rank(programme, tier):
            had = measures.over(above.reach.measure, *_window(above.reach, day))
            return above, max(0, above.reach.amount - had)
    return None


def _is_over(last_day: date | None, day: date) -> bool:
    return last_day is not None and last_day < day


def _rank(programme: Programme, code: str) -> int:
    """A tier's place from below; a tier that the programme no longer has stands at the bottom."""
    return list(programme.tiers).index(code) if code in programme.tiers else 0


def _from_the_top(programme: Programme) -> Iterator[Tier]:
    return reversed(list(programme.tiers.values()))


def _highest_met(programme: Programme, measures: Measures, day: date) -> Tier | None:
    return next((tier for tier in _from_the_top(programme) if tier.reach and _met(tier.reach, measures, day)), None)


def _met(reach: Reach, measures: Measures, day: date) -> bool:
    return measures.over(reach.measure, *_window(reach, day)) >= reach.amount


def _window(reach: Reach, day: date) -> tuple[date, date]:
    """The first and last day of the window that contains a day."""
    window = reach.window
    if isinstance(window, Rolling):
        return day - (window.days - 1) * _DAY, day
    if window == "calendar_month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if window == "calendar_year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return date.min, date.max


def _kept_until(tier: Tier, met_on: date) -> date | None:
    """The last day of a tier that was met on a day; None: no end."""
    if tier.reach is None or tier.keep == "forever" or tier.reach.window == "lifetime":
        return None
    if isinstance(tier.keep, int):
        return met_on + tier.keep * _DAY
    if isinstance(tier.reach.window, Rolling):
        return met_on + tier.reach.window.days * _DAY
    return _window(tier.reach, _window(tier.reach, met_on)[1] + _DAY)[1]


def _fall(programme: Programme, state: TierState, measures: Measures, day: date) -> TierState:
    """Where a member goes whose tier ended the day before."""
    tier = programme.tiers.get(state.tier)
    below = [each for each in _from_the_top(programme) if _rank(programme, each.code) < _rank(programme, state.tier)]
    if tier is None or not below:
        return replace(state, tier=programme.first_tier, kept_until=None)
    if tier.fall == "one_step":
        return replace(state, tier=below[0].code, kept_until=_kept_until(below[0], day))
    for each in (tier, *below):
        if each.reach and _met(each.reach, measures, _last_whole(each.reach, day)):
            return replace(state, tier=each.code, kept_until=_kept_until(each, _last_whole(each.reach, day)))
    return replace(state, tier=programme.first_tier, kept_until=None)


def _last_whole(reach: Reach, day: date) -> date:
    """The last day of the last window that was over before a day."""
    if isinstance(reach.window, Rolling) or reach.window == "lifetime":
        return day - _DAY
    return _window(reach, day)[0] - _DAY


def _last_met(tier: Tier, measures: Measures, first: date) -> date | None:
    """The last day since one day, that day or one with a sale, on which the tier's window was met."""
    if tier.reach is None:
        return None
    days = {first, *(day for day, sales in measures.sales.items() if sales > 0 and day > first)}
    return next((day for day in sorted(days, reverse=True) if _met(tier.reach, measures, day)), None)

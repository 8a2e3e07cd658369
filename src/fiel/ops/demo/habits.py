"""What customers do: some come daily, some when they think of it, some stay away, some are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fiel.core.identity import Identity
from fiel.members.enrol import Newcomer
from fiel.ops.demo.dice import Dice, one_of
from fiel.ops.demo.rhythm import Day

__all__ = ["Branch", "Customer", "Habit", "Visit", "visits_of", "walk_ins"]

FAITHFUL_TO_HOUR = 0.65
FAITHFUL_TO_BRANCH = 0.88


@dataclass(frozen=True, slots=True)
class Habit:
    """A way of being a customer. `share` of a hundred customers; `gap`: days between visits, from and to.

    `begins`, `ends`: when in the shop's life, in hundredths of it, from and to. To begin at 0 is to have been there
    before.
    """

    name: str
    share: int
    gap: tuple[float, float]
    begins: tuple[int, int] = (0, 0)
    ends: tuple[int, int] = (100, 100)


@dataclass(frozen=True, slots=True)
class Branch:
    """A store of a demo shop. `share`: how many of a hundred customers have it as theirs."""

    code: str
    name: str
    tills: int = 1
    share: int = 100


@dataclass(frozen=True, slots=True)
class Customer:
    """A member, and what can be expected of them: `gap` days between visits, at an `hour`, from `since` to `until`.

    `brought_by`: the member number of who told them of the shop.
    """

    newcomer: Newcomer
    known_by: Identity
    gap: float
    hour: float
    branch: Branch
    since: date
    until: date
    is_new: bool
    brought_by: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the till; `customer` None: nobody said who."""

    at: datetime
    branch: Branch
    customer: Customer | None = None


def visits_of(
    dice: Dice, customer: Customer, days: Sequence[Day], branches: Sequence[Branch], zone: ZoneInfo
) -> list[Visit]:
    """When one customer comes. The longer it has been, the likelier: not by the clock, yet with some regularity."""
    visits: list[Visit] = []
    waited = customer.gap * (1 if customer.is_new else dice.random())
    for day in days:
        if not customer.since <= day.day <= customer.until:
            continue
        waited += 1
        likely = day.busy / customer.gap * min(2.0, 1.5 * waited / customer.gap)
        first = customer.is_new and not visits and day.busy > 0
        if first or dice.random() < likely:
            visits.append(Visit(_moment(dice, day, zone, customer.hour), _branch(dice, customer, branches), customer))
            waited = 0
    return visits


def walk_ins(dice: Dice, day: Day, per_day: float, branches: Sequence[Branch], zone: ZoneInfo) -> list[Visit]:
    """Those of a day who do not say who they are."""
    expected = per_day * day.busy
    count = int(expected) + (dice.random() < expected % 1)
    places = [(branch, branch.share) for branch in branches]
    return [Visit(_moment(dice, day, zone), one_of(dice, places)) for _ in range(count)]


def _branch(dice: Dice, customer: Customer, branches: Sequence[Branch]) -> Branch:
    return customer.branch if dice.random() < FAITHFUL_TO_BRANCH else dice.choice(branches)


def _moment(dice: Dice, day: Day, zone: ZoneInfo, usual: float | None = None) -> datetime:
    """A time of that day, around the usual hour or where the crowd is, while the shop is open."""
    opens, closes = min(day.hours), max(day.hours) + 1
    if usual is not None and dice.random() < FAITHFUL_TO_HOUR:
        hour = usual + dice.uniform(-0.5, 0.5)
    else:
        hour = one_of(dice, list(day.hours.items())) + dice.random()
    seconds = int(min(max(hour, opens), closes - 0.01) * 3600)
    return datetime.combine(day.day, time(), zone) + timedelta(seconds=seconds)

"""A shop of the neighbourhood, and its year: who joins, who comes when, what stands on each receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fiel.core.identity import Identity
from fiel.core.sale import Line, Payment
from fiel.ops.demo.dice import Dice, dice_for, one_of
from fiel.ops.demo.gifts import Gift
from fiel.ops.demo.habits import Branch, Customer, Habit, Visit, visits_of, walk_ins
from fiel.ops.demo.people import Asked, Registry
from fiel.ops.demo.rhythm import Day, Rhythm, days_of
from fiel.ops.demo.wares import Ware
from fiel.sales.incoming import Incoming

__all__ = ["WHOLE", "Basket", "Filler", "Shop", "Size", "Year", "live"]

BIRTHDAYS_A_HUNDRED = 3
LONGEST_MEMBER_DAYS = 900


@dataclass(frozen=True, slots=True)
class Size:
    """How much of the demo: so many days up to today, and so many hundredths of the people."""

    days: int = 365
    people: int = 100


WHOLE = Size()


@dataclass(frozen=True, slots=True)
class Basket:
    """What stands on a receipt, but for the time and the place."""

    lines: tuple[Line, ...]
    discount: int = 0
    payments: tuple[Payment, ...] = ()
    use_packs: bool = False

    @property
    def due(self) -> int:
        """What there is to pay, in minor units."""
        return sum(line.amount - line.discount for line in self.lines) - self.discount

    def paid_by(self, *kinds: str) -> Basket:
        """The same, paid; by two kinds half and half."""
        first = self.due // len(kinds)
        amounts = (self.due - first, first)[: len(kinds)] if len(kinds) > 1 else (self.due,)
        return replace(self, payments=tuple(map(Payment, kinds, amounts)))


Filler = Callable[[Visit], Basket]
"""Fills the baskets of one shop, visit after visit in the order of time; it may remember who bought what."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One business of the neighbourhood. `anonymous`: how many on a usual day do not say who they are.

    `departments`: code, name, the one above; parents first. `fillers` makes what fills the baskets. `referred`: of a
    hundred who join, how many were brought by somebody; `returns`: of a thousand visits, after how many something comes
    back; `cheats`: whether some are not honest (`cheats.py`).
    """

    slug: str
    name: str
    currency: str
    timezone: str
    country: str
    language: str
    branches: Sequence[Branch]
    departments: Sequence[tuple[str, str, str]]
    wares: Sequence[Ware]
    members: int
    anonymous: float
    habits: Sequence[Habit]
    asked: Asked
    rhythm: Rhythm
    fillers: Callable[[Dice], Filler]
    cashiers: Sequence[str]
    gifts: Sequence[Gift] = ()
    referred: int = 0
    returns: int = 0
    channel: str = "till"
    cheats: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The shop's clock."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Year:
    """A shop's life up to a moment: its members, and its receipts in the order of time."""

    customers: Sequence[Customer]
    receipts: Sequence[Incoming]


def live(shop: Shop, *, seed: int, now: datetime, card_prefix: str, size: Size = WHOLE) -> Year:
    """The shop's year up to now. The same seed and day give the same; within a day, later moments give more of it."""
    today = now.astimezone(shop.zone).date()
    days = days_of(dice_for(seed, shop.slug, "days"), shop.rhythm, today, size.days)
    people = dice_for(seed, shop.slug, "people")
    registry = Registry(people, shop.country, today, shop.language, shop.asked, card_prefix)
    customers = _customers(shop, people, registry, days, size)
    visits = _visits(shop, customers, days, dice_for(seed, shop.slug, "visits"), size)
    receipts = _receipts(shop, visits, dice_for(seed, shop.slug, "baskets"))
    return Year(customers, [receipt for receipt in receipts if receipt.occurred_at <= now])


def _customers(shop: Shop, dice: Dice, registry: Registry, days: Sequence[Day], size: Size) -> list[Customer]:
    """The guest first, then everybody else; some have their birthday this week."""
    count = max(3, shop.members * size.people // 100)
    shares = [(habit, habit.share) for habit in shop.habits]
    customers = [_customer(shop, dice, registry, days, shop.habits[0], guest=True)]
    with_birthday = 1 + count * BIRTHDAYS_A_HUNDRED // 100
    for number in range(1, count):
        habit = one_of(dice, shares)
        customers.append(_customer(shop, dice, registry, days, habit, birthday=number <= with_birthday))
    return [_brought(shop, dice, customer, customers) for customer in customers]


def _brought(shop: Shop, dice: Dice, customer: Customer, others: Sequence[Customer]) -> Customer:
    """Some of those who join were told of the shop by one who has long been a member."""
    if not customer.is_new or dice.randrange(100) >= shop.referred:
        return customer
    friend = dice.choice([other for other in others if not other.is_new])
    return replace(customer, brought_by=friend.newcomer.code)


def _customer(
    shop: Shop,
    dice: Dice,
    registry: Registry,
    days: Sequence[Day],
    habit: Habit,
    *,
    guest: bool = False,
    birthday: bool = False,
) -> Customer:
    is_new = habit.begins != (0, 0)
    since = _day_at(days, dice.randint(*habit.begins))
    joined = since if is_new else days[0].day - timedelta(days=dice.randrange(LONGEST_MEMBER_DAYS))
    newcomer = registry.guest(joined) if guest else registry.newcomer(joined, birthday_this_week=birthday)
    hours = list(shop.rhythm.hours.items())
    return Customer(
        newcomer=newcomer,
        known_by=_known_by(dice, newcomer.identities),
        gap=dice.uniform(*habit.gap),
        hour=one_of(dice, hours) + dice.random(),
        branch=one_of(dice, [(branch, branch.share) for branch in shop.branches]),
        since=since,
        until=_day_at(days, dice.randint(*habit.ends)),
        is_new=is_new,
    )


def _day_at(days: Sequence[Day], hundredth: int) -> date:
    return days[(len(days) - 1) * hundredth // 100].day


def _known_by(dice: Dice, identities: Sequence[Identity]) -> Identity:
    """What this person shows at the till: the card where there is one, mostly; else the phone."""
    card = next((each for each in identities if each.kind == "card"), None)
    return card if card and dice.random() < 0.8 else identities[0]


def _visits(shop: Shop, customers: Sequence[Customer], days: Sequence[Day], dice: Dice, size: Size) -> list[Visit]:
    visits = [visit for each in customers for visit in visits_of(dice, each, days, shop.branches, shop.zone)]
    for day in days:
        visits.extend(walk_ins(dice, day, shop.anonymous * size.people / 100, shop.branches, shop.zone))
    return sorted(visits, key=lambda visit: visit.at)


def _receipts(shop: Shop, visits: Sequence[Visit], dice: Dice) -> list[Incoming]:
    """A receipt for each visit. Tills count theirs from 1."""
    fill = shop.fillers(dice)
    numbers: Counter[tuple[str, str]] = Counter()
    receipts = []
    for visit in visits:
        till = str(dice.randint(1, visit.branch.tills))
        numbers[visit.branch.code, till] += 1
        basket = fill(visit)
        receipts.append(
            Incoming(
                store=visit.branch.code,
                till=till,
                number=f"{numbers[visit.branch.code, till]:06d}",
                occurred_at=visit.at,
                lines=basket.lines,
                member=visit.customer.known_by if visit.customer else None,
                discount=basket.discount,
                payments=basket.payments,
                use_packs=basket.use_packs,
                channel=shop.channel,
                cashier=_cashier(shop, visit, int(till)),
            )
        )
    return receipts


def _cashier(shop: Shop, visit: Visit, till: int) -> str:
    """Two shifts a day at each till."""
    shift = till * 2 + (visit.at.hour >= 13) + len(shop.branches) * list(shop.branches).index(visit.branch)
    return shop.cashiers[shift % len(shop.cashiers)]

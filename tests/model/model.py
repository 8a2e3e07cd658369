"""A small model of how points are counted, to compare Fiel with.

Written from points.md alone, and sharing no code with Fiel: plain values, fractions of whole units, every figure
looked up anew, no thought given to speed. Where the page leaves something open, the model says `Open:` and what it
takes. Members, vouchers and sales are known by what the caller calls them.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

FOREVER = date.max
REWARDS = ("points", "cashback", "voucher", "prepaid")
A_DAY = timedelta(days=1)

Lot = tuple[date, date]
"""The last day of a lot, and its first. Sorted by them it is in the order of spending."""


class Refused(Exception):
    """Nothing was done. Where several codes are right, any of them."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = codes


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


def in_shares(total: int, weights: list[int]) -> list[int]:
    """By largest remainder, ties to the earlier."""
    if not sum(weights):
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    given = [floor(each) for each in exact]
    for _ in range(total - sum(given)):
        most = max(range(len(exact)), key=lambda i: (exact[i] - given[i], -i))
        given[most] += 1
    return given


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last."""
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + 31 * A_DAY).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


# What is told


@dataclass(frozen=True)
class Line:
    """One item of a receipt; `amount` and `discount` in cents, `quantity` in pieces."""

    amount: int
    quantity: Fraction = Fraction(1)
    discount: int = 0
    product: str = ""
    department: str = ""
    tax: Fraction = Fraction(0)


@dataclass(frozen=True)
class Payment:
    kind: str
    amount: int
    unit: str = ""


@dataclass(frozen=True)
class Basket:
    """A sale as a till sends it. `who`: a member's name, a phone nobody knows yet, or nobody."""

    store: str
    number: str
    at: datetime
    lines: tuple[Line, ...]
    who: str | None = None
    enrol: bool = False
    discount: int = 0
    payments: tuple[Payment, ...] = ()
    vouchers: tuple[int, ...] = ()
    use_packs: bool = False


@dataclass(frozen=True)
class Reward:
    """`price`: unit and amount; none: by award only. `items`: the products an item can be; none: it is no item."""

    items: tuple[str, ...] = ()
    price: tuple[str, Fraction] | None = None
    valid_days: int | None = None
    on_expire: str = "lapse"


@dataclass(frozen=True)
class Shop:
    """What a business has beside its programme. `products`: department and tags; `departments`: the one above."""

    zone: str
    stores: dict[str, str]
    departments: dict[str, str]
    products: dict[str, tuple[str, tuple[str, ...]]]
    rewards: dict[str, Reward]


# What is kept


@dataclass
class Account:
    lots: dict[Lot, Fraction] = field(default_factory=dict)
    debt: Fraction = Fraction(0)
    carry: Fraction = Fraction(0)

    @property
    def held(self) -> Fraction:
        return sum(self.lots.values(), Fraction(0))

    @property
    def balance(self) -> Fraction:
        return self.held - self.debt

    def available(self, day: date) -> Fraction:
        return sum((amount for lot, amount in self.lots.items() if lot[1] <= day <= lot[0]), Fraction(0))

    def pending(self, day: date) -> Fraction:
        return sum((amount for lot, amount in self.lots.items() if lot[1] > day), Fraction(0))

    def put(self, amount: Fraction, lot: Lot) -> None:
        """Every inflow repays debt first."""
        repaid = min(amount, self.debt)
        self.debt -= repaid
        if amount > repaid:
            self.lots[lot] = self.lots.get(lot, Fraction(0)) + amount - repaid

    def draw(self, amount: Fraction, order: Iterable[Lot]) -> list[tuple[Lot, Fraction]]:
        """Take out of lots one after the other; what was drawn of each."""
        drawn = []
        for lot in order:
            part = min(amount, self.lots[lot])
            if part:
                amount -= part
                self.lots[lot] -= part
                drawn.append((lot, part))
                if not self.lots[lot]:
                    del self.lots[lot]
        return drawn

    def put_back(self, amount: Fraction, drawn: list[tuple[Lot, Fraction]]) -> None:
        """To just the lots it came from, last drawn first; `drawn` forgets what came back."""
        while amount:
            lot, part = drawn.pop()
            back = min(part, amount)
            amount -= back
            if part > back:
                drawn.append((lot, part - back))
            self.put(back, lot)


@dataclass(frozen=True)
class Climb:
    """A sale lifted the member: from the tier (and how long it was kept) to another, on a day."""

    sale: int
    before: str
    kept_before: date | None
    after: str
    day: date


@dataclass
class Member:
    types: tuple[str, ...] = ()
    born: date | None = None
    referrer: str | None = None
    merged_into: str | None = None
    accounts: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    tier: str = ""
    kept_until: date | None = None
    floor: str = ""
    floor_until: date | None = None
    climbs: list[Climb] = field(default_factory=list)
    invitations: set[str] = field(default_factory=set)
    last_inflow: date | None = None
    warned: dict[tuple[str, Lot], date] = field(default_factory=dict)


@dataclass
class Voucher:
    reward: str
    owner: str
    price: tuple[str, Fraction] | None
    award: str
    until: date | None
    drawn: list[tuple[Lot, Fraction]]
    state: str = "issued"
    sale: int | None = None


@dataclass(frozen=True)
class Part:
    """A line as it counts. `covered`: pieces that packs or vouchers paid; `paid`: cents that other rewards paid."""

    line: Line
    quantity: Fraction
    net: int
    covered: Fraction = Fraction(0)
    paid: int = 0

    @property
    def covered_net(self) -> int:
        return half_up(self.net * self.covered / self.quantity) if self.covered else 0

    @property
    def counts(self) -> bool:
        return self.net > 0 and not (self.covered and self.covered == self.quantity)

    @property
    def pieces(self) -> Fraction:
        return self.quantity - self.covered if self.counts else Fraction(0)


@dataclass(frozen=True)
class Facts:
    tier: str
    types: tuple[str, ...]
    born: date | None
    sales_so_far: int
    caps: dict[str, tuple[Fraction, Fraction]]
    carry: dict[str, Fraction]


@dataclass
class Gives:
    """What a sale gives: by unit the exact figure and the whole steps; by capped rule what it gave; what counted."""

    exact: dict[str, Fraction] = field(default_factory=dict)
    whole: dict[str, Fraction] = field(default_factory=dict)
    by_rule: dict[str, Fraction] = field(default_factory=dict)
    spend: int = 0


@dataclass(frozen=True)
class Cover:
    line: int
    pieces: Fraction
    unit: str = ""
    sessions: Fraction = Fraction(0)
    voucher: int | None = None


@dataclass
class Sale:
    basket: Basket
    who: str | None
    rules: Programme
    day: date
    parts: list[Part]
    bare: list[Part]
    left: list[Fraction | None]
    facts: Facts | None = None
    gives: Gives = field(default_factory=Gives)
    spent: dict[str, Fraction] = field(default_factory=dict)
    drawn: dict[str, list[tuple[Lot, Fraction]]] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    gift: tuple[str, str, Fraction, Fraction] | None = None
    returns: dict[str, Any] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        return all(rest is None for rest in self.left)


class Programme:
    """A document, with its defaults filled in where they are asked for."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.zone = ZoneInfo(document["timezone"])
        self.units = {unit["code"]: unit for unit in document["units"]}
        self.tiers = {tier["code"]: tier for tier in document.get("tiers", ())}
        self.earn = document.get("earn", [])
        self.boosts = document.get("boosts", [])
        self.awards = document.get("awards", [])
        self.seasons = {season["code"]: season for season in document.get("seasons", ())}

    def step(self, unit: str) -> Fraction:
        kind = self.units[unit].get("kind")
        return Fraction(1, 10 ** self.units[unit].get("decimals", 2 if kind == "money" else 0))

    def multiplied(self, unit: str) -> bool:
        """Points and money: what the tier and boosts without groups multiply."""
        return self.units[unit]["kind"] in ("points", "money")

    def down(self, unit: str, amount: Fraction) -> Fraction:
        return floor(amount / self.step(unit)) * self.step(unit)

    def up(self, unit: str, amount: Fraction) -> Fraction:
        return ceil(amount / self.step(unit)) * self.step(unit)

    def rounded(self, unit: str, amount: Fraction) -> Fraction:
        rounding = self.units[unit].get("rounding", "floor")
        if rounding == "half_up":
            return half_up(amount / self.step(unit)) * self.step(unit)
        return self.up(unit, amount) if rounding == "ceil" else self.down(unit, amount)

    def lot(self, unit: str, day: date) -> Lot:
        first = day + self.units[unit].get("pending_days", 0) * A_DAY
        return self.last_day(unit, first), first

    def last_day(self, unit: str, first: date) -> date:
        expiry = self.units[unit].get("expiry", {"kind": "never"})
        if expiry["kind"] == "days":
            return first + expiry["days"] * A_DAY
        if expiry["kind"] == "end_of_month":
            month = months_later(first.replace(day=1), expiry["months"])
            return month.replace(day=monthrange(month.year, month.month)[1])
        if expiry["kind"] == "end_of_year":
            return date(first.year + expiry["years"], 12, 31)
        return FOREVER

    # Tiers

    def rank(self, tier: str) -> int:
        return list(self.tiers).index(tier) if tier in self.tiers else 0

    def higher(self, a: str, b: str) -> str:
        return b if self.rank(b) > self.rank(a) else a

    @property
    def first_tier(self) -> str:
        return next(iter(self.tiers), "")

    def window(self, tier: str, day: date) -> tuple[date, date]:
        """The window of a tier that contains a day, or ends on it."""
        window = self.tiers[tier]["reach"]["window"]
        if isinstance(window, dict):
            return day - (window["rolling"] - 1) * A_DAY, day
        if window == "calendar_month":
            return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
        if window == "calendar_year":
            return date(day.year, 1, 1), date(day.year, 12, 31)
        return date.min, FOREVER

    def keeps_until(self, tier: str, met_on: date) -> date | None:
        """How long a tier is kept that was met on a day."""
        if tier == self.first_tier:
            return None
        keep, window = self.tiers[tier].get("keep", "next_window"), self.tiers[tier]["reach"]["window"]
        if keep == "forever" or window == "lifetime":
            return None
        if isinstance(keep, dict):
            return met_on + keep["days"] * A_DAY
        if isinstance(window, dict):
            return met_on + window["rolling"] * A_DAY
        return self.window(tier, self.window(tier, met_on)[1] + A_DAY)[1]

    def last_whole(self, tier: str, day: date) -> date:
        """The last day of the last window that was over before a day."""
        window = self.tiers[tier]["reach"]["window"]
        return day - A_DAY if isinstance(window, dict) or window == "lifetime" else self.window(tier, day)[0] - A_DAY

    # What holds a line, and when

    def names(self, shop: Shop, selector: dict[str, Any], line: Line) -> int | None:
        """How near a selector names a line (0 is nearest); None: not at all."""
        department, tags = shop.products.get(line.product, (line.department, ()))
        way = []
        while department:
            way.append(department)
            department = shop.departments.get(department, "")
        if line.product and line.product in selector.get("products", ()):
            return 0
        if set(tags) & set(selector.get("tags", ())):
            return 1
        return next((3 + i for i, each in enumerate(way) if each in selector.get("departments", ())), None)

    def level(self, shop: Shop, rule: dict[str, Any], line: Line) -> int | None:
        """How near a rule is about a line; None: it is not."""
        if self.names(shop, rule.get("except", {}), line) is not None:
            return None
        items = rule.get("items", {})
        return self.names(shop, items, line) if any(items.values()) else 1000

    def holds(self, when: dict[str, Any], sale: Basket, local: datetime, facts: Facts, parts: list[Part]) -> bool:
        """Whether every condition holds."""
        days = [local.date()]
        if "hours" in when:
            days = list(days_of_hours(when["hours"], local))
        fixed = {
            "stores": lambda named: sale.store in named,
            "types": lambda named: bool(set(facts.types) & set(named)),
            "tiers": lambda named: facts.tier in named,
            "payments": lambda named: bool(paid_by(sale)) and paid_by(sale) <= set(named),
            "min_amount": lambda least: sum(map(self.amount, parts)) >= 100 * Fraction(least),
            "min_items": lambda least: sum(map(items_in, parts)) >= least,
            "first_sale": lambda is_first: (facts.sales_so_far == 0) == is_first,
            "every_nth_sale": lambda nth: (facts.sales_so_far + 1) % nth == 0,
        }
        by_day = {
            "weekdays": lambda named, day: f"{day:%a}".lower() in named,
            "birthday": lambda span, day: facts.born is not None and near_birthday(facts.born, day, span),
            "seasons": lambda named, day: any(in_season(self.seasons[code], day) for code in named),
        }
        assert when.keys() <= {*fixed, *by_day, "hours"}
        return all(fixed[key](value) for key, value in when.items() if key in fixed) and any(
            all(by_day[key](value, day) for key, value in when.items() if key in by_day) for day in days
        )

    def amount(self, part: Part) -> int:
        """What counts of a line, in cents."""
        amount = part.net - part.covered_net - part.paid
        if self.document.get("amounts") == "tax_excluded":
            return half_up(amount * 100 / (100 + part.line.tax))
        return amount


def days_of_hours(hours: list[str], local: datetime) -> Iterator[date]:
    """The days to which a moment belongs, if it lies within the hours."""
    now = f"{local:%H:%M}"
    for begin, end in (span.split("-") for span in hours):
        if begin <= now < end or now >= begin > end:
            yield local.date()
        elif begin > end and now < end:
            yield local.date() - A_DAY


def near_birthday(born: date, day: date, span: str) -> bool:
    if span == "month":
        return born.month == day.month
    on_28th = (born.month, born.day) == (2, 29)
    birthdays = [
        date(year, 2, 28) if on_28th and not isleap(year) else born.replace(year=year)
        for year in (day.year - 1, day.year, day.year + 1)
    ]
    return any(abs((day - each).days) <= (3 if span == "week" else 0) for each in birthdays)


def in_season(season: dict[str, str], day: date) -> bool:
    here, begin, end = f"{day:%m-%d}", season["from"], season["to"]
    return begin <= here <= end if begin <= end else here >= begin or here <= end


def paid_by(sale: Basket) -> set[str]:
    return {payment.kind for payment in sale.payments} - set(REWARDS)


def items_in(part: Part) -> Fraction:
    """The pieces that count; a weighed line is one."""
    return Fraction(bool(part.pieces)) if part.quantity % 1 else part.pieces


class Model:
    """A business and its members, one call after the other. `moved`: what the last call moved."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.versions: list[tuple[datetime, Programme]] = []
        self.members: dict[str, Member] = {}
        self.vouchers: list[Voucher] = []
        self.sales: list[Sale] = []
        self.documents: dict[tuple[str, str, date], int] = {}
        self.openings: dict[str, Any] = {}
        self.now = datetime.min.replace(tzinfo=UTC)
        self.moved: Counter[tuple[str, str, str, date | None]] = Counter()

    # Small things

    def do(self, call: str, **said: Any) -> Any:
        """Make a call at the moment `now`. What is refused has changed nothing."""
        self.moved = Counter()
        before = deepcopy(self.members), [copy(voucher) for voucher in self.vouchers]
        try:
            return getattr(self, call)(**said)
        except Refused:
            self.members, self.vouchers = before
            self.moved = Counter()
            raise

    def rules_at(self, moment: datetime) -> Programme:
        return [rules for since, rules in self.versions if since <= moment][-1]

    @property
    def rules(self) -> Programme:
        return self.rules_at(self.now)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.rules.zone).date()

    def leads_to(self, who: str) -> str:
        """A member, or whom it became part of."""
        while (into := self.members[who].merged_into) is not None:
            who = into
        return who

    def account(self, who: str, unit: str) -> Account:
        return self.members[who].accounts[unit]

    def tell(self, who: str, unit: str, kind: str, amount: Fraction, lot: Lot | None = None) -> None:
        self.moved[who, unit, kind, lot[0] if lot else None] += amount  # type: ignore[assignment]

    def put(self, who: str, unit: str, kind: str, amount: Fraction, lot: Lot) -> None:
        if amount:
            self.account(who, unit).put(amount, lot)
            self.tell(who, unit, kind, amount, lot)

    def spend(self, who: str, unit: str, kind: str, amount: Fraction, day: date) -> list[tuple[Lot, Fraction]]:
        """The soonest-expiring available lots first."""
        account = self.account(who, unit)
        if account.available(day) < amount:
            raise Refused("not_enough")
        if amount:
            self.tell(who, unit, kind, -amount)
        return account.draw(amount, sorted(lot for lot in account.lots if lot[1] <= day <= lot[0]))

    def sales_of(self, who: str) -> list[Sale]:
        """What still stands of a member's sales; those of whoever became part of the member too."""
        return [sale for sale in self.sales if sale.who and self.leads_to(sale.who) == who and not sale.gone]

    # People, and rules

    def enrol(self, who: str, **known: Any) -> None:
        self.members[who] = Member(**known)

    def publish(self, document: dict[str, Any]) -> None:
        self.versions.append((self.now, Programme(document)))

    # Sales

    def sell(self, basket: Basket, by_one: bool = True) -> tuple[int, bool]:
        """Record a sale: which one it is, and whether it was in the books before."""
        local = basket.at.astimezone(ZoneInfo(self.shop.stores[basket.store] or self.shop.zone))
        document = (basket.store, basket.number, local.date())
        known = self.documents.get(document)
        if known is not None and self.sales[known].basket == basket:
            return known, True
        self._check(basket, known)
        index, rules = len(self.sales), self.rules_at(basket.at)
        if basket.enrol and basket.who and basket.who not in self.members:
            self.members[basket.who] = Member()
        who = self.leads_to(basket.who) if basket.who in self.members else None
        nets = nets_of(basket)
        sale = Sale(
            basket=basket,
            who=who,
            rules=rules,
            day=basket.at.astimezone(rules.zone).date(),
            parts=self._settle(basket, nets, []),
            bare=self._settle(basket, nets, []),
            left=[line.quantity for line in basket.lines],
        )
        if who is not None:
            self._count(sale, who, index, local)
        elif wrong := self._nobody_can(basket):
            raise Refused(*wrong)
        self.documents[document] = index
        self.sales.append(sale)
        if who is not None:
            self._rise(who, index)
            self._give_awards(who, rules, self._day_of_spending(basket, rules))
        return index, False

    def _check(self, basket: Basket, known: int | None) -> None:
        wrong = [line for line in basket.lines if not 0 <= line.discount <= line.amount or line.quantity < 0]
        codes = []
        if wrong or not 0 <= basket.discount <= sum(line.amount - line.discount for line in basket.lines):
            codes.append("invalid")
        if known is not None:
            codes.append("conflict")
        late = timedelta(days=self.rules.document.get("late_days", 7))
        if basket.at < self.now - late:
            codes.append("too_late")
        if basket.at > self.now + timedelta(minutes=5):
            codes.append("too_early")
        if codes:
            raise Refused(*codes)

    def _nobody_can(self, basket: Basket) -> list[str]:
        """Use a voucher, or draw from an account."""
        codes = ["voucher_not_redeemable"] if basket.vouchers else []
        return [*codes, "not_enough"] if any(payment.unit for payment in basket.payments) else codes

    def _day_of_spending(self, basket: Basket, rules: Programme) -> date:
        """The server's clock says what can be spent; a till's may be some minutes ahead."""
        return max(self.now, basket.at).astimezone(rules.zone).date()

    def _count(self, sale: Sale, who: str, index: int, local: datetime) -> None:
        """Draw what pays, count, give what is earned."""
        basket, rules, today = sale.basket, sale.rules, self._day_of_spending(sale.basket, sale.rules)
        sale.facts = self._facts(who, sale, today)
        self._check_use(sale, who, today)
        for unit, amount in sale.spent.items():
            sale.drawn[unit] = self.spend(who, unit, "spend", amount, today)
        sessions = {code: unit for code, unit in rules.units.items() if unit["kind"] == "sessions"}
        bought = self._gives(sale, local, sale.parts, sale.bare)
        for unit in sessions:
            self.put(who, unit, "earn", bought.whole.get(unit, Fraction(0)), rules.lot(unit, sale.day))
        held = {unit: self.account(who, unit).available(today) for unit in sessions}
        nets = [part.net for part in sale.bare]
        sale.covers = self._cover(basket, rules, nets, list(basket.vouchers), held)
        sale.parts = self._settle(basket, nets, sale.covers)
        used: Counter[str] = Counter()
        for cover in sale.covers:
            if cover.voucher is None:
                used[cover.unit] += cover.sessions  # type: ignore[assignment]
        for unit, amount in used.items():
            sale.drawn[unit] = self.spend(who, unit, "spend", Fraction(amount), today)
        for number in basket.vouchers:
            if self._is_item(number) and number not in {cover.voucher for cover in sale.covers}:
                raise Refused("voucher_not_redeemable")
            self.vouchers[number].state, self.vouchers[number].sale = "redeemed", index
        sale.gives = self._gives(sale, local, sale.parts, sale.bare)
        for unit, whole in sale.gives.whole.items():
            if rules.units[unit].get("rounding") == "carry":
                account = self.account(who, unit)
                account.carry += sale.gives.exact[unit] - whole
            if unit not in sessions:
                self.put(who, unit, "earn", whole, rules.lot(unit, sale.day))
        self._refer(sale, who)

    def _check_use(self, sale: Sale, who: str, today: date) -> None:
        """What payments draw (`spent`), and whether vouchers can be used."""
        codes = []
        for payment in sale.basket.payments:
            unit = sale.rules.units.get(payment.unit, {})
            value = unit.get("value", "1" if unit.get("kind") == "money" else None)
            if payment.unit and (payment.kind not in ("points", "cashback") or value is None):
                codes.append("invalid")
            elif payment.unit:
                amount = sale.rules.up(payment.unit, Fraction(payment.amount, 100) / Fraction(value))
                sale.spent[payment.unit] = sale.spent.get(payment.unit, Fraction(0)) + amount
        if any(self.account(who, unit).available(today) < amount for unit, amount in sale.spent.items()):
            codes.append("not_enough")
        vouchers = [self.vouchers[number] for number in sale.basket.vouchers]
        if any(not self.is_open(voucher) or self.leads_to(voucher.owner) != who for voucher in vouchers):
            codes.append("voucher_not_redeemable")
        if len(set(sale.basket.vouchers)) < len(vouchers):
            codes.append("invalid")
        if codes:
            raise Refused(*codes)

    def _facts(self, who: str, sale: Sale, today: date) -> Facts:
        member, earlier = self.members[who], self.sales_of(who)
        caps = {}
        for rule in sale.rules.earn:
            gave = [(each.day, each.gives.by_rule.get(rule["code"], Fraction(0))) for each in earlier]
            in_day = sum((amount for day, amount in gave if day == sale.day), Fraction(0))
            in_month = sum((a for d, a in gave if (d.year, d.month) == (sale.day.year, sale.day.month)), Fraction(0))
            caps[rule["code"]] = in_day, in_month
        return Facts(
            tier=self.tier_of(who, sale.rules, today),
            types=member.types,
            born=member.born,
            sales_so_far=len(earlier),
            caps=caps,
            carry={unit: account.carry for unit, account in member.accounts.items()},
        )

    # §4.1-4.4: what counts

    def _settle(self, basket: Basket, nets: list[int], covers: list[Cover]) -> list[Part]:
        """The lines as they count: what rewards paid beyond covered parts is shared over the rest."""
        covered = [Fraction(0)] * len(nets)
        for cover in covers:
            covered[cover.line] += cover.pieces
        parts = [
            Part(line, line.quantity, net, pieces)
            for line, net, pieces in zip(basket.lines, nets, covered, strict=True)
        ]
        paid = {kind: sum(each.amount for each in basket.payments if each.kind == kind) for kind in REWARDS}
        over = max(0, paid["prepaid"] + paid["voucher"] - sum(part.covered_net for part in parts))
        rest = [part.net - part.covered_net for part in parts]
        shared = in_shares(min(over + paid["points"] + paid["cashback"], sum(rest)), rest)
        return [
            Part(part.line, part.quantity, part.net, part.covered, share)
            for part, share in zip(parts, shared, strict=True)
        ]

    def _cover(
        self, basket: Basket, rules: Programme, nets: list[int], vouchers: list[int], held: dict[str, Fraction]
    ) -> list[Cover]:
        """Vouchers for a piece each, then packs for whole pieces."""
        covers: list[Cover] = []
        open_pieces = [line.quantity for line in basket.lines]
        for number in vouchers:
            items = self.shop.rewards[self.vouchers[number].reward].items
            for i, line in enumerate(basket.lines):
                if self._is_item(number) and line.product in items and open_pieces[i] > 0:
                    pieces = min(Fraction(1), open_pieces[i])
                    open_pieces[i] -= pieces
                    covers.append(Cover(i, pieces, voucher=number))
                    break
        prepaid = sum(payment.amount for payment in basket.payments if payment.kind == "prepaid")
        # Open: where several covers compete for one prepaid payment, "document order" may be lines or covers. The
        # programmes here have one cover each.
        for i, line in enumerate(basket.lines):
            for cover in rules.document.get("covers", ()):
                unit, take, taken = cover["unit"], Fraction(cover.get("take", 1)), 0
                while (
                    rules.level(self.shop, cover, line) is not None
                    and open_pieces[i] >= 1
                    and held[unit] >= take
                    and (basket.use_packs or nets[i] == 0 or half_up(nets[i] * (taken + 1) / line.quantity) <= prepaid)
                ):
                    taken += 1
                    open_pieces[i] -= 1
                    held[unit] -= take
                if taken:
                    if not basket.use_packs and nets[i]:
                        prepaid -= half_up(nets[i] * taken / line.quantity)
                    covers.append(Cover(i, Fraction(taken), unit, taken * take))
        return covers

    def _is_item(self, number: int) -> bool:
        return bool(self.shop.rewards[self.vouchers[number].reward].items)

    # §4.5-4.8: what it gives

    def _gives(self, sale: Sale, local: datetime, parts: list[Part], bare: list[Part]) -> Gives:
        assert sale.facts is not None
        rules, facts, result = sale.rules, sale.facts, Gives()
        result.spend = sum(map(rules.amount, parts))
        for unit in rules.units:
            ours = bare if rules.units[unit]["kind"] == "sessions" else parts
            by_line: dict[int, Fraction] = defaultdict(Fraction)
            by_sale: list[Fraction] = []
            decided = self._decide(sale, unit, ours, local)
            for rule, lines in decided:
                gifts = self._gifts(sale, rule, [ours[i] for i in lines], ours, local)
                room = self._room(rule, facts)
                for i, gift in zip(lines or [None], gifts, strict=True):
                    kept = gift if room is None else min(gift, room)
                    room = None if room is None else room - kept
                    # Open: what a rule gave before it had a cap leaves its room as it is.
                    if {"day", "month"} & rule.get("cap", {}).keys():
                        result.by_rule[rule["code"]] = result.by_rule.get(rule["code"], Fraction(0)) + kept
                    if i is None:
                        by_sale.append(kept)
                    else:
                        by_line[i] += kept
            if not decided:
                continue
            total = result.exact[unit] = sum(by_line.values(), Fraction(0)) + sum(by_sale, Fraction(0))
            if rules.units[unit].get("rounding") == "carry":
                result.whole[unit] = rules.down(unit, facts.carry.get(unit, Fraction(0)) + total)
            elif rules.units[unit].get("round_per") == "line":
                each = (rules.rounded(unit, gift) for gift in (*by_line.values(), *by_sale))
                result.whole[unit] = sum(each, Fraction(0))
            else:
                result.whole[unit] = rules.rounded(unit, total)
        return result

    def _decide(
        self, sale: Sale, unit: str, parts: list[Part], local: datetime
    ) -> list[tuple[dict[str, Any], list[int]]]:
        """The rules that give something of a unit, each with the lines it decides; a sale rule has none."""
        rules, facts, basket = sale.rules, sale.facts, sale.basket
        assert facts is not None
        skips = rules.document.get("discounted_lines") == "skip" and rules.multiplied(unit)
        lines = [i for i, part in enumerate(parts) if not (skips and part.line.discount)]
        holding = [
            rule
            for rule in rules.earn
            if rule["unit"] == unit and rules.holds(rule.get("when", {}), basket, local, facts, parts)
        ]
        decided: dict[str, list[int]] = {}
        for i in lines:
            for group in {rule.get("group", "base") for rule in holding}:
                levels = [
                    (level, rule)
                    for rule in holding
                    if rule.get("basis", "amount") != "sale" and rule.get("group", "base") == group
                    if (level := rules.level(self.shop, rule, parts[i].line)) is not None
                ]
                if levels:
                    nearest = min(level for level, _ in levels)
                    equal = [rule for level, rule in levels if level == nearest]
                    most = max(self._alone(sale, rule, parts[i], parts, local) for rule in equal)
                    first = next(r for r in equal if self._alone(sale, r, parts[i], parts, local) == most)
                    decided.setdefault(first["code"], []).append(i)
        result = []
        for rule in holding:
            if rule.get("basis", "amount") != "sale":
                if rule["code"] in decided:
                    result.append((rule, decided[rule["code"]]))
            elif any(parts[i].counts and rules.level(self.shop, rule, parts[i].line) is not None for i in lines):
                result.append((rule, []))
        return result

    def _alone(self, sale: Sale, rule: dict[str, Any], part: Part, parts: list[Part], local: datetime) -> Fraction:
        """What a rule would give for a line, a `whole` rule as if every piece counted."""
        rate = Fraction(rule["give"]) / Fraction(rule.get("per", 1))
        counted = part.pieces if rule.get("basis") == "quantity" else Fraction(sale.rules.amount(part), 100)
        return counted * rate * self._factor(sale, rule, parts, local)

    def _gifts(
        self, sale: Sale, rule: dict[str, Any], decided: list[Part], parts: list[Part], local: datetime
    ) -> list[Fraction]:
        """What a rule gives for each of its lines, before its caps."""
        give, per, factor = Fraction(rule["give"]), Fraction(rule.get("per", 1)), self._factor(sale, rule, parts, local)
        if rule.get("basis") == "sale":
            return [give * factor]
        if rule.get("whole"):
            pieces = sum((part.pieces for part in decided), Fraction(0))
            total = floor(pieces / per) * give * factor
            return [total * part.pieces / pieces if pieces else Fraction(0) for part in decided]
        return [self._alone(sale, rule, part, parts, local) for part in decided]

    def _factor(self, sale: Sale, rule: dict[str, Any], parts: list[Part], local: datetime) -> Fraction:
        """The tier and every boost that holds, mixed."""
        rules, facts = sale.rules, sale.facts
        assert facts is not None
        plain = rules.multiplied(rule["unit"]) and rule.get("basis") != "sale"
        factors = [Fraction(rules.tiers[facts.tier].get("factor", 1))] if plain and facts.tier in rules.tiers else []
        for boost in rules.boosts:
            groups = boost.get("groups", ())
            if (rule.get("group", "base") in groups if groups else plain) and rules.holds(
                boost.get("when", {}), sale.basket, local, facts, parts
            ):
                factors.append(Fraction(boost["factor"]))
        mix = rules.document.get("boost_mix", "multiply")
        if mix == "best":
            return max(factors, default=Fraction(1))
        if mix == "add":
            return max(Fraction(0), 1 + sum((factor - 1 for factor in factors), Fraction(0)))
        product = Fraction(1)
        for factor in factors:
            product *= factor
        return product

    def _room(self, rule: dict[str, Any], facts: Facts) -> Fraction | None:
        cap = rule.get("cap", {})
        in_day, in_month = facts.caps[rule["code"]]
        used = {"sale": Fraction(0), "day": in_day, "month": in_month}
        return min((max(Fraction(0), cap[span] - used[span]) for span in cap), default=None)

    # After the sale: gifts for bringing somebody, tiers, awards

    def _refer(self, sale: Sale, who: str) -> None:
        rule, named = sale.rules.document.get("referral"), self.members[who].referrer
        if not rule or named is None or sale.gives.spend < max(1, 100 * Fraction(rule.get("min_amount", 0))):
            return
        referrer = self.leads_to(named)
        theirs = self.members[referrer].referrer
        given = [(self.leads_to(each.who), each) for each in self.sales if each.who and each.gift]
        # Merging can make two who brought each other.
        if (
            (theirs is not None and self.leads_to(theirs) == who)
            or referrer == who
            or (rule.get("after", "first_sale") == "first_sale" and who in {referred for referred, _ in given})
        ):
            return
        month = [
            each
            for _, each in given
            if each.gift and self.leads_to(each.gift[0]) == referrer and each.gift[2]
            if (each.day.year, each.day.month) == (sale.day.year, sale.day.month)
        ]
        full = "max_per_month" in rule and len(month) >= rule["max_per_month"]
        to_referrer = Fraction(0 if full else rule.get("referrer", 0))
        to_referred = Fraction(rule.get("referred", 0))
        sale.gift = referrer, rule["unit"], to_referrer, to_referred
        for whose, amount in ((who, to_referred), (referrer, to_referrer)):
            self.put(whose, rule["unit"], "refer", amount, sale.rules.lot(rule["unit"], sale.day))
            if amount:
                self._came_in(whose, sale.day)

    def _came_in(self, who: str, day: date) -> None:
        """Something came in from outside a sale. Open: of any unit, it keeps all the member's accounts."""
        self.members[who].last_inflow = max(day, self.members[who].last_inflow or day)

    def tier_of(self, who: str, rules: Programme, day: date) -> str:
        """The tier that counts on a day: the one earned, or one given by hand until its date."""
        member = self.members[who]
        given = member.floor if member.floor_until is None or day <= member.floor_until else ""
        return rules.higher(member.tier or rules.first_tier, given)

    def _measured(self, who: str, measure: str, first: date, last: date, rules: Programme) -> Fraction:
        sales = [sale for sale in self.sales_of(who) if first <= sale.day <= last]
        if measure == "visits":
            return Fraction(len({sale.day for sale in sales}))
        if measure == "spend":
            return Fraction(sum(sale.gives.spend for sale in sales), 100)
        return sum((sale.gives.whole.get(measure, Fraction(0)) for sale in sales), Fraction(0))

    def _met(self, who: str, rules: Programme, tier: str, day: date) -> bool:
        reach = rules.tiers[tier].get("reach")
        if reach is None:
            return False
        return self._measured(who, reach["measure"], *rules.window(tier, day), rules) >= Fraction(reach["amount"])

    def _highest_met(self, who: str, rules: Programme, day: date) -> str | None:
        return next((tier for tier in reversed(rules.tiers) if self._met(who, rules, tier, day)), None)

    def is_due_a_tier(self, who: str) -> bool:
        """Whether a sale of today, of nothing, would lift the member."""
        met = self._highest_met(who, self.rules, self.today)
        return met is not None and self.rules.rank(met) > self.rules.rank(self.members[who].tier)

    def _rise(self, who: str, index: int) -> None:
        """The highest tier met is reached at once; one that is met again is kept longer."""
        member, sale = self.members[who], self.sales[index]
        rules, held = sale.rules, member.tier or sale.rules.first_tier
        met = self._highest_met(who, rules, sale.day)
        if met is None or rules.rank(met) < rules.rank(held):
            return
        kept = rules.keeps_until(met, sale.day)
        if met == held:
            member.kept_until = later(member.kept_until, kept)
            return
        member.climbs.append(Climb(index, held, member.kept_until, met, sale.day))
        member.tier, member.kept_until = met, kept

    def _give_awards(self, who: str, rules: Programme, today: date) -> None:
        """In document order; what the balance no longer holds is not invited for."""
        for award in rules.awards:
            if award.get("mode", "voucher") == "invite":
                self._look_at(who, award)
                continue
            while self.account(who, award["unit"]).available(today) >= award["every"]:
                price = (award["unit"], Fraction(award["every"]))
                self._issue(who, award["reward"], price, award["code"], today)
        self._close_invitations(who)

    def _look_at(self, who: str, award: dict[str, Any]) -> None:
        if self.account(who, award["unit"]).balance >= award["every"]:
            self.members[who].invitations.add(award["code"])

    def _look_at_invitations(self, who: str) -> None:
        """Open: after a hand entry, a cancelled voucher or a return the member is looked at too."""
        for award in self.rules.awards:
            if award.get("mode") == "invite":
                self._look_at(who, award)
        self._close_invitations(who)

    def _close_invitations(self, who: str) -> None:
        for award in self.rules.awards:
            if self.account(who, award["unit"]).balance < award["every"]:
                self.members[who].invitations.discard(award["code"])

    # Vouchers

    def _issue(self, who: str, reward: str, price: tuple[str, Fraction], award: str, today: date) -> None:
        drawn = self.spend(who, price[0], "spend", price[1], today)
        days = self.shop.rewards[reward].valid_days
        until = None if days is None else today + days * A_DAY
        self.vouchers.append(Voucher(reward, who, price, award, until, drawn))

    def is_open(self, voucher: Voucher) -> bool:
        """Issued, and good today, before or after the daily run."""
        return voucher.state == "issued" and (voucher.until is None or voucher.until >= self.today)

    def issue(self, who: str, reward: str) -> None:
        who = self.leads_to(who)
        invited = [
            award
            for award in self.rules.awards
            if award["reward"] == reward and award["code"] in self.members[who].invitations
        ]
        price = self.shop.rewards[reward].price
        if price is None and invited:
            price = invited[0]["unit"], Fraction(invited[0]["every"])
        if price is None:
            raise Refused("not_enough")
        self._issue(who, reward, price, invited[0]["code"] if invited else "", self.today)
        if invited:
            self.members[who].invitations.discard(invited[0]["code"])
        self._close_invitations(who)

    def redeem(self, voucher: int) -> None:
        self._close(self.vouchers[voucher], "redeemed")

    def cancel(self, voucher: int) -> None:
        self._close(self.vouchers[voucher], "cancelled")
        self._price_back(self.vouchers[voucher])
        self._look_at_invitations(self.leads_to(self.vouchers[voucher].owner))

    def _close(self, voucher: Voucher, state: str) -> None:
        if not self.is_open(voucher):
            raise Refused("voucher_not_redeemable")
        voucher.state = state

    def _price_back(self, voucher: Voucher) -> None:
        if voucher.price:
            unit, amount = voucher.price
            who = self.leads_to(voucher.owner)
            self.account(who, unit).put_back(amount, voucher.drawn)
            self.tell(who, unit, "give_back", amount)

    def _expire(self, voucher: Voucher) -> None:
        voucher.state = "expired"
        if self.shop.rewards[voucher.reward].on_expire == "give_back":
            self._price_back(voucher)

    # Returns

    def take_back(self, sale: int, number: str, at: datetime, lines: tuple[tuple[int, Fraction], ...] | None) -> bool:
        """Record a return; whether it was in the books before. `lines`: their places, with quantities."""
        sold = self.sales[sale]
        if number in sold.returns:
            if sold.returns[number] != (at, lines):
                raise Refused("conflict")
            return True
        self._check_return(sold, at, lines)
        sold.returns[number] = (at, lines)
        before = list(sold.left)
        for i, quantity in ((i, rest) for i, rest in enumerate(before) if rest is not None) if lines is None else lines:
            rest = (sold.left[i] or 0) - quantity
            sold.left[i] = rest if rest > 0 else None
        if sold.who is not None:
            self._undo(sold, sale, self.leads_to(sold.who), before)
        return False

    def _check_return(self, sold: Sale, at: datetime, lines: tuple[tuple[int, Fraction], ...] | None) -> None:
        codes = ["invalid"] if len({i for i, _ in lines or ()}) < len(lines or ()) else []
        if at < sold.basket.at or sold.gone:
            codes.append("invalid")
        for i, quantity in lines or ():
            left = sold.left[i] if i < len(sold.left) else None
            if left is None or quantity > left or (quantity == 0 and left > 0):
                codes.append("invalid")
        if at > self.now + timedelta(minutes=5):
            codes.append("too_early")
        if codes:
            raise Refused(*codes)

    def _undo(self, sold: Sale, index: int, who: str, left_before: list[Fraction | None]) -> None:
        rules, today = sold.rules, self.now.astimezone(sold.rules.zone).date()
        local = sold.basket.at.astimezone(ZoneInfo(self.shop.stores[sold.basket.store] or self.shop.zone))
        for unit, amount in self._comes_back(sold, left_before).items():
            self.account(who, unit).put_back(amount, sold.drawn[unit])
            self.tell(who, unit, "give_back", amount)
        self._free_vouchers(sold, index)
        now = (
            Gives()
            if sold.gone
            else self._gives(sold, local, self._rest(sold, sold.parts), self._rest(sold, sold.bare))
        )
        taking: dict[str, Fraction] = {}
        for unit in rules.units:
            fewer = sold.gives.whole.get(unit, Fraction(0)) - now.whole.get(unit, Fraction(0))
            exact = sold.gives.exact.get(unit, Fraction(0)) - now.exact.get(unit, Fraction(0))
            carries = rules.units[unit].get("rounding") == "carry"
            if (exact if carries else fewer) <= 0:
                # A return never gives: the sale still gives what it gave.
                now.whole[unit] = sold.gives.whole.get(unit, Fraction(0))
                now.exact[unit] = sold.gives.exact.get(unit, Fraction(0))
                continue
            taking[unit] = fewer
            if carries:
                account = self.account(who, unit)
                total = account.carry - exact
                taking[unit] = -rules.down(unit, total)
                account.carry = total + taking[unit]
        for rule, gave in sold.gives.by_rule.items():
            # Open: room under a cap grows with what the rule gives less, whatever becomes of the unit.
            now.by_rule[rule] = min(gave, now.by_rule.get(rule, Fraction(0)))
        sold.gives = now
        gifts = {who: taking}
        self._take_gifts(sold, who, gifts)
        for whose, units in gifts.items():
            for unit, amount in units.items():
                self._take(whose, unit, amount, sold, today)
        self._look_at_invitations(who)
        for whose in gifts:
            self._close_invitations(whose)
        self._fall_after_return(who, index, rules)

    def _take_gifts(self, sold: Sale, who: str, gifts: dict[str, dict[str, Fraction]]) -> None:
        """Referral gifts go when the sale no longer qualifies."""
        rule = sold.rules.document.get("referral")
        if not sold.gift or sold.gives.spend >= max(1, 100 * Fraction(rule.get("min_amount", 0))):
            return
        referrer, unit, to_referrer, to_referred = sold.gift
        sold.gift = None
        for whose, amount in ((who, to_referred), (self.leads_to(referrer), to_referrer)):
            if amount:
                units = gifts.setdefault(whose, {})
                units[unit] = units.get(unit, Fraction(0)) + amount

    def _take(self, who: str, unit: str, amount: Fraction, sold: Sale, today: date) -> None:
        lot = sold.rules.lot(unit, sold.day)
        if lot[0] < today or not amount:
            return
        account = self.account(who, unit)
        awarded = [v for v in self.vouchers if self.leads_to(v.owner) == who and v.award and self.is_open(v)]
        awarded = [voucher for voucher in awarded if voucher.price and voucher.price[0] == unit]
        while account.held < amount and awarded:
            voucher = awarded.pop()
            voucher.state = "revoked"
            self._price_back(voucher)
        # Open: lots that have lapsed and wait for the daily run come last, so that the run makes no difference.
        order = sorted(account.lots, key=lambda each: (each != lot, each[0] < today, each))
        taken = sum((part for _, part in account.draw(amount, order)), Fraction(0))
        if sold.rules.units[unit].get("on_debt", "allow") == "allow":
            account.debt += amount - taken
            taken = amount
        if taken:
            self.tell(who, unit, "take_back", -taken)

    def _rest(self, sold: Sale, parts: list[Part]) -> list[Part]:
        """What remains of each line, each figure rounded half up from the original."""
        of_sale = in_shares(sold.basket.discount, [line.amount - line.discount for line in sold.basket.lines])
        return [rest_of(part, share, left) for part, share, left in zip(parts, of_sale, sold.left, strict=True)]

    def _comes_back(self, sold: Sale, left_before: list[Fraction | None]) -> dict[str, Fraction]:
        """Of what the sale drew, what comes back with this return, by unit."""
        after = self._stays(sold, sold.left)
        before = self._stays(sold, left_before)
        return {unit: before[unit] - after[unit] for unit in before if before[unit] > after[unit]}

    def _stays(self, sold: Sale, left: list[Fraction | None]) -> dict[str, Fraction]:
        standing = copy(sold)
        standing.left = left
        nets, rest = sum(part.net for part in sold.parts), sum(part.net for part in self._rest(standing, sold.parts))
        gone = all(each is None for each in left)
        stays = {}
        for unit, amount in sold.spent.items():
            part = Fraction(0) if gone else Fraction(rest, nets) if nets else Fraction(1)
            stays[unit] = sold.rules.up(unit, amount * part)
        for cover in sold.covers:
            if cover.voucher is None:
                # Paid pieces are returned first, then sessions; a voucher's piece only with the whole line.
                vouchers = sum(
                    each.pieces for each in sold.covers if each.line == cover.line and each.voucher is not None
                )
                pieces = min(cover.pieces, max(Fraction(0), (left[cover.line] or 0) - vouchers))
                stay = sold.rules.up(cover.unit, cover.sessions * pieces / cover.pieces)
                stays[cover.unit] = stays.get(cover.unit, Fraction(0)) + stay
        return stays

    def _free_vouchers(self, sold: Sale, index: int) -> None:
        """Vouchers used in the sale: an item's comes back with its line, others with the whole sale."""
        lines = {cover.voucher: cover.line for cover in sold.covers if cover.voucher is not None}
        for number, voucher in enumerate(self.vouchers):
            if voucher.sale != index or voucher.state != "redeemed":
                continue
            if sold.gone or (number in lines and sold.left[lines[number]] is None):
                voucher.state, voucher.sale = "issued", None
                if not self.is_open(voucher):
                    self._expire(voucher)

    def _fall_after_return(self, who: str, index: int, rules: Programme) -> None:
        """Where the tier was reached by this sale or a later one, and no window since meets it any more."""
        member = self.members[who]
        if not rules.tiers:
            return
        held = rules.rank(member.tier)
        lifted = [c for c in member.climbs if rules.rank(c.before) < held <= rules.rank(c.after)]
        if not lifted or lifted[-1].sale < index:
            return
        climb = lifted[-1]
        # A reach is looked at after each sale.
        days = sorted({climb.day, *(sale.day for sale in self.sales_of(who) if sale.day > climb.day)})
        for tier in reversed(rules.tiers):
            met = [day for day in days if self._met(who, rules, tier, day)]
            if rules.rank(tier) == held and met:
                return
            if rules.rank(tier) < held and (met or tier == climb.before):
                member.tier = tier
                member.kept_until = rules.keeps_until(tier, met[-1]) if met else climb.kept_before
                if tier == climb.before and met:
                    member.kept_until = later(member.kept_until, climb.kept_before)
                return

    # By hand

    def adjust(self, who: str, unit: str, amount: Fraction) -> None:
        who = self.leads_to(who)
        if amount > 0:
            ends = self.rules.lot(unit, self.today)[0]
            self.put(who, unit, "adjust", amount, (ends, self.today))
            self._came_in(who, self.today)
        else:
            # Open: what is pending cannot be adjusted away, as it cannot be spent.
            self.spend(who, unit, "adjust", -amount, self.today)
        self._look_at_invitations(who)

    def open_balance(self, who: str, unit: str, amount: Fraction, expires_on: date | None, reference: str) -> bool:
        """Bring over a balance; whether its reference was brought over before."""
        who = self.leads_to(who)
        said = (unit, amount, expires_on)
        if reference in self.openings:
            if self.openings[reference] != said:
                raise Refused("conflict")
            return True
        self.openings[reference] = said
        self.put(who, unit, "opening", amount, (expires_on or FOREVER, self.today))
        self._came_in(who, self.today)
        self._look_at_invitations(who)
        return False

    def give_tier(self, who: str, tier: str, until: date | None) -> None:
        who = self.leads_to(who)
        if until is not None and until < self.today:
            raise Refused("invalid")
        self.members[who].floor, self.members[who].floor_until = tier, until

    def merge(self, into: str, gone: str) -> None:
        if into == gone:
            raise Refused("invalid")
        if self.members[into].merged_into or self.members[gone].merged_into:
            raise Refused("conflict")
        ours, theirs, rules = self.members[into], self.members[gone], self.rules
        for unit, account in theirs.accounts.items():
            mine = self.account(into, unit)
            before, carry = mine.balance, mine.carry + account.carry
            whole = rules.down(unit, carry)
            # A step that two carries make comes in, and repays the debt that moves.
            debt = max(Fraction(0), account.debt - whole)
            taken = sum((part for _, part in mine.draw(debt, sorted(mine.lots, key=self._lapsed_last))), Fraction(0))
            mine.debt += debt - taken
            for lot, amount in sorted(account.lots.items()):
                mine.put(amount, lot)
            if whole > account.debt:
                mine.put(whole - account.debt, rules.lot(unit, self.today))
            mine.carry = carry - whole
            if account.balance:
                self.tell(gone, unit, "transfer", -account.balance)
            if mine.balance != before:
                self.tell(into, unit, "transfer", mine.balance - before)
            if mine.balance > before:
                self._came_in(into, self.today)
        theirs.accounts.clear()
        self._merge_tiers(ours, theirs)
        theirs.invitations.clear()
        theirs.merged_into = into

    def _lapsed_last(self, lot: Lot) -> tuple[bool, Lot]:
        return lot[0] < self.today, lot

    def _merge_tiers(self, ours: Member, theirs: Member) -> None:
        """The higher tier stays, of those earned and of those given by hand."""
        rules = self.rules
        if rules.rank(theirs.tier) > rules.rank(ours.tier):
            # Open: a tier that came by merging is not lost by a return.
            ours.tier, ours.kept_until, ours.climbs = theirs.tier, theirs.kept_until, []
        elif rules.rank(theirs.tier) == rules.rank(ours.tier):
            ours.kept_until = later(ours.kept_until, theirs.kept_until)
        given = [m for m in (ours, theirs) if m.floor and (m.floor_until is None or m.floor_until >= self.today)]
        if given:
            best = max(given, key=lambda m: (rules.rank(m.floor), m.floor_until or FOREVER))
            ours.floor, ours.floor_until = best.floor, best.floor_until

    # The daily run

    def daily(self) -> None:
        """Vouchers, then lots, then awards, tiers, invitations."""
        for voucher in self.vouchers:
            if voucher.state == "issued" and not self.is_open(voucher):
                self._expire(voucher)
        for who, member in self.members.items():
            if member.merged_into is None:
                for unit in self.rules.units:
                    self._lapse(who, unit)
                self._give_awards(who, self.rules, self.today)
                self._fall(who)
                for unit in self.rules.units:
                    self._warn(who, unit)

    def _ends_on(self, who: str, unit: str, lot: Lot) -> date:
        """The last day of a lot, by its date or by the member's inactivity."""
        expiry = self.rules.units[unit].get("expiry", {})
        days = [sale.day for sale in self.sales_of(who)]
        days += [self.members[who].last_inflow or date.min]
        if expiry.get("kind") == "inactivity" and max(days) > date.min:
            return min(lot[0], months_later(max(days), expiry["months"]))
        return lot[0]

    def _lapse(self, who: str, unit: str) -> None:
        account, rule = self.account(who, unit), self.rules.units[unit]
        lapsed = Fraction(0)
        for lot in list(account.lots):
            last = self._ends_on(who, unit, lot)
            if rule.get("warn_required"):
                warned = self.members[who].warned.get((unit, lot))
                last = FOREVER if warned is None else max(last, warned + rule.get("warn_days", 30) * A_DAY)
            if last < self.today:
                lapsed += account.lots.pop(lot)
        if lapsed:
            self.tell(who, unit, "expire", -lapsed)

    def _warn(self, who: str, unit: str) -> None:
        for lot in self.account(who, unit).lots:
            if self._ends_on(who, unit, lot) <= self.today + self.rules.units[unit].get("warn_days", 30) * A_DAY:
                self.members[who].warned.setdefault((unit, lot), self.today)

    def _fall(self, who: str) -> None:
        """Tiers whose time is over fall, each on its own day."""
        member, rules = self.members[who], self.rules
        if member.floor_until is not None and member.floor_until < self.today:
            member.floor, member.floor_until = "", None
        while member.kept_until is not None and member.kept_until < self.today:
            day = member.kept_until + A_DAY
            below = [tier for tier in rules.tiers if rules.rank(tier) < rules.rank(member.tier)]
            if rules.tiers[member.tier].get("fall", "requalify") == "one_step":
                member.tier, member.kept_until = below[-1], rules.keeps_until(below[-1], day)
                # Counted as met that day: a return of what was bought before does not take it.
                member.climbs = []
                continue
            for tier in (member.tier, *reversed(below)):
                last = rules.last_whole(tier, day) if tier != rules.first_tier else day
                if tier == rules.first_tier or self._met(who, rules, tier, last):
                    member.tier, member.kept_until = tier, rules.keeps_until(tier, last)
                    break


def nets_of(basket: Basket) -> list[int]:
    nets = [line.amount - line.discount for line in basket.lines]
    return [net - share for net, share in zip(nets, in_shares(basket.discount, nets), strict=True)]


def rest_of(part: Part, share: int, left: Fraction | None) -> Part:
    """What remains of a line: `share` is its own of the sale's discount."""
    if left is None:
        return Part(part.line, Fraction(0), 0)
    if left == part.quantity:
        return part
    ratio = left / part.quantity
    net = half_up(part.line.amount * ratio) - half_up(part.line.discount * ratio) - half_up(share * ratio)
    rest = Part(part.line, left, max(0, net), min(part.covered, left))
    open_before = part.quantity - part.covered
    paid = half_up(part.paid * (left - rest.covered) / open_before) if open_before else 0
    return Part(part.line, left, rest.net, rest.covered, min(paid, rest.net - rest.covered_net))


def later(a: date | None, b: date | None) -> date | None:
    """The later of two last days; None: no end."""
    return None if a is None or b is None else max(a, b)

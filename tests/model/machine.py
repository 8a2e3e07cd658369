"""Drives Fiel and the model side by side, one step after the other, and compares them after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fiel.core.refusals import Refused
from fiel.shops.models import Business
from tests.conftest import Clock
from tests.model import model
from tests.model.fiel_side import Fiel
from tests.model.model import Basket, Line, Model, Payment
from tests.model.programmes import PRODUCTS, Document

MEMBERS: dict[str, dict[str, Any]] = {
    "ana": {},
    "rui": {"types": ("company",), "referrer": "ana"},
    "ines": {"born": date(1992, 2, 29), "referrer": "ana"},
    "bea": {"born": date(1980, 10, 27), "referrer": "rui"},
}
PHONES = ("+351912345671", "+351912345672")

# Nights on which months, years or summer time end, 29 February among them; whoever runs goes on from there.
STARTS = [
    datetime(2026, 3, 27, 20, 0, tzinfo=UTC),
    datetime(2026, 10, 23, 9, 30, tzinfo=UTC),
    datetime(2026, 12, 29, 23, 10, tzinfo=UTC),
    datetime(2027, 1, 30, 12, 0, tzinfo=UTC),
    datetime(2028, 2, 26, 22, 40, tzinfo=UTC),
]

QUANTITIES = [Fraction(each) for each in ("1", "1", "1", "2", "3", "5", "0.35", "2.5", "0")]
TAXES = [Fraction(0), Fraction(23), Fraction(6), Fraction("13.5")]

cents = st.one_of(st.integers(0, 2500), st.sampled_from([100, 1000, 2000, 3000, 6000]))
products = st.sampled_from([*PRODUCTS, "UNKNOWN", ""])


@st.composite
def lines(draw: Callable[..., Any]) -> Line:
    product, amount = draw(products), draw(cents)
    share = draw(st.sampled_from([0] * 12 + [1, 3, 10, 10, 11]))
    department = draw(st.sampled_from(["", "bread", "care", "garden"])) if product in ("", "UNKNOWN") else ""
    return Line(
        amount=amount,
        quantity=draw(st.sampled_from(QUANTITIES)),
        discount=amount * share // 10 + (share == 11),
        product=product,
        department=department,
        tax=draw(st.sampled_from(TAXES)),
    )


# A few people who buy often, so that much comes together.
people = st.sampled_from(["ana", "ana", "ana", "rui", "rui", "ines", "bea", *PHONES, None])

payments = st.builds(
    Payment,
    kind=st.sampled_from(["card", "cash", "points", "points", "cashback", "voucher", "prepaid", "prepaid"]),
    amount=st.one_of(st.integers(0, 3000), st.sampled_from([0, 100, 1000])),
)

HOURS, DAYS = timedelta(hours=1), timedelta(days=1)
LATE = [timedelta(0)] * 8 + [
    5 * HOURS,
    DAYS,
    3 * DAYS,
    5 * DAYS,
    5 * DAYS + timedelta(seconds=1),
    11 * DAYS,
    timedelta(minutes=-4),
    timedelta(minutes=-6),
]


@dataclass(frozen=True)
class World:
    """A business that is ready to sell, and what may happen in it. `later`: rules that take over at some moment."""

    business: Business
    shop: model.Shop
    document: Document
    clock: Clock
    later: Document | None = None


class Machine(RuleBasedStateMachine):
    """One run: everything it does is undone at its end, so that the next one starts from the same business."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.fiel = Fiel(self.world.business, self.world.shop)
        self.model = Model(self.world.shop)
        self.model.versions = [(datetime(2020, 1, 1, tzinfo=UTC), model.Programme(self.world.document))]
        self.numbers = 0
        self.agreed = True

    def teardown(self) -> None:
        try:
            if not self.agreed:
                return
            self.sale_and_return_leave_nothing()
            assert self.fiel.findings() == []
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # The calls

    @initialize(start=st.sampled_from(STARTS))
    def begin(self, start: datetime) -> None:
        self.world.clock.set(start)
        for who, known in MEMBERS.items():
            self.tick()
            self.model.enrol(who, **known)
            said = {"types": (), "born": None, "referrer": None} | known
            self.fiel.enrol(who, self.model.now, **said)
        self.compare()

    def tick(self, by: timedelta = timedelta(seconds=1)) -> None:
        """Each step has a moment of its own."""
        self.agreed = False
        self.world.clock.set(self.world.clock.now + by)
        self.model.now = self.world.clock.now

    def both(self, call: str, **said: Any) -> Any:
        """Make a call on both sides, and compare what came of it."""
        self.tick()
        expected = self.expect(call, **said)
        try:
            came: Any = getattr(self.fiel, call)(**said)
        except Refused as refused:
            came = refused.code
        self.agree(call, expected, came)
        self.compare()
        return expected

    def expect(self, call: str, **said: Any) -> Any:
        try:
            return self.model.do(call, **said)
        except model.Refused as refused:
            return refused

    def agree(self, call: str, expected: Any, came: Any) -> None:
        if isinstance(expected, model.Refused):
            assert came in expected.codes, f"{call}: to be refused with {expected.codes}, but: {came}"
        else:
            assert came == expected, f"{call}: {expected} expected, but: {came}"

    def compare(self) -> None:
        """How everything stands, and what the step moved."""
        now = self.model.now
        for who in self.model.members.keys() - self.fiel.ids.keys():
            known = self.fiel.known_by(who)
            assert known is not None, f"{who} was not enrolled"
            self.fiel.ids[who] = known
        ours, theirs = standing(self.model), self.fiel.standing(len(self.model.versions), self.model.today)
        assert theirs == ours, difference(ours, theirs)
        moved = {what: amount for what, amount in self.model.moved.items() if amount}
        told = {what: amount for what, amount in self.fiel.moved(now).items() if amount}
        assert told == moved, f"moved {told}, expected {moved}"
        states = [(voucher.state, self.model.leads_to(voucher.owner)) for voucher in self.model.vouchers]
        found = self.fiel.voucher_states(self.model.vouchers)
        assert found == states, f"vouchers {found}, expected {states}"
        self.agreed = True

    # Time

    @rule(by=st.sampled_from([timedelta(minutes=7), HOURS, 5 * HOURS, 11 * HOURS, DAYS, 2 * DAYS, 5 * DAYS, 12 * DAYS]))
    def wait(self, by: timedelta) -> None:
        self.tick(by)
        self.model.moved.clear()
        self.compare()

    @rule(minutes=st.integers(-3, 3), month=st.booleans())
    def wait_for_midnight(self, minutes: int, month: bool) -> None:
        """The programme's, or the next month's first; a few minutes before or after."""
        local = self.model.now.astimezone(self.model.rules.zone)
        day = local.date() + DAYS
        while month and day.day != 1:
            day += DAYS
        midnight = datetime.combine(day, datetime.min.time(), self.model.rules.zone).astimezone(UTC)
        moment = midnight + timedelta(minutes=minutes)
        if moment > self.model.now:
            self.tick(moment - self.model.now)
            self.model.moved.clear()
            self.compare()

    @rule(days=st.integers(0, 4), again=st.booleans())
    def daily(self, days: int, again: bool) -> None:
        """The daily run, after some days without one; a second one finds nothing to do."""
        self.tick(days * DAYS)
        self.both("daily")
        if again:
            self.model.moved.clear()
            self.tick()
            self.fiel.daily()
            assert not self.fiel.moved(self.model.now)
            self.compare()

    @precondition(lambda self: self.ends())
    @rule(data=st.data(), late=st.sampled_from([0, 0, 1, 2]))
    def wait_for_an_end(self, data: st.DataObject, late: int) -> None:
        """The last day of a lot, a tier or a voucher; then the days after it. A daily run on each."""
        last = data.draw(st.sampled_from(self.ends()), label="last day")
        noon = datetime.combine(last, datetime.min.time(), self.model.rules.zone).astimezone(UTC) + 12 * HOURS
        if noon > self.model.now:
            self.tick(noon - self.model.now)
        for day in range(late + 1):
            self.tick(min(day, 1) * DAYS)
            self.both("daily")

    def ends(self) -> list[date]:
        """The next days on which something ends, within two months."""
        today, days = self.model.today, set()
        for member in self.model.members.values():
            days |= {member.kept_until, member.floor_until}
            days |= {last for account in member.accounts.values() for last, _ in account.lots}
        days |= {voucher.until for voucher in self.model.vouchers if voucher.state == "issued"}
        return sorted(day for day in days if day is not None and today <= day <= today + 60 * DAYS)[:4]

    # What tills do

    @rule(data=st.data())
    def sell(self, data: st.DataObject) -> None:
        self.tick()
        self.record([self.basket(data)])

    @rule(data=st.data(), count=st.integers(2, 3))
    def sell_together(self, data: st.DataObject, count: int) -> None:
        self.tick()
        self.record([self.basket(data) for _ in range(count)])

    @precondition(lambda self: self.redeemable())
    @rule(data=st.data())
    def sell_for_a_voucher(self, data: st.DataObject) -> None:
        """A receipt of whoever has a voucher, mostly with what it is for."""
        self.tick()
        number = data.draw(st.sampled_from(self.redeemable()), label="voucher")
        voucher = self.model.vouchers[number]
        basket = self.basket(data, who=voucher.owner, vouchers=(number,))
        items = self.world.shop.rewards[voucher.reward].items
        if items and data.draw(st.sampled_from([True, True, False])):
            line = replace(basket.lines[-1], product=data.draw(st.sampled_from(items)), department="")
            basket = replace(basket, lines=(*basket.lines[:-1], line))
        self.record([basket])

    @precondition(lambda self: self.model.rules.document.get("covers"))
    @rule(data=st.data(), pieces=st.integers(1, 7), back=st.sampled_from([None, 1, 2, 3]))
    def sell_for_a_pack(self, data: st.DataObject, pieces: int, back: int | None) -> None:
        """Fewer pieces than there are sessions, or more; some of them come back. Who has none buys a pack with them."""
        self.tick()
        cover = self.model.rules.document["covers"][0]
        who = data.draw(st.sampled_from(["ana", "ana", "rui"]), label="who")
        held = self.model.members[self.model.leads_to(who)].accounts[cover["unit"]].available(self.model.today)
        massages = Line(1000 * pieces + data.draw(st.integers(0, 99)), Fraction(pieces), product="MASSAGE")
        wares = (massages,) if held else (massages, Line(3000, product="PACK"))
        self.numbers += 1
        sold = len(self.model.sales)
        self.record([Basket("S1", str(self.numbers), self.model.now, wares, who, use_packs=True)])
        if back and len(self.model.sales) > sold:
            self.give_back(data, sold, ((0, Fraction(back)),))

    def redeemable(self) -> list[int]:
        return [number for number, voucher in enumerate(self.model.vouchers) if self.model.is_open(voucher)]

    def basket(self, data: st.DataObject, who: str | None = "", vouchers: tuple[int, ...] = ()) -> Basket:
        who = data.draw(people, label="who") if who == "" else who
        units = [unit for unit in self.model.rules.units.values() if "value" in unit or unit["kind"] == "money"]
        paid = data.draw(st.lists(payments, max_size=2), label="payments")
        if units and paid and data.draw(st.booleans(), label="draws"):
            drawing = [p for p in paid if p.kind in ("points", "cashback")][:1]
            paid = [replace(p, unit=units[0]["code"]) if p in drawing else p for p in paid]
        if self.model.vouchers and data.draw(st.sampled_from([False, False, False, True])):
            vouchers += (data.draw(st.integers(0, len(self.model.vouchers) - 1), label="another voucher"),)
        self.numbers += 1
        return Basket(
            store=data.draw(st.sampled_from(list(self.world.shop.stores)), label="store"),
            number=str(self.numbers),
            at=self.model.now - data.draw(st.sampled_from(LATE), label="late"),
            lines=tuple(data.draw(st.lists(lines(), min_size=1, max_size=4), label="lines")),
            who=who,
            enrol=who in PHONES,
            discount=data.draw(st.sampled_from([0, 0, 0, 0, 1, 100, 333]), label="discount"),
            payments=tuple(paid),
            vouchers=vouchers,
            use_packs=data.draw(st.booleans(), label="use_packs"),
        )

    def record(self, baskets: list[Basket]) -> None:
        """Sales that arrive together are counted one after the other."""
        expected, moved = [], self.model.moved
        moved.clear()
        # A quote enrols nobody.
        quoted = self.fiel.quote(baskets[0]) if len(baskets) == 1 and not baskets[0].enrol else None
        for basket in baskets:
            expected.append(self.expect("sell", basket=basket))
            moved = add(moved, self.model.moved)
        self.model.moved = moved
        came = self.fiel.sell(baskets)
        for answer, each in zip(expected, came, strict=True):
            if isinstance(each, Refused):
                self.agree("sell", answer, each.code)
                continue
            assert not isinstance(answer, model.Refused), f"sell: to be refused with {answer.codes}"
            index, duplicate = answer
            assert each.duplicate is duplicate
            if not duplicate:
                assert index == len(self.fiel.sales)
                self.fiel.sales.append(each.id)
            assert self.fiel.sales[index] == each.id
        self.compare()
        if isinstance(quoted, str):
            self.agree("quote", expected[0], quoted)

    @precondition(lambda self: self.model.sales)
    @rule(back=st.integers(0, 5), change=st.sampled_from([None, None, "amount", "who"]))
    def sell_again(self, back: int, change: str | None) -> None:
        """The same receipt once more: a duplicate; with other content it is refused."""
        self.tick()
        basket = self.recent(back)[1].basket
        if change == "amount":
            first = basket.lines[0]
            basket = replace(basket, lines=(replace(first, amount=first.amount + 1), *basket.lines[1:]))
        elif change == "who":
            basket = replace(basket, who=None if basket.who else "ana")
        self.record([basket])

    def recent(self, back: int, *, standing: bool = False) -> tuple[int, model.Sale]:
        """One of the last sales; one of which something is left, if there is any."""
        sales = [(i, sale) for i, sale in enumerate(self.model.sales) if not (standing and sale.gone)]
        sales = sales or list(enumerate(self.model.sales))
        return sales[max(0, len(sales) - 1 - back)]

    @precondition(lambda self: self.model.sales)
    @rule(data=st.data(), back=st.integers(0, 9))
    def return_all(self, data: st.DataObject, back: int) -> None:
        self.give_back(data, self.recent(back, standing=back < 8)[0], None)

    @precondition(lambda self: self.model.sales)
    @rule(data=st.data(), back=st.integers(0, 4))
    def return_part(self, data: st.DataObject, back: int) -> None:
        """Of a line or two: all, some, a piece, more than there is."""
        index, sale = self.recent(back, standing=back < 4)
        left = sale.left
        chosen = data.draw(st.lists(st.integers(0, len(left) - 1), min_size=1, max_size=2, unique=True), label="lines")
        share = data.draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(2), None]))
        self.give_back(data, index, tuple((i, some_of(left[i] or Fraction(0), share)) for i in chosen))

    def give_back(self, data: st.DataObject, index: int, lines: tuple[tuple[int, Fraction], ...] | None) -> None:
        self.numbers += 1
        waited = data.draw(st.sampled_from([0] * 6 + [5, 13, 40]), label="days later")
        if waited:
            # Long enough for what the sale gave to lapse, with or without a daily run.
            self.wait(waited * DAYS)
        at = self.model.now + data.draw(st.sampled_from([timedelta(0)] * 6 + [-DAYS, timedelta(minutes=6)]))
        said = {"sale": index, "number": f"D{self.numbers}", "at": at, "lines": lines}
        answer = self.both("take_back", **said)
        if not isinstance(answer, model.Refused) and data.draw(st.sampled_from([False, False, False, True])):
            assert self.both("take_back", **said) is True
            self.both("take_back", **said | {"at": at + timedelta(seconds=1)})

    # Vouchers

    @rule(data=st.data())
    def issue(self, data: st.DataObject) -> None:
        """Mostly what somebody can have."""
        rewards, members = self.world.shop.rewards, self.model.members
        can = [
            (who, code)
            for who, member in members.items()
            for code, reward in rewards.items()
            if (reward.price and member.accounts[reward.price[0]].available(self.model.today) >= reward.price[1])
            or any(award["reward"] == code and award["code"] in member.invitations for award in self.model.rules.awards)
        ]
        if can and data.draw(st.sampled_from([True, True, True, False]), label="can be had"):
            who, reward = data.draw(st.sampled_from(can), label="issue")
        else:
            who, reward = self.someone(data), data.draw(st.sampled_from(list(rewards)), label="reward")
        self.both("issue", who=who, reward=reward)

    @precondition(lambda self: self.model.vouchers)
    @rule(data=st.data(), call=st.sampled_from(["redeem", "cancel"]), good=st.sampled_from([True, True, False]))
    def close(self, data: st.DataObject, call: str, good: bool) -> None:
        numbers = (self.redeemable() if good else None) or range(len(self.model.vouchers))
        self.both(call, voucher=data.draw(st.sampled_from(numbers), label="voucher"))

    # By hand

    def someone(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(["ana", "rui", *self.model.members]), label="member")

    def unit(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(list(self.model.rules.units)), label="unit")

    @rule(data=st.data(), call=st.sampled_from(["adjust", "adjust", "open_balance", "give_tier", "merge"]))
    def by_hand(self, data: st.DataObject, call: str) -> None:
        if call == "merge" and self.model.sales:
            self.both("merge", into=self.someone(data), gone=self.someone(data))
        elif call == "give_tier" and self.model.rules.tiers:
            tier = data.draw(st.sampled_from(list(self.model.rules.tiers)), label="tier")
            days = data.draw(st.sampled_from([None, -1, 0, 1, 6, 20, 40]), label="days")
            until = None if days is None else self.model.today + days * DAYS
            self.both("give_tier", who=self.someone(data), tier=tier, until=until)
        elif call == "open_balance":
            self.open_balance(data)
        else:
            unit, amount = self.unit(data), Fraction(data.draw(st.integers(-30, 40).filter(bool), label="amount"))
            if self.model.rules.step(unit) < 1 and data.draw(st.booleans()):
                amount /= 10
            self.both("adjust", who=self.someone(data), unit=unit, amount=amount)

    def open_balance(self, data: st.DataObject) -> None:
        self.numbers += 1
        days = data.draw(st.sampled_from([None, 0, 1, 9, 40]), label="days")
        said = {
            "who": self.someone(data),
            "unit": self.unit(data),
            "amount": Fraction(data.draw(st.integers(1, 30), label="amount")),
            "expires_on": None if days is None else self.model.today + days * DAYS,
            "reference": f"old-{self.numbers}",
        }
        self.both("open_balance", **said)
        if data.draw(st.sampled_from([False, False, True]), label="again"):
            assert self.both("open_balance", **said) is True
            self.both("open_balance", **said | {"amount": said["amount"] + 1})

    @precondition(lambda self: self.world.later and len(self.model.versions) == 1)
    @rule()
    def publish(self) -> None:
        self.tick()
        self.model.publish(self.world.later)
        self.fiel.publish(self.world.later, self.model.now)
        self.model.moved.clear()
        self.compare()

    # What holds of any run

    def sale_and_return_leave_nothing(self) -> None:
        """A sale and its full return leave everything as it was, but for vouchers that awards made meanwhile.

        Sales that came late may meet a tier that no sale since has looked at: that one stays.
        """
        if not self.fiel.ids:
            return
        wares = ("BREAD", "WINE", "PACK", "MASSAGE", "CIGARS")
        who = self.model.leads_to(list(self.model.members)[self.numbers % len(self.model.members)])
        self.tick()
        before, issued = standing(self.model), len(self.model.vouchers)
        due = self.model.is_due_a_tier(who)
        receipt = tuple(Line(700 + 13 * i, Fraction(1 + i % 2), product=ware) for i, ware in enumerate(wares))
        self.record([Basket("S1", "last", self.model.now, receipt, who, use_packs=True)])
        sale = len(self.model.sales) - 1
        self.both("take_back", sale=sale, number="all", at=self.model.now + HOURS / 60, lines=None)
        after = standing(self.model)
        if len(self.model.vouchers) == issued:
            before, after = (without(each, who if due else "") for each in (before, after))
            assert after == before, difference(before, after)


def some_of(left: Fraction, share: Fraction | None) -> Fraction:
    """A share of what is left, to the thousandth, or one piece."""
    return Fraction(1) if share is None else Fraction(round(left * share * 1000), 1000)


def without(told: dict[str, dict[str, Any]], due: str) -> dict[str, dict[str, Any]]:
    """Meeting a tier once more keeps it longer, and what rewards the balance calls for is looked at anew.

    `due`: who is due a tier in any case.
    """
    return {
        who: {
            key: value
            for key, value in said.items()
            if key not in ("kept until", "invitations") and (key, who) != ("tier", due)
        }
        for who, said in told.items()
    }


def add(a: Any, b: Any) -> Any:
    """Counters with what is below zero."""
    total = a.copy()
    total.update(b)
    return total


def standing(ours: Model) -> dict[str, dict[str, Any]]:
    """Each member that is not part of another, as it stands now."""
    told = {}
    for who, member in ours.members.items():
        if member.merged_into is not None:
            continue
        accounts = {
            unit: {
                "balance": account.balance,
                "available": account.available(ours.today),
                "pending": account.pending(ours.today),
                "carry": account.carry,
                "debt": account.debt,
                "lots": dict(account.lots),
            }
            for unit, account in member.accounts.items()
        }
        told[who] = {
            "tier": ours.tier_of(who, ours.rules, ours.today),
            "kept until": member.kept_until,
            "invitations": set(member.invitations),
            "accounts": {unit: dict(said) for unit, said in accounts.items() if any(said.values())},
        }
    return told


def difference(ours: dict[str, dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> str:
    """What differs, in a few lines."""
    said = []
    for who in sorted({*ours, *theirs}):
        for key in sorted({*ours.get(who, {}), *theirs.get(who, {})}):
            mine, other = ours.get(who, {}).get(key), theirs.get(who, {}).get(key)
            if key == "accounts" and mine and other:
                for unit in sorted({*mine, *other}):
                    if mine.get(unit) != other.get(unit):
                        said.append(f"{who} {unit}: expected {mine.get(unit)}, found {other.get(unit)}")
            elif mine != other:
                said.append(f"{who} {key}: expected {mine}, found {other}")
    return "\n".join(said)

"""When a rule holds: a table for each condition, in the words of who writes the rule, and of who stands at the till.

The till's clock is the store's. 3 November 2026 is a Tuesday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiel.core.compiled import compile_programme
from fiel.core.conditions import ALWAYS, CONDITIONS, Moment, When
from fiel.core.conditions.birthday import is_birthday
from fiel.core.document import read_programme
from fiel.core.engine import award
from fiel.core.reading import Faults, Field
from fiel.core.sale import Facts, Line, Payment, Sale
from fiel.core.seasons import Season

SEASONS = {
    "christmas": Season("christmas", (12, 1), (12, 24)),
    "low": Season("low", (10, 15), (3, 31)),
    "leap": Season("leap", (2, 29), (2, 29)),
    "opening": Season("opening", date(2026, 11, 3), date(2026, 11, 5)),
}


@dataclass(frozen=True)
class At:
    """A sale and its customer, as far as conditions look at them."""

    when: str = "2026-11-03 10:00"
    store: str = "S1"
    till: str = "T1"
    channel: str = "till"
    paid: str = "cash"
    amount: int = 1_000
    pieces: int = 1
    types: str = ""
    tier: str = ""
    born: str = ""
    joined: str = ""
    sales_so_far: int = 0

    @property
    def moment(self) -> Moment:
        local = datetime.fromisoformat(self.when)
        sale = Sale(
            occurred_at=local,
            local=local,
            store=self.store,
            till=self.till,
            lines=(),
            payments=tuple(Payment(kind, 500) for kind in self.paid.split()),
            channel=self.channel,
        )
        facts = Facts(
            tier=self.tier,
            types=frozenset(self.types.split()),
            birth_date=date.fromisoformat(self.born) if self.born else None,
            joined=date.fromisoformat(self.joined) if self.joined else None,
            sales_so_far=self.sales_so_far,
        )
        return Moment(sale, facts, SEASONS, self.amount, self.pieces, 100, local.date())


def when(**conditions: Any) -> When:
    """Conditions as a rule's `when` states them."""
    faults = Faults()
    found = When.read(Field(conditions, "/when", faults).table())
    assert faults.found == []
    return found


Row = tuple[Any, At, bool]
"""What the rule asks for, how the sale is, and whether it holds."""

TABLES: dict[str, list[Row]] = {
    "stores": [
        (["S1"], At(store="S1"), True),
        (["S1", "S2"], At(store="S2"), True),
        (["S2"], At(store="S1"), False),
        (["s1"], At(store="S1"), False),
    ],
    "tills": [
        (["T1", "T2"], At(till="T2"), True),
        (["T2"], At(till="T1"), False),
    ],
    "types": [
        (["company"], At(types="company"), True),
        (["company"], At(types="staff company"), True),
        (["company", "staff"], At(types="staff"), True),
        (["company"], At(types="staff"), False),
        (["company"], At(), False),
    ],
    "tiers": [
        (["gold"], At(tier="gold"), True),
        (["silver", "gold"], At(tier="silver"), True),
        (["gold"], At(tier="silver"), False),
        (["gold"], At(), False),
    ],
    "seasons": [
        (["christmas"], At("2026-11-30 23:59"), False),
        (["christmas"], At("2026-12-01 00:00"), True),
        (["christmas"], At("2026-12-24 23:59"), True),
        (["christmas"], At("2026-12-25 00:00"), False),
        (["christmas"], At("2031-12-10 12:00"), True),  # it comes every year
        (["low"], At("2026-10-14 23:59"), False),  # past the year's end
        (["low"], At("2026-10-15 00:00"), True),
        (["low"], At("2026-12-31 23:59"), True),
        (["low"], At("2027-01-01 00:00"), True),
        (["low"], At("2027-03-31 23:59"), True),
        (["low"], At("2027-04-01 00:00"), False),
        (["leap"], At("2028-02-29 12:00"), True),
        (["leap"], At("2027-02-28 12:00"), False),
        (["leap"], At("2027-03-01 12:00"), False),
        (["opening"], At("2026-11-03 00:00"), True),  # once
        (["opening"], At("2026-11-05 23:59"), True),
        (["opening"], At("2026-11-06 00:00"), False),
        (["opening"], At("2027-11-04 12:00"), False),
        (["christmas", "opening"], At("2026-11-04 12:00"), True),
    ],
    "dates": [
        ({"from": "2026-11-03", "to": "2026-11-05"}, At("2026-11-02 23:59"), False),
        ({"from": "2026-11-03", "to": "2026-11-05"}, At("2026-11-03 00:00"), True),
        ({"from": "2026-11-03", "to": "2026-11-05"}, At("2026-11-05 23:59"), True),
        ({"from": "2026-11-03", "to": "2026-11-05"}, At("2026-11-06 00:00"), False),
        ({"from": "2026-11-03", "to": "2026-11-03"}, At("2026-11-03 12:00"), True),
        ({"from": "2026-11-03"}, At("2041-01-01 12:00"), True),
        ({"from": "2026-11-03"}, At("2026-11-02 12:00"), False),
        ({"to": "2026-11-03"}, At("1999-01-01 12:00"), True),
        ({"to": "2026-11-03"}, At("2026-11-04 00:00"), False),
        ({"from": date(2026, 11, 3)}, At("2026-11-03 12:00"), True),  # a date as TOML writes it
    ],
    "weekdays": [
        (["tue"], At("2026-11-03 00:00"), True),
        (["tue"], At("2026-11-03 23:59"), True),
        (["tue"], At("2026-11-04 00:00"), False),
        (["sat", "sun"], At("2026-11-08 12:00"), True),
        (["mon", "tue", "wed", "thu", "fri"], At("2026-11-08 12:00"), False),
    ],
    "hours": [
        (["14:00-18:00"], At("2026-11-03 13:59:59"), False),
        (["14:00-18:00"], At("2026-11-03 14:00"), True),
        (["14:00-18:00"], At("2026-11-03 17:59:59.999999"), True),
        (["14:00-18:00"], At("2026-11-03 18:00"), False),
        (["09:00-10:00", "14:00-18:00"], At("2026-11-03 09:30"), True),
        (["09:00-10:00", "14:00-18:00"], At("2026-11-03 12:00"), False),
        (["22:00-02:00"], At("2026-11-03 21:59"), False),
        (["22:00-02:00"], At("2026-11-03 23:59:59"), True),
        (["22:00-02:00"], At("2026-11-04 00:00"), True),
        (["22:00-02:00"], At("2026-11-04 01:59:59"), True),
        (["22:00-02:00"], At("2026-11-04 02:00"), False),
        (["22:00-24:00"], At("2026-11-03 23:59:59"), True),
        (["22:00-24:00"], At("2026-11-04 00:00"), False),
        (["22:00-00:00"], At("2026-11-03 23:59:59"), True),
        (["22:00-00:00"], At("2026-11-04 00:00"), False),
        (["00:00-24:00"], At("2026-11-04 00:00"), True),
    ],
    "payments": [
        (["cash"], At(paid="cash"), True),
        (["cash", "pix"], At(paid="pix cash"), True),
        (["cash"], At(paid="cash card"), False),  # every payment, not one of them
        (["cash"], At(paid="cash points"), True),  # what is a reward itself is not looked at
        (["cash"], At(paid="cash prepaid voucher cashback"), True),
        (["cash"], At(paid="card points"), False),
        (["cash"], At(paid=""), False),  # none given
        (["cash"], At(paid="points"), False),  # and none but rewards
    ],
    "min_amount": [
        ("10.00", At(amount=1_000), True),
        ("10.00", At(amount=999), False),
        ("10.005", At(amount=1_000), False),
        ("10.005", At(amount=1_001), True),
        ("0", At(amount=0), True),
        (10, At(amount=1_000), True),
    ],
    "min_items": [
        (3, At(pieces=3), True),
        (3, At(pieces=2), False),
        (1, At(pieces=0), False),
    ],
    "birthday": [
        ("day", At("2026-11-03 00:00", born="1990-11-03"), True),
        ("day", At("2026-11-03 23:59", born="1990-11-03"), True),
        ("day", At("2026-11-04 00:00", born="1990-11-03"), False),
        ("day", At("2026-11-03 12:00", born="2026-11-03"), True),
        ("day", At(), False),  # nobody told us
        ("week", At(), False),
        ("month", At(), False),
        ("week", At("2026-10-30 12:00", born="1990-11-03"), False),
        ("week", At("2026-10-31 00:00", born="1990-11-03"), True),
        ("week", At("2026-11-06 23:59", born="1990-11-03"), True),
        ("week", At("2026-11-07 00:00", born="1990-11-03"), False),
        ("week", At("2026-12-29 12:00", born="1990-01-01"), True),  # the week passes the year's end
        ("week", At("2026-12-28 12:00", born="1990-01-01"), False),
        ("week", At("2027-01-04 12:00", born="1990-01-01"), True),
        ("week", At("2027-01-03 12:00", born="1990-12-31"), True),
        ("week", At("2027-01-04 12:00", born="1990-12-31"), False),
        ("week", At("2026-12-28 12:00", born="1990-12-31"), True),
        ("month", At("2026-11-01 00:00", born="1990-11-30"), True),
        ("month", At("2026-12-01 00:00", born="1990-11-30"), False),
        ("day", At("2027-02-28 12:00", born="1992-02-29"), True),  # 29 February, in other years
        ("day", At("2027-03-01 12:00", born="1992-02-29"), False),
        ("day", At("2028-02-28 12:00", born="1992-02-29"), False),
        ("day", At("2028-02-29 12:00", born="1992-02-29"), True),
        ("day", At("2100-02-28 12:00", born="1992-02-29"), True),
        ("week", At("2027-02-24 12:00", born="1992-02-29"), False),
        ("week", At("2027-02-25 12:00", born="1992-02-29"), True),
        ("week", At("2027-03-03 12:00", born="1992-02-29"), True),
        ("week", At("2027-03-04 12:00", born="1992-02-29"), False),
        ("week", At("2028-02-25 12:00", born="1992-02-29"), False),
        ("week", At("2028-02-26 12:00", born="1992-02-29"), True),
        ("week", At("2028-03-03 12:00", born="1992-02-29"), True),
        ("month", At("2027-02-01 12:00", born="1992-02-29"), True),
        ("month", At("2027-03-01 12:00", born="1992-02-29"), False),
    ],
    "first_sale": [
        (True, At(sales_so_far=0), True),
        (True, At(sales_so_far=1), False),
        (False, At(sales_so_far=0), False),
        (False, At(sales_so_far=7), True),
    ],
    "every_nth_sale": [
        (10, At(sales_so_far=9), True),  # nine before, this is the tenth
        (10, At(sales_so_far=10), False),
        (10, At(sales_so_far=0), False),
        (10, At(sales_so_far=19), True),
        (1, At(sales_so_far=0), True),
        (1, At(sales_so_far=5), True),
    ],
    "member_days": [
        (30, At("2026-11-03 12:00", joined="2026-10-04"), True),
        (30, At("2026-11-03 12:00", joined="2026-10-05"), False),
        (0, At("2026-11-03 00:00", joined="2026-11-03"), True),
        (0, At("2026-11-03 23:00", joined="2026-11-04"), False),  # by the store's clock not yet
        ({"max": 30}, At("2026-11-03 12:00", joined="2026-10-04"), True),
        ({"max": 30}, At("2026-11-03 12:00", joined="2026-10-03"), False),
        ({"max": 0}, At("2026-11-03 12:00", joined="2026-11-03"), True),
        ({"max": 0}, At("2026-11-03 12:00", joined="2026-11-02"), False),
        ({"min": 10, "max": 20}, At("2026-11-03 12:00", joined="2026-10-24"), True),
        ({"min": 10, "max": 20}, At("2026-11-03 12:00", joined="2026-10-25"), False),
        ({"min": 10}, At("2026-11-03 12:00", joined="2006-11-03"), True),
        (0, At(), False),  # nobody knows since when
    ],
    "channels": [
        (["online"], At(channel="online"), True),
        (["counter", "till"], At(channel="till"), True),
        (["online"], At(channel="till"), False),
    ],
}


def test_no_condition_is_without_its_table() -> None:
    """Who adds a condition adds its rows: some that hold, and some that do not."""
    assert list(TABLES) == list(CONDITIONS)
    for name, rows in TABLES.items():
        assert {holds for _, _, holds in rows} == {True, False}, name


ROWS = [(name, *row) for name, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(("name", "asked", "at", "holds"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_a_condition_holds_or_not(name: str, asked: object, at: At, *, holds: bool) -> None:
    assert when(**{name: asked}).holds(at.moment) is holds


SENTENCES = [
    ({"stores": ["S2", "S1"]}, "at S1, S2"),
    ({"tills": ["T1"]}, "at till T1"),
    ({"types": ["company"]}, "for company"),
    ({"tiers": ["gold"]}, "for tier gold"),
    ({"seasons": ["low"]}, "in low"),
    ({"dates": {"from": "2026-11-03", "to": "2026-11-05"}}, "2026-11-03 – 2026-11-05"),
    ({"dates": {"from": "2026-11-03"}}, "2026-11-03 –"),
    ({"dates": {"to": "2026-11-05"}}, "– 2026-11-05"),
    ({"weekdays": ["sun", "tue"]}, "on tue, sun"),
    ({"hours": ["14:00-18:00", "22:00-24:00"]}, "14:00-18:00, 22:00-24:00"),
    ({"payments": ["pix", "cash"]}, "paid by cash, pix"),
    ({"min_amount": "100.00"}, "from 100"),
    ({"min_amount": "20.50"}, "from 20.5"),
    ({"min_amount": "0.05"}, "from 0.05"),
    ({"min_amount": "1000000"}, "from 1000000"),
    ({"min_items": 3}, "from 3 pieces"),
    ({"birthday": "week"}, "birthday week"),
    ({"first_sale": True}, "first sale"),
    ({"first_sale": False}, "not the first sale"),
    ({"every_nth_sale": 10}, "each 10. sale"),
    ({"member_days": 30}, "a member for 30 days"),
    ({"member_days": {"max": 30}}, "a member for 0 to 30 days"),
    ({"member_days": {"max": 0}}, "a member for 0 to 0 days"),
    ({"channels": ["online"]}, "by online"),
]


@pytest.mark.parametrize(("asked", "sentence"), SENTENCES)
def test_a_condition_says_itself(asked: dict[str, object], sentence: str) -> None:
    assert [condition.because() for condition in when(**asked)] == [sentence]


def test_every_condition_says_itself() -> None:
    assert {name for asked, _ in SENTENCES for name in asked} == set(CONDITIONS)


# --- several at once --------------------------------------------------------------------------------------------------


def test_nothing_asked_always_holds() -> None:
    assert ALWAYS.holds(At().moment)
    assert when() == ALWAYS
    assert list(ALWAYS) == []


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (At(store="S1", tier="gold", paid="cash"), True),
        (At(store="S2", tier="gold", paid="cash"), False),
        (At(store="S1", tier="silver", paid="cash"), False),
        (At(store="S1", tier="gold", paid="card"), False),
    ],
)
def test_all_must_hold(at: At, *, holds: bool) -> None:
    assert when(stores=["S1"], tiers=["gold"], payments=["cash"]).holds(at.moment) is holds


LATE = ["22:00-02:00"]


@pytest.mark.parametrize(
    ("beside", "at", "holds"),
    [
        # Tuesday's night goes on into Wednesday …
        ({"weekdays": ["tue"]}, "2026-11-03 22:00", True),
        ({"weekdays": ["tue"]}, "2026-11-04 01:59", True),
        ({"weekdays": ["tue"]}, "2026-11-04 02:00", False),
        # … and Tuesday's first hours are Monday's night.
        ({"weekdays": ["tue"]}, "2026-11-03 01:00", False),
        ({"weekdays": ["mon"]}, "2026-11-03 01:00", True),
        ({"weekdays": ["wed"]}, "2026-11-04 01:00", False),
        ({"dates": {"to": "2026-12-24"}}, "2026-12-25 01:00", True),
        ({"dates": {"to": "2026-12-24"}}, "2026-12-25 22:00", False),
        ({"dates": {"from": "2026-12-24"}}, "2026-12-24 01:00", False),
        ({"dates": {"from": "2026-12-24"}}, "2026-12-24 22:00", True),
        ({"seasons": ["christmas"]}, "2026-12-01 01:00", False),
        ({"seasons": ["christmas"]}, "2026-12-01 23:00", True),
        ({"seasons": ["christmas"]}, "2026-12-25 01:00", True),
        ({"seasons": ["christmas"]}, "2026-12-25 23:00", False),
        ({"seasons": ["low"]}, "2027-04-01 00:30", True),
        # the birthday's own night, to its end
        ({"birthday": "day"}, "2026-11-04 01:00", True),
        ({"birthday": "day"}, "2026-11-03 01:00", False),
        # all on one and the same day: Tuesday's night is not the season's, Wednesday's is
        ({"weekdays": ["tue"], "dates": {"from": "2026-11-04"}}, "2026-11-04 01:00", False),
        ({"weekdays": ["tue"], "dates": {"to": "2026-11-03"}}, "2026-11-04 01:00", True),
    ],
)
def test_what_wraps_midnight_belongs_to_the_day_it_began(beside: dict[str, object], at: str, *, holds: bool) -> None:
    assert when(hours=LATE, **beside).holds(At(at, born="1990-11-03").moment) is holds


def test_one_night_and_one_day_beside_each_other() -> None:
    """Hours of which one wraps: one o'clock lies in Monday's night and in Tuesday's early shift."""
    both = ["22:00-02:00", "00:00-06:00"]
    assert when(hours=both, weekdays=["mon"]).holds(At("2026-11-03 01:00").moment)
    assert when(hours=both, weekdays=["tue"]).holds(At("2026-11-03 01:00").moment)
    assert not when(hours=both, weekdays=["mon"]).holds(At("2026-11-03 03:00").moment)


def test_without_hours_the_day_is_the_stores_date() -> None:
    assert when(weekdays=["wed"]).holds(At("2026-11-04 01:00").moment)


# --- what a condition looks at is the sale ----------------------------------------------------------------------------


def sale_of(*lines: Line, **more: Any) -> Sale:
    at = datetime.fromisoformat("2026-11-03T10:00:00+00:00")
    numbered = tuple(line._replace(number=number) for number, line in enumerate(lines, 1))
    return Sale(occurred_at=at, local=at, store="S1", till="T1", lines=numbered, **more)


def holds_in_a_sale(condition: dict[str, object], sale: Sale, **programme: Any) -> bool:
    """Whether a gift for the whole sale is given under the condition."""
    document = {
        "name": "Clube",
        "currency": "EUR",
        "timezone": "Europe/Lisbon",
        "units": [{"code": "points", "kind": "points"}, {"code": "massages", "kind": "sessions"}],
        "earn": [{"code": "gift", "unit": "points", "give": 1, "basis": "sale", "when": condition}],
        "covers": [{"code": "pack", "unit": "massages", "items": {"products": ["MASSAGE-60"]}}],
    }
    outcome = award(sale, Facts(held={"massages": 2}), compile_programme(read_programme(document | programme)))
    return bool(outcome.gave)


BREAD = Line(1, 600, product="BREAD")
CHEESE = Line(1, 400, product="CHEESE", quantity=350)
MASSAGE = Line(1, 4_500, product="MASSAGE-60")


@pytest.mark.parametrize(
    ("asked", "lines", "more", "holds"),
    [
        ("10.00", (BREAD, CHEESE), {}, True),
        ("10.01", (BREAD, CHEESE), {}, False),
        ("10.00", (BREAD, CHEESE), {"discount": 1}, False),
        ("10.00", (BREAD, CHEESE._replace(discount=1)), {}, False),
        ("10.00", (BREAD, CHEESE), {"payments": (Payment("points", 1), Payment("cash", 999))}, False),
        ("10.00", (BREAD, CHEESE), {"payments": (Payment("card", 1_000),)}, True),
        ("10.00", (MASSAGE, BREAD), {}, True),
        ("10.00", (MASSAGE, BREAD), {"use_packs": True}, False),  # what a pack pays does not count
        ("6.00", (MASSAGE, BREAD), {"use_packs": True}, True),
    ],
)
def test_min_amount_is_of_what_counts_of_all_lines(
    asked: str, lines: tuple[Line, ...], more: dict[str, Any], *, holds: bool
) -> None:
    assert holds_in_a_sale({"min_amount": asked}, sale_of(*lines, **more)) is holds


def test_min_amount_looks_at_skipped_lines_too() -> None:
    sale = sale_of(BREAD, CHEESE._replace(discount=100))
    assert holds_in_a_sale({"min_amount": "9.00"}, sale, discounted_lines="skip")
    assert not holds_in_a_sale({"min_amount": "9.01"}, sale, discounted_lines="skip")


def test_min_amount_is_without_tax_where_amounts_are() -> None:
    sale = sale_of(BREAD._replace(amount=1_230, tax_rate=23_000))
    assert holds_in_a_sale({"min_amount": "10.00"}, sale, amounts="tax_excluded")
    assert not holds_in_a_sale({"min_amount": "10.01"}, sale, amounts="tax_excluded")


@pytest.mark.parametrize(
    ("asked", "lines", "more", "holds"),
    [
        (2, (BREAD, BREAD), {}, True),
        (3, (BREAD, BREAD), {}, False),
        (3, (BREAD._replace(quantity=3_000),), {}, True),
        (2, (BREAD, CHEESE), {}, True),  # 350 grams are one piece
        (2, (CHEESE._replace(quantity=12_350),), {}, False),
        (2, (BREAD, CHEESE._replace(discount=400)), {}, False),  # given for nothing
        (3, (MASSAGE._replace(quantity=3_000), BREAD), {}, True),
        (3, (MASSAGE._replace(quantity=3_000), BREAD), {"use_packs": True}, False),  # two of three are covered
        (2, (MASSAGE._replace(quantity=3_000), BREAD), {"use_packs": True}, True),
        (1, (MASSAGE,), {"use_packs": True}, False),
    ],
)
def test_min_items_are_pieces_that_are_not_covered(
    asked: int, lines: tuple[Line, ...], more: dict[str, Any], *, holds: bool
) -> None:
    assert holds_in_a_sale({"min_items": asked}, sale_of(*lines, **more)) is holds


# --- properties -------------------------------------------------------------------------------------------------------

days = st.dates(date(1900, 1, 1), date(2120, 12, 31))


@given(days, days)
def test_a_birthday_comes_once_a_year_and_its_week_has_seven_days(born: date, day: date) -> None:
    year = [date(day.year, 1, 1) + timedelta(days=number) for number in range(366)]
    year = [each for each in year if each.year == day.year]
    birthdays = [each for each in year if is_birthday(each, born, "day")]
    assert len(birthdays) == 1
    around = [birthdays[0] + timedelta(days=number) for number in range(-6, 7)]
    assert [is_birthday(each, born, "week") for each in around] == [False] * 3 + [True] * 7 + [False] * 3


minutes = st.integers(0, 24 * 60 - 1)


@given(minutes, minutes, st.datetimes(datetime.fromisoformat("2000-01-02"), datetime.fromisoformat("2100-01-01")))
def test_hours_and_the_hours_left_fill_the_day(begin: int, end: int, local: datetime) -> None:
    """A span and what it leaves of the day: each moment lies in exactly one of them."""
    if begin == end:
        return
    first, second = (f"{minute // 60:02}:{minute % 60:02}" for minute in (begin, end))
    moment = At(local.isoformat(sep=" ")).moment
    assert when(hours=[f"{first}-{second}"]).holds(moment) != when(hours=[f"{second}-{first}"]).holds(moment)


@given(days, days, days)
def test_a_season_that_wraps_is_what_its_complement_is_not(begin: date, end: date, day: date) -> None:
    season = Season("s", (begin.month, begin.day), (end.month, end.day))
    here = (day.month, day.day)
    inside = here in {(begin.month, begin.day), (end.month, end.day)}
    if season.begin == season.end:
        assert season.holds(day) is inside
    elif not inside:
        assert season.holds(day) != Season("s", season.end, season.begin).holds(day)
    else:
        assert season.holds(day)


@given(st.fractions(0, 1000, max_denominator=1000), st.integers(0, 200_000))
def test_min_amount_is_exact(amount: Fraction, counted: int) -> None:
    cents = int(amount * 100)
    asked = f"{cents // 100}.{cents % 100:02}"
    assert when(min_amount=asked).holds(At(amount=counted).moment) is (counted >= cents)

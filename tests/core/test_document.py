"""A programme's document: what it says when it is left alone, and the sentence for each thing that cannot be right.

A shopkeeper writes the document; whatever is wrong in it comes back at once, each fault with its place and a sentence.
"""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiel.core.conditions import CONDITIONS
from fiel.core.document import read_programme
from fiel.core.money import CURRENCIES
from fiel.core.programme import Cap, Expiry, Programme, Reach, Referral, Rolling, Selector
from fiel.core.reading import Faults, Field, decimal_fraction
from fiel.core.refusals import Refused
from fiel.core.seasons import Season

Document = dict[str, Any]

POINTS: Document = {"code": "points", "kind": "points"}
SESSIONS: Document = {"code": "massages", "kind": "sessions"}
SILVER: Document = {"code": "silver"}


def document(**parts: Any) -> Document:
    """The smallest programme, with some parts of its own."""
    return {"name": "Clube", "currency": "EUR", "timezone": "Europe/Lisbon", "units": [POINTS]} | parts


def read(**parts: Any) -> Programme:
    return read_programme(document(**parts))


def faults_of(whole: object) -> list[tuple[str, str]]:
    """Every fault of a document that must be refused: where, and the sentence."""
    with pytest.raises(Refused) as caught:
        read_programme(whole)
    assert caught.value.code == "invalid"
    return [(fault.pointer, fault.detail) for fault in caught.value.faults]


def places(**parts: Any) -> list[str]:
    return [pointer for pointer, _ in faults_of(document(**parts))]


def earn(**more: Any) -> Document:
    return {"earn": [{"code": "all", "unit": "points", "give": 1} | more]}


def boost(**more: Any) -> Document:
    return earn() | {"boosts": [{"code": "happy", "factor": 2} | more]}


def unit(**more: Any) -> Document:
    return {"units": [POINTS | more]}


def tiers(*rows: Document) -> Document:
    return {"tiers": [SILVER, *({"code": f"tier{number}"} | row for number, row in enumerate(rows, 2))]}


def reach(amount: object = 100, measure: str = "spend", window: object = "calendar_month", **more: Any) -> Document:
    return {"reach": {"measure": measure, "amount": amount, "window": window} | more}


# --- the commented document -------------------------------------------------------------------------------------------

COMMENTED = """
name = "Clube da Padaria"
currency = "BRL"
timezone = "America/Sao_Paulo"     # the programme's clock; a store has its own for `when`
amounts = "tax_included"           # or "tax_excluded": what is counted [tax_included]
discounted_lines = "count"         # or "skip": lines with a discount of their own earn nothing [count]
boost_mix = "multiply"             # or "best", "add" [multiply]
late_days = 7                      # how late a sale may be uploaded or linked to a member [7]

[[units]]
code = "points"                    # every programme has at least one unit
kind = "points"                    # points | stamps | sessions | money
decimals = 0                       # 0-2; money: the currency's [0]
rounding = "floor"                 # floor | half_up | ceil | carry [floor]
round_per = "sale"                 # sale | line; carry is always per sale [sale]
pending_days = 0                   # days until what was earned can be spent [0]
value = "0.05"                     # money for 1 whole unit: liability, and paying with it [none; money units: 1]
visible = true                     # false: staff only; the member is never shown a figure [true]
on_debt = "allow"                  # allow | forgive: a return when the points were already spent [allow]
expiry = { kind = "end_of_month", months = 12 }
# never | days {days} | end_of_month {months} | end_of_year {years} | inactivity {months} [never]
warn_days = 30                     # announced so long before; with warn_required nothing lapses unannounced [30]
warn_required = false              # [false]

[[seasons]]
code = "christmas"
from = "12-01"                     # MM-DD recurs every year and may wrap the year end; YYYY-MM-DD happens once
to = "12-24"                       # inclusive; both ends of the same form

[[tiers]]
code = "silver"                    # the first tier is where everybody starts
factor = "1"                       # [1]
[[tiers]]
code = "gold"
factor = "1.2"
reach = { measure = "spend", amount = "100.00", window = "calendar_month" }
# measure: spend | visits | a unit's code (what sales earned of it)
# window: "calendar_month" | "calendar_year" | "lifetime" | { rolling = 90 } (days, ending today)
keep = "next_window"               # next_window | forever | { days = 90 } [next_window]
fall = "requalify"                 # requalify | one_step [requalify]

[[earn]]
code = "all"
unit = "points"
give = "1"                         # whole units
per = "1.00"                       # currency's major units for amount, pieces for quantity, unused for sale [1]
basis = "amount"                   # amount | quantity | sale [amount]
whole = false                      # quantity: only whole multiples of `per`, over all lines of the rule [false]
group = "base"                     # [base]
items  = { departments = ["bakery"], products = [], brands = [], tags = [] }   # any of these; empty: every line
except = { products = ["GIFTCARD"] }
when = {}                          # all must hold; empty: always
cap = { sale = 500, day = 1000, month = 5000 }   # per member, whole units; any of them [none]

[[boosts]]
code = "rainy-tuesday"
factor = "2"
groups = ["base"]                  # earn groups it multiplies [every group of points and money units; stamps, sessions
                                   #  and sale rules only if their group is named]
when = { weekdays = ["tue"], hours = ["14:00-18:00"] }

[[covers]]                         # prepaid sessions pay for a line
code = "massage-pack"
unit = "massages"
items = { products = ["MASSAGE-60"] }
take = 1                           # sessions for each whole piece [1]

[[awards]]
code = "tenth-coffee"
unit = "coffees"
every = 10
reward = "toast"
mode = "voucher"                   # voucher: taken and issued at once | invite: appears in the invitation list
budget = "25.00"                   # what the gift may cost the shop [none]

[referral]
unit = "points"
referrer = 50
referred = 20
after = "first_sale"               # first_sale: the first that qualifies | every_sale
min_amount = "20.00"
max_per_month = 10                 # of the referrer's gifts
"""

USED_BY_IT = [{"code": "massages", "kind": "sessions"}, {"code": "coffees", "kind": "stamps"}]
"""The two units that the commented document speaks of and leaves out."""


@pytest.fixture
def commented() -> Document:
    whole = tomllib.loads(COMMENTED, parse_float=Decimal)
    whole["units"] += USED_BY_IT
    return whole


def test_the_commented_document_reads_as_its_comments_say(commented: Document) -> None:
    programme = read_programme(commented)

    assert (programme.name, programme.currency, programme.timezone.key) == (
        "Clube da Padaria",
        "BRL",
        "America/Sao_Paulo",
    )
    assert programme.minor_units == 100
    assert programme.warnings == ()
    points = programme.units["points"]
    assert points.value == 5  # five centavos for one point
    assert points.expiry == Expiry("end_of_month", 12)
    assert programme.seasons == {"christmas": Season("christmas", (12, 1), (12, 24))}
    assert list(programme.tiers) == ["silver", "gold"]
    assert programme.first_tier == "silver"
    assert programme.tiers["gold"].factor == Fraction(6, 5)
    assert programme.tiers["gold"].reach == Reach("spend", 10_000, "calendar_month")
    rule = programme.earn[0]
    assert rule.rate == Fraction(1, 100)  # a point for each hundred centavos
    assert rule.items == Selector(departments=frozenset({"bakery"}))
    assert rule.excluded == Selector(products=frozenset({"GIFTCARD"}))
    assert rule.cap == Cap(500, 1000, 5000)
    assert list(rule.when) == []
    happy = programme.boosts[0]
    assert (happy.factor, happy.groups) == (2, frozenset({"base"}))
    assert sorted(condition.because() for condition in happy.when) == ["14:00-18:00", "on tue"]
    assert programme.covers[0].take == 1
    assert (programme.awards[0].every, programme.awards[0].budget) == (10, 2_500)
    assert programme.referral == Referral("points", 50, 20, "first_sale", 2_000, 10)


def test_without_its_two_units_the_commented_document_names_the_rules_that_miss_them() -> None:
    found = faults_of(tomllib.loads(COMMENTED, parse_float=Decimal))
    assert found == [
        ("/covers/0/unit", "there is no unit 'massages'; the units are points"),
        ("/awards/0/unit", "there is no unit 'coffees'; the units are points"),
    ]


DEFAULTS_IN_BRACKETS = [
    ("amounts", [()]),
    ("discounted_lines", [()]),
    ("boost_mix", [()]),
    ("late_days", [()]),
    ("decimals rounding round_per pending_days visible on_debt warn_days warn_required", [("units", 0)]),
    ("factor keep fall", [("tiers", 0), ("tiers", 1)]),
    ("per basis whole group", [("earn", 0)]),
    ("take", [("covers", 0)]),
]


@pytest.mark.parametrize(("keys", "tables"), DEFAULTS_IN_BRACKETS)
def test_a_default_in_brackets_may_be_left_out(
    commented: Document, keys: str, tables: list[tuple[str | int, ...]]
) -> None:
    """The commented document writes most values as they are when left out: without them it is the same programme."""
    before = read_programme(commented)
    for table in tables:
        part: Any = commented
        for step in table:
            part = part[step]
        for key in keys.split():
            if (part.get("code"), key) != ("gold", "factor"):
                part.pop(key, None)
    assert read_programme(commented) == before


def test_what_brackets_call_none_is_none() -> None:
    programme = read(**earn(), awards=[{"code": "tenth", "unit": "points", "every": 10, "reward": "toast"}])
    points = programme.units["points"]
    assert points.value is None
    assert points.expiry == Expiry("never")
    assert not programme.earn[0].cap
    assert programme.earn[0].items.empty
    assert programme.awards[0].budget is None
    assert programme.awards[0].mode == "voucher"
    assert programme.referral is None


def test_nothing_but_units_is_a_programme() -> None:
    programme = read()
    assert programme.tiers == {}
    assert programme.first_tier == ""
    assert programme.earn == programme.boosts == programme.covers == programme.awards == ()


def test_a_boost_that_names_no_groups_says_so() -> None:
    assert read(**boost()).boosts[0].groups == frozenset()


def test_what_stands_as_null_is_left_out() -> None:
    """A form that sends empty fields as null says what a document without them says."""
    bare = earn() | tiers(reach()) | {"covers": [{"code": "pack", "unit": "massages"}], "units": [POINTS, SESSIONS]}
    bare |= {"awards": [{"code": "tenth", "unit": "points", "every": 10, "reward": "toast"}]}
    full: Document = json.loads(json.dumps(bare))
    full |= dict.fromkeys(("referral", "seasons", "boosts", "late_days", "boost_mix"))
    full["units"][0] |= dict.fromkeys(("expiry", "value", "decimals", "rounding", "visible"))
    full["tiers"][0] |= dict.fromkeys(("reach", "factor", "keep", "fall"))
    full["earn"][0] |= dict.fromkeys(("items", "except", "when", "cap", "per", "group"))
    full["covers"][0] |= dict.fromkeys(("items", "take"))
    full["awards"][0] |= dict.fromkeys(("budget", "mode"))
    assert read(**full) == read(**bare)
    assert read(**earn(cap={"sale": 5, "day": None})).earn[0].cap == Cap(sale=5)
    assert list(read(**earn(when=dict.fromkeys(CONDITIONS))).earn[0].when) == []


# --- units of money, decimals, windows --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "decimals", "minor_units", "value"),
    [("BRL", 2, 100, 1), ("EUR", 2, 100, 1), ("CLP", 0, 1, 1), ("JPY", 0, 1, 1), ("KWD", 3, 1000, 1)],
)
def test_a_money_unit_has_the_currencys_decimals_and_is_worth_what_it_says(
    currency: str, decimals: int, minor_units: int, value: int
) -> None:
    programme = read(currency=currency, units=[{"code": "cashback", "kind": "money"}])
    money = programme.units["cashback"]
    assert (money.decimals, programme.minor_units, money.value) == (decimals, minor_units, value)


def test_every_currency_is_read() -> None:
    assert len(CURRENCIES) > 150
    for currency, digits in CURRENCIES.items():
        assert read(currency=currency).minor_units == 10**digits


def test_points_with_decimals_are_held_in_steps() -> None:
    programme = read(
        units=[POINTS | {"decimals": 2, "value": "0.05"}],
        earn=[{"code": "all", "unit": "points", "give": "1.5", "per": "10.00", "cap": {"sale": "2.25"}}],
        awards=[{"code": "a", "unit": "points", "every": "0.50", "reward": "toast"}],
    )
    assert programme.units["points"].value == Fraction(5, 100)  # centavos for a hundredth of a point
    assert programme.earn[0].rate == Fraction(150, 1000)
    assert programme.earn[0].cap == Cap(sale=225)
    assert programme.awards[0].every == 50


@pytest.mark.parametrize(
    ("basis", "per", "rate"),
    [("amount", "3.00", Fraction(1, 300)), ("quantity", "3", Fraction(1, 3000)), ("sale", "3", Fraction(1))],
)
def test_what_a_rule_gives_for_the_smallest_amount(basis: str, per: str, rate: Fraction) -> None:
    assert read(**earn(basis=basis, per=per)).earn[0].rate == rate


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        (reach("100.50"), Reach("spend", 10_050, "calendar_month")),
        (reach(12, "visits", "calendar_year"), Reach("visits", 12, "calendar_year")),
        (reach("500", "points", "lifetime"), Reach("points", 500, "lifetime")),
        (reach(5, "visits", {"rolling": 90}), Reach("visits", 5, Rolling(90))),
    ],
)
def test_how_a_tier_is_reached(row: Document, reached: Reach) -> None:
    assert read(**tiers(row)).tiers["tier2"].reach == reached


@pytest.mark.parametrize(
    ("window", "days"),
    [("calendar_month", 31), ("calendar_year", 366), ({"rolling": 90}, 90), ("lifetime", 1)],
)
def test_a_tier_is_kept_for_days_at_least_as_long_as_its_window(window: object, days: int) -> None:
    assert read(**tiers(reach(window=window) | {"keep": {"days": days}})).tiers["tier2"].keep == days
    if days > 1:
        shorter = tiers(reach(window=window) | {"keep": {"days": days - 1}})
        assert faults_of(document(**shorter)) == [
            ("/tiers/1/keep", f"a tier is kept at least as long as its window: {days} days")
        ]


@pytest.mark.parametrize(
    ("expiry", "read_as"),
    [
        ({"kind": "never"}, Expiry("never", 0)),
        ({"kind": "days", "days": 180}, Expiry("days", 180)),
        ({"kind": "end_of_month", "months": 12}, Expiry("end_of_month", 12)),
        ({"kind": "end_of_year", "years": 0}, Expiry("end_of_year", 0)),
        ({"kind": "inactivity", "months": 6}, Expiry("inactivity", 6)),
    ],
)
def test_how_a_unit_lapses(expiry: Document, read_as: Expiry) -> None:
    assert read(**unit(expiry=expiry)).units["points"].expiry == read_as


@pytest.mark.parametrize(
    ("begin", "end", "season"),
    [
        ("12-01", "12-24", Season("s", (12, 1), (12, 24))),
        ("10-15", "03-31", Season("s", (10, 15), (3, 31))),
        ("02-29", "02-29", Season("s", (2, 29), (2, 29))),
        ("2026-12-24", "2026-12-24", Season("s", date(2026, 12, 24), date(2026, 12, 24))),
        (date(2026, 12, 1), date(2027, 1, 6), Season("s", date(2026, 12, 1), date(2027, 1, 6))),
    ],
)
def test_seasons_that_are(begin: object, end: object, season: Season) -> None:
    assert read(seasons=[{"code": "s", "from": begin, "to": end}]).seasons == {"s": season}


# --- each check, one document -----------------------------------------------------------------------------------------

Check = tuple[Document, str, str]
"""What is written, where the fault stands, and words of its sentence. There is no other fault."""

UNIQUE: list[Check] = [
    ({"units": [POINTS, POINTS]}, "/units/0/code", "'points' is used more than once"),
    ({"seasons": [{"code": "s", "from": "01-01", "to": "02-01"}] * 2}, "/seasons/0/code", "used more than once"),
    ({"tiers": [SILVER, SILVER | reach()]}, "/tiers/0/code", "used more than once"),
    ({"earn": earn()["earn"] * 2}, "/earn/0/code", "'all' is used more than once"),
    ({"boosts": [{"code": "b", "factor": 2}] * 2}, "/boosts/0/code", "used more than once"),
    (
        {"units": [POINTS, SESSIONS], "covers": [{"code": "c", "unit": "massages"}] * 2},
        "/covers/0/code",
        "used more than once",
    ),
    (
        {"awards": [{"code": "a", "unit": "points", "every": 1, "reward": "toast"}] * 2},
        "/awards/0/code",
        "used more than once",
    ),
]


@pytest.mark.parametrize(("parts", "pointer", "words"), UNIQUE)
def test_codes_are_unique(parts: Document, pointer: str, words: str) -> None:
    first, second = faults_of(document(**parts))
    assert first[0] == pointer
    assert second[0] == pointer.replace("/0/", "/1/")
    assert words in first[1]
    assert first[1] == second[1]


def test_a_code_may_stand_in_two_lists() -> None:
    assert read(**earn(), boosts=[{"code": "all", "factor": 2}])


REFERENCES: list[Check] = [
    (earn(unit="miles"), "/earn/0/unit", "there is no unit 'miles'; the units are points"),
    (boost(groups=["bakery"]), "/boosts/0/groups", "no earn rule has the group 'bakery'"),
    ({"covers": [{"code": "c", "unit": "miles"}]}, "/covers/0/unit", "there is no unit 'miles'"),
    (
        {"covers": [{"code": "c", "unit": "points"}]},
        "/covers/0/unit",
        "this needs a unit of kind sessions, 'points' is of kind points",
    ),
    ({"awards": [{"code": "a", "unit": "x", "every": 1, "reward": "r"}]}, "/awards/0/unit", "there is no unit 'x'"),
    ({"referral": {"unit": "x", "referrer": 1}}, "/referral/unit", "there is no unit 'x'"),
    (tiers(reach(measure="miles")), "/tiers/1/reach/measure", "measure spend, visits, or one of the units: points"),
    (earn(when={"tiers": ["gold"]}), "/earn/0/when/tiers", "there is no tier 'gold' in this programme"),
    (earn(when={"seasons": ["low"]}), "/earn/0/when/seasons", "there is no season 'low' in this programme"),
    (boost(when={"tiers": ["gold"]}), "/boosts/0/when/tiers", "there is no tier 'gold'"),
]

FIGURES: list[Check] = [
    (tiers({"factor": "-0.1"} | reach()), "/tiers/1/factor", "not below 0"),
    (boost(factor=-1), "/boosts/0/factor", "not below 0"),
    (earn(give="-1"), "/earn/0/give", "not below 0"),
    (earn(per="0"), "/earn/0/per", "greater than 0"),
    (earn(per="-1.00"), "/earn/0/per", "greater than 0"),
    (unit(value="0"), "/units/0/value", "greater than 0"),
    (unit(value="-0.05"), "/units/0/value", "greater than 0"),
    (earn(cap={"sale": -1}), "/earn/0/cap/sale", "not below 0"),
    (earn(cap={"day": "-1"}), "/earn/0/cap/day", "not below 0"),
    (earn(cap={"month": -5}), "/earn/0/cap/month", "not below 0"),
    (earn(cap={"sale": "0.5"}), "/earn/0/cap/sale", "points are counted with 0 decimals"),
    ({"awards": [{"code": "a", "unit": "points", "every": 0, "reward": "r"}]}, "/awards/0/every", "greater than 0"),
    ({"awards": [{"code": "a", "unit": "points", "every": -1, "reward": "r"}]}, "/awards/0/every", "greater than 0"),
    (
        {"awards": [{"code": "a", "unit": "points", "every": "0.5", "reward": "r"}]},
        "/awards/0/every",
        "counted with 0 decimals",
    ),
    (
        {"awards": [{"code": "a", "unit": "points", "every": 1, "reward": "r", "budget": "1.005"}]},
        "/awards/0/budget",
        "at most 2 decimals",
    ),
    (
        {"units": [POINTS, SESSIONS], "covers": [{"code": "c", "unit": "massages", "take": 0}]},
        "/covers/0/take",
        "greater than 0",
    ),
    ({"referral": {"unit": "points", "referrer": -1}}, "/referral/referrer", "not below 0"),
    ({"referral": {"unit": "points", "referred": "1.5"}}, "/referral/referred", "counted with 0 decimals"),
    ({"referral": {"unit": "points", "min_amount": "-1"}}, "/referral/min_amount", "not below 0"),
    ({"referral": {"unit": "points", "max_per_month": -1}}, "/referral/max_per_month", "a whole number from 0"),
    ({"late_days": -1}, "/late_days", "a whole number from 0"),
    (unit(decimals=3), "/units/0/decimals", "from 0 to 2"),
    (unit(pending_days=-1), "/units/0/pending_days", "a whole number from 0"),
    (unit(warn_days=366), "/units/0/warn_days", "from 0 to 365"),
    ({"units": [{"code": "cash", "kind": "money", "decimals": 0}]}, "/units/0/decimals", "from 2 to 2"),
    (unit(rounding="carry", round_per="line"), "/units/0/round_per", "what is carried is rounded per sale"),
    (unit(code="spend"), "/units/0/code", "'spend' is what tiers measure"),
    (unit(code="visits"), "/units/0/code", "'visits' is what tiers measure"),
    (earn(whole=True), "/earn/0/whole", "whole multiples are of quantities"),
    (earn(whole=True, basis="sale"), "/earn/0/whole", "whole multiples are of quantities"),
    (unit(expiry={"kind": "days", "days": 0}), "/units/0/expiry/days", "a whole number from 1"),
    (unit(expiry={"kind": "end_of_month", "months": 0}), "/units/0/expiry/months", "a whole number from 1"),
    (unit(expiry={"kind": "end_of_year", "years": -1}), "/units/0/expiry/years", "a whole number from 0"),
    # What lies beyond the calendar's end would stop a sale, years later.
    (unit(expiry={"kind": "days", "days": 36_601}), "/units/0/expiry/days", "from 1 to 36600"),
    (unit(expiry={"kind": "end_of_month", "months": 1_201}), "/units/0/expiry/months", "from 1 to 1200"),
    (unit(expiry={"kind": "inactivity", "months": 1_201}), "/units/0/expiry/months", "from 1 to 1200"),
    (unit(expiry={"kind": "end_of_year", "years": 101}), "/units/0/expiry/years", "from 0 to 100"),
]

TIERS: list[Check] = [
    ({"tiers": [SILVER | reach()]}, "/tiers/0/reach", "everybody starts in the first tier; it is not reached"),
    (tiers({}), "/tiers/1/reach", "say how this tier is reached"),
    (tiers(reach(100), reach(100)), "/tiers/2/reach", "asks for more than 'tier2', which stands below it"),
    (tiers(reach(100), reach(50)), "/tiers/2/reach", "asks for more than 'tier2'"),
    (tiers(reach(9, "visits"), reach(50), reach(9, "visits")), "/tiers/3/reach", "asks for more than 'tier2'"),
    (tiers(reach("100.001")), "/tiers/1/reach/amount", "at most 2 decimals"),
    (tiers(reach("1.5", "visits")), "/tiers/1/reach/amount", "whole days"),
    (tiers(reach("1.5", "points")), "/tiers/1/reach/amount", "counted with 0 decimals"),
    (tiers(reach(-1)), "/tiers/1/reach/amount", "not below 0"),
    (tiers(reach(window={"rolling": 0})), "/tiers/1/reach/window/rolling", "a whole number from 1"),
    (tiers(reach() | {"keep": {"days": 0}}), "/tiers/1/keep/days", "a whole number from 1"),
    (tiers(reach() | {"keep": {}}), "/tiers/1/keep/days", "this is needed"),
]


def test_tiers_of_other_measures_or_windows_need_not_rise() -> None:
    assert read(**tiers(reach(100), reach(5, "visits"), reach(90, window="calendar_year"), reach(101)))


SEASONS: list[Check] = [
    ({"seasons": [{"code": "s", "from": "2026-12-24", "to": "2026-12-01"}]}, "/seasons/0/to", "the season has no days"),
    (
        {"seasons": [{"code": "s", "from": "12-01", "to": "2026-12-24"}]},
        "/seasons/0/to",
        "both ends are MM-DD, or both",
    ),
    (
        {"seasons": [{"code": "s", "from": "2026-12-01", "to": "12-24"}]},
        "/seasons/0/to",
        "both ends are MM-DD, or both",
    ),
    ({"seasons": [{"code": "s", "from": "02-30", "to": "03-01"}]}, "/seasons/0/from", "there is no such day"),
    ({"seasons": [{"code": "s", "from": "02-01", "to": "04-31"}]}, "/seasons/0/to", "there is no such day"),
    ({"seasons": [{"code": "s", "from": "2026-02-29", "to": "2026-03-01"}]}, "/seasons/0/from", "a day that exists"),
    ({"seasons": [{"code": "s", "from": "13-01", "to": "03-01"}]}, "/seasons/0/from", "a day that exists"),
    ({"seasons": [{"code": "s", "from": "1-1", "to": "03-01"}]}, "/seasons/0/from", "a day that exists"),
    ({"seasons": [{"code": "s", "from": 20261201, "to": "2026-12-24"}]}, "/seasons/0/from", "a day that exists"),
    ({"seasons": [{"code": "s", "from": "20261201", "to": "2026-12-24"}]}, "/seasons/0/from", "a day that exists"),
    ({"seasons": [{"code": "s", "from": "2026-W49-2", "to": "2026-12-24"}]}, "/seasons/0/from", "a day that exists"),
    (
        {"seasons": [{"code": "s", "from": datetime(2026, 12, 1), "to": date(2026, 12, 24)}]},  # noqa: DTZ001
        "/seasons/0/from",
        "a day that exists",
    ),
    ({"seasons": [{"code": "s", "to": "12-24"}]}, "/seasons/0/from", "this is needed"),
]

NEEDED: list[Check] = [
    ({"name": None}, "/name", "this is needed"),
    ({"currency": None}, "/currency", "this is needed"),
    ({"timezone": None}, "/timezone", "this is needed"),
    ({"units": None}, "/units", "a programme has at least one unit"),
    ({"units": []}, "/units", "a programme has at least one unit"),
    ({"units": [{"kind": "points"}]}, "/units/0/code", "this is needed"),
    ({"units": [{"code": "points"}]}, "/units/0/kind", "this is needed"),
    ({"tiers": [{}]}, "/tiers/0/code", "this is needed"),
    ({"earn": [{"unit": "points", "give": 1}]}, "/earn/0/code", "this is needed"),
    ({"earn": [{"code": "all", "give": 1}]}, "/earn/0/unit", "this is needed"),
    ({"earn": [{"code": "all", "unit": "points"}]}, "/earn/0/give", "this is needed"),
    ({"boosts": [{"code": "b"}]}, "/boosts/0/factor", "this is needed"),
    ({"boosts": [{"factor": 2}]}, "/boosts/0/code", "this is needed"),
    ({"covers": [{"code": "c"}]}, "/covers/0/unit", "this is needed"),
    ({"awards": [{"code": "a", "unit": "points", "every": 1}]}, "/awards/0/reward", "this is needed"),
    ({"awards": [{"code": "a", "unit": "points", "reward": "r"}]}, "/awards/0/every", "this is needed"),
    ({"referral": {}}, "/referral/unit", "this is needed"),
    (unit(expiry={}), "/units/0/expiry/kind", "this is needed"),
    (unit(expiry={"kind": "days"}), "/units/0/expiry/days", "this is needed"),
    (tiers({"reach": {"amount": 1, "window": "lifetime"}}), "/tiers/1/reach/measure", "this is needed"),
    (tiers({"reach": {"measure": "spend", "window": "lifetime"}}), "/tiers/1/reach/amount", "this is needed"),
    (tiers({"reach": {"measure": "spend", "amount": 1}}), "/tiers/1/reach/window", "this is needed"),
    (tiers(reach(window={})), "/tiers/1/reach/window/rolling", "this is needed"),
]

TYPES: list[Check] = [
    ({"name": 5}, "/name", "write a text"),
    ({"name": "  "}, "/name", "write a text"),
    ({"currency": "R$"}, "/currency", "three letters"),
    ({"currency": "eur"}, "/currency", "three letters"),
    ({"currency": ["EUR"]}, "/currency", "three letters"),
    ({"timezone": "Lisbon"}, "/timezone", "a time zone by its name"),
    ({"timezone": "../Lisbon"}, "/timezone", "a time zone by its name"),
    ({"timezone": "Europe"}, "/timezone", "a time zone by its name"),
    ({"amounts": "net"}, "/amounts", "choose one of: tax_included, tax_excluded"),
    ({"amounts": True}, "/amounts", "choose one of"),
    ({"discounted_lines": "drop"}, "/discounted_lines", "choose one of: count, skip"),
    ({"boost_mix": "sum"}, "/boost_mix", "choose one of: multiply, best, add"),
    ({"late_days": "7"}, "/late_days", "a whole number"),
    ({"late_days": True}, "/late_days", "a whole number"),
    ({"late_days": Decimal(7)}, "/late_days", "a whole number"),
    ({"tiers": SILVER}, "/tiers", "write a list"),
    ({"tiers": ["silver"]}, "/tiers/0", "write a table of named values"),
    ({"referral": "points"}, "/referral", "write a table of named values"),
    (unit(kind="miles"), "/units/0/kind", "choose one of: points, stamps, sessions, money"),
    (unit(rounding="up"), "/units/0/rounding", "choose one of: floor, half_up, ceil, carry"),
    (unit(round_per="day"), "/units/0/round_per", "choose one of: sale, line"),
    (unit(on_debt="never"), "/units/0/on_debt", "choose one of: allow, forgive"),
    (unit(visible="no"), "/units/0/visible", "true or false"),
    (unit(visible=0), "/units/0/visible", "true or false"),
    (unit(warn_required=1), "/units/0/warn_required", "true or false"),
    (unit(code="Points"), "/units/0/code", "lower-case letters"),
    (unit(code="pontos do café"), "/units/0/code", "lower-case letters"),
    (unit(code="points-"), "/units/0/code", "lower-case letters"),
    (unit(code="p" * 51), "/units/0/code", "at most 50"),
    (unit(code=7), "/units/0/code", "lower-case letters"),
    (unit(expiry="never"), "/units/0/expiry", "write a table of named values"),
    (unit(expiry={"kind": "weeks"}), "/units/0/expiry/kind", "choose one of: never, days"),
    (tiers(reach() | {"keep": "always"}), "/tiers/1/keep", "choose one of: next_window, forever"),
    (tiers(reach() | {"fall": "down"}), "/tiers/1/fall", "choose one of: requalify, one_step"),
    (tiers(reach(window="week")), "/tiers/1/reach/window", "choose one of: calendar_month"),
    (tiers(reach(measure="spent")), "/tiers/1/reach/measure", "measure spend, visits"),
    (earn(unit=["points"]), "/earn/0/unit", "there is no unit ['points']"),
    (earn(basis="piece"), "/earn/0/basis", "choose one of: amount, quantity, sale"),
    (earn(give="one"), "/earn/0/give", "write a decimal"),
    (earn(give="1,5"), "/earn/0/give", "write a decimal"),
    (earn(give=True), "/earn/0/give", "write a decimal"),
    (earn(give="NaN"), "/earn/0/give", "write a decimal"),
    (earn(give="1e9999999"), "/earn/0/give", "write a decimal"),
    (earn(give="0.0000000001"), "/earn/0/give", "write a decimal"),
    (earn(group="Base group"), "/earn/0/group", "lower-case letters"),
    (earn(items=["bakery"]), "/earn/0/items", "write a table of named values"),
    (earn(items={"departments": "bakery"}), "/earn/0/items/departments", "write a list"),
    (earn(items={"products": ["A", 7]}), "/earn/0/items/products/1", "write a text"),
    (earn(items={"tags": [""]}), "/earn/0/items/tags/0", "write a text"),
    (earn(cap=500), "/earn/0/cap", "write a table of named values"),
    (earn(when=["tue"]), "/earn/0/when", "write a table of named values"),
    (boost(groups="base"), "/boosts/0/groups", "write a list"),
]

FLOATS: list[Check] = [
    (earn(give=1.0), "/earn/0/give", 'as text: "1.20"'),
    (earn(per=0.1), "/earn/0/per", 'as text: "1.20"'),
    (boost(factor=1.5), "/boosts/0/factor", 'as text: "1.20"'),
    (tiers({"factor": 1.2} | reach()), "/tiers/1/factor", 'as text: "1.20"'),
    (unit(value=0.05), "/units/0/value", 'as text: "1.20"'),
    (earn(cap={"day": 10.0}), "/earn/0/cap/day", 'as text: "1.20"'),
    (earn(when={"min_amount": 20.0}), "/earn/0/when/min_amount", 'as text: "1.20"'),
    (tiers(reach(100.0)), "/tiers/1/reach/amount", 'as text: "1.20"'),
    ({"late_days": 7.0}, "/late_days", "a whole number"),
]

CONDITION_FAULTS: list[Check] = [
    (earn(when={"stores": []}), "/earn/0/when/stores", "name at least one"),
    (earn(when={"stores": "S1"}), "/earn/0/when/stores", "write a list"),
    (earn(when={"weekdays": []}), "/earn/0/when/weekdays", "name at least one"),
    (earn(when={"weekdays": ["tuesday"]}), "/earn/0/when/weekdays/0", "choose one of: mon, tue"),
    (earn(when={"channels": ["phone"]}), "/earn/0/when/channels/0", "choose one of: till, counter"),
    (earn(when={"payments": ["points"]}), "/earn/0/when/payments/0", "choose one of: cash, card"),
    (earn(when={"hours": []}), "/earn/0/when/hours", "name at least one span"),
    (earn(when={"hours": "14:00-18:00"}), "/earn/0/when/hours", "write a list"),
    (earn(when={"hours": ["14-18"]}), "/earn/0/when/hours/0", "write a span of hours"),
    (earn(when={"hours": ["14:00-25:00"]}), "/earn/0/when/hours/0", "write a span of hours"),
    (earn(when={"hours": ["24:00-02:00"]}), "/earn/0/when/hours/0", "write a span of hours"),
    (earn(when={"hours": ["14:00-14:00"]}), "/earn/0/when/hours/0", "begins and ends at different times"),
    (earn(when={"dates": {}}), "/earn/0/when/dates", "say from, to, or both"),
    (earn(when={"dates": "2026-12-24"}), "/earn/0/when/dates", "write a table"),
    (earn(when={"dates": {"from": "12-24"}}), "/earn/0/when/dates/from", "a day that exists"),
    (earn(when={"dates": {"from": "2026-12-24", "to": "2026-12-01"}}), "/earn/0/when/dates", "ends before it begins"),
    (earn(when={"min_amount": "-1"}), "/earn/0/when/min_amount", "not below 0"),
    (earn(when={"min_items": 0}), "/earn/0/when/min_items", "a whole number from 1"),
    (earn(when={"birthday": "year"}), "/earn/0/when/birthday", "choose one of: day, week, month"),
    (earn(when={"first_sale": 1}), "/earn/0/when/first_sale", "true or false"),
    (earn(when={"every_nth_sale": 0}), "/earn/0/when/every_nth_sale", "a whole number from 1"),
    (earn(when={"member_days": {"min": 9, "max": 8}}), "/earn/0/when/member_days", "max is below min"),
    (earn(when={"member_days": -1}), "/earn/0/when/member_days", "a whole number from 0"),
    (earn(when={"weekday": ["tue"]}), "/earn/0/when/weekday", "did you mean 'weekdays'?"),
    (earn(when={"dates": {"form": "2026-12-01", "to": "2026-12-24"}}), "/earn/0/when/dates/form", "mean 'from'?"),
    (earn(when={"member_days": {"mni": 9}}), "/earn/0/when/member_days/mni", "mean 'min'?"),
    (earn(when={"member_days": {"mxa": 9}}), "/earn/0/when/member_days/mxa", "mean 'max'?"),
]

UNKNOWN: list[Check] = [
    ({"curency": "EUR"}, "/curency", "there is no 'curency' here; did you mean 'currency'?"),
    ({"referal": {}}, "/referal", "did you mean 'referral'?"),
    ({"rules": []}, "/rules", "there is no 'rules' here"),
    ({"rules": None}, "/rules", "there is no 'rules' here"),
    (unit(expirey={"kind": "never"}), "/units/0/expirey", "did you mean 'expiry'?"),
    (unit(decimal=2), "/units/0/decimal", "did you mean 'decimals'?"),
    (unit(expiry={"kind": "days", "days": 5, "months": 1}), "/units/0/expiry/months", "there is no 'months' here"),
    ({"seasons": [{"code": "s", "from": "01-01", "to": "02-01", "until": "x"}]}, "/seasons/0/until", "no 'until'"),
    (tiers(reach() | {"factors": "2"}), "/tiers/1/factors", "did you mean 'factor'?"),
    (tiers(reach(windows=1)), "/tiers/1/reach/windows", "did you mean 'window'?"),
    (tiers(reach(window={"rolling": 90, "days": 9})), "/tiers/1/reach/window/days", "there is no 'days' here"),
    (tiers(reach() | {"keep": {"days": 99, "day": 1}}), "/tiers/1/keep/day", "did you mean 'days'?"),
    (earn(gives="1"), "/earn/0/gives", "did you mean 'give'?"),
    (earn(whne={}), "/earn/0/whne", "did you mean 'when'?"),
    (earn(exept={}), "/earn/0/exept", "did you mean 'except'?"),
    (earn(items={"department": ["x"]}), "/earn/0/items/department", "did you mean 'departments'?"),
    (earn(cap={"week": 5}), "/earn/0/cap/week", "there is no 'week' here"),
    (earn(cap={"dya": 5}), "/earn/0/cap/dya", "did you mean 'day'?"),
    (boost(group=["base"]), "/boosts/0/group", "did you mean 'groups'?"),
    (
        {"units": [POINTS, SESSIONS], "covers": [{"code": "c", "unit": "massages", "takes": 1}]},
        "/covers/0/takes",
        "did you mean 'take'?",
    ),
    (
        {"awards": [{"code": "a", "unit": "points", "every": 1, "reward": "r", "budgets": 1}]},
        "/awards/0/budgets",
        "did you mean 'budget'?",
    ),
    ({"referral": {"unit": "points", "max_month": 1}}, "/referral/max_month", "did you mean 'max_per_month'?"),
    ({"a/b~c": 1}, "/a~1b~0c", "there is no 'a/b~c' here"),
]

CHECKS = [*REFERENCES, *FIGURES, *TIERS, *SEASONS, *NEEDED, *TYPES, *FLOATS, *CONDITION_FAULTS, *UNKNOWN]


@pytest.mark.parametrize(("parts", "pointer", "words"), CHECKS, ids=[f"{where} {what}" for _, where, what in CHECKS])
def test_what_cannot_be_right_is_named_once_with_its_place(parts: Document, pointer: str, words: str) -> None:
    found = faults_of(document(**parts))
    assert [where for where, _ in found] == [pointer]
    assert words in found[0][1]


@pytest.mark.parametrize("whole", [None, [], "name = 'Clube'", 7])
def test_what_is_no_document_is_refused(whole: object) -> None:
    assert faults_of(whole)[0] == ("", "write a table of named values here")


# --- several at once --------------------------------------------------------------------------------------------------


def test_every_fault_is_named_at_once() -> None:
    found = places(
        currency="R$",
        late_day=7,
        units=[POINTS | {"rounding": "carry", "round_per": "line", "expirey": {}}],
        seasons=[{"code": "s", "from": "2026-12-24", "to": "2026-12-01"}],
        tiers=[SILVER | reach(), {"code": "gold", "factor": 1.2}],
        earn=[
            {"code": "all", "unit": "miles", "give": "-1", "per": 0, "when": {"stores": [], "hours": [], "tills": []}},
            {"code": "all", "unit": "points", "when": {"dates": {}, "weekdays": [], "channels": []}},
        ],
        boosts=[{"code": "b", "factor": "x", "groups": ["nobody"]}],
        awards=[{"code": "Tenth", "unit": "points", "every": 0}],
    )
    assert sorted(found) == sorted(
        [
            "/currency",
            "/late_day",
            "/units/0/round_per",
            "/units/0/expirey",
            "/seasons/0/to",
            "/tiers/0/reach",
            "/tiers/1/factor",
            "/tiers/1/reach",
            "/earn/0/code",
            "/earn/1/code",
            "/earn/0/unit",
            "/earn/0/give",
            "/earn/0/per",
            "/earn/0/when/stores",
            "/earn/0/when/hours",
            "/earn/0/when/tills",
            "/earn/1/give",
            "/earn/1/when/dates",
            "/earn/1/when/weekdays",
            "/earn/1/when/channels",
            "/boosts/0/factor",
            "/boosts/0/groups",
            "/awards/0/code",
            "/awards/0/every",
            "/awards/0/reward",
        ]
    )


def test_rows_without_a_code_are_not_said_to_share_one() -> None:
    rows = [{"unit": "points", "give": 1}] * 2
    assert faults_of(document(earn=rows)) == [
        ("/earn/0/code", "this is needed"),
        ("/earn/1/code", "this is needed"),
    ]


def test_one_fault_does_not_bring_others_that_are_none() -> None:
    """What refers to a faulty season, or rises above a faulty tier, is not wrong itself."""
    assert places(seasons=[{"code": "low", "from": "02-30", "to": "03-01"}], **earn(when={"seasons": ["low"]})) == [
        "/seasons/0/from"
    ]
    assert places(**tiers(reach(measure="miles"), reach(measure="miles"))) == [
        "/tiers/1/reach/measure",
        "/tiers/2/reach/measure",
    ]
    assert places(**tiers(reach("x"), reach("x"))) == ["/tiers/1/reach/amount", "/tiers/2/reach/amount"]


# --- warnings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mix", "factor", "warned"),
    [
        ("best", "0.5", True),
        ("best", "0", True),
        ("best", "1", False),
        ("best", "2", False),
        ("multiply", "0.5", False),
        ("add", "0.5", False),
    ],
)
def test_a_factor_below_one_is_warned_of_where_the_best_counts(mix: str, factor: str, *, warned: bool) -> None:
    programme = read(boost_mix=mix, **boost(factor=factor))
    assert [warning.startswith("/boosts/0/factor: ") for warning in programme.warnings] == [True] * warned


# --- decimals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1.2", Fraction(6, 5)),
        ("0.000000001", Fraction(1, 10**9)),
        (3, Fraction(3)),
        (Decimal("0.05"), Fraction(1, 20)),
        ("-1", Fraction(-1)),
        ("999999999999", Fraction(10**12 - 1)),
        ("1000000000000", None),
        (10**12, None),
        ("1e9999999", None),
        (Decimal("1e9999999"), None),
        (Decimal("1e-9999999"), None),
        ("Infinity", None),
        (Decimal("sNaN"), None),
        ("", None),
        (None, None),
        (0.5, None),
        (True, None),
    ],
)
def test_decimals_are_exact_or_none(written: object, meant: Fraction | None) -> None:
    assert decimal_fraction(written) == meant


@given(st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False))
def test_a_decimal_means_what_it_says(number: Decimal) -> None:
    faults = Faults()
    assert Field(f"{number:f}", "/give", faults).decimal() == Fraction(number)
    assert Field(number, "/give", faults).decimal() == Fraction(number)
    assert faults.found == []

"""What one sale earns, as a shopkeeper would say it: the rules on one side, the receipt on the other, and the figure.

Amounts are written in major units ("7.90"), quantities in pieces or kilos ("0.350"), points in whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiel.core.compiled import Compiled, compile_programme
from fiel.core.document import read_programme
from fiel.core.engine import Counted, Covered, Cut, Gave, ItemVoucher, Outcome, Part, award, count
from fiel.core.programme import Selector
from fiel.core.refusals import Refused
from fiel.core.sale import Facts, Line, Payment, Sale, net_amounts, shares

Document = dict[str, Any]

POINTS: Document = {"code": "points", "kind": "points"}
COFFEES: Document = {"code": "coffees", "kind": "stamps"}
MASSAGES: Document = {"code": "massages", "kind": "sessions"}
NOBODY = Facts()


def club(*earn: Document, **parts: Any) -> Compiled:
    """A programme with these earn rules; points unless a rule says otherwise."""
    rows = [{"code": f"rule{number}", "unit": "points"} | rule for number, rule in enumerate(earn, 1)]
    document = {"name": "Clube", "currency": "EUR", "timezone": "Europe/Lisbon", "units": [POINTS], "earn": rows}
    return compile_programme(read_programme(document | parts))


def rule(code: str, give: object = 1, per: object = 1, **more: Any) -> Document:
    return {"code": code, "give": give, "per": per} | more


def items(**names: str) -> Document:
    """Items by one name each: product="WINE", or several beside each other: tag="new organic"."""
    return {f"{name}s": value.split() for name, value in names.items()}


def minor(amount: str) -> int:
    whole, _, cents = amount.partition(".")
    return int(whole) * 100 + int(cents.ljust(2, "0") or 0)


def line(amount: str, quantity: str = "1", *, off: str = "0", tax: int = 0, **more: Any) -> Line:
    """One item; departments from its own up to the root: "bread bakery food"."""
    return Line(
        number=0,
        amount=minor(amount),
        quantity=int(Fraction(quantity) * 1000),
        discount=minor(off),
        tax_rate=tax * 1000,
        product=more.pop("product", ""),
        departments=tuple(more.pop("department", "").split()),
        brand=more.pop("brand", ""),
        tags=frozenset(more.pop("tags", "").split()),
        **more,
    )


def receipt(*lines: Line | str, at: str = "2026-11-03 10:00", off: str = "0", paid: str = "", **more: Any) -> Sale:
    """A sale of some lines; `paid` "card 10.00, points:points 5.00" (a kind, the unit it draws from, the amount)."""
    local = datetime.fromisoformat(at)
    made = [line(each) if isinstance(each, str) else each for each in lines]
    return Sale(
        occurred_at=local,
        local=local,
        store="S1",
        till="T1",
        lines=tuple(each._replace(number=number) for number, each in enumerate(made, 1)),
        discount=minor(off),
        payments=tuple(payment(each) for each in paid.split(", ") if each),
        **more,
    )


def payment(written: str) -> Payment:
    kind, amount = written.split()
    kind, _, unit = kind.partition(":")
    return Payment(kind, minor(amount), unit)


def given_of(outcome: Outcome, unit: str = "points") -> int:
    """Whole steps that the sale gave of a unit."""
    return sum(gave.steps for gave in outcome.gave if gave.unit == unit)


def exact(outcome: Outcome, unit: str = "points") -> Fraction:
    """What it gave before rounding."""
    return sum((Fraction(gave.total, gave.scale) for gave in outcome.gave if gave.unit == unit), Fraction(0))


def reasons(outcome: Outcome) -> list[str]:
    """ "2 butcher 4100 20.5" for each line and rule: the line, the rule, what counted, what it gave."""
    scales = dict(zip((gave.unit for gave in outcome.gave), (gave.scale for gave in outcome.gave), strict=True))
    assert len(set(scales.values())) <= 1, "told for one unit"
    scale = next(iter(scales.values()), 1)
    return [f"{each.line} {each.rule} {each.amount} {float(Fraction(each.gives, scale)):g}" for each in outcome.counted]


def by_rule(outcome: Outcome, rules: Compiled) -> dict[str, Fraction]:
    """What each rule gave before caps, in steps."""
    scales = {gave.unit: gave.scale for gave in outcome.gave}
    units = {rule.code: rule.unit for rule in rules.programme.earn}
    gives: dict[str, Fraction] = {}
    for each in outcome.counted:
        gives[each.rule] = gives.get(each.rule, Fraction(0)) + Fraction(each.gives, scales[units[each.rule]])
    return gives


# --- worked examples --------------------------------------------------------------------------------------------------

SUPERMARKET = (
    rule("bakery", items=items(department="bakery")),
    rule("butcher", per="2.00", items=items(department="butcher")),
    rule("rest", per="5.00"),
    rule("tobacco", 0, items=items(department="tobacco")),
)
BASKET = receipt(
    line("7.90", department="bakery"),
    line("41.00", department="butcher"),
    line("23.50", department="drinks"),
    line("15.00", department="tobacco"),
)


@pytest.mark.parametrize(
    ("rounding", "round_per", "points"),
    [
        ("floor", "sale", 33),  # 7.9 + 20.5 + 4.7 + 0 = 33.1
        ("floor", "line", 31),  # 7 + 20 + 4
        ("half_up", "sale", 33),
        ("half_up", "line", 34),  # 8 + 21 + 5
        ("ceil", "sale", 34),
        ("ceil", "line", 34),  # 8 + 21 + 5
        ("carry", "sale", 33),
    ],
)
def test_a_supermarket_gives_points_by_department(rounding: str, round_per: str, points: int) -> None:
    unit = POINTS | {"rounding": rounding, "round_per": round_per}
    outcome = award(BASKET, NOBODY, club(*SUPERMARKET, units=[unit]))
    assert given_of(outcome) == points
    assert exact(outcome) == Fraction("33.1")
    assert reasons(outcome) == ["1 bakery 790 7.9", "2 butcher 4100 20.5", "3 rest 2350 4.7", "4 tobacco 1500 0"]


def test_with_two_decimals_nothing_of_it_is_lost() -> None:
    outcome = award(BASKET, NOBODY, club(*SUPERMARKET, units=[POINTS | {"decimals": 2}]))
    assert given_of(outcome) == 3310


def test_when_the_meat_is_returned_the_rest_gives_twelve() -> None:
    rules = club(*SUPERMARKET)
    parts = [Part(1000, net) for net in (790, 0, 2350, 1500)]
    assert given_of(count(BASKET, parts, parts, NOBODY, rules)) == 12  # 12.6


TRAVEL = {
    "seasons": [{"code": "low", "from": "10-15", "to": "03-31"}],
    "boosts": [
        {"code": "low-season", "factor": 2, "when": {"seasons": ["low"]}},
        {"code": "companies", "factor": "0.5", "when": {"types": ["company"]}},
    ],
}


@pytest.mark.parametrize(
    ("on", "types", "points"),
    [
        ("2026-11-03", "company", 86),  # 86 × 2 × 0.5
        ("2026-11-03", "", 172),
        ("2026-07-03", "company", 43),
        ("2026-07-03", "", 86),
    ],
)
def test_a_travel_agency_by_season_and_kind_of_customer(on: str, types: str, points: int) -> None:
    sale = receipt("860.00", at=f"{on} 10:00")
    facts = Facts(types=frozenset(types.split()))
    assert given_of(award(sale, facts, club(rule("all", per="10.00"), **TRAVEL))) == points


GOLD_AT_100 = [
    {"code": "silver"},
    {"code": "gold", "factor": "1.2", "reach": {"measure": "spend", "amount": 100, "window": "calendar_month"}},
]


@pytest.mark.parametrize(
    ("amount", "tier", "points"), [("60.00", "silver", 60), ("45.00", "silver", 45), ("20.00", "gold", 24)]
)
def test_a_bar_gives_gold_a_fifth_more(amount: str, tier: str, points: int) -> None:
    """The sale that lifts to gold still counts as silver: the facts were taken before it."""
    outcome = award(receipt(amount), Facts(tier=tier), club(rule("all"), tiers=GOLD_AT_100))
    assert given_of(outcome) == points
    assert outcome.spend == minor(amount)


def test_a_bar_counts_coffees() -> None:
    coffees = rule("coffees", unit="coffees", basis="quantity", items=items(product="COFFEE"))
    sale = receipt(line("3.00", "3", product="COFFEE"), line("4.00", product="TOAST"))
    assert given_of(award(sale, NOBODY, club(coffees, units=[COFFEES])), "coffees") == 3


ICE_CREAM = club(rule("all", per="20.00"), units=[POINTS | {"rounding": "carry", "visible": False}])


def test_an_ice_cream_shop_loses_nothing_between_receipts() -> None:
    carry, got = Fraction(0), []
    for amount in ("19.00", "19.00", "22.00"):
        (gave,) = award(receipt(amount), Facts(carry={"points": carry}), ICE_CREAM).gave
        assert gave.carry_before == carry
        carry = gave.carry
        got.append((gave.steps, str(carry)))
    assert got == [(0, "19/20"), (1, "9/10"), (2, "0")]


def test_without_a_carry_each_receipt_stands_alone() -> None:
    rules = club(rule("all", per="20.00"))
    assert [given_of(award(receipt(amount), NOBODY, rules)) for amount in ("19.00", "19.00", "22.00")] == [0, 0, 1]


@pytest.mark.parametrize(("discounted_lines", "points"), [("skip", 0), ("count", 9)])
def test_retail_without_tax(discounted_lines: str, points: int) -> None:
    rules = club(rule("all"), amounts="tax_excluded", discounted_lines=discounted_lines)
    outcome = award(receipt(line("12.30", off="1.23", tax=23)), NOBODY, rules)
    assert given_of(outcome) == points  # (12.30 - 1.23) / 1.23 = 9.00
    assert outcome.spend == 900  # for tiers it counts either way


BOTTLES = rule("bottles", 5, 3, basis="quantity", whole=True)


def test_five_points_for_each_three_bottles() -> None:
    sale = receipt(line("35.00", "5"), line("15.00", "3"))
    outcome = award(sale, NOBODY, club(BOTTLES))
    assert given_of(outcome) == 10
    assert reasons(outcome) == ["1 bottles 5000 6.25", "2 bottles 3000 3.75"]
    one_back = [Part(4000, 2800), Part(3000, 1500)]
    assert given_of(count(sale, one_back, one_back, NOBODY, club(BOTTLES))) == 10


def test_double_from_a_hundred_and_what_is_left_of_it() -> None:
    rules = club(rule("all"), boosts=[{"code": "double", "factor": 2, "when": {"min_amount": "100.00"}}])
    sale = receipt("90.00", "10.00")
    assert given_of(award(sale, NOBODY, rules)) == 200
    left = [Part(1000, 0), Part(1000, 1000)]
    assert given_of(count(sale, left, left, NOBODY, rules)) == 10


# --- who decides a line -----------------------------------------------------------------------------------------------

LEVELS = (
    rule("all", "0.5"),
    rule("food", 1, items=items(department="food")),
    rule("bakery", 2, items=items(department="bakery"), **{"except": items(product="CAKE")}),
    rule("casa", 3, items=items(brand="Casa")),
    rule("organic", 4, items=items(tag="organic")),
    rule("star", 5, items=items(product="STAR")),
)


@pytest.mark.parametrize(
    ("what", "decides", "points"),
    [
        ({}, "all", 5),
        ({"product": "SOAP", "department": "cleaning", "brand": "Sol", "tags": "new"}, "all", 5),
        ({"department": "food"}, "food", 10),
        ({"department": "bakery food"}, "bakery", 20),
        ({"department": "bread bakery food"}, "bakery", 20),  # the nearest level in the tree
        ({"department": "fish food"}, "food", 10),
        ({"department": "bread bakery food", "brand": "Casa"}, "casa", 30),
        ({"department": "bread bakery food", "brand": "Casa", "tags": "new organic"}, "organic", 40),
        ({"department": "bread bakery food", "brand": "Casa", "tags": "organic", "product": "STAR"}, "star", 50),
        ({"department": "bread bakery food", "product": "CAKE"}, "food", 10),  # what bakery excepts
    ],
)
def test_the_most_specific_rule_decides_alone(what: Document, decides: str, points: int) -> None:
    outcome = award(receipt(line("10.00", **what)), NOBODY, club(*LEVELS))
    assert [each.rule for each in outcome.counted] == [decides]
    assert given_of(outcome) == points


def test_a_rule_that_names_several_things_decides_by_the_nearest() -> None:
    rules = club(
        rule("brand", 3, items=items(brand="Casa")),
        rule("mixed", 2, items=items(product="HAM", department="food", tag="local")),
        rule("bakery", 4, items=items(department="bakery")),
    )
    lines = [
        line("1.00", product="HAM", brand="Casa"),  # by its product
        line("1.00", brand="Casa", department="food"),  # a brand before a department
        line("1.00", brand="Casa", tags="local"),  # a tag before a brand
        line("1.00", department="bakery food"),  # bakery is nearer
        line("1.00", department="food"),
        line("1.00"),
    ]
    outcome = award(receipt(*lines), NOBODY, rules)
    assert [(each.line, each.rule) for each in sorted(outcome.counted, key=lambda each: each.line)] == [
        (1, "mixed"),
        (2, "brand"),
        (3, "mixed"),
        (4, "bakery"),
        (5, "mixed"),
    ]


def test_a_rule_that_does_not_hold_now_leaves_the_line_to_the_next() -> None:
    rules = club(
        rule("all", 1),
        rule("happy-bakery", 3, items=items(department="bakery"), when={"hours": ["14:00-18:00"]}),
    )
    bread = line("10.00", department="bakery")
    assert given_of(award(receipt(bread, at="2026-11-03 14:00"), NOBODY, rules)) == 30
    assert given_of(award(receipt(bread, at="2026-11-03 18:00"), NOBODY, rules)) == 10


def test_a_rule_that_gives_nothing_shuts_the_line_out() -> None:
    rules = club(rule("all"), rule("tobacco", 0, items=items(department="tobacco")))
    outcome = award(receipt(line("10.00", department="tobacco"), "5.00"), NOBODY, rules)
    assert given_of(outcome) == 5
    assert reasons(outcome) == ["1 tobacco 1000 0", "2 all 500 5"]


@pytest.mark.parametrize(
    "excepted", [items(product="GIFTCARD"), items(brand="Casa"), items(tag="new"), items(department="food")]
)
def test_what_is_excepted_earns_nothing_of_the_rule(excepted: Document) -> None:
    rules = club(rule("all", **{"except": excepted}))
    card = line("10.00", product="GIFTCARD", brand="Casa", tags="new", department="bread food")
    assert given_of(award(receipt(card, "1.00"), NOBODY, rules)) == 1


@pytest.mark.parametrize(
    ("first", "second", "decides"),
    [
        (rule("a", 6), rule("b", 7), "b"),
        (rule("a", 7), rule("b", 6), "a"),
        (rule("a", 7), rule("b", 7), "a"),  # equal: the first in the document
        (rule("a", 14, "2.00"), rule("b", 7, "1.00"), "a"),
        (rule("a", 0), rule("b", "0.001"), "b"),  # among equals a 0 shuts nothing out
        (rule("a", 11), rule("b", 60, basis="quantity"), "b"),  # 55 by amount, 60 by the piece
        (rule("a", 13), rule("b", 60, basis="quantity"), "a"),  # 65 by amount
        (rule("a", 11), rule("b", 180, 3, basis="quantity", whole=True), "b"),  # as if every piece counted
        (rule("a", 1), rule("b", 5, basis="quantity"), "a"),  # 5 and 5
    ],
)
def test_of_equals_the_one_that_gives_more_decides(first: Document, second: Document, decides: str) -> None:
    drinks = {"items": items(department="drinks")}
    outcome = award(receipt(line("5.00", department="drinks")), NOBODY, club(first | drinks, second | drinks))
    assert {each.rule for each in outcome.counted} == {decides}


def test_where_a_boost_leaves_nothing_all_are_equal() -> None:
    rules = club(rule("a", 1), rule("b", 7), boosts=[{"code": "nothing-today", "factor": 0}])
    outcome = award(receipt("5.00"), NOBODY, rules)
    assert reasons(outcome) == ["1 a 500 0"]


def test_a_whole_rule_that_decides_may_give_nothing() -> None:
    """It promised more, as if every piece counted; with one bottle of three it gives none."""
    rules = club(rule("all", 1), rule("three", 9, 3, basis="quantity", whole=True))
    outcome = award(receipt("1.00"), NOBODY, rules)
    assert (given_of(outcome), reasons(outcome)) == (0, ["1 three 1000 0"])


def test_each_line_has_its_own_best() -> None:
    rules = club(rule("by-amount", 1), rule("by-piece", 3, basis="quantity"))
    outcome = award(receipt("1.00", "5.00", "3.00"), NOBODY, rules)
    assert sorted(reasons(outcome)) == ["1 by-piece 1000 3", "2 by-amount 500 5", "3 by-amount 300 3"]


def test_groups_add_up() -> None:
    rules = club(
        rule("base"),
        rule("bakery", 2, items=items(department="bakery")),
        rule("extra", 1, "10.00", group="campaign"),
        rule("extra-bakery", 1, "2.00", group="campaign", items=items(department="bakery")),
    )
    outcome = award(receipt(line("10.00", department="bakery"), "10.00"), NOBODY, rules)
    assert given_of(outcome) == 20 + 10 + 5 + 1
    assert sorted(reasons(outcome)) == [
        "1 bakery 1000 20",
        "1 extra-bakery 1000 5",
        "2 base 1000 10",
        "2 extra 1000 1",
    ]


def test_units_do_not_compete() -> None:
    """The same group in two units: each unit has its own decision."""
    rules = club(
        rule("points"),
        rule("miles", 2, unit="miles", items=items(department="bakery")),
        units=[POINTS, {"code": "miles", "kind": "points"}],
    )
    outcome = award(receipt(line("10.00", department="bakery")), NOBODY, rules)
    assert (given_of(outcome), given_of(outcome, "miles")) == (10, 20)


# --- quantities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "points"),
    [
        ([line("1.00", "8")], 10),
        ([line("1.00", "2")], 0),
        ([line("1.00", "1")] * 3, 5),  # three scans are one three
        ([line("1.00", "2.5"), line("1.00", "0.5")], 5),
        ([line("1.00", "2.999")], 0),
        ([line("1.00", "2"), line("1.00", "1", off="1.00")], 0),  # one was given for nothing
        ([line("1.00", "0"), line("1.00", "3")], 5),
    ],
)
def test_whole_multiples_are_counted_over_all_lines_of_the_rule(lines: list[Line], points: int) -> None:
    assert given_of(award(receipt(*lines), NOBODY, club(BOTTLES))) == points


def test_whole_multiples_count_only_the_lines_that_the_rule_decides() -> None:
    wine = BOTTLES | {"items": items(department="wine")}
    rules = club(wine, rule("port", 1, basis="quantity", items=items(product="PORT")))
    sale = receipt(line("9.00", "2", department="wine"), line("9.00", "4", department="wine", product="PORT"))
    assert reasons(award(sale, NOBODY, rules)) == ["1 bottles 2000 0", "2 port 4000 4"]


def test_multiples_are_spread_by_quantity_for_rounding_per_line() -> None:
    unit = POINTS | {"round_per": "line"}
    outcome = award(receipt(line("1.00", "5"), line("1.00", "3")), NOBODY, club(BOTTLES, units=[unit]))
    assert given_of(outcome) == 6 + 3  # 6.25 and 3.75


@pytest.mark.parametrize(
    ("per", "quantity", "points"), [("2.5", "7.5", 3), ("2.5", "7.499", 2), ("0.1", "0.35", 3), ("0.0005", "0.001", 2)]
)
def test_multiples_of_kilos(per: str, quantity: str, points: int) -> None:
    by_weight = rule("fruit", 1, per, basis="quantity", whole=True)
    assert given_of(award(receipt(line("1.00", quantity)), NOBODY, club(by_weight))) == points


def test_every_gram_counts_where_multiples_need_not_be_whole() -> None:
    fruit = rule("fruit", 4, basis="quantity")
    outcome = award(receipt(line("3.00", "1.350")), NOBODY, club(fruit))
    assert (exact(outcome), given_of(outcome)) == (Fraction("5.4"), 5)


def test_a_boost_multiplies_what_multiples_give() -> None:
    rules = club(BOTTLES, boosts=[{"code": "sunday", "factor": "1.5"}])
    assert given_of(award(receipt(line("80.00", "8")), NOBODY, rules)) == 15


# --- sale rules -------------------------------------------------------------------------------------------------------

VISIT = rule("visit", 5, basis="sale", group="visit")


def test_a_visit_is_a_gift_beside_the_lines() -> None:
    outcome = award(receipt("10.00", "10.00"), NOBODY, club(rule("all"), VISIT))
    assert given_of(outcome) == 25
    assert reasons(outcome) == ["1 all 1000 10", "2 all 1000 10", "0 visit 1 5"]


def test_sale_rules_of_one_group_are_all_given() -> None:
    rules = club(VISIT, rule("welcome", 20, basis="sale", group="visit", when={"first_sale": True}))
    assert given_of(award(receipt("1.00"), NOBODY, rules)) == 25


def test_per_is_not_used_for_a_sale() -> None:
    assert given_of(award(receipt("1.00"), NOBODY, club(VISIT | {"per": 3}))) == 5


@pytest.mark.parametrize(
    ("lines", "gift"),
    [
        ([line("1.00", department="bakery")], True),
        ([line("1.00", department="bakery", off="1.00")], False),  # nothing was paid for it
        ([line("1.00", department="fish")], False),
        ([line("1.00", department="bakery", product="CAKE")], False),
        ([line("1.00", department="fish"), line("0.01", department="bakery")], True),
        ([line("1.00", "0", department="bakery")], True),  # a line with an amount alone
        ([], False),
    ],
)
def test_a_sale_rule_holds_a_line_that_costs_something(lines: list[Line], *, gift: bool) -> None:
    rules = club(VISIT | {"items": items(department="bakery"), "except": items(product="CAKE")})
    assert given_of(award(receipt(*lines), NOBODY, rules)) == 5 * gift


def test_a_line_shut_out_of_the_base_still_makes_a_visit() -> None:
    rules = club(rule("all"), rule("tobacco", 0, items=items(department="tobacco")), VISIT)
    assert given_of(award(receipt(line("9.00", department="tobacco")), NOBODY, rules)) == 5


def test_rounding_per_line_rounds_each_sale_rule_by_itself() -> None:
    rules = club(
        rule("all", 1),
        rule("half", "0.5", basis="sale", group="a"),
        rule("other-half", "0.5", basis="sale", group="b"),
        units=[POINTS | {"round_per": "line"}],
    )
    assert given_of(award(receipt("1.60", "1.60"), NOBODY, rules)) == 2
    per_sale = club(rule("all", 1), rule("half", "0.5", basis="sale"), rule("other", "0.5", basis="sale"))
    assert given_of(award(receipt("1.60", "1.60"), NOBODY, per_sale)) == 4  # 3.2 + 1


def test_rounding_per_line_is_over_all_rules_of_the_line() -> None:
    rules = club(rule("a"), rule("b", group="other"), units=[POINTS | {"round_per": "line"}])
    assert given_of(award(receipt("1.60", "1.40"), NOBODY, rules)) == 3 + 2  # 3.2 and 2.8


# --- what counts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "shared"),
    [
        (100, (1000, 1000, 1000), [34, 33, 33]),
        (10, (333, 667), [3, 7]),
        (100, (750, 250), [75, 25]),
        (2, (1, 1, 1), [1, 1, 0]),
        (1, (1, 2, 2), [0, 1, 0]),  # the largest remainder; of two, the earlier
        (5, (0, 7, 0), [0, 5, 0]),
        (3, (1, 1, 1), [1, 1, 1]),
        (0, (5, 5), [0, 0]),
        (0, (), []),
        (0, (0, 0), [0, 0]),
    ],
)
def test_shares_follow_the_nets_and_ties_go_to_the_earlier(
    total: int, weights: tuple[int, ...], shared: list[int]
) -> None:
    assert shares(total, weights) == shared


@pytest.mark.parametrize(
    ("lines", "off", "nets"),
    [
        (("10.00", "10.00", "10.00"), "1.00", [966, 967, 967]),
        ((line("10.00", off="2.50"), "2.50"), "1.00", [675, 225]),
        (("3.33", "6.67"), "10.00", [0, 0]),
        ((line("5.00", off="5.00"), "5.00"), "1.00", [0, 400]),
        (("5.00", "5.00"), "0", [500, 500]),
    ],
)
def test_the_sales_discount_is_shared_to_the_cent(lines: tuple[Line | str, ...], off: str, nets: list[int]) -> None:
    sale = receipt(*lines, off=off)
    assert net_amounts(sale) == nets
    assert [part.net for part in award(sale, NOBODY, club(rule("all"))).parts] == nets


@pytest.mark.parametrize(
    ("paid", "counts"),
    [
        ("", [3000, 2000]),
        ("card 50.00", [3000, 2000]),
        ("cash 100.00", [3000, 2000]),  # change was given
        ("points 10.00, card 40.00", [2400, 1600]),
        ("cashback 12.50, prepaid 12.50, card 25.00", [1500, 1000]),  # added up first, then shared
        ("voucher 50.00", [0, 0]),
        ("voucher 80.00", [0, 0]),  # never more than there is
        ("gift 50.00", [3000, 2000]),  # a gift card is money
        ("points 0.01, voucher 0.01", [2999, 1999]),  # 1.2 and 0.8: 1 and 1
        ("points 0.01", [2999, 2000]),
    ],
)
def test_what_was_paid_with_a_reward_earns_nothing_again(paid: str, counts: list[int]) -> None:
    sale = receipt("30.00", "20.00", paid=paid)
    outcome = award(sale, NOBODY, club(rule("all")))
    assert [each.amount for each in outcome.counted] == counts
    assert outcome.spend == sum(counts)
    assert outcome.spent == {}


@pytest.mark.parametrize(
    ("amount", "tax", "counts"),
    [
        ("1.00", 23, 81),  # 0.8130
        ("10.00", 6, 943),  # 9.4340
        ("10.00", 13, 885),  # 8.8496
        ("5.00", 0, 500),
        ("0.01", 100, 1),  # 0.005, half up
        ("0.03", 100, 2),  # 0.015, half up
    ],
)
def test_tax_is_taken_out_line_by_line_half_up(amount: str, tax: int, counts: int) -> None:
    without = award(receipt(line(amount, tax=tax)), NOBODY, club(rule("all"), amounts="tax_excluded"))
    assert [each.amount for each in without.counted] == [counts]
    included = award(receipt(line(amount, tax=tax)), NOBODY, club(rule("all")))
    assert [each.amount for each in included.counted] == [minor(amount)]


def test_tax_is_taken_out_after_discounts_and_rewards() -> None:
    sale = receipt(line("24.60", tax=23), off="1.23", paid="points 1.23, card 22.14")
    outcome = award(sale, NOBODY, club(rule("all"), amounts="tax_excluded"))
    assert [each.amount for each in outcome.counted] == [1800]
    assert outcome.spend == 1800


def test_skip_leaves_discounted_lines_out_of_points_and_money() -> None:
    rules = club(
        rule("all"),
        rule("cash", "0.10", unit="cash", group="cash"),
        rule("coffees", unit="coffees", basis="quantity", group="coffees"),
        rule("pack", 5, unit="massages", basis="quantity", group="pack"),
        rule("visit", 5, basis="sale", group="visit", items=items(product="CAKE")),
        rule("stamp-visit", 1, unit="coffees", basis="sale", group="visits", items=items(product="CAKE")),
        units=[POINTS, COFFEES, MASSAGES, {"code": "cash", "kind": "money"}],
        discounted_lines="skip",
    )
    sale = receipt(line("10.00", product="BREAD"), line("10.00", product="CAKE", off="1.00"), off="1.90")
    outcome = award(sale, NOBODY, rules)
    assert [part.net for part in outcome.parts] == [900, 810]  # a sale-wide discount makes no line discounted
    assert {gave.unit: gave.steps for gave in outcome.gave} == {"points": 9, "cash": 90, "coffees": 3, "massages": 10}
    assert outcome.spend == 1710


def test_skip_gives_no_visit_for_discounted_lines_alone() -> None:
    rules = club(rule("all"), VISIT, discounted_lines="skip")
    assert given_of(award(receipt(line("10.00", off="0.01")), NOBODY, rules)) == 0
    assert given_of(award(receipt(line("10.00", off="0.01"), "0.01"), NOBODY, rules)) == 5


# --- boosts and tiers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mix", "factors", "times"),
    [
        ("multiply", ("2", "0.5"), "1"),
        ("best", ("2", "0.5"), "2"),
        ("add", ("2", "0.5"), "1.5"),
        ("multiply", ("2", "1.5", "1.2"), "3.6"),
        ("best", ("1.2", "1.5"), "1.5"),
        ("add", ("2", "1.5", "1.2"), "2.7"),
        ("multiply", ("3", "0"), "0"),
        ("best", ("3", "0"), "3"),
        ("add", ("0.5", "0.4"), "0"),  # 1 - 0.5 - 0.6 is below 0
        ("add", ("0.5", "0.5"), "0"),
        ("add", ("0.5", "0.6"), "0.1"),
        ("multiply", (), "1"),
        ("best", (), "1"),
        ("add", (), "1"),
    ],
)
def test_boosts_mix_as_the_programme_says(mix: str, factors: tuple[str, ...], times: str) -> None:
    boosts = [{"code": f"boost{number}", "factor": factor} for number, factor in enumerate(factors, 1)]
    outcome = award(receipt("860.00"), NOBODY, club(rule("all", per="10.00"), boosts=boosts, boost_mix=mix))
    assert exact(outcome) == 86 * Fraction(times)
    said = {"all": tuple((f"boost{number}", Fraction(factor)) for number, factor in enumerate(factors, 1))}
    assert outcome.factors == (said if factors else {})


@pytest.mark.parametrize(("mix", "points"), [("multiply", 24), ("best", 20), ("add", 22)])
def test_the_tiers_factor_is_one_of_them(mix: str, points: int) -> None:
    rules = club(rule("all"), tiers=GOLD_AT_100, boosts=[{"code": "double", "factor": 2}], boost_mix=mix)
    outcome = award(receipt("10.00"), Facts(tier="gold"), rules)
    assert given_of(outcome) == points
    assert outcome.factors == {"all": (("gold", Fraction(6, 5)), ("double", Fraction(2)))}


def test_with_best_a_discount_factor_changes_nothing_for_a_tier_of_one() -> None:
    rules = club(rule("all"), tiers=GOLD_AT_100, boosts=[{"code": "staff", "factor": "0.5"}], boost_mix="best")
    assert given_of(award(receipt("10.00"), Facts(tier="silver"), rules)) == 10


def test_a_boost_that_does_not_hold_is_not_there() -> None:
    rules = club(rule("all"), boosts=[{"code": "monday", "factor": 2, "when": {"weekdays": ["mon"]}}])
    outcome = award(receipt("10.00", at="2026-11-03 10:00"), NOBODY, rules)
    assert (given_of(outcome), outcome.factors) == (10, {})


EVERYTHING = (
    rule("all"),
    rule("campaign", group="campaign"),
    rule("cash", unit="cash", group="cash"),
    rule("coffees", unit="coffees", basis="quantity", group="coffees"),
    rule("by-amount", unit="coffees", group="by-amount"),
    rule("pack", 5, unit="massages", basis="quantity", group="pack"),
    rule("visit", basis="sale", group="visit"),
)
EVERY_KIND = [POINTS, COFFEES, MASSAGES, {"code": "cash", "kind": "money"}]


@pytest.mark.parametrize(
    ("groups", "boosted"),
    [
        ([], {"all", "campaign", "cash"}),  # every group of points and money units, but not their sale rules
        (["base"], {"all"}),
        (["campaign", "cash"], {"campaign", "cash"}),
        (["coffees"], {"coffees"}),
        (["by-amount"], {"by-amount"}),
        (["pack"], {"pack"}),
        (["visit"], {"visit"}),
        (["base", "visit", "pack"], {"all", "visit", "pack"}),
    ],
)
def test_which_groups_a_boost_multiplies(groups: list[str], boosted: set[str]) -> None:
    rules = club(*EVERYTHING, units=EVERY_KIND, boosts=[{"code": "double", "factor": 2, "groups": groups}])
    sale = receipt("10.00")
    once = by_rule(award(sale, NOBODY, club(*EVERYTHING, units=EVERY_KIND)), rules)
    outcome = award(sale, NOBODY, rules)
    assert by_rule(outcome, rules) == {code: gives * (1 + (code in boosted)) for code, gives in once.items()}
    assert set(outcome.factors) == boosted


def test_a_boost_reaches_a_named_group_in_every_unit() -> None:
    rules = club(
        rule("points"),
        rule("stamps", unit="coffees", basis="quantity"),
        rule("visit", 5, basis="sale"),
        units=[POINTS, COFFEES],
        boosts=[{"code": "double", "factor": 2, "groups": ["base"]}],
    )
    outcome = award(receipt("10.00"), NOBODY, rules)
    assert (given_of(outcome), given_of(outcome, "coffees")) == (2 * 10 + 2 * 5, 2)


def test_a_tier_multiplies_neither_stamps_nor_sessions_nor_visits() -> None:
    outcome = award(receipt("10.00"), Facts(tier="gold"), club(*EVERYTHING, units=EVERY_KIND, tiers=GOLD_AT_100))
    assert {rule: [code for code, _ in factors] for rule, factors in outcome.factors.items()} == {
        "all": ["gold"],
        "campaign": ["gold"],
        "cash": ["gold"],
    }
    assert given_of(outcome) == 12 + 12 + 1
    assert given_of(outcome, "cash") == 1200
    assert given_of(outcome, "coffees") == 1 + 10
    assert given_of(outcome, "massages") == 5


# --- caps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cap", "used", "points", "cut"),
    [
        ({"sale": 10}, (0, 0), 10, ("sale", 4)),
        ({"sale": 14}, (0, 0), 14, None),
        ({"sale": 0}, (0, 0), 0, ("sale", 14)),
        ({"day": 10}, (0, 0), 10, ("day", 4)),
        ({"day": 10}, (7, 7), 3, ("day", 11)),
        ({"day": 10}, (10, 10), 0, ("day", 14)),
        ({"day": 10}, (12, 12), 0, ("day", 14)),  # a cap that was lowered since
        ({"month": 20}, (0, 11), 9, ("month", 5)),
        ({"sale": 12, "day": 10, "month": 11}, (0, 0), 10, ("day", 4)),
        ({"sale": 5, "day": 10, "month": 11}, (0, 0), 5, ("sale", 9)),
        ({"sale": 12, "day": 10, "month": 50}, (0, 47), 3, ("month", 11)),
        ({"sale": 500, "day": 1000, "month": 5000}, (0, 0), 14, None),
    ],
)
def test_a_cap_leaves_what_there_is_room_for(
    cap: Document, used: tuple[int, int], points: int, cut: tuple[str, int] | None
) -> None:
    facts = Facts(caps_used={"all": (Fraction(used[0]), Fraction(used[1]))})
    outcome = award(receipt("8.00", "6.00"), facts, club(rule("all", cap=cap)))
    assert given_of(outcome) == points
    assert [(each.rule, each.span, Fraction(each.steps, outcome.gave[0].scale)) for each in outcome.cuts] == (
        [("all", *cut)] if cut else []
    )
    assert reasons(outcome) == ["1 all 800 8", "2 all 600 6"]  # before caps
    assert outcome.used == ({"all": points} if "day" in cap or "month" in cap else {})


def test_a_cap_cuts_before_rounding() -> None:
    """3.5 a sale, 10 a day: 3.5, 3.5, 3.0, nothing."""
    rules = club(rule("all", cap={"day": 10}))
    used, got = Fraction(0), []
    for _ in range(4):
        outcome = award(receipt("3.50"), Facts(caps_used={"all": (used, used)}), rules)
        used += outcome.used["all"]
        got.append((given_of(outcome), exact(outcome)))
    assert got == [(3, Fraction("3.5")), (3, Fraction("3.5")), (3, 3), (0, 0)]


def test_room_may_be_any_fraction() -> None:
    facts = Facts(caps_used={"all": (Fraction(7, 3), Fraction(7, 3))})
    outcome = award(receipt("1.00", "9.00"), facts, club(rule("all", per="1.75", cap={"day": 4})))
    assert exact(outcome) == Fraction(5, 3)
    assert outcome.used == {"all": Fraction(5, 3)}


def test_a_cap_is_for_its_rule_alone_and_after_boosts() -> None:
    rules = club(
        rule("all", cap={"sale": 15}),
        rule("campaign", group="campaign"),
        boosts=[{"code": "double", "factor": 2, "groups": ["base"]}],
    )
    outcome = award(receipt("10.00"), NOBODY, rules)
    assert given_of(outcome) == 15 + 10
    assert [(each.rule, Fraction(each.steps, outcome.gave[0].scale)) for each in outcome.cuts] == [("all", 5)]


def test_a_used_up_rule_still_decides_its_lines() -> None:
    rules = club(rule("all"), rule("bakery", 2, items=items(department="bakery"), cap={"day": 5}))
    facts = Facts(caps_used={"bakery": (Fraction(5), Fraction(5))})
    outcome = award(receipt(line("10.00", department="bakery"), "1.00"), facts, rules)
    assert given_of(outcome) == 1
    assert reasons(outcome) == ["1 bakery 1000 20", "2 all 100 1"]


@pytest.mark.parametrize(
    ("rounding", "points"),
    [("floor", 2 + 3 + 0), ("half_up", 3 + 4 + 0), ("ceil", 3 + 4 + 0)],
)
def test_rounding_per_line_fills_the_room_in_the_order_of_the_lines(rounding: str, points: int) -> None:
    unit = POINTS | {"rounding": rounding, "round_per": "line"}
    rules = club(rule("all", cap={"sale": 6}), units=[unit])
    assert given_of(award(receipt("2.50", "4.50", "3.00"), NOBODY, rules)) == points  # 2.5, 3.5, nothing


def test_a_sale_rule_has_caps_too() -> None:
    rules = club(VISIT | {"cap": {"day": 5}})
    assert given_of(award(receipt("1.00"), NOBODY, rules)) == 5
    again = award(receipt("1.00"), Facts(caps_used={"visit": (Fraction(5), Fraction(5))}), rules)
    assert (given_of(again), [each.span for each in again.cuts]) == (0, ["day"])
    assert again.used == {"visit": 0}


def test_caps_are_in_whole_units() -> None:
    rules = club(rule("all", cap={"sale": "1.50"}), units=[POINTS | {"decimals": 2}])
    assert given_of(award(receipt("10.00"), NOBODY, rules)) == 150


def test_what_a_cap_cuts_is_not_carried() -> None:
    rules = club(rule("all", per="2.00", cap={"sale": 1}), units=[POINTS | {"rounding": "carry"}])
    (gave,) = award(receipt("5.00"), Facts(carry={"points": Fraction(1, 3)}), rules).gave
    assert (gave.steps, gave.carry) == (1, Fraction(1, 3))


# --- carry ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "carry", "steps", "rest"),
    [
        ("1.00", "0", 0, "1/3"),
        ("2.00", "1/3", 1, "0"),
        ("1.00", "1/2", 0, "5/6"),
        ("10.00", "9/10", 4, "7/30"),
        ("0.00", "1/3", 0, "1/3"),
    ],
)
def test_thirds_are_carried_exactly(amount: str, carry: str, steps: int, rest: str) -> None:
    rules = club(rule("all", per="3.00"), units=[POINTS | {"rounding": "carry"}])
    (gave,) = award(receipt(amount), Facts(carry={"points": Fraction(carry)}), rules).gave
    assert (gave.steps, gave.carry) == (steps, Fraction(rest))


def test_one_carry_for_all_rules_of_the_unit() -> None:
    rules = club(rule("all", per="3.00"), rule("extra", "0.5", basis="sale"), units=[POINTS | {"rounding": "carry"}])
    (gave,) = award(receipt("1.00", "1.00"), NOBODY, rules).gave
    assert (gave.steps, gave.carry) == (1, Fraction(1, 6))


def test_only_a_unit_that_carries_looks_at_a_carry() -> None:
    (gave,) = award(receipt("1.50"), Facts(carry={"points": Fraction(1, 2)}), club(rule("all"))).gave
    assert (gave.steps, gave.carry_before, gave.carry) == (1, 0, 0)


def test_three_thirds_are_one_point_inside_a_sale() -> None:
    assert given_of(award(receipt("1.00", "1.00", "1.00"), NOBODY, club(rule("all", per="3.00")))) == 1


# --- vouchers and packs -----------------------------------------------------------------------------------------------

PACK = rule("pack", 5, unit="massages", basis="quantity", group="pack", items=items(product="PACK-5"))
COVER = {"code": "massage-pack", "unit": "massages", "items": items(product="MASSAGE")}


def spa(*covers: Document, unit: Document | None = None, earn: Sequence[Document] = (PACK,), **parts: Any) -> Compiled:
    units = [POINTS, MASSAGES | (unit or {})]
    return club(rule("all"), *earn, units=units, covers=list(covers or (COVER,)), **parts)


def massage(amount: str = "45.00", quantity: str = "1", **more: Any) -> Line:
    return line(amount, quantity, product="MASSAGE", **more)


def sessions(held: int, owed: int = 0) -> Facts:
    return Facts(held={"massages": held}, owed={"massages": owed})


def paid_by(outcome: Outcome) -> list[str]:
    """ "1: 2 pieces, 2 massages" for each line that something paid for."""
    return [
        f"{each.line}: {each.quantity / 1000:g} by {each.voucher or f'{each.count} {each.unit}'}"
        for each in outcome.covered
    ]


@pytest.mark.parametrize(
    ("sale", "held", "covered", "points"),
    [
        # the till asks for the pack
        (receipt(massage(), use_packs=True), 5, ["1: 1 by 1 massages"], 0),
        (receipt(massage("270.00", "6"), use_packs=True), 4, ["1: 4 by 4 massages"], 90),
        (receipt(massage(), "20.00", use_packs=True), 5, ["1: 1 by 1 massages"], 20),
        (receipt(massage(), massage(), massage(), use_packs=True), 2, ["1: 1 by 1 massages", "2: 1 by 1 massages"], 45),
        (receipt(massage(), use_packs=True), 0, [], 45),
        (receipt("20.00", use_packs=True), 5, [], 20),
        (receipt(massage("67.50", "1.5"), use_packs=True), 5, ["1: 1 by 1 massages"], 22),  # whole pieces: 22.50 left
        (receipt(massage("20.00", "0.5"), use_packs=True), 5, [], 20),
        # nobody asked
        (receipt(massage(), paid="card 45.00"), 5, [], 45),
        (receipt(massage()), 5, [], 45),
        # the till has priced it at nothing
        (receipt(massage("45.00", off="45.00")), 1, ["1: 1 by 1 massages"], 0),
        (receipt(massage("90.00", "2", off="90.00"), "10.00"), 5, ["1: 2 by 2 massages"], 10),
        (receipt(massage("45.00", off="45.00")), 0, [], 0),
        # a prepaid payment
        (receipt(massage(), "20.00", paid="prepaid 45.00, card 20.00"), 5, ["1: 1 by 1 massages"], 20),
        (receipt(massage("90.00", "2"), paid="prepaid 45.00, card 45.00"), 5, ["1: 1 by 1 massages"], 45),
        (receipt(massage("90.00", "2"), paid="prepaid 89.99, card 0.01"), 5, ["1: 1 by 1 massages"], 0),
        (receipt(massage("90.00", "2"), paid="prepaid 90.00"), 5, ["1: 2 by 2 massages"], 0),
        (receipt(massage("90.00", "2"), paid="prepaid 500.00"), 5, ["1: 2 by 2 massages"], 0),
        (
            receipt(massage(), massage("30.00"), paid="prepaid 75.00"),
            5,
            ["1: 1 by 1 massages", "2: 1 by 1 massages"],
            0,
        ),
        # 44.99 is too little for one, and then is only money that is a reward itself
        (receipt(massage(), paid="prepaid 44.99, card 0.01"), 5, [], 0),
        (receipt(massage(), massage("30.00"), paid="prepaid 40.00, card 35.00"), 5, ["2: 1 by 1 massages"], 35),
    ],
)
def test_a_pack_pays_for_massages(sale: Sale, held: int, covered: list[str], points: int) -> None:
    outcome = award(sale, sessions(held), spa())
    assert paid_by(outcome) == covered
    assert given_of(outcome) == points


def test_a_third_of_a_line_is_rounded_half_up() -> None:
    """1.00 for three pieces, one covered: 0.33 is paid, 0.67 counts; two covered: 0.67 is paid."""
    one = award(receipt(massage("1.00", "3"), use_packs=True), sessions(1), spa())
    two = award(receipt(massage("1.00", "3"), use_packs=True), sessions(2), spa())
    assert (one.spend, two.spend) == (67, 33)
    assert one.parts[0] == Part(3000, 100, covered=1000)


def test_a_covered_quantity_earns_no_pieces() -> None:
    stamps = rule("stamps", unit="coffees", basis="quantity", group="stamps")
    rules = club(PACK, stamps, units=[POINTS, COFFEES, MASSAGES], covers=[COVER])
    sale = receipt(massage("90.00", "2"), massage("135.00", "3"), line("1.00"), use_packs=True)
    assert given_of(award(sale, sessions(3), rules), "coffees") == 0 + 2 + 1


def test_a_sale_rule_asks_for_a_line_that_is_not_wholly_covered() -> None:
    rules = spa(earn=(PACK, VISIT))
    assert given_of(award(receipt(massage(), use_packs=True), sessions(1), rules)) == 0
    assert given_of(award(receipt(massage("90.00", "2"), use_packs=True), sessions(1), rules)) == 45 + 5


def test_a_massage_may_take_more_than_one_session() -> None:
    rules = spa(COVER | {"take": 2})
    outcome = award(receipt(massage("135.00", "3"), use_packs=True), sessions(5), rules)
    assert paid_by(outcome) == ["1: 2 by 4 massages"]


def test_covers_in_the_order_of_the_document() -> None:
    short = {"code": "short", "unit": "minutes", "items": items(product="MASSAGE"), "take": 60}
    units = [POINTS, MASSAGES, {"code": "minutes", "kind": "sessions"}]
    facts = Facts(held={"massages": 1, "minutes": 150})
    sale = receipt(massage("180.00", "4"), use_packs=True)
    first = club(rule("all"), units=units, covers=[COVER, short])
    assert paid_by(award(sale, facts, first)) == ["1: 1 by 1 massages", "1: 2 by 120 minutes"]
    second = club(rule("all"), units=units, covers=[short, COVER])
    assert paid_by(award(sale, facts, second)) == ["1: 2 by 120 minutes", "1: 1 by 1 massages"]


@pytest.mark.parametrize(
    ("facts", "unit", "covered"),
    [
        (sessions(0), {}, ["2: 3 by 3 massages"]),  # bought on this receipt
        (sessions(1), {}, ["2: 3 by 3 massages"]),
        (sessions(0, owed=3), {}, ["2: 2 by 2 massages"]),  # debt first
        (sessions(0, owed=7), {}, []),
        (sessions(0), {"pending_days": 1}, []),  # they wait
        (sessions(2), {"pending_days": 1}, ["2: 2 by 2 massages"]),
    ],
)
def test_a_pack_pays_on_its_own_receipt(facts: Facts, unit: Document, covered: list[str]) -> None:
    sale = receipt(line("200.00", product="PACK-5"), massage("135.00", "3"), use_packs=True)
    outcome = award(sale, facts, spa(unit=unit))
    assert paid_by(outcome) == covered
    assert given_of(outcome, "massages") == 5
    paid = sum(each.quantity for each in outcome.covered) // 1000
    assert given_of(outcome) == 200 + 135 - 45 * paid


def test_for_sessions_nothing_counts_as_covered() -> None:
    """A massage gives a session of its own: also one that a session pays for, and the gift comes with it."""
    own = rule("own", 1, unit="massages", basis="quantity", group="own", items=items(product="MASSAGE"))
    gift = rule("gift", 1, unit="massages", basis="sale", group="gift", when={"min_amount": "45.00"})
    outcome = award(receipt(massage(), use_packs=True), sessions(0), spa(earn=(own, gift)))
    assert given_of(outcome, "massages") == 2
    assert paid_by(outcome) == ["1: 1 by 1 massages"]
    assert given_of(outcome) == 0
    assert outcome.spend == 0


def test_sessions_are_carried_before_they_pay() -> None:
    half = rule("half", 1, "90.00", unit="massages", group="half")
    rules = spa(earn=(half,), unit={"rounding": "carry"})
    facts = Facts(carry={"massages": Fraction(1, 2)})
    outcome = award(receipt(massage(), use_packs=True), facts, rules)
    assert paid_by(outcome) == ["1: 1 by 1 massages"]


def voucher(code: str = "K7", **names: str) -> ItemVoucher:
    chosen = {f"{name}s": frozenset(value.split()) for name, value in names.items()}
    return ItemVoucher(code, Selector(**chosen))


@pytest.mark.parametrize(
    ("lines", "vouchers", "covered", "points"),
    [
        (["4.00", line("3.00", product="TOAST")], [voucher(product="TOAST")], ["2: 1 by K7"], 4),
        ([line("9.00", "3", product="TOAST")], [voucher(product="TOAST")], ["1: 1 by K7"], 6),
        ([line("3.00", product="TOAST")] * 2, [voucher(product="TOAST")], ["1: 1 by K7"], 3),  # the first it holds
        (
            [line("3.00", product="TOAST")] * 2,
            [voucher(product="TOAST"), voucher("M2", product="TOAST")],
            ["1: 1 by K7", "2: 1 by M2"],
            0,
        ),
        (
            [line("6.00", "2", product="TOAST")],
            [voucher(product="TOAST"), voucher("M2", product="TOAST")],
            ["1: 1 by K7", "1: 1 by M2"],
            0,
        ),
        ([line("8.00", "0.4", department="ham deli")], [voucher(department="deli")], ["1: 0.4 by K7"], 0),
        ([line("30.00", "1.5", department="deli")], [voucher(department="deli")], ["1: 1 by K7"], 10),
        (["4.00"], [voucher(product="TOAST")], [], 4),
        (["4.00"], [voucher()], ["1: 1 by K7"], 0),  # a reward that names nothing is for everything
    ],
)
def test_an_item_voucher_pays_for_one_piece(
    lines: list[Line | str], vouchers: list[ItemVoucher], covered: list[str], points: int
) -> None:
    outcome = award(receipt(*lines), NOBODY, club(rule("all")), vouchers)
    assert paid_by(outcome) == covered
    assert given_of(outcome) == points


def test_a_voucher_goes_before_the_packs() -> None:
    sale = receipt(massage("90.00", "2"), use_packs=True)
    outcome = award(sale, sessions(5), spa(), [voucher(product="MASSAGE")])
    assert paid_by(outcome) == ["1: 1 by K7", "1: 1 by 1 massages"]
    assert outcome.parts == (Part(2000, 9000, covered=2000),)
    assert given_of(outcome) == 0


def test_payments_for_what_is_covered_do_not_lower_the_rest() -> None:
    """A voucher of 3.00 for the toast and 2.00 in points: only the points lower what the bread counts."""
    sale = receipt("4.00", line("3.00", product="TOAST"), paid="voucher 3.00, points 2.00, card 2.00")
    outcome = award(sale, NOBODY, club(rule("all")), [voucher(product="TOAST")])
    assert given_of(outcome) == 2
    over = receipt("4.00", line("3.00", product="TOAST"), paid="voucher 3.50, card 3.50")
    assert award(over, NOBODY, club(rule("all")), [voucher(product="TOAST")]).spend == 350


# --- paying with units ------------------------------------------------------------------------------------------------

PAYING = club(rule("all"), units=[POINTS | {"value": "0.05"}])


@pytest.mark.parametrize(
    ("paid", "held", "drawn", "points"),
    [
        ("points:points 10.00, card 40.00", 200, 200, 40),
        ("points:points 3.33, card 46.67", 67, 67, 46),  # 66.6, rounded up
        ("points:points 0.01, card 49.99", 1, 1, 49),
        ("points:points 10.00, points:points 5.00", 300, 300, 35),
        ("cashback:points 10.00", 200, 200, 40),
        ("points:points 0.00", 0, 0, 50),
        ("points 5.00, card 45.00", 0, None, 45),  # no unit named: nothing is drawn
    ],
)
def test_a_payment_that_names_a_unit_draws_from_it(paid: str, held: int, drawn: int | None, points: int) -> None:
    outcome = award(receipt("50.00", paid=paid), Facts(held={"points": held}), PAYING)
    assert outcome.spent == ({} if drawn is None else {"points": drawn})
    assert given_of(outcome) == points


def test_cashback_pays_cent_for_cent() -> None:
    rules = club(rule("cashback", "0.02", unit="cash"), units=[{"code": "cash", "kind": "money"}])
    sale = receipt("50.00", paid="cashback:cash 10.00, card 40.00")
    outcome = award(sale, Facts(held={"cash": 1000}), rules)
    assert outcome.spent == {"cash": 1000}
    assert given_of(outcome, "cash") == 80


@pytest.mark.parametrize(
    ("paid", "held", "at"),
    [
        ("points:points 20.00", 399, 0),
        ("card 10.00, points:points 10.00", 199, 1),
        ("points:points 10.00, points:points 10.00", 399, 1),  # both together
        ("points:points 0.01", 0, 0),
    ],
)
def test_nobody_pays_with_points_that_are_not_there(paid: str, held: int, at: int) -> None:
    with pytest.raises(Refused) as caught:
        award(receipt("50.00", paid=paid), Facts(held={"points": held}), PAYING)
    assert caught.value.code == "not_enough"
    assert [fault.pointer for fault in caught.value.faults] == [f"/payments/{at}/unit"]


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        ("points:miles 1.00", "'miles' cannot pay"),
        ("points:coffees 1.00", "'coffees' cannot pay"),  # it has no value
        ("card:points 1.00", "Only points and cashback name a unit"),
        ("voucher:points 1.00", "Only points and cashback name a unit"),
    ],
)
def test_what_cannot_pay(paid: str, said: str) -> None:
    rules = club(rule("all"), units=[POINTS | {"value": "0.05"}, COFFEES])
    with pytest.raises(Refused) as caught:
        award(receipt("50.00", paid=paid), Facts(held={"points": 1000}), rules)
    assert caught.value.code == "invalid"
    assert said in caught.value.detail
    assert [fault.pointer for fault in caught.value.faults] == ["/payments/0/unit"]


def test_sessions_that_pay_by_their_value_no_longer_cover() -> None:
    rules = spa(unit={"value": "40.00"})
    sale = receipt(massage(), massage(), use_packs=True, paid="points:massages 40.00")
    outcome = award(sale, sessions(2), rules)
    assert outcome.spent == {"massages": 1}
    assert paid_by(outcome) == ["1: 1 by 1 massages"]


# --- figures that cannot be right -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sale", "pointers"),
    [
        (receipt(Line(0, -1)), ["/lines/0/amount"]),
        (receipt("1.00", Line(0, 100, discount=101)), ["/lines/1/discount"]),
        (receipt(Line(0, 100, discount=-1)), ["/lines/0/discount"]),
        (receipt(Line(0, 100, quantity=-1)), ["/lines/0/quantity"]),
        (receipt(Line(0, 100, tax_rate=-1)), ["/lines/0/tax_rate"]),
        (receipt("10.00", "5.00", off="15.01"), ["/discount"]),
        (receipt(line("10.00", off="5.00"), off="5.01"), ["/discount"]),
        (replace(receipt("1.00"), discount=-1), ["/discount"]),
        (receipt(off="0.01"), ["/discount"]),
        (replace(receipt("1.00"), payments=(Payment("cash", 100), Payment("card", -1))), ["/payments/1/amount"]),
        (
            receipt(Line(0, -1, quantity=-1), Line(0, 100, discount=200, tax_rate=-1)),
            ["/lines/0/amount", "/lines/0/quantity", "/lines/1/discount", "/lines/1/tax_rate"],
        ),
    ],
)
def test_figures_that_cannot_be_right_are_all_named(sale: Sale, pointers: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        award(sale, NOBODY, club(rule("all")))
    assert caught.value.code == "invalid"
    assert [fault.pointer for fault in caught.value.faults] == pointers


@pytest.mark.parametrize(
    "sale",
    [receipt(), receipt("0.00"), receipt(line("0.00", "0")), receipt("10.00", off="10.00"), receipt(line("1.00", "0"))],
)
def test_a_sale_of_nothing_is_a_sale(sale: Sale) -> None:
    rules = club(rule("a"), BOTTLES | {"group": "b"}, VISIT, boosts=[{"code": "double", "factor": 2}])
    outcome = award(sale, NOBODY, rules)
    assert len(outcome.parts) == len(sale.lines)
    assert outcome.covered == ()
    assert all(gave.steps >= 0 for gave in outcome.gave)


def test_a_line_with_an_amount_alone_counts_its_amount_and_no_pieces() -> None:
    rules = club(rule("all"), rule("stamps", unit="coffees", basis="quantity"), units=[POINTS, COFFEES])
    outcome = award(receipt(line("45.00", "0"), use_packs=True), NOBODY, rules)
    assert (given_of(outcome), given_of(outcome, "coffees")) == (45, 0)


# --- reasons ----------------------------------------------------------------------------------------------------------


WHY = club(
    rule("all", 1, "2.00"),
    rule("bakery", items=items(department="bakery"), cap={"day": 10, "month": 500}),
    rule("bottles", 5, 3, basis="quantity", whole=True, group="bottles", items=items(product="WINE")),
    rule("visit", basis="sale", group="visit"),
    units=[POINTS | {"rounding": "carry"}],
    tiers=GOLD_AT_100,
    boosts=[
        {"code": "rainy", "factor": "1.5", "groups": ["base"]},
        {"code": "elsewhere", "factor": 9, "when": {"stores": ["S9"]}},
    ],
)


def test_why_seventeen_points() -> None:
    """All that "why 17 points" is answered from: what counted, what it gave, the factors, the cap, the carry."""
    facts = Facts(
        tier="gold",
        carry={"points": Fraction(1, 4)},
        caps_used={"bakery": (Fraction(1, 2), Fraction(100))},
    )
    sale = receipt(
        line("8.00", department="bread bakery"),
        line("1.00", "4", product="WINE"),
        line("3.30", department="bakery", off="0.30"),
    )
    outcome = award(sale, facts, WHY)

    assert reasons(outcome) == [
        "1 bakery 800 14.4",  # 8.00 × 1.2 × 1.5
        "3 bakery 300 5.4",
        "2 all 100 0.9",  # 1.00 / 2 × 1.2 × 1.5
        "2 bottles 4000 6",  # 5 × 1.2
        "0 visit 1 1",
    ]
    gold, rainy = ("gold", Fraction(6, 5)), ("rainy", Fraction(3, 2))
    assert outcome.factors == {"all": (gold, rainy), "bakery": (gold, rainy), "bottles": (gold,)}
    (gave,) = outcome.gave
    assert outcome.cuts == (Cut("bakery", "day", (Fraction("10.3") * gave.scale).numerator),)  # 19.8, of which 9.5 fit
    assert Fraction(gave.total, gave.scale) == Fraction("17.4")  # 9.5 + 0.9 + 6 + 1
    assert (gave.carry_before, gave.steps, gave.carry) == (Fraction(1, 4), 17, Fraction(13, 20))
    assert outcome.used == {"bakery": Fraction("9.5")}
    assert outcome.spend == 1200


def test_a_rule_without_factors_is_not_among_them() -> None:
    outcome = award(receipt("1.00"), NOBODY, club(rule("all"), VISIT))
    assert (outcome.factors, outcome.cuts, outcome.used, outcome.covered) == ({}, (), {}, ())


def test_a_unit_of_which_nothing_was_decided_is_not_named() -> None:
    rules = club(rule("bakery", items=items(department="bakery")), units=[POINTS, COFFEES])
    assert award(receipt("1.00"), NOBODY, rules).gave == ()
    nothing = award(receipt(line("0.00", department="bakery")), NOBODY, rules)
    assert nothing.gave == (Gave("points", nothing.gave[0].scale, 0, 0),)
    assert nothing.counted == (Counted(1, "bakery", 0, 0),)


def test_outcomes_hold_what_a_return_needs() -> None:
    """The parts of an outcome, counted again, are the outcome: what a return begins with."""
    sale = receipt(
        line("200.00", product="PACK-5"),
        massage("100.00", "3"),
        line("7.77", off="0.50"),
        off="3.33",
        paid="points 5.00, prepaid 40.00, card 1.00",
    )
    rules = spa(earn=(PACK, VISIT))
    outcome = award(sale, sessions(0), rules)
    bare = award(sale, NOBODY, club(rule("all")))
    again = count(sale, outcome.parts, bare.parts, sessions(0), rules, covered=outcome.covered, spent=outcome.spent)
    assert again == outcome
    assert outcome.covered == (Covered(2, 1000, "massages", 1),)
    assert isinstance(outcome.counted[0], Counted)


# --- properties -------------------------------------------------------------------------------------------------------

weights = st.lists(st.integers(0, 10_000), max_size=8)


@given(weights, st.data())
def test_shares_sum_exactly_and_are_within_one_of_their_part(weight: list[int], data: st.DataObject) -> None:
    whole = sum(weight)
    total = data.draw(st.integers(0, whole))
    shared = shares(total, weight)
    assert sum(shared) == total
    for index, (share, part) in enumerate(zip(shared, weight, strict=True)):
        assert 0 <= share <= part
        if whole:
            assert abs(share - Fraction(total * part, whole)) < 1
        assert all(share <= other for other, more in zip(shared, weight, strict=True) if more > part)
        assert all(share >= later for later, same in zip(shared[index:], weight[index:], strict=True) if same == part)


amounts = st.integers(0, 20_000)
pers = st.sampled_from(["1", "3", "0.07", "2.50", "20"])
factors = st.sampled_from(["0", "0.5", "1", "1.2", "1.5", "2", "3"])


@given(st.lists(amounts, min_size=1, max_size=6), pers, st.lists(factors, max_size=3), st.data())
def test_splitting_a_line_of_the_same_rule_never_changes_the_exact_total(
    lines: list[int], per: str, boosts: list[str], data: st.DataObject
) -> None:
    rules = club(rule("all", per=per), boosts=[{"code": f"b{i}", "factor": each} for i, each in enumerate(boosts)])
    split: list[int] = []
    for amount in lines:
        at = data.draw(st.integers(0, amount))
        split += [at, amount - at]
    once = award(receipt(*(Line(0, amount) for amount in lines)), NOBODY, rules)
    twice = award(receipt(*(Line(0, amount) for amount in split)), NOBODY, rules)
    assert exact(once) == exact(twice)
    assert given_of(once) == given_of(twice)


@given(st.lists(amounts, max_size=12), pers, st.fractions(0, 1, max_denominator=60).filter(lambda carry: carry < 1))
def test_a_carry_stays_below_one_and_nothing_is_lost(receipts: list[int], per: str, carry: Fraction) -> None:
    rules = club(rule("all", per=per), units=[POINTS | {"rounding": "carry"}])
    begin, got, all_of_it = carry, 0, Fraction(0)
    for amount in receipts:
        (gave,) = award(receipt(Line(0, amount)), Facts(carry={"points": carry}), rules).gave
        assert gave.carry_before == carry
        assert gave.carry_before + Fraction(gave.total, gave.scale) == gave.steps + gave.carry
        assert 0 <= gave.carry < 1
        carry, got, all_of_it = gave.carry, got + gave.steps, all_of_it + Fraction(gave.total, gave.scale)
    assert begin + all_of_it == got + carry


@given(
    st.integers(0, 50_000),
    st.lists(st.tuples(amounts, st.integers(0, 4000)), min_size=1, max_size=5),
    st.integers(0, 4),
)
def test_covers_never_take_more_than_is_held_or_pay_more_than_there_is(
    prepaid: int, lines: list[tuple[int, int]], held: int
) -> None:
    made = [Line(0, amount, quantity, product="MASSAGE") for amount, quantity in lines]
    sale = replace(receipt(*made), payments=(Payment("prepaid", prepaid),))
    outcome = award(sale, sessions(held), spa())
    assert sum(each.count for each in outcome.covered) <= held
    worth = 0
    for part, each in zip(outcome.parts, made, strict=True):
        assert 0 <= part.covered <= part.quantity == each.quantity
        assert part.covered % 1000 == 0
        assert part.covered_net + part.paid <= part.net
        worth += part.covered_net
    assert worth <= prepaid
    assert outcome.spend == sum(part.net for part in outcome.parts) - min(
        prepaid, sum(part.net for part in outcome.parts)
    )

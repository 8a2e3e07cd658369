"""The engine against a second, naive one: random programmes, random receipts, the same figures.

The second one is written from the page on how points are counted alone: it reads the document as it stands, takes every
rule for every line, and counts with fractions, one step after the other. What it has in common with the engine is the
page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil, floor
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from fiel.core.compiled import Compiled, compile_programme
from fiel.core.document import read_programme
from fiel.core.engine import Outcome, award
from fiel.core.sale import Facts, Line, Payment, Sale

Document = dict[str, Any]

REWARDS = ("points", "cashback", "voucher", "prepaid")
NAMES = {"products": "product", "brands": "brand", "tags": "tags", "departments": "departments"}
ZERO, ONE = Fraction(0), Fraction(1)


# --- the naive count --------------------------------------------------------------------------------------------------


@dataclass
class Given:
    """What a unit was given: exactly, in whole steps, and what is carried."""

    exact: Fraction
    steps: int
    carry: Fraction


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


def share(total: int, weights: Sequence[int]) -> list[int]:
    """A cent at a time: each to the part that lacks most of what is its due; of equals to the earlier."""
    if sum(weights) == 0:
        return [0 for _ in weights]
    due = [Fraction(total * weight, sum(weights)) for weight in weights]
    shared = [floor(each) for each in due]
    for index in sorted(range(len(due)), key=lambda i: due[i] - floor(due[i]), reverse=True):
        if sum(shared) < total:
            shared[index] += 1
    return shared


def names(selector: Document, line: Line) -> bool:
    """Whether a selector's lists hold something of the line's."""
    return (
        line.product in selector.get("products", ())
        or line.brand in selector.get("brands", ())
        or any(tag in selector.get("tags", ()) for tag in line.tags)
        or any(department in selector.get("departments", ()) for department in line.departments)
    )


def everything(selector: Document) -> bool:
    return not any(selector.get(kind) for kind in NAMES)


def about(rule: Document, line: Line) -> bool:
    items = rule.get("items", {})
    return (everything(items) or names(items, line)) and not names(rule.get("except", {}), line)


def level(rule: Document, line: Line) -> int:
    """How near a rule names the line: product, tag, brand, then department by department, then everything."""
    items = rule.get("items", {})
    if line.product in items.get("products", ()):
        return 0
    if any(tag in items.get("tags", ()) for tag in line.tags):
        return 1
    if line.brand in items.get("brands", ()):
        return 2
    for distance, department in enumerate(line.departments):
        if department in items.get("departments", ()):
            return 3 + distance
    return 99


class Naive:
    """One sale under one document."""

    def __init__(self, document: Document, sale: Sale, facts: Facts) -> None:
        self.document, self.sale, self.facts = document, sale, facts
        owns = [line.amount - line.discount for line in sale.lines]
        self.nets = [own - off for own, off in zip(owns, share(sale.discount, owns), strict=True)]
        rewards = sum(payment.amount for payment in sale.payments if payment.kind in REWARDS)
        paid = share(min(rewards, sum(self.nets)), self.nets)
        self.counts = [net - part for net, part in zip(self.nets, paid, strict=True)]
        if document["amounts"] == "tax_excluded":
            self.counts = [
                half_up(Fraction(amount * 100) / (100 + Fraction(line.tax_rate, 1000)))
                for amount, line in zip(self.counts, sale.lines, strict=True)
            ]
        self.pieces = [
            Fraction(line.quantity, 1000) if net > 0 else ZERO for net, line in zip(self.nets, sale.lines, strict=True)
        ]
        self.units = {unit["code"]: unit for unit in document["units"]}

    def now(self, rule: Document) -> bool:
        """Whether all conditions of a rule or boost hold."""
        when = rule.get("when", {})
        weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[self.sale.local.weekday()]
        holds: dict[str, Callable[[Any], bool]] = {
            "types": lambda asked: any(each in self.facts.types for each in asked),
            "weekdays": lambda asked: weekday in asked,
            "min_amount": lambda asked: sum(self.counts) >= Fraction(asked) * 100,
            "first_sale": lambda asked: (self.facts.sales_so_far == 0) is asked,
            "min_items": lambda asked: sum(map(self.items_of, range(len(self.nets)))) >= asked,
        }
        return all(holds[name](asked) for name, asked in when.items())

    def items_of(self, index: int) -> int:
        pieces = self.pieces[index]
        return int(pieces) if pieces.denominator == 1 else 1

    def multiplied(self, rule: Document) -> bool:
        return rule["basis"] != "sale" and self.units[rule["unit"]]["kind"] in ("points", "money")

    def factor(self, rule: Document) -> Fraction:
        factors = [
            Fraction(tier.get("factor", 1))
            for tier in self.document["tiers"]
            if tier["code"] == self.facts.tier and self.multiplied(rule)
        ]
        for boost in self.document["boosts"]:
            meant = rule["group"] in boost["groups"] if boost.get("groups") else self.multiplied(rule)
            if meant and self.now(boost):
                factors.append(Fraction(boost["factor"]))
        mix = self.document["boost_mix"]
        if not factors:
            return ONE
        if mix == "best":
            return max(factors)
        if mix == "add":
            return max(ZERO, sum((each - 1 for each in factors), ONE))
        product = ONE
        for each in factors:
            product *= each
        return product

    def shut(self, unit: Document, line: Line) -> bool:
        """A discounted line, where those earn no points and no money."""
        skip = self.document["discounted_lines"] == "skip"
        return skip and unit["kind"] in ("points", "money") and line.discount > 0

    def alone(self, rule: Document, index: int) -> Fraction:
        """What a rule gives for one line by itself, every piece counted."""
        counted = Fraction(self.counts[index], 100) if rule["basis"] == "amount" else self.pieces[index]
        return counted * Fraction(rule["give"]) / Fraction(rule["per"]) * self.factor(rule)

    def decides(self, unit: Document) -> Iterator[tuple[Document, int]]:
        """For each group and line the rule that decides it."""
        rules = [rule for rule in self.document["earn"] if rule["unit"] == unit["code"] and rule["basis"] != "sale"]
        for group in {rule["group"] for rule in rules}:
            for index, line in enumerate(self.sale.lines):
                if self.shut(unit, line):
                    continue
                holding = [rule for rule in rules if rule["group"] == group and about(rule, line) and self.now(rule)]
                nearest = min((level(rule, line) for rule in holding), default=0)
                equals = [rule for rule in holding if level(rule, line) == nearest]
                if equals:
                    most = max(self.alone(rule, index) for rule in equals)
                    yield next(rule for rule in equals if self.alone(rule, index) == most), index

    def given_lines(self, unit: Document) -> dict[str, dict[int, Fraction]]:
        """What each rule gives for each of its lines, in steps, before caps; line -1 is the sale."""
        lines: dict[str, dict[int, Fraction]] = {}
        whole: dict[str, list[int]] = {}
        steps = 10 ** unit.get("decimals", 0)
        rules = {rule["code"]: rule for rule in self.document["earn"]}
        for rule, index in self.decides(unit):
            lines.setdefault(rule["code"], {})[index] = self.alone(rule, index) * steps
            if rule["whole"]:
                whole.setdefault(rule["code"], []).append(index)
        for code, indexes in whole.items():
            rule = rules[code]
            quantity = sum(self.pieces[index] for index in indexes)
            gives = floor(quantity / Fraction(rule["per"])) * Fraction(rule["give"]) * self.factor(rule) * steps
            for index in indexes:
                lines[code][index] = gives * self.pieces[index] / quantity if quantity else ZERO
        for rule in self.document["earn"]:
            if rule["basis"] == "sale" and rule["unit"] == unit["code"] and self.now(rule):
                held = zip(self.nets, self.sale.lines, strict=True)
                if any(net > 0 and about(rule, line) and not self.shut(unit, line) for net, line in held):
                    lines[rule["code"]] = {-1: Fraction(rule["give"]) * self.factor(rule) * steps}
        return lines

    def room(self, rule: Document, steps: int) -> Fraction | None:
        cap, (day, month) = rule.get("cap", {}), self.facts.caps_used.get(rule["code"], (ZERO, ZERO))
        used = {"sale": ZERO, "day": day, "month": month}
        return min((max(ZERO, Fraction(cap[span]) * steps - used[span]) for span in cap), default=None)

    def unit(self, unit: Document) -> Given:
        """What the sale gives of a unit."""
        steps = 10 ** unit.get("decimals", 0)
        rounded_together: dict[object, Fraction] = {}
        for rule in self.document["earn"]:
            given_here = self.given_lines(unit).get(rule["code"], {}) if rule["unit"] == unit["code"] else {}
            room = self.room(rule, steps)
            for index in sorted(given_here):
                kept = given_here[index] if room is None else min(given_here[index], room)
                room = None if room is None else room - kept
                place: object = "sale"
                if unit["round_per"] == "line":
                    place = index if index >= 0 else rule["code"]
                rounded_together[place] = rounded_together.get(place, ZERO) + kept
        exact = sum(rounded_together.values(), ZERO)
        if unit["rounding"] == "carry":
            whole = self.facts.carry.get(unit["code"], ZERO) + exact
            return Given(exact, floor(whole), whole - floor(whole))
        rounding = {"floor": floor, "half_up": half_up, "ceil": ceil}[unit["rounding"]]
        return Given(exact, sum(rounding(each) for each in rounded_together.values()), ZERO)


# --- random programmes and receipts -----------------------------------------------------------------------------------

PRODUCTS = ("A", "B", "C")
BRANDS = ("Casa", "Sol")
TAGS = ("new", "organic")
CHAINS = ((), ("bread", "bakery", "food"), ("bakery", "food"), ("food",), ("drinks",))
DEPARTMENTS = ("bread", "bakery", "food", "drinks")
GROUPS = ("base", "extra")

selectors = st.fixed_dictionaries(
    {},
    optional={
        "products": st.lists(st.sampled_from(PRODUCTS), max_size=2),
        "brands": st.lists(st.sampled_from(BRANDS), max_size=1),
        "tags": st.lists(st.sampled_from(TAGS), max_size=1),
        "departments": st.lists(st.sampled_from(DEPARTMENTS), max_size=2),
    },
)
conditions: st.SearchStrategy[Document] = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "types": st.just(["company"]),
            "weekdays": st.just(["tue"]),
            "min_amount": st.sampled_from(["5.00", "20.00"]),
            "first_sale": st.booleans(),
            "min_items": st.integers(1, 4),
        },
    ),
)


@st.composite
def units_of(draw: st.DrawFn) -> list[Document]:
    units = []
    for code in ("points", "stamps", "cash", "lessons")[: draw(st.integers(1, 4))]:
        kind = {"cash": "money", "lessons": "sessions"}.get(code, code)
        rounding = draw(st.sampled_from(["floor", "half_up", "ceil", "carry"]))
        unit = {"code": code, "kind": kind, "rounding": rounding, "round_per": "sale"}
        if rounding != "carry":
            unit["round_per"] = draw(st.sampled_from(["sale", "line"]))
        units.append(unit | {"decimals": 2 if kind == "money" else draw(st.integers(0, 2))})
    return units


@st.composite
def rules_of(draw: st.DrawFn, units: list[Document]) -> list[Document]:
    rules = []
    for number in range(draw(st.integers(1, 7))):
        unit = draw(st.sampled_from(units))
        basis = draw(st.sampled_from(["amount", "amount", "quantity", "sale"]))
        caps = st.integers(0, 12 * 10 ** unit["decimals"]).map(
            lambda steps, places=unit["decimals"]: str(steps / 10**places) if places else steps
        )
        rules.append(
            {
                "code": f"rule{number}",
                "unit": unit["code"],
                "basis": basis,
                "give": draw(st.sampled_from(["0", "1", "2", "0.5", "1.75"])),
                "per": draw(st.sampled_from(["1", "3", "0.07", "2.5"])),
                "whole": basis == "quantity" and draw(st.booleans()),
                "group": draw(st.sampled_from(GROUPS)),
                "items": draw(selectors),
                "except": draw(st.one_of(st.just({}), selectors)),
                "when": draw(conditions),
                "cap": draw(
                    st.one_of(
                        st.just({}), st.fixed_dictionaries({}, optional={"sale": caps, "day": caps, "month": caps})
                    )
                ),
            }
        )
    return rules


@st.composite
def documents(draw: st.DrawFn) -> Document:
    units = draw(units_of())
    rules = draw(rules_of(units))
    groups = sorted({rule["group"] for rule in rules})
    boosts = [
        {
            "code": f"boost{number}",
            "factor": draw(st.sampled_from(["0", "0.5", "1.2", "2", "3"])),
            "groups": draw(st.lists(st.sampled_from(groups), max_size=2)),
            "when": draw(conditions),
        }
        for number in range(draw(st.integers(0, 3)))
    ]
    tiers = [
        {"code": "silver"},
        {
            "code": "gold",
            "factor": draw(st.sampled_from(["0.9", "1.2", "2"])),
            "reach": {"measure": "visits", "amount": 5, "window": "calendar_year"},
        },
    ]
    return {
        "name": "Clube",
        "currency": "EUR",
        "timezone": "Europe/Lisbon",
        "amounts": draw(st.sampled_from(["tax_included", "tax_excluded"])),
        "discounted_lines": draw(st.sampled_from(["count", "skip"])),
        "boost_mix": draw(st.sampled_from(["multiply", "best", "add"])),
        "units": units,
        "tiers": draw(st.sampled_from([[], tiers])),
        "earn": rules,
        "boosts": boosts,
    }


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    lines = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        amount = draw(st.integers(0, 3000))
        lines.append(
            Line(
                number=number,
                amount=amount,
                quantity=draw(st.sampled_from([0, 333, 500, 1000, 1350, 2000, 3000, 4000])),
                discount=draw(st.one_of(st.just(0), st.just(0), st.integers(0, amount))),
                tax_rate=draw(st.sampled_from([0, 6_000, 13_000, 23_000, 5_500])),
                product=draw(st.sampled_from(("", *PRODUCTS))),
                departments=draw(st.sampled_from(CHAINS)),
                brand=draw(st.sampled_from(("", *BRANDS))),
                tags=draw(st.frozensets(st.sampled_from(TAGS))),
            )
        )
    left = sum(line.amount - line.discount for line in lines)
    kinds = st.sampled_from(("cash", "card", *REWARDS))
    at = datetime(2026, 11, draw(st.integers(2, 5)), 12, tzinfo=UTC)
    return Sale(
        occurred_at=at,
        local=at,
        store="S1",
        till="T1",
        lines=tuple(lines),
        discount=draw(st.one_of(st.just(0), st.integers(0, left))),
        payments=tuple(draw(st.lists(st.builds(Payment, kinds, st.integers(0, 2000), st.just("")), max_size=3))),
    )


parts_of_steps = st.fractions(0, 15, max_denominator=30)
facts_of = st.builds(
    Facts,
    tier=st.sampled_from(["", "silver", "gold"]),
    types=st.sampled_from([frozenset(), frozenset({"company"})]),
    sales_so_far=st.integers(0, 1),
    caps_used=st.dictionaries(
        st.sampled_from([f"rule{number}" for number in range(7)]), st.tuples(parts_of_steps, parts_of_steps)
    ),
    carry=st.dictionaries(
        st.sampled_from(["points", "stamps", "cash", "lessons"]),
        st.fractions(0, 1, max_denominator=40).filter(lambda carry: carry < 1),
    ),
)


def compiled(document: Document) -> Compiled:
    return compile_programme(read_programme(document))


# --- the same figures -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(documents(), sales(), facts_of)
def test_the_engine_counts_what_the_page_says(document: Document, sale: Sale, facts: Facts) -> None:
    outcome = award(sale, facts, compiled(document))
    naive = Naive(document, sale, facts)
    gave = {each.unit: each for each in outcome.gave}

    assert [part.net for part in outcome.parts] == naive.nets
    assert outcome.spend == sum(naive.counts)
    assert [(counted.line, counted.rule) for counted in outcome.counted if not counted.line] == [
        (0, rule["code"])
        for unit in sorted(document["units"], key=lambda unit: unit["kind"] != "sessions")
        for rule in document["earn"]
        if -1 in naive.given_lines(unit).get(rule["code"], {})
    ]
    for unit in document["units"]:
        expected = naive.unit(unit)
        event(f"gives {min(expected.steps, 1)}")
        if unit["code"] not in gave:
            assert expected.exact == 0
            continue
        found = gave[unit["code"]]
        assert Fraction(found.total, found.scale) == expected.exact
        assert found.steps == expected.steps
        assert found.carry == expected.carry


@settings(max_examples=150, deadline=None)
@given(documents(), sales(), facts_of)
def test_reasons_add_up_to_what_was_given(document: Document, sale: Sale, facts: Facts) -> None:
    outcome = award(sale, facts, compiled(document))
    units = {rule["code"]: rule["unit"] for rule in document["earn"]}
    for gave in outcome.gave:
        counted = sum(each.gives for each in outcome.counted if units[each.rule] == gave.unit)
        cut = sum(each.steps for each in outcome.cuts if units[each.rule] == gave.unit)
        assert counted - cut == gave.total
        assert all(each.steps > 0 for each in outcome.cuts)
        assert 0 <= gave.carry < 1
        rounding = next(unit["rounding"] for unit in document["units"] if unit["code"] == gave.unit)
        if rounding == "carry":
            assert gave.carry_before + Fraction(gave.total, gave.scale) == gave.steps + gave.carry
    naive = Naive(document, sale, facts)
    for each in outcome.counted:
        unit = next(unit for unit in document["units"] if unit["code"] == units[each.rule])
        scale = next(gave.scale for gave in outcome.gave if gave.unit == units[each.rule])
        assert Fraction(each.gives, scale) == naive.given_lines(unit)[each.rule][each.line - 1]


@settings(max_examples=100, deadline=None)
@given(documents(), sales(), facts_of)
def test_what_a_rule_used_of_its_cap_is_what_it_gave(document: Document, sale: Sale, facts: Facts) -> None:
    outcome = award(sale, facts, compiled(document))
    scales = {gave.unit: gave.scale for gave in outcome.gave}
    for rule in document["earn"]:
        counted = [each for each in outcome.counted if each.rule == rule["code"]]
        if not counted or not {"day", "month"} & set(rule["cap"]):
            assert rule["code"] not in outcome.used
            continue
        cut = sum(each.steps for each in outcome.cuts if each.rule == rule["code"])
        kept = Fraction(sum(each.gives for each in counted) - cut, scales[rule["unit"]])
        assert outcome.used[rule["code"]] == kept
        room = Naive(document, sale, facts).room(rule, compiled(document).programme.units[rule["unit"]].steps)
        assert room is not None
        assert kept <= room


def whole_steps(outcome: Outcome) -> dict[str, int]:
    return {gave.unit: gave.steps for gave in outcome.gave}


@settings(max_examples=100, deadline=None)
@given(documents(), sales(), facts_of)
def test_taking_caps_away_never_gives_less(document: Document, sale: Sale, facts: Facts) -> None:
    capped = whole_steps(award(sale, facts, compiled(document)))
    free = whole_steps(
        award(sale, facts, compiled(document | {"earn": [rule | {"cap": {}} for rule in document["earn"]]}))
    )
    assert free.keys() == capped.keys()
    assert all(free[unit] >= steps for unit, steps in capped.items())


@settings(max_examples=100, deadline=None)
@given(documents(), sales(), facts_of, st.randoms(use_true_random=False))
def test_the_order_of_rules_matters_only_among_equals(
    document: Document, sale: Sale, facts: Facts, random: Any
) -> None:
    """Which of two rules that give the same decides may differ; not what is given, where no cap or multiple tells."""
    plain = [rule | {"cap": {}, "whole": False} for rule in document["earn"]]
    mixed = list(plain)
    random.shuffle(mixed)
    first = award(sale, facts, compiled(document | {"earn": plain}))
    second = award(sale, facts, compiled(document | {"earn": mixed}))
    assert whole_steps(first) == whole_steps(second)
    assert first.spend == second.spend

"""A programme made ready for counting: its rules laid out so that a line finds those that are about it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from math import lcm

from fiel.core.conditions.birthday import Birthday
from fiel.core.conditions.every_nth_sale import EveryNthSale
from fiel.core.conditions.first_sale import FirstSale
from fiel.core.conditions.member_days import MemberDays
from fiel.core.conditions.min_items import MinItems
from fiel.core.programme import Earn, Programme, Unit
from fiel.core.sale import Line

__all__ = ["Compiled", "Group", "compile_programme"]

# Tills may send departments and tags of their own without end.
_KNOWN_AT_MOST = 20_000


@dataclass(slots=True)
class Group:
    """The amount and quantity rules of one unit and group, by what they name. Of them one decides each line.

    `named`: products and brands that any of them names, to take or to leave out.
    """

    by_product: dict[str, list[Earn]] = field(default_factory=dict)
    by_brand: dict[str, list[Earn]] = field(default_factory=dict)
    by_department: dict[str, list[Earn]] = field(default_factory=dict)
    tagged: list[Earn] = field(default_factory=list)
    everything: list[Earn] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    _known: dict[tuple[object, ...], Sequence[Earn]] = field(default_factory=dict)

    def add(self, rule: Earn) -> None:
        """Lay a rule out under each name that it has."""
        self.named |= rule.items.products | rule.items.brands | rule.excluded.products | rule.excluded.brands
        if rule.items.empty:
            self.everything.append(rule)
        if rule.items.tags:
            self.tagged.append(rule)
        for names, rules in (
            (rule.items.products, self.by_product),
            (rule.items.brands, self.by_brand),
            (rule.items.departments, self.by_department),
        ):
            for name in names:
                rules.setdefault(name, []).append(rule)

    def candidates(self, line: Line, held: frozenset[str]) -> Sequence[Earn]:
        """The rules of the most specific level that hold the line, in the document's order.

        Product, then tag, then brand, then department (the nearest first), then everything. Lines that no rule tells
        apart are looked up once.
        """
        product = line.product if line.product in self.named else ""
        brand = line.brand if line.brand in self.named else ""
        key = (held, product, brand, line.departments, line.tags)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KNOWN_AT_MOST:
                self._known.clear()
            found = self._known[key] = self._find(line, held)
        return found

    def _find(self, line: Line, held: Collection[str]) -> Sequence[Earn]:
        for rules in self._levels(line):
            found = [rule for rule in rules if rule.code in held and not rule.excluded.names(line)]
            if found:
                return found
        return ()

    def _levels(self, line: Line) -> Iterator[Sequence[Earn]]:
        if line.product in self.by_product:
            yield self.by_product[line.product]
        if line.tags:
            yield [rule for rule in self.tagged if not rule.items.tags.isdisjoint(line.tags)]
        if line.brand in self.by_brand:
            yield self.by_brand[line.brand]
        for department in line.departments:
            if department in self.by_department:
                yield self.by_department[department]
        yield self.everything


@dataclass(frozen=True, slots=True)
class Compiled:
    """A programme, and what counting needs of it.

    `groups`, `rules`, `sale_rules`: by unit. `capped`: rules for which earlier sales matter. `needs_history`: whether
    any rule asks for the number of sales so far. `unit_of`: the unit of each rule. `weights`: the rate of each rule in
    parts that are the same for all, to be compared.
    """

    programme: Programme
    groups: dict[str, list[Group]]
    rules: dict[str, list[Earn]]
    sale_rules: dict[str, list[Earn]]
    session_units: dict[str, Unit]
    other_units: dict[str, Unit]
    capped: frozenset[str]
    needs_history: bool
    needs_pieces: bool
    needs_birthday: bool
    needs_joined: bool
    unit_of: dict[str, str]
    weights: dict[str, int]


def compile_programme(programme: Programme) -> Compiled:
    """Lay the rules out for counting. Costs milliseconds; a version is compiled once and kept."""
    groups: dict[str, dict[str, Group]] = {unit: {} for unit in programme.units}
    for rule in programme.earn:
        if rule.basis != "sale":
            groups[rule.unit].setdefault(rule.group, Group()).add(rule)
    whens = [*(rule.when for rule in programme.earn), *(boost.when for boost in programme.boosts)]
    conditions = [condition for when in whens for condition in when]
    units = programme.units
    parts = lcm(*(rule.rate.denominator for rule in programme.earn))
    return Compiled(
        programme=programme,
        groups={unit: list(by_code.values()) for unit, by_code in groups.items()},
        rules={unit: [rule for rule in programme.earn if rule.unit == unit] for unit in units},
        sale_rules={unit: [r for r in programme.earn if r.unit == unit and r.basis == "sale"] for unit in units},
        session_units={code: unit for code, unit in units.items() if unit.kind == "sessions"},
        other_units={code: unit for code, unit in units.items() if unit.kind != "sessions"},
        capped=frozenset(rule.code for rule in programme.earn if rule.cap.counts_days),
        needs_history=any(isinstance(condition, FirstSale | EveryNthSale) for condition in conditions),
        needs_pieces=any(isinstance(condition, MinItems) for condition in conditions),
        needs_birthday=any(isinstance(condition, Birthday) for condition in conditions),
        needs_joined=any(isinstance(condition, MemberDays) for condition in conditions),
        unit_of={rule.code: rule.unit for rule in programme.earn},
        weights={rule.code: int(rule.rate * parts) for rule in programme.earn},
    )

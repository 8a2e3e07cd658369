"""What one sale earns: `award`. The arithmetic of points.md §4, in its order; pure, exact, explained.

Nothing is rounded before §4.8. What rules give is held as whole numerators over one denominator for each unit and
sale (`Gave.scale`), so that adding up a long receipt costs no fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm, prod
from typing import NamedTuple

from fiel.core.compiled import Compiled
from fiel.core.conditions import Moment
from fiel.core.lots import lot_of
from fiel.core.programme import Boost, Cap, Cover, Earn, Selector, Unit
from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Facts, Line, Sale, check_sale, half_up, net_amounts, shares

__all__ = ["Counted", "Covered", "Cut", "Gave", "ItemVoucher", "Outcome", "Part", "award", "count", "settle"]

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class ItemVoucher:
    """A voucher that the sale names, for one piece of a line that its reward holds."""

    code: str
    items: Selector


@dataclass(frozen=True, slots=True)
class Covered:
    """What a pack or a voucher paid: `quantity` of a line in 1/1000; `count` steps of `unit`, or `voucher`."""

    line: int
    quantity: int
    unit: str = ""
    count: int = 0
    voucher: str = ""


class Part(NamedTuple):
    """A line as it is counted, in minor units and 1/1000 pieces.

    `net`: after discounts. `covered`: the quantity that packs and vouchers paid. `paid`: its share of payments that
    are rewards themselves.
    """

    quantity: int
    net: int
    covered: int = 0
    paid: int = 0

    @property
    def covered_net(self) -> int:
        """The covered part of the net, rounded half up."""
        return half_up(self.net * self.covered, self.quantity) if self.covered else 0

    @property
    def open(self) -> bool:
        """Whether it costs something and is not wholly covered."""
        return self.net > 0 and (self.covered == 0 or self.covered < self.quantity)

    @property
    def uncovered(self) -> int:
        """The quantity that counts, in 1/1000; none of a line that costs nothing."""
        return self.quantity - self.covered if self.open else 0

    @property
    def pieces(self) -> int:
        """The pieces that count; a weighed line is one."""
        if self.quantity % _PIECE:
            return 1 if self.uncovered else 0
        return self.uncovered // _PIECE


class Counted(NamedTuple):
    """One reason: what a rule counted and gave. `line` 0: the sale as a whole.

    `amount`: minor units, 1/1000 pieces, or 1 sale, by the rule's basis; `gives`: steps × the unit's scale, after
    boosts, before caps.
    """

    line: int
    rule: str
    amount: int
    gives: int


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cap took away of a rule: `span` sale, day or month; `steps` × the unit's scale."""

    rule: str
    span: str
    steps: int


@dataclass(frozen=True, slots=True)
class Gave:
    """What a sale gives of one unit. `total` = Σ of what rules gave after caps, in steps × scale; `steps`: whole."""

    unit: str
    scale: int
    total: int
    steps: int
    carry_before: Fraction = Fraction(0)
    carry: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sale earns, and why. `factors`: for each rule that gave, the tier's and boosts' factors by code.

    `spent`: steps drawn by payments that name a unit. `spend`: what counts of all lines, in minor units. `used`: what
    each rule with a daily or monthly cap gave, in steps.
    """

    parts: tuple[Part, ...]
    gave: tuple[Gave, ...] = ()
    counted: tuple[Counted, ...] = ()
    factors: Mapping[str, tuple[tuple[str, Fraction], ...]] = field(default_factory=dict)
    cuts: tuple[Cut, ...] = ()
    covered: tuple[Covered, ...] = ()
    spent: Mapping[str, int] = field(default_factory=dict)
    spend: int = 0
    used: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def sessions_used(self) -> dict[str, int]:
        """The steps that packs paid with, by unit."""
        steps: dict[str, int] = {}
        for cover in self.covered:
            if cover.unit:
                steps[cover.unit] = steps.get(cover.unit, 0) + cover.count
        return steps


def award(sale: Sale, facts: Facts, compiled: Compiled, vouchers: Sequence[ItemVoucher] = ()) -> Outcome:
    """What the sale earns by the rules, for a member of whom the facts are known.

    Raises `invalid` for figures that cannot be right and `not_enough` where a payment draws more than is held.
    """
    check_sale(sale)
    spent = _spent(sale, facts, compiled)
    nets = net_amounts(sale)
    bare = settle(sale, nets, [0] * len(nets))
    bought = _count_bought(sale, bare, facts, compiled)
    covered = _cover(sale, nets, compiled, vouchers, _sessions(sale, facts, compiled, bought, spent)) if nets else ()
    by_line = [0] * len(nets)
    for cover in covered:
        by_line[cover.line - 1] += cover.quantity
    parts = settle(sale, nets, by_line) if covered else bare
    return count(sale, parts, bare, facts, compiled, covered=covered, spent=spent)


def count(
    sale: Sale,
    parts: Sequence[Part],
    bare: Sequence[Part],
    facts: Facts,
    compiled: Compiled,
    *,
    covered: tuple[Covered, ...] = (),
    spent: Mapping[str, int] | None = None,
) -> Outcome:
    """What the rules give for lines whose payment is settled: `parts`; `bare`: the same as if nothing were covered.

    A return calls this with what remains of the lines.
    """
    counting = _Counting(sale, parts, facts, compiled)
    sessions = compiled.session_units.values()
    givers = [_Counting(sale, bare, facts, compiled).give(sessions)] if sessions else []
    givers.append(counting.give(compiled.other_units.values()))
    return Outcome(
        parts=tuple(parts),
        gave=tuple(gave for giver in givers for gave in giver.gave),
        counted=tuple(reason for giver in givers for reason in giver.counted),
        factors={rule: factors for giver in givers for rule, factors in giver.factors.items()},
        cuts=tuple(cut for giver in givers for cut in giver.cuts),
        covered=covered,
        spent=spent or {},
        spend=sum(counting.amounts),
        used={rule: steps for giver in givers for rule, steps in giver.used.items()},
    )


# §4.2-4: what is paid with rewards


def _spent(sale: Sale, facts: Facts, compiled: Compiled) -> dict[str, int]:
    """The steps that payments naming a unit draw, each rounded up."""
    spent: dict[str, int] = {}
    for index, payment in enumerate(sale.payments):
        if not payment.unit:
            continue
        unit = compiled.programme.units.get(payment.unit)
        at = f"/payments/{index}/unit"
        if payment.kind not in ("points", "cashback"):
            raise Refused("invalid", "Only points and cashback name a unit.", [Fault(at, "leave the unit out")])
        if unit is None or unit.value is None:
            raise Refused("invalid", f"{payment.unit!r} cannot pay.", [Fault(at, "name a unit that has a value")])
        steps = -(-payment.amount * unit.value.denominator // unit.value.numerator)
        spent[unit.code] = spent.get(unit.code, 0) + steps
        if spent[unit.code] > facts.held.get(unit.code, 0):
            raise Refused("not_enough", f"There is not enough of {unit.code} to pay with.", [Fault(at, "not enough")])
    return spent


def _count_bought(sale: Sale, bare: Sequence[Part], facts: Facts, compiled: Compiled) -> tuple[Gave, ...]:
    if not compiled.session_units or not compiled.programme.covers:
        return ()
    return _Counting(sale, bare, facts, compiled).give(compiled.session_units.values()).gave


def _sessions(
    sale: Sale, facts: Facts, compiled: Compiled, bought: Iterable[Gave], spent: Mapping[str, int]
) -> dict[str, int]:
    """The sessions that can pay: held, and bought on this receipt if they are good by now; debts come first."""
    day = sale.occurred_at.astimezone(compiled.programme.timezone).date()
    held = {unit: facts.held.get(unit, 0) - spent.get(unit, 0) for unit in compiled.session_units}
    for gave in bought:
        if lot_of(compiled.programme.units[gave.unit], day).available(facts.today or day):
            held[gave.unit] += max(0, gave.steps - facts.owed.get(gave.unit, 0))
    return held


def _cover(
    sale: Sale, nets: Sequence[int], compiled: Compiled, vouchers: Sequence[ItemVoucher], sessions: dict[str, int]
) -> tuple[Covered, ...]:
    """Which lines vouchers and packs pay for: vouchers first, then packs, in the order of the lines."""
    covered: list[Covered] = []
    left = [line.quantity for line in sale.lines]
    for voucher in vouchers:
        for index, line in enumerate(sale.lines):
            if left[index] > 0 and voucher.items.holds(line):
                piece = min(_PIECE, left[index])
                left[index] -= piece
                covered.append(Covered(line.number, piece, voucher=voucher.code))
                break
    if compiled.programme.covers:
        covered.extend(_packs(sale, nets, compiled.programme.covers, sessions, left))
    return tuple(covered)


def _packs(
    sale: Sale, nets: Sequence[int], covers: Sequence[Cover], sessions: dict[str, int], left: list[int]
) -> Iterator[Covered]:
    """Sessions for whole pieces, while they last: asked for, priced at nothing, or within a prepaid payment."""
    prepaid = sum(payment.amount for payment in sale.payments if payment.kind == "prepaid")
    for index, line in enumerate(sale.lines):
        free = sale.use_packs or nets[index] == 0
        for cover in covers:
            pieces = min(left[index] // _PIECE, sessions.get(cover.unit, 0) // cover.take)
            if not cover.items.holds(line) or pieces <= 0:
                continue
            if not free:
                pieces = _that_fit(pieces, nets[index], line.quantity, prepaid)
                prepaid -= half_up(nets[index] * pieces * _PIECE, line.quantity)
            if pieces:
                sessions[cover.unit] -= pieces * cover.take
                left[index] -= pieces * _PIECE
                yield Covered(line.number, pieces * _PIECE, unit=cover.unit, count=pieces * cover.take)


def _that_fit(pieces: int, net: int, quantity: int, prepaid: int) -> int:
    """The most pieces of a line whose part of the net lies within the payment."""
    fit = min(pieces, prepaid * quantity // (net * _PIECE) + 1)
    while fit and half_up(net * fit * _PIECE, quantity) > prepaid:
        fit -= 1
    return fit


def settle(sale: Sale, nets: Sequence[int], covered: Sequence[int]) -> list[Part]:
    """The lines as they are counted: payments that are rewards pay for covered parts, the rest is shared."""
    parts = [Part(line.quantity, net, by_packs) for line, net, by_packs in zip(sale.lines, nets, covered, strict=True)]
    if not sale.payments:
        return parts
    for_covered = sum(payment.amount for payment in sale.payments if payment.kind in ("prepaid", "voucher"))
    rest = max(0, for_covered - sum(part.covered_net for part in parts))
    rest += sum(payment.amount for payment in sale.payments if payment.kind in ("points", "cashback"))
    if not rest:
        return parts
    open_nets = [part.net - part.covered_net for part in parts]
    paid = shares(min(rest, sum(open_nets)), open_nets)
    return [Part(part.quantity, part.net, part.covered, share) for part, share in zip(parts, paid, strict=True)]


# §4.5-8: what the rules give


@dataclass(frozen=True, slots=True)
class _Given:
    """One pass over some units."""

    gave: tuple[Gave, ...]
    counted: tuple[Counted, ...]
    factors: dict[str, tuple[tuple[str, Fraction], ...]]
    cuts: tuple[Cut, ...]
    used: dict[str, Fraction]


@dataclass(slots=True)
class _Decided:
    """The lines that a rule decides, with what counts of each; a sale rule has the sale itself, as line 0."""

    rule: Earn
    lines: list[int] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Factors:
    """What multiplies a group's rules: each factor that holds, by code, and all of them mixed."""

    held: tuple[tuple[str, Fraction], ...]
    factor: Fraction


class _Counting:
    """One sale's lines under the rules; `amounts`: what counts of each, in minor units."""

    def __init__(self, sale: Sale, parts: Sequence[Part], facts: Facts, compiled: Compiled) -> None:
        self.sale = sale
        self.parts = parts
        self.facts = facts
        self.compiled = compiled
        self.amounts = [self._amount(line, part) for line, part in zip(sale.lines, parts, strict=True)]
        programme = compiled.programme
        self.moment = Moment(
            sale=sale,
            facts=facts,
            seasons=programme.seasons,
            amount=sum(self.amounts),
            pieces=sum(part.pieces for part in parts) if compiled.needs_pieces else 0,
            minor_units=programme.minor_units,
            day=sale.local.date(),
        )
        self.boosts = [boost for boost in programme.boosts if boost.when.holds(self.moment)]
        self._factors: dict[tuple[str, str, bool], _Factors] = {}

    def _amount(self, line: Line, part: Part) -> int:
        amount = part.net - part.covered_net - part.paid
        if self.compiled.programme.tax_excluded and line.tax_rate:
            return half_up(amount * 100_000, 100_000 + line.tax_rate)
        return amount

    def give(self, units: Iterable[Unit]) -> _Given:
        """What these units' rules give."""
        gave: list[Gave] = []
        counted: list[Counted] = []
        factors: dict[str, tuple[tuple[str, Fraction], ...]] = {}
        cuts: list[Cut] = []
        used: dict[str, Fraction] = {}
        for unit in units:
            decided = self._decide(unit)
            if not decided:
                continue
            sums = self._sum(unit, decided)
            counted.extend(sums.counted)
            cuts.extend(sums.cuts)
            used.update(sums.used)
            factors.update((each.rule.code, held) for each in decided if (held := self._boosted(each.rule, unit).held))
            gave.append(_round(unit, sums, self.facts.carry.get(unit.code, Fraction(0))))
        return _Given(tuple(gave), tuple(counted), factors, tuple(cuts), used)

    # §4.6: who decides a line

    def _decide(self, unit: Unit) -> list[_Decided]:
        held = frozenset(rule.code for rule in self.compiled.rules[unit.code] if rule.when.holds(self.moment))
        if not held:
            return []
        skipped = self.compiled.programme.skip_discounted and unit.is_currency_like
        decided: dict[str, _Decided] = {}
        for group in self.compiled.groups[unit.code]:
            for index, line in enumerate(self.sale.lines):
                if skipped and line.discount:
                    continue
                candidates = group.candidates(line, held)
                if not candidates:
                    continue
                rule = candidates[0] if len(candidates) == 1 else self._best(candidates, index, unit)
                found = decided.get(rule.code)
                if found is None:
                    found = decided[rule.code] = _Decided(rule)
                found.lines.append(index + 1)
                found.amounts.append(self._counts(rule, index))
        for rule in self.compiled.sale_rules[unit.code]:
            if rule.code in held and self._holds_sale(rule, skipped=skipped):
                decided[rule.code] = _Decided(rule, [0], [1])
        return list(decided.values())

    def _counts(self, rule: Earn, index: int) -> int:
        return self.amounts[index] if rule.basis == "amount" else self.parts[index].uncovered

    def _best(self, candidates: Sequence[Earn], index: int, unit: Unit) -> Earn:
        """The one that gives more after boosts; equal: the first in the document.

        Boosts are those of the group, the same for each of them: they tell only where they leave nothing of any.
        """
        if not self._boosted(candidates[0], unit).factor:
            return candidates[0]
        weights = self.compiled.weights
        return max(candidates, key=lambda rule: self._counts(rule, index) * weights[rule.code])

    def _holds_sale(self, rule: Earn, *, skipped: bool) -> bool:
        return any(
            part.open and not (skipped and line.discount) and rule.holds(line)
            for line, part in zip(self.sale.lines, self.parts, strict=True)
        )

    # §4.7: what it gives

    def _boosted(self, rule: Earn, unit: Unit) -> _Factors:
        """The tier's factor and the boosts that are for this rule: the same for all such rules of its group."""
        by_sale = rule.basis == "sale"
        key = (unit.code, rule.group, by_sale)
        if key not in self._factors:
            held: list[tuple[str, Fraction]] = []
            tier = self.compiled.programme.tiers.get(self.facts.tier)
            multiplied = unit.is_currency_like and not by_sale
            if tier is not None and multiplied:
                held.append((tier.code, tier.factor))
            held.extend((boost.code, boost.factor) for boost in self.boosts if _is_for(boost, rule, multiplied))
            mixed = _mixed(self.compiled.programme.boost_mix, [factor for _, factor in held])
            self._factors[key] = _Factors(tuple(held), mixed)
        return self._factors[key]

    def _sum(self, unit: Unit, decided: Sequence[_Decided]) -> _Sums:
        """What each rule gives for each of its lines, over one denominator, and what caps cut."""
        rates = [self._rate(each, unit) for each in decided]
        rooms = [self._room(each.rule) for each in decided]
        scale = lcm(*(below for _, below in rates), *(room.denominator for _, room in rooms if room is not None))
        sums = _Sums(scale, by_lines=unit.round_per == "line")
        for each, (above, below), (span, room) in zip(decided, rates, rooms, strict=True):
            factor = above * (scale // below)
            gives = [amount * factor for amount in each.amounts]
            sums.add(each, gives, span, None if room is None else (room * scale).numerator)
        return sums

    def _rate(self, each: _Decided, unit: Unit) -> tuple[int, int]:
        """Steps for each minor unit, 1/1000 piece or sale, after boosts; whole multiples are spread by quantity.

        A fraction in lowest terms, as two numbers: to make one of Python's for each rule is a fifth of all counting.
        """
        rule, factor = each.rule, self._boosted(each.rule, unit).factor
        if not rule.whole:
            above, below = rule.rate.numerator * factor.numerator, rule.rate.denominator * factor.denominator
            shared = gcd(above, below)
            return above // shared, below // shared
        quantity = sum(each.amounts)
        multiples = quantity * rule.per.denominator // rule.per.numerator
        rate = multiples * rule.give * factor / quantity if multiples else Fraction(0)
        return rate.numerator, rate.denominator

    def _room(self, rule: Earn) -> tuple[str, Fraction | None]:
        """The span of the cap that leaves least room, and the room, in steps."""
        if not rule.cap:
            return "", None
        day, month = self.facts.caps_used.get(rule.code, (Fraction(0), Fraction(0)))
        return min(_rooms(rule.cap, day, month), key=lambda room: room[1])


@dataclass(slots=True)
class _Sums:
    """What rules gave of one unit, in steps × scale: in all, and, where lines are rounded, by line after caps."""

    scale: int
    by_lines: bool
    total: int = 0
    by_line: dict[int, int] = field(default_factory=dict)
    by_sale_rule: list[int] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    used: dict[str, Fraction] = field(default_factory=dict)

    def add(self, each: _Decided, gives: Sequence[int], span: str, room: int | None) -> None:
        """Add a rule's lines; what passes its room is cut, from the last line on."""
        rule = each.rule
        self.counted.extend(map(Counted, each.lines, [rule.code] * len(gives), each.amounts, gives))
        kept = sum(gives)
        if room is not None and kept > room:
            self.cuts.append(Cut(rule.code, span, kept - max(0, room)))
            kept = max(0, room)
        self.total += kept
        if rule.cap.counts_days:
            self.used[rule.code] = Fraction(kept, self.scale)
        if not self.by_lines:
            return
        if rule.basis == "sale":
            self.by_sale_rule.append(kept)
            return
        for line, gift in zip(each.lines, gives, strict=True):
            fits = min(gift, kept)
            kept -= fits
            self.by_line[line] = self.by_line.get(line, 0) + fits


def _mixed(mix: str, factors: Sequence[Fraction]) -> Fraction:
    if not factors:
        return Fraction(1)
    if mix == "best":
        return max(factors)
    if mix == "add":
        return max(Fraction(0), 1 + sum((factor - 1 for factor in factors), Fraction(0)))
    return prod(factors, start=Fraction(1))


def _is_for(boost: Boost, rule: Earn, multiplied: bool) -> bool:
    """Named groups, whatever they are of; none named: amount and quantity rules of points and money units."""
    return rule.group in boost.groups if boost.groups else multiplied


def _rooms(cap: Cap, day: Fraction, month: Fraction) -> Iterator[tuple[str, Fraction]]:
    if cap.sale is not None:
        yield "sale", Fraction(cap.sale)
    if cap.day is not None:
        yield "day", max(Fraction(0), cap.day - day)
    if cap.month is not None:
        yield "month", max(Fraction(0), cap.month - month)


def _round(unit: Unit, sums: _Sums, carry: Fraction) -> Gave:
    """Whole steps of what the rules gave of a unit: per sale, per line, or with what was carried."""
    scale = sums.scale
    if unit.rounding == "carry":
        whole = carry + Fraction(sums.total, scale)
        steps = whole.numerator // whole.denominator
        return Gave(unit.code, scale, sums.total, steps, carry, whole - steps)
    rounded = _ROUNDINGS[unit.rounding]
    if unit.round_per == "sale":
        return Gave(unit.code, scale, sums.total, rounded(sums.total, scale))
    steps = sum(rounded(gift, scale) for gift in (*sums.by_line.values(), *sums.by_sale_rule))
    return Gave(unit.code, scale, sums.total, steps)


def _floor(steps: int, scale: int) -> int:
    return steps // scale


def _ceil(steps: int, scale: int) -> int:
    return -(-steps // scale)


_ROUNDINGS = {"floor": _floor, "half_up": half_up, "ceil": _ceil}

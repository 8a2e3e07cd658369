"""Returns: a sale is counted again as if the returned goods had never been on it, and the difference is taken back.

The same `count` as for the sale, with that day's rules and the stored facts; points.md §6. A return never gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from fiel.core.compiled import Compiled
from fiel.core.engine import Outcome, Part, count
from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Facts, Line, Sale, half_up, shares

__all__ = [
    "Difference",
    "Gives",
    "Returned",
    "Settled",
    "Standing",
    "check_return",
    "count_again",
    "nets_left",
    "sale_left",
    "units_that_stay",
    "what_remains",
]


@dataclass(frozen=True, slots=True)
class Returned:
    """What comes back of one line: its number, and how much in 1/1000."""

    line: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Gives:
    """What a sale gives of one unit: the exact steps before rounding, and the whole ones."""

    exact: Fraction
    steps: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a sale still gives after the returns so far. `left`: of each line, in 1/1000; None: the line is gone.

    (A line of quantity 0 is there or gone; no number tells which.)
    """

    left: tuple[int | None, ...]
    gives: Mapping[str, Gives]
    spend: int
    used: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        """Whether nothing of the sale is left."""
        return all(left is None for left in self.left)


@dataclass(frozen=True, slots=True)
class Difference:
    """What is taken back of one unit: exact steps (what a carry loses), and whole ones where nothing is carried."""

    unit: str
    exact: Fraction
    steps: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A sale as it was counted: with its parts, and the same parts as if nothing had been covered."""

    sale: Sale
    parts: tuple[Part, ...]
    bare: tuple[Part, ...]
    facts: Facts


def check_return(sale: Sale, standing: Standing, returned: Sequence[Returned] | None) -> tuple[Returned, ...]:
    """What comes back, by line; None: everything that is left. Raises `invalid` for more than is left."""
    if returned is None:
        rest = tuple(
            Returned(line.number, left)
            for line, left in zip(sale.lines, standing.left, strict=True)
            if left is not None
        )
        if not rest:
            raise Refused("invalid", "Everything of this sale has been returned.", [Fault("/lines", "nothing is left")])
        return rest
    faults: list[Fault] = []
    seen: set[int] = set()
    for index, each in enumerate(returned):
        fault = _fault(sale, standing, each, seen)
        if fault:
            faults.append(Fault(f"/lines/{index}/{fault[0]}", fault[1]))
        seen.add(each.line)
    if faults:
        raise Refused("invalid", "This cannot be returned.", faults)
    return tuple(returned)


def _fault(sale: Sale, standing: Standing, each: Returned, seen: set[int]) -> tuple[str, str] | None:
    if not 1 <= each.line <= len(sale.lines):
        return "line", f"the sale has lines 1 to {len(sale.lines)}"
    if each.line in seen:
        return "line", "name each line once"
    left = standing.left[each.line - 1]
    if left is None:
        return "line", "this line has been returned"
    if not 0 <= each.quantity <= left or (each.quantity == 0 and left > 0):
        return "quantity", f"more than 0, and at most what is left: {Fraction(left, 1000)}"
    return None


def what_remains(standing: Standing, returned: Sequence[Returned]) -> tuple[int | None, ...]:
    """What is left of each line after a return."""
    left = list(standing.left)
    for each in returned:
        before = left[each.line - 1] or 0
        left[each.line - 1] = before - each.quantity if before > each.quantity else None
    return tuple(left)


def count_again(
    settled: Settled, standing: Standing, left: tuple[int | None, ...], compiled: Compiled
) -> tuple[Standing, tuple[Difference, ...]]:
    """What the sale gives with what is left of it, and what that takes away. Where it would give more, it does not."""
    after = _outcome(settled, left, compiled)
    gave = {gave.unit: Gives(Fraction(gave.total, gave.scale), gave.steps) for gave in after.gave}
    gives: dict[str, Gives] = {}
    differences: list[Difference] = []
    for unit, before in standing.gives.items():
        now = gave.get(unit, Gives(Fraction(0), 0))
        exact, steps = before.exact - now.exact, before.steps - now.steps
        carried = compiled.programme.units[unit].rounding == "carry"
        if (exact if carried else steps) > 0:
            differences.append(Difference(unit, exact, steps))
            gives[unit] = now
        else:
            gives[unit] = before
    used = {rule: min(steps, after.used.get(rule, Fraction(0))) for rule, steps in standing.used.items()}
    return Standing(left, gives, after.spend, used), tuple(differences)


def nets_left(settled: Settled, left: Sequence[int | None]) -> list[int]:
    """What is left of each line's net, in minor units; 0 of a line that is gone."""
    of_sale = _discount_shares(settled.sale)
    lines = zip(settled.sale.lines, settled.parts, of_sale, left, strict=True)
    return [_part_left(line, part, share, rest).net for line, part, share, rest in lines]


def units_that_stay(
    settled: Settled,
    left: Sequence[int | None],
    paid: Mapping[str, int],
    covered: Sequence[tuple[int, int, str, int, str]],
) -> dict[str, int]:
    """Of what the sale spent, the steps that stay spent, by unit.

    `paid`: drawn by payments; they stay in proportion to the nets that are left, rounded up to the step. `covered`:
    (line, quantity, unit, steps, voucher) that packs paid; pieces that were paid otherwise are returned first, and
    what a voucher paid last, as it comes back with the whole line only.
    """
    whole, kept = sum(part.net for part in settled.parts), sum(nets_left(settled, left))
    gone = all(rest is None for rest in left)
    stay = {unit: -(-steps * kept // whole) if whole else 0 if gone else steps for unit, steps in paid.items()}
    by_vouchers: dict[int, int] = {}
    for line, quantity, *_, voucher in covered:
        by_vouchers[line] = by_vouchers.get(line, 0) + (quantity if voucher else 0)
    for line, quantity, unit, steps, _ in covered:
        if unit:
            rest = min(quantity, max(0, (left[line - 1] or 0) - by_vouchers[line]))
            stay[unit] = stay.get(unit, 0) - (-steps * rest // quantity)
    return stay


def _outcome(settled: Settled, left: tuple[int | None, ...], compiled: Compiled) -> Outcome:
    if all(each is None for each in left):
        return Outcome(())
    of_sale = _discount_shares(settled.sale)
    lines, parts, bare = [], [], []
    for line, part, uncovered, share, rest in zip(
        settled.sale.lines, settled.parts, settled.bare, of_sale, left, strict=True
    ):
        lines.append(_line_left(line, rest))
        parts.append(_part_left(line, part, share, rest))
        bare.append(_part_left(line, uncovered, share, rest))
    sale = replace(settled.sale, lines=tuple(lines))
    return count(sale, parts, bare, settled.facts, compiled)


def sale_left(settled: Settled, left: Sequence[int | None]) -> Sale:
    """The sale as if what came back had never been on it, in figures of its own: for counting it by other rules."""
    lines: list[Line] = []
    discount = 0
    for line, share, rest in zip(settled.sale.lines, _discount_shares(settled.sale), left, strict=True):
        if rest is None:
            continue
        amount, own, of_sale = (
            half_up(figure * rest, line.quantity) if line.quantity else figure
            for figure in (line.amount, line.discount, share)
        )
        own = min(own, amount)
        discount += min(of_sale, amount - own)
        lines.append(line._replace(number=len(lines) + 1, amount=amount, discount=own, quantity=rest))
    return replace(settled.sale, lines=tuple(lines), discount=discount)


def _discount_shares(sale: Sale) -> list[int]:
    """Each line's share of the sale's own discount."""
    return shares(sale.discount, [line.amount - line.discount for line in sale.lines])


def _line_left(line: Line, left: int | None) -> Line:
    """What is left of a line. A discount of its own stays one, however little is left."""
    return line._replace(quantity=left or 0)


def _part_left(line: Line, part: Part, share: int, left: int | None) -> Part:
    """What is left of a part: each figure in proportion, half up; pieces that were paid are returned first."""
    if left is None:
        return Part(0, 0)
    if left == line.quantity:
        return part
    net = sum(
        sign * half_up(figure * left, line.quantity)
        for sign, figure in ((1, line.amount), (-1, line.discount), (-1, share))
    )
    covered = min(part.covered, left)
    uncovered = part.quantity - part.covered
    paid = half_up(part.paid * (left - covered), uncovered) if uncovered else 0
    whole = Part(left, max(0, net), covered)
    return Part(left, whole.net, covered, min(paid, whole.net - whole.covered_net))

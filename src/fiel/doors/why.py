"""Why a sale gave what it gave, told line by line from what was stored with it. Nothing is counted again here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from fiel.core.engine import Counted, Cut, Gave
from fiel.core.programme import Earn, Programme, Unit
from fiel.doors.look import figure, money, with_unit
from fiel.doors.rules import rate_of
from fiel.doors.words import CAPS, ROUNDINGS
from fiel.sales.models import Receipt, ReceiptLine
from fiel.sales.outcome import stored_cuts, stored_factors, stored_gave, stored_reasons

__all__ = ["Reason", "Step", "Why", "whys_of"]

_PIECE = 1000


@dataclass(frozen=True, slots=True)
class Reason:
    """What one rule made of one line (or of the whole sale, where `number` is 0)."""

    number: int
    line: str
    rule: str
    rate: str
    counted: str
    factors: tuple[str, ...]
    mix: str
    gives: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step from what the rules gave to what was given; `result`: it is the last, the one that counts."""

    text: str
    amount: str
    result: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """One unit of a sale. `left_out`: why some lines counted for nothing, and which."""

    given: str
    reasons: tuple[Reason, ...]
    steps: tuple[Step, ...]
    left_out: tuple[tuple[str, tuple[str, ...]], ...]


def whys_of(receipt: Receipt, lines: Sequence[ReceiptLine], programme: Programme) -> list[Why]:
    """The explanation for each unit that some rule was about, by the rules as they stood."""
    telling = _Telling(receipt, {line.number: line for line in lines}, programme)
    return [telling.why(gave) for gave in stored_gave(receipt.outcome)]


@dataclass(slots=True)
class _Telling:
    receipt: Receipt
    lines: dict[int, ReceiptLine]
    programme: Programme

    def why(self, gave: Gave) -> Why:
        unit = self.programme.units[gave.unit]
        rules = {rule.code: rule for rule in self.programme.earn if rule.unit == unit.code}
        counted = [reason for reason in stored_reasons(self.receipt.outcome) if reason.rule in rules]
        cuts = [cut for cut in stored_cuts(self.receipt.outcome) if cut.rule in rules]
        counted.sort(key=lambda reason: (reason.line == 0, reason.line))
        return Why(
            given=self._units(unit, gave.steps),
            reasons=tuple(self._reason(reason, rules[reason.rule], unit, gave.scale) for reason in counted),
            steps=tuple(self._steps(unit, gave, counted, cuts)),
            left_out=self._left_out(unit, {reason.line for reason in counted}),
        )

    def _units(self, unit: Unit, steps: int | Fraction, *, sign: bool = False) -> str:
        return with_unit(steps, unit, self.programme.currency, sign=sign)

    def _reason(self, reason: Counted, rule: Earn, unit: Unit, scale: int) -> Reason:
        held = stored_factors(self.receipt.outcome, rule.code) if rule.give else []
        factors = [f"{code} × {figure(factor)}" for code, factor in held if factor != 1]
        return Reason(
            number=reason.line,
            line=self._line(reason.line),
            rule=rule.code,
            rate=rate_of(rule, self.programme),
            counted=self._amount(rule, reason.amount),
            factors=tuple(factors),
            mix=self._mix() if len(factors) > 1 else "",
            gives=figure(Fraction(reason.gives, scale) / unit.steps),
        )

    def _line(self, number: int) -> str:
        if number == 0:
            return _("The sale as a whole")
        line = self.lines[number]
        return line.description or line.product or _("Line %(number)s") % {"number": number}

    def _amount(self, rule: Earn, amount: int) -> str:
        """What counted: money, pieces, or the sale itself."""
        if rule.basis == "amount":
            return money(amount, self.programme.currency)
        return figure(Fraction(amount, _PIECE)) if rule.basis == "quantity" else ""

    def _mix(self) -> str:
        """How several factors come together, where they are not simply multiplied."""
        return {"best": _("the largest counts"), "add": _("added up")}.get(self.programme.boost_mix, "")

    def _steps(self, unit: Unit, gave: Gave, counted: Sequence[Counted], cuts: Sequence[Cut]) -> Iterator[Step]:
        """From the sum of the reasons to the whole units given."""

        def exact(steps: int | Fraction) -> str:
            return figure(Fraction(steps) / unit.steps)

        together = Fraction(sum(reason.gives for reason in counted), gave.scale)
        if together != gave.steps or gave.carry or len(counted) > 1:
            yield Step(_("Together"), exact(together))
        for cut in cuts:
            yield Step(str(CAPS[cut.span]) % {"rule": cut.rule}, f"−{exact(Fraction(cut.steps, gave.scale))}")
        if gave.carry_before:
            yield Step(_("Carried over from the sale before"), f"+{exact(gave.carry_before)}")
        total = Fraction(gave.total, gave.scale) + gave.carry_before
        if unit.rounding != "carry" and total != gave.steps:
            rest = gave.steps - total
            sign = "+" if rest > 0 else "−"
            yield Step(str(ROUNDINGS[unit.rounding, unit.round_per]), sign + exact(abs(rest)))
        if gave.carry:
            yield Step(_("Carried to the next sale"), f"−{exact(gave.carry)}")
        yield Step(_("Given"), self._units(unit, gave.steps), result=True)

    def _left_out(self, unit: Unit, counted: set[int]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        names: dict[str, list[str]] = {}
        for number, line in self.lines.items():
            if number not in counted:
                names.setdefault(self._because(unit, line), []).append(self._line(number))
        return tuple((because, tuple(lines)) for because, lines in names.items())

    def _because(self, unit: Unit, line: ReceiptLine) -> str:
        if line.discount and self.programme.skip_discounted and unit.is_currency_like:
            return _("Discounted items are left out")
        if line.net == 0:
            return _("Costs nothing")
        return _("No rule is about it")

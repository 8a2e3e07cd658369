"""Figures as they are written outside: exact decimals as text, never floats."""

from __future__ import annotations

from fractions import Fraction

from fiel.core.programme import Unit

__all__ = ["amount_text", "exact_text", "fraction_text", "thousandths_text"]


def amount_text(steps: int, unit: Unit) -> str:
    """Steps of a unit as whole units with the unit's decimals: "37", "2.50", "-0.05"."""
    if not unit.decimals:
        return str(steps)
    whole, rest = divmod(abs(steps), unit.steps)
    return f"{'-' if steps < 0 else ''}{whole}.{rest:0{unit.decimals}d}"


def exact_text(steps: Fraction, unit: Unit) -> str:
    """An exact number of steps as whole units: "9.48", and where no decimal can write it "2/3"."""
    return fraction_text(steps / unit.steps)


def fraction_text(number: Fraction) -> str:
    """The shortest decimal that is exact ("0.9", "37"), or the fraction in lowest terms ("2/3")."""
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{number.numerator}/{number.denominator}"
    places = max(twos, fives)
    scaled = abs(number.numerator) * 10**places // number.denominator
    whole, behind = divmod(scaled, 10**places)
    return f"{'-' if number < 0 else ''}{whole}{f'.{behind:0{places}d}' if places else ''}"


def thousandths_text(thousandths: int) -> str:
    """A quantity in 1/1000 as the shortest decimal: "0.5", "3"."""
    return fraction_text(Fraction(thousandths, 1000))

"""Figures as they are written outside: exact decimals as text, never floats."""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from fiel.core.programme import Unit

__all__ = ["amount_text", "exact_text", "fraction_text", "ratio_text", "thousandths_text"]


def amount_text(steps: int, unit: Unit) -> str:
    """Steps of a unit as whole units with the unit's decimals: "37", "2.50", "-0.05"."""
    if not unit.decimals:
        return str(steps)
    whole, rest = divmod(abs(steps), unit.steps)
    return f"{'-' if steps < 0 else ''}{whole}.{rest:0{unit.decimals}d}"


def exact_text(steps: Fraction, unit: Unit) -> str:
    """An exact number of steps as whole units: "9.48", and where no decimal can write it "2/3"."""
    return ratio_text(steps.numerator, steps.denominator * unit.steps)


def fraction_text(number: Fraction) -> str:
    """The shortest decimal that is exact ("0.9", "37"), or the fraction in lowest terms ("2/3")."""
    return ratio_text(number.numerator, number.denominator)


def thousandths_text(thousandths: int) -> str:
    """A quantity in 1/1000 as the shortest decimal: "0.5", "3"."""
    return ratio_text(thousandths, 1000)


def ratio_text(numerator: int, denominator: int) -> str:
    """A ratio as `fraction_text` writes it. The denominator is above zero; the terms need not be the lowest."""
    shared = gcd(numerator, denominator)
    numerator, denominator = numerator // shared, denominator // shared
    rest, twos, fives = denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{numerator}/{denominator}"
    places = max(twos, fives)
    if not places:
        return str(numerator)
    whole, behind = divmod(abs(numerator) * 10**places // denominator, 10**places)
    return f"{'-' if numerator < 0 else ''}{whole}.{behind:0{places}d}"

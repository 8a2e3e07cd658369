"""`when.min_amount`: from what amount, of what counts of all lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field


@dataclass(frozen=True, slots=True)
class MinAmount(Condition):
    """What counts of the whole sale is at least this, in the currency's major units."""

    amount: Fraction

    @classmethod
    def read(cls, field: Field) -> Self:
        """A decimal in major units: "100.00"."""
        return cls(field.decimal())

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return self.amount.denominator * moment.amount >= self.amount.numerator * moment.minor_units

    def because(self) -> str:
        """ "from 20.50": as it was written, but for zeros at its end."""
        return f"from {Decimal(self.amount.numerator) / self.amount.denominator:f}"

"""`when.first_sale`: the member's first sale, or any but the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field


@dataclass(frozen=True, slots=True)
class FirstSale(Condition):
    """The member's first sale (true) or a later one (false); sales wholly returned do not count."""

    first: bool

    @classmethod
    def read(cls, field: Field) -> Self:
        """True or false."""
        return cls(field.flag())

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return (moment.facts.sales_so_far == 0) == self.first

    def because(self) -> str:
        """In words."""
        return "first sale" if self.first else "not the first sale"

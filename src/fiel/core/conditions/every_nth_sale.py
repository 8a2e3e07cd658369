"""`when.every_nth_sale`: each n-th sale of the member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field


@dataclass(frozen=True, slots=True)
class EveryNthSale(Condition):
    """Each n-th sale of the member, counting those before that were not wholly returned."""

    nth: int

    @classmethod
    def read(cls, field: Field) -> Self:
        """A whole number, 1 or more."""
        return cls(field.whole(least=1))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return (moment.facts.sales_so_far + 1) % self.nth == 0

    def because(self) -> str:
        """In words."""
        return f"each {self.nth}. sale"

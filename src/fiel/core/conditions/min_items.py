"""`when.min_items`: from how many pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field


@dataclass(frozen=True, slots=True)
class MinItems(Condition):
    """At least so many pieces that are not covered; a weighed line is one."""

    pieces: int

    @classmethod
    def read(cls, field: Field) -> Self:
        """A whole number, 1 or more."""
        return cls(field.whole(least=1))

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""
        return moment.pieces >= self.pieces

    def because(self) -> str:
        """In words."""
        return f"from {self.pieces} pieces"

"""What a condition may look at: the sale, the facts before it, and the store's clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Self

from fiel.core.reading import Field
from fiel.core.sale import Facts, Sale
from fiel.core.seasons import Season

__all__ = ["Condition", "Moment"]


@dataclass(frozen=True, slots=True)
class Moment:
    """One sale, as conditions see it.

    `day` is the store's date; a condition on hours that wraps midnight sets it back to the day the hours began.
    `amount` is what counts of all lines, in minor units; `pieces` are those not covered;
    `minor_units` are how many of them make a major one.
    """

    sale: Sale
    facts: Facts
    seasons: Mapping[str, Season]
    amount: int
    pieces: int
    minor_units: int
    day: date

    def on(self, day: date) -> Moment:
        """The same moment, belonging to another day."""
        return self if day == self.day else replace(self, day=day)


class Condition(ABC):
    """One thing that must hold. A condition looks at the sale, never at the lines of the rule it stands in."""

    __slots__ = ()

    refers: ClassVar[str] = ""
    """The part of the programme whose codes it names ("tiers", "seasons"), or nothing."""

    @classmethod
    @abstractmethod
    def read(cls, field: Field) -> Self:
        """The condition as a document states it; faults are noted at the field."""

    @abstractmethod
    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale."""

    @abstractmethod
    def because(self) -> str:
        """In words, for reasons and for the sentence beside a rule: "on tue"."""

    def named(self) -> tuple[str, ...]:
        """The codes it names."""
        return ()

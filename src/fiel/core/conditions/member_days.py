"""`when.member_days`: how long the customer has been a member, in days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fiel.core.conditions.moment import Condition, Moment
from fiel.core.reading import Field


@dataclass(frozen=True, slots=True)
class MemberDays(Condition):
    """Days since the customer joined, by the store's clock; the day itself is day 0."""

    least: int
    most: int | None

    @classmethod
    def read(cls, field: Field) -> Self:
        """A table { min = 0, max = 30 }, either may be left out; a number alone is the least."""
        if not isinstance(field.value, dict):
            return cls(field.whole(), None)
        table = field.table()
        least = table.field("min", 0).whole()
        most = table.field("max").whole() if "max" in table else None
        table.done()
        if most is not None and most < least and field.sound:
            field.wrong("max is below min")
        return cls(least, most)

    def holds(self, moment: Moment) -> bool:
        """Whether it holds for this sale; not where nobody knows when the member joined."""
        joined = moment.facts.joined
        if joined is None:
            return False
        days = (moment.day - joined).days
        return self.least <= days and (self.most is None or days <= self.most)

    def because(self) -> str:
        """In words."""
        return (
            f"a member for {self.least} days" if self.most is None else f"a member for {self.least} to {self.most} days"
        )
